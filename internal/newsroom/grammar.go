package newsroom

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// sections are the parts of every generated site.
var sections = [...]string{"Local", "Business", "Transport", "Science", "Culture", "Sport"}

// writer makes news by a small grammar: sentences with places for names, things and numbers. Names are put together
// from syllables, so that thousands of articles differ in their words and not only in their order.
type writer struct {
	r *rand.Rand
	// Of one article: who and where.
	place, person, surname, body, project string
	sentences                             []func() string
	used                                  map[int]bool
}

func newWriter(r *rand.Rand) *writer {
	w := &writer{r: r, used: map[int]bool{}}
	w.place = w.town()
	first, last := w.name()
	w.person, w.surname = first+" "+last, last
	w.body = w.pick("town council", "harbour board", "water office", "school board", "district court", "chamber of trade", "museum trust", "fire brigade", "county library", "bus company", "hospital board", "forest office")
	w.project = w.pick("footbridge", "swimming hall", "tram line", "wind farm", "night bus", "flood wall", "market square", "observatory", "freight yard", "heating plant", "botanical garden", "cycle path", "concert hall", "fish ladder", "signal box", "orchard", "lighthouse", "reading room")
	return w
}

func (w *writer) pick(words ...string) string { return words[w.r.IntN(len(words))] }

func (w *writer) town() string {
	return w.pick("Al", "Bran", "Cor", "Dun", "El", "Fal", "Gar", "Hol", "In", "Kel", "Lan", "Mar", "Nor", "Ost", "Pen", "Rav", "Sel", "Tor", "Ul", "Wen") +
		w.pick("", "", "ber", "der", "e", "ing", "ma", "ven") +
		w.pick("beck", "by", "dale", "ford", "gate", "ham", "holm", "ley", "mere", "mouth", "stead", "stow", "ton", "wick", "worth")
}

func (w *writer) name() (first, last string) {
	first = w.pick("Ada", "Anton", "Berta", "Carl", "Clara", "Dario", "Edith", "Emil", "Fatima", "Greta", "Hanna", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Karin", "Leo", "Lina", "Malik", "Marta", "Milan", "Nadia", "Nils", "Olga", "Oskar", "Paula", "Rahel", "Rosa", "Samir", "Sofia", "Thea", "Tobias", "Vera", "Viktor", "Yara")
	last = w.pick("Ak", "Bel", "Chan", "Dor", "Ek", "Fen", "Grim", "Hal", "Jans", "Kor", "Lind", "Mor", "Nyl", "Or", "Pel", "Ros", "Sand", "Tal", "Vas", "Zel") +
		w.pick("a", "e", "en", "i", "o") +
		w.pick("berg", "der", "dt", "kov", "lund", "man", "nen", "ric", "rsen", "s", "sky", "ström", "tti", "vic", "well")
	return first, last
}

func (w *writer) newspaper() string {
	return "The " + w.town() + " " + w.pick("Courier", "Observer", "Mail", "Tribune", "Gazette", "Post", "Echo", "Star")
}

func (w *writer) number(low, high int) string { return strconv.Itoa(low + w.r.IntN(high-low)) }

func (w *writer) money() string {
	return w.number(2, 980) + w.pick(",000 euros", ",000 pounds", " million euros", " million crowns")
}

func (w *writer) day() string {
	return w.pick("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
}

func (w *writer) month() string {
	return w.pick("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
}

func (w *writer) someone() string { first, last := w.name(); return first + " " + last }

func (w *writer) headline() string {
	verb := w.pick("plans", "opens", "delays", "defends", "rethinks", "repairs", "sells", "extends", "moves", "votes on")
	return w.place + " " + verb + " " + w.pick("new ", "old ", "second ", "costly ", "popular ", "disputed ") + w.project + " " +
		w.pick("after long debate", "before winter", "despite rising cost", "with volunteers", "without state money", "for "+w.money(), "in "+w.month(), "near "+w.town())
}

// article writes one of at least so many paragraphs, 0 for a short one, with everything that a page can show, but for
// its place and time.
func (w *writer) article(paragraphs int) *article {
	a := &article{Language: "en", Section: sections[w.r.IntN(len(sections))], Title: w.headline()}
	for range 1 + w.r.IntN(2) {
		a.Authors = append(a.Authors, w.someone())
	}
	if w.r.IntN(2) == 0 {
		a.Subtitle = "The " + w.body + " hopes for " + w.pick("patience", "calm", "donations", "a dry summer", "a clear majority") + " in " + w.place
	}
	a.Paragraphs = append(a.Paragraphs, w.lead())
	more := 4 + w.r.IntN(7)
	if paragraphs > 0 {
		more = paragraphs - 1 + w.r.IntN(paragraphs+1)
	}
	for range more {
		a.Paragraphs = append(a.Paragraphs, w.paragraph())
	}
	a.Summary = a.Paragraphs[0]
	if w.r.IntN(4) > 0 {
		a.Image = &picture{
			Width: 480, Height: 320, Credit: w.someone(),
			Caption: w.pick("Work on", "Visitors at", "A view of", "Snow over", "Morning at") + " the " + w.project + " in " + w.place + " last " + w.day() + ".",
		}
	}
	return a
}

func (w *writer) lead() string {
	return fmt.Sprintf("The %s of %s %s on %s to %s the %s, %s.", w.body, w.place, w.pick("decided", "agreed", "voted", "promised"), w.day(),
		w.pick("rebuild", "close", "move", "enlarge", "reopen", "lease out"), w.project,
		w.pick("ending "+w.number(2, 30)+" years of argument", "although "+w.number(100, 5000)+" people had signed against it",
			"which has stood empty since "+w.number(1950, 2020), "after a first attempt failed in "+w.month(), "at a cost of "+w.money()))
}

// paragraph writes two or three sentences, none of a form that the article has had, as long as there are others.
func (w *writer) paragraph() string {
	if w.sentences == nil {
		w.sentences = w.forms()
	}
	var text []string
	for range 2 + w.r.IntN(2) {
		i := w.r.IntN(len(w.sentences))
		for w.used[i] && len(w.used) < len(w.sentences) {
			i = (i + 1) % len(w.sentences)
		}
		w.used[i] = true
		text = append(text, w.sentences[i]())
	}
	return strings.Join(text, " ")
}

// forms returns the sentences of the grammar; each call of one fills its places anew.
func (w *writer) forms() []func() string {
	return []func() string{
		func() string {
			return "“" + w.pick("We have waited long enough", "Nobody will be left behind", "This is not what we were promised", "I would rather be slow than sorry", "The figures speak for themselves") + ",” said " + w.person + ", who " + w.pick("heads the office", "speaks for the neighbours", "drew the plans", "has lived here since "+w.number(1960, 2015)) + "."
		},
		func() string {
			return w.surname + " added that the " + w.project + " would " + w.pick("pay for itself within ", "be finished in ", "last for another ", "be missed for ") + w.number(2, 60) + " years."
		},
		func() string {
			return "About " + w.number(20, 9000) + " people came to the hall in " + w.town() + " on " + w.day() + " evening, more than its chairs could hold."
		},
		func() string {
			return "The work will cost " + w.money() + ", of which the county carries " + w.number(10, 90) + " percent."
		},
		func() string {
			return "A report by " + w.someone() + " of the institute in " + w.town() + " found " + w.number(3, 80) + " cracks in the foundations."
		},
		func() string {
			return "In " + w.month() + " " + w.number(1990, 2023) + " a storm tore off a part of the roof, and it was never quite dry again."
		},
		func() string {
			return "Traders along " + w.town() + " Street fear that customers will stay away while the road is closed."
		},
		func() string {
			return "The buses of line " + w.number(2, 99) + " will go round by " + w.town() + " until the end of " + w.month() + "."
		},
		func() string {
			return "Children of the school next door painted the fence with " + w.pick("herons", "engines", "whales", "kites", "foxes") + ", " + w.number(11, 99) + " of them in all."
		},
		func() string {
			return "The neighbouring town of " + w.town() + " built something like it for " + w.money() + " and would do so again, its mayor, " + w.someone() + ", wrote in a letter."
		},
		func() string {
			return "Opponents have " + w.pick("asked the court to stop the plan", "collected "+w.number(200, 9000)+" signatures", "announced a march", "hung "+w.number(10, 400)+" banners from their windows") + "."
		},
		func() string {
			return "“" + w.pick("It was cold, and then it was wet", "You cannot eat a view", "My grandmother learned to swim there", "They asked us and then they did it anyway", "I counted them twice") + ",” " + w.someone() + " remembered."
		},
		func() string {
			return "Measured in " + w.month() + ", the ground water stood " + w.number(2, 70) + " centimetres higher than " + w.number(10, 90) + " years ago."
		},
		func() string {
			return "The oldest beam was cut in " + w.number(1480, 1890) + ", as its rings tell."
		},
		func() string {
			return "A firm from " + w.town() + " made the lowest offer of " + w.number(3, 12) + "; two others withdrew."
		},
		func() string {
			return "Until then, visitors are sent to the side entrance, where " + w.someone() + " sells tickets and, on " + w.day() + "s, cake."
		},
		func() string {
			return "Whether it will stay so is open: the next vote is set for " + w.month() + " " + w.number(1, 29) + "."
		},
		func() string {
			return "The trains between " + w.place + " and " + w.town() + " carried " + w.number(200, 9000) + " passengers a day last year, up by " + w.number(2, 40) + " percent."
		},
		func() string {
			return w.person + " has resigned from the board over the matter and now breeds " + w.pick("sheep", "carp", "roses", "pigeons") + " in " + w.town() + "."
		},
		func() string {
			return "For " + w.number(3, 40) + " weeks a crane will stand where the lime trees were; " + w.number(5, 60) + " young ones are to follow."
		},
		func() string {
			return "Insurers have valued the damage of the last flood at " + w.money() + "."
		},
		func() string {
			return "The plans are on show at the town hall of " + w.place + " until " + w.day() + ", with a model made of " + w.pick("cork", "matches", "pear wood", "sugar") + "."
		},
		func() string {
			return "Not one of the " + w.number(12, 90) + " members spoke against it, which the minutes call unusual."
		},
		func() string {
			return "Divers who looked at the piers found " + w.pick("a safe", "three bicycles", "a church bell", "a milestone", "an anchor") + " from the year " + w.number(1700, 1990) + "."
		},
		func() string {
			return "Electricity for the pumps comes from " + w.number(40, 900) + " panels on the roof of the depot at " + w.town() + "."
		},
		func() string {
			return "The choir of " + w.place + " gave a concert for the cause and brought in " + w.number(300, 9000) + " euros and a " + w.pick("goat", "piano", "rowing boat", "stove") + "."
		},
		func() string {
			return "According to " + w.someone() + ", an engineer, the " + w.project + " could bear " + w.number(3, 50) + " times the load."
		},
		func() string {
			return "The wind reached " + w.number(60, 160) + " kilometres an hour on " + w.day() + " night and brought down " + w.number(3, 90) + " trees on the road to " + w.town() + "."
		},
	}
}
