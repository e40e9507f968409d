package parser

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/feedmill/feedmill/parser/siterule"

	"github.com/feedmill/feedmill/parser/blockmodel"
)

//go:embed rules/*.txt
var ruleFiles embed.FS

// Rules returns a short hash of the word lists and the classifier that are built in: another hash, other results.
func Rules() string { return loadRules().hash }

// RulesWith is the hash of a page's pipeline to which a site rule was applied: that of the built-in lists and that of the
// rule. Another page's rule is no part of it.
func RulesWith(r *siterule.Rule) string {
	if r == nil {
		return Rules()
	}
	return Rules() + "+" + r.Hash()
}

// hint is a set of things that the names around an element say of it.
type hint uint32

const (
	hintNav hint = 1 << iota
	hintFooter
	hintHeader
	hintSidebar
	hintComment
	hintRelated
	hintShare
	hintAd
	hintPromo
	hintMeta
	hintByline
	hintBio
	hintDate
	hintCaption
	hintCredit
	hintDek
	hintTitle
	hintBody
	hintConsent
	hintTOC
	hintPullquote
	hintGallery
	hintHidden
	hintForm
)

// hintFurniture are the hints of what is never an article's body.
const hintFurniture = hintNav | hintFooter | hintHeader | hintSidebar | hintComment | hintRelated | hintShare | hintAd | hintPromo |
	hintMeta | hintBio | hintConsent | hintTOC | hintHidden

var hintNames = [...]string{
	"nav", "footer", "header", "sidebar", "comment", "related", "share", "ad", "promo", "meta", "byline", "bio", "date",
	"caption", "credit", "dek", "title", "body", "consent", "toc", "pullquote", "gallery", "hidden", "form",
}

// name returns the name of the lowest hint in the set.
func (h hint) name() string {
	for i, n := range hintNames {
		if h&(1<<i) != 0 {
			return n
		}
	}
	return ""
}

// ruleSet is the word lists, read once.
type ruleSet struct {
	hash   string
	words  map[string]hint // of class.txt
	whole  map[string]hint // those with "="
	kinds  [256]uint64     // the lengths of both, modulo 64, by their first byte: most names are seen not to be one of them
	starts map[string][]phrase
	lines  map[string]map[string]bool // kind -> whole lines
	months map[string]int
}

// phrase is a beginning of a block, with what it says.
type phrase struct{ kind, text string }

var loadRules = sync.OnceValue(func() *ruleSet {
	r := &ruleSet{words: map[string]hint{}, whole: map[string]hint{}, starts: map[string][]phrase{}, lines: map[string]map[string]bool{}, months: map[string]int{}}
	names, err := fs.Glob(ruleFiles, "rules/*.txt")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	h := sha256.New()
	for _, name := range names {
		b, err := ruleFiles.ReadFile(name)
		if err != nil {
			panic(err) // the files are part of the program
		}
		h.Write([]byte(name))
		h.Write(b)
	}
	h.Write(blockmodel.File())
	h.Write([]byte(scoreWeights))
	r.hash = hex.EncodeToString(h.Sum(nil))[:12]
	for key, rest := range ruleLines("rules/class.txt") {
		var bit hint
		for i, n := range hintNames {
			if n == key {
				bit = 1 << i
			}
		}
		for w := range strings.FieldsSeq(rest) {
			if whole, ok := strings.CutPrefix(w, "="); ok {
				r.whole[whole] |= bit
				r.kinds[whole[0]] |= 1 << (len(whole) & 63)
			} else {
				r.words[w] |= bit
				r.kinds[w[0]] |= 1 << (len(w) & 63)
			}
		}
	}
	for kind, rest := range ruleLines("rules/phrase.txt") {
		for p := range strings.SplitSeq(rest, "|") {
			p = strings.TrimSpace(p)
			if p == "" {
				continue
			}
			if whole, ok := strings.CutPrefix(p, "="); ok {
				if r.lines[kind] == nil {
					r.lines[kind] = map[string]bool{}
				}
				r.lines[kind][whole] = true
				continue
			}
			first := firstRunes(p, phraseKey)
			r.starts[first] = append(r.starts[first], phrase{kind, p})
		}
	}
	for number, rest := range ruleLines("rules/month.txt") {
		n, err := strconv.Atoi(number)
		if err != nil {
			panic(err) // the files are part of the program
		}
		for w := range strings.FieldsSeq(rest) {
			r.months[w] = n
		}
	}
	return r
})

// phraseKey is how many runes of a phrase its index is made from.
const phraseKey = 2

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// ruleLines yields the "key: rest" lines of a rule file.
func ruleLines(name string) func(yield func(key, rest string) bool) {
	return func(yield func(key, rest string) bool) {
		b, err := ruleFiles.ReadFile(name)
		if err != nil {
			panic(err) // the files are part of the program
		}
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			if key, rest, ok := strings.Cut(line, ":"); ok && !yield(key, rest) {
				return
			}
		}
	}
}

// phraseKind returns what the beginning of a lower-case text says of it: "prompt", "promo", "tail", or "".
func (r *ruleSet) phraseKind(lower string) string {
	for _, p := range r.starts[firstRunes(lower, phraseKey)] {
		if strings.HasPrefix(lower, p.text) {
			if rest := lower[len(p.text):]; rest == "" || !isWordByte(rest[0]) || !isWordByte(p.text[len(p.text)-1]) {
				return p.kind
			}
		}
	}
	return ""
}

// isLine tells whether the whole lower-case line, save punctuation at its ends, is of that kind.
func (r *ruleSet) isLine(kind, lower string) bool {
	return r.lines[kind][strings.Trim(lower, " :.…!?»›>«-–—|•·+▼▶►→()[]")]
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// nameHints reads the words of an attribute such as class or id.
func (r *ruleSet) nameHints(names string) hint {
	var h hint
	for token := range strings.FieldsSeq(names) {
		if len(token) > 120 {
			continue
		}
		h |= r.tokenHints(token)
	}
	return h
}

// may tells whether a name of that length with that first byte can be in the lists.
func (r *ruleSet) may(first byte, length int) bool { return r.kinds[first]>>(length&63)&1 != 0 }

func (r *ruleSet) tokenHints(token string) hint {
	var buf [128]byte
	n := 0
	var h hint
	if c := token[0]; c >= 0x80 || c >= 'A' && c <= 'Z' && r.may(c|0x20, len(token)) || r.may(c, len(token)) {
		h = r.whole[strings.ToLower(token)]
	}
	prev := -1 // start of the word before, in buf
	start := 0
	end := func() {
		if n == start {
			return
		}
		if r.may(buf[start], n-start) {
			h |= r.words[string(buf[start:n])]
		}
		if prev >= 0 && r.may(buf[prev], n-prev) {
			h |= r.words[string(buf[prev:n])]
		}
		prev = start
		buf[n] = '-'
		n++
		start = n
	}
	for i := range len(token) {
		c := token[i]
		switch {
		case c >= 'A' && c <= 'Z':
			if i > 0 && token[i-1] >= 'a' && token[i-1] <= 'z' {
				end()
			}
			buf[n] = c + 'a' - 'A'
			n++
		case c >= 'a' && c <= 'z' || c >= 0x80:
			buf[n] = c
			n++
		default:
			end()
		}
		if n > 124 {
			break
		}
	}
	end()
	return h
}
