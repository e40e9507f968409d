package enricher

import "strings"

// future tells whether the expression in the tokens from and to lies ahead by the tense around it: the nearest sign
// before it in the sentence decides, else the first one behind it.
func (p *dater) future(from, to int) bool {
	f, _ := p.tenseAround(from, to)
	return f
}

// tenseAround is future with whether there is any sign of tense.
func (p *dater) tenseAround(from, to int) (future, ok bool) {
	const reach = 40
	for k := from - 1; k >= 0 && from-k < reach; k-- {
		if sentenceEnd(p.toks[k].text) || p.toks[k+1].line {
			break
		}
		if f, ok := p.tense(k); ok {
			return f, true
		}
	}
	for k := to; k < len(p.toks) && k-to < reach; k++ {
		if sentenceEnd(p.toks[k].text) || p.toks[k].line {
			break
		}
		if f, ok := p.tense(k); ok {
			return f, true
		}
	}
	return false, false
}

// tense reads token k as a sign of tense.
func (p *dater) tense(k int) (future, ok bool) {
	t := p.tok(k)
	if t.kind != kindWord {
		return false, false
	}
	switch t.key {
	case "will", "shall", "won't", "upcoming", "scheduled", "slated", "due", "plans", "plan", "planned", "expected", "planning", "going",
		"would", "coming":
		return true, true
	case "he'll", "she'll", "they'll", "it'll", "we'll":
		return true, true
	case "set":
		return p.tok(k+1).key == "to" || p.tok(k+1).key == "for", p.tok(k+1).key == "to" || p.tok(k+1).key == "for"
	case "ahead":
		return true, p.tok(k+1).key == "of"
	case "until", "till":
		before := p.tok(k - 1).key
		return true, before == "has" || before == "have" || before == "had"
	case "be":
		return true, p.tok(k-1).key == "to"
	case "is", "are":
		return true, p.tok(k+1).key == "to" || p.tok(k+1).key == "on"
	case "was", "were", "had", "said", "says", "told", "took", "met", "came", "went", "made", "won", "lost", "held", "began", "shot",
		"fell", "rose", "left", "gave", "saw", "died", "hit", "found", "did", "has", "have", "broke", "struck", "wrote", "sent",
		"spoke", "became", "ran", "led", "beat", "drew", "killed", "been", "sank", "rang", "fled", "sold", "bought", "paid", "brought",
		"caught", "fought", "taught", "thought", "stood", "lay", "laid", "threw", "grew", "knew", "flew", "drove", "rode", "swore", "tore",
		"wore", "chose", "froze", "stole", "bore", "built", "lent", "spent", "kept", "slept", "swept", "felt", "dealt", "meant", "sought",
		"sang", "swam", "ate", "drank", "forgot", "got", "heard", "hung", "slid", "sat", "slew", "stuck", "swung", "withdrew", "overtook",
		"undertook", "underwent", "overthrew", "rebuilt", "blew", "shook", "woke", "wound", "wept", "dug", "fed", "bled", "bred", "sped":
		// "to be held": the auxiliary says when.
		return false, p.tok(k-1).key != "be"
	}
	if len(t.key) > 4 && strings.HasSuffix(t.key, "ed") && !t.upper {
		return false, p.tok(k-1).key != "be"
	}
	return true, p.scheduled(k)
}

var (
	scheduledVerbs = wordSet(`opens begins resumes meets arrives decides travels takes goes expires comes convenes gets kicks reconvenes
		concludes`)
	// scheduledNouns are nouns too, and verbs only behind a subject.
	scheduledNouns = wordSet(`votes starts plays faces hosts visits ends returns`)
	scheduledBare  = wordSet(`meet vote begin open start play face resume return visit`)
)

// scheduled tells whether token k is the present tense of a verb of timetables, which looks ahead: "Parliament votes
// Thursday", "the leaders meet on Friday", "they agreed to meet on Friday".
func (p *dater) scheduled(k int) bool {
	t, before := p.tok(k), p.tok(k-1)
	switch {
	case t.upper || !before.word() || before.key == "":
		return false
	case scheduledVerbs()[t.key]:
		return true
	case scheduledNouns()[t.key]:
		return before.upper && !functionWords()[before.key]
	case scheduledBare()[t.key]:
		return before.key == "to" || before.key == "they" || before.key == "we" || plural(before.key) && !functionWords()[before.key]
	}
	return false
}
