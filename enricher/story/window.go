// Package story finds copies of one text among articles of many sources, within a sliding window of time.
//
// Two texts are compared by their shingles, runs of three words: each text keeps the 256 least hashes of its own (a
// bottom-k sketch; Cohen and Kaplan 2007), from which the share of the shorter text's shingles that the other has too, the
// containment (Broder 1997), is estimated. A [Window] holds no texts.
//
// Of two articles that belong together the earlier one is that of the earlier time (see [Article]). Each article belongs to
// the earlier one that it shares most with, so the same articles give the same stories in whatever order they come, as long as
// they are all in the window and no passage is in more than 40 of them; of more, the first 40 to come are found by it. One that
// comes late may move others, and [Window.Place] then returns those too. What was once joined stays so when the text changes,
// the earlier article has left the window, or the article itself has left it and comes again.
//
// A Window is not safe for use by several goroutines.
package story

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// indexed is how many of a text's hashes, the least, lead to it.
	indexed = 64
	// crowded is how many texts one shingle may lead to: what more texts share is boilerplate.
	crowded = 40
	// Texts of fewer shingles are not compared: what they share may be chance.
	fewest = 20
	// candidates is how many texts, those that share most of the hashes that lead to them, are looked at.
	candidates = 20
	// versions is how many texts of one article are kept: the first and the last ones.
	versions = 3
)

// Article is what is placed.
type Article struct {
	ID     string
	Source string    // who published it
	At     time.Time // decides which of two is the earlier, with the id where it is equal
	// Seen decides when it leaves the window: each time that it comes its stay begins anew. It is taken as no earlier than
	// that of the article placed before it.
	Seen time.Time
	Text *Fingerprint
}

// Options bound a window. The zero value is three days and 100,000 articles.
type Options struct {
	Age time.Duration
	Max int
}

// Window is the articles of the last days.
type Window struct {
	age time.Duration
	max int
	now int64
	// items are the articles, in no order. The first is the ends of the ring that they form in the order in which they leave.
	items []entry
	free  []uint32 // the items that are not in use
	index postings
	byID  map[string]uint32
	// left are the placements of articles that the window holds no more, decided those that persons made, of whatever article.
	left, decided placements
	// below are the articles that belong to an article, by its id.
	below map[string][]uint32
	hits  map[uint32]int
	// dirty are the articles whose place may be another since Place began; moved are those to be looked at for the sake of
	// others.
	dirty map[uint32]bool
	moved []uint32
}

// entry is an article of the window. Times are in nanoseconds since 1970.
type entry struct {
	id, source string
	at, seen   int64
	prev, next uint32 // of the ring
	texts      []*Fingerprint
	match      match // with the one that it belongs to; id "" for none
	story      string
	told       Placement // what Place has returned last; zero: nothing yet
	// loose says that it belongs to its story through a related text; related texts of it do not.
	loose bool
	hand  bool // placed by a person: it stays there
	// fresh says that Place has not looked at it since it came, came again, or was found to be earlier.
	fresh bool
}

// NewWindow makes an empty window; o may be nil.
func NewWindow(o *Options) *Window {
	w := &Window{age: 72 * time.Hour, max: 100_000, items: make([]entry, 1), index: newPostings(), byID: map[string]uint32{},
		below: map[string][]uint32{}, hits: map[uint32]int{}, dirty: map[uint32]bool{}}
	if o != nil && o.Age > 0 {
		w.age = o.Age
	}
	if o != nil && o.Max > 0 {
		w.max = o.Max
	}
	w.left, w.decided = newPlacements(w.max), newPlacements(w.max)
	return w
}

// Len is how many articles the window holds.
func (w *Window) Len() int { return len(w.byID) }

// Place adds an article, or another text of one that the window holds, and returns the placements that are new, or others
// than before in more than their reason. An article that stands alone has none; the first of a story gets its own when another joins it.
func (w *Window) Place(a *Article) []Placement {
	n, text := w.add(a)
	switch e := w.at(n); {
	case e.fresh:
		e.fresh = false
		w.refit(n)
	case text != nil:
		w.fit(n, text)
	}
	w.settle()
	return w.tell()
}

// Load adds an article without looking for where it belongs, for the rebuilding of a window: [Window.Restore] says where. If
// it comes to [Window.Place] too, it is looked at then.
func (w *Window) Load(a *Article) {
	n, _ := w.add(a)
	w.at(n).fresh = true
}

// Restore puts an article where it was placed before, now or when it comes. What a person has decided, by hand, stays so.
func (w *Window) Restore(p Placement, byHand bool) {
	if _, ok := w.decided.get(p.ID); ok && !byHand {
		return
	}
	n, here := w.byID[p.ID]
	if here {
		w.put(n, p, byHand)
	}
	switch {
	case byHand:
		w.decided.put(keptPlacement{p, math.MaxInt64})
		w.left.remove(p.ID)
	case !here:
		w.left.put(keptPlacement{p, math.MaxInt64})
	}
}

// put puts an article of the window where it was placed, unless it was placed below what belongs to it by now.
func (w *Window) put(n uint32, p Placement, byHand bool) {
	e := w.at(n)
	if o, ok := w.byID[p.Of]; ok && !byHand && (o == n || w.belongs(w.at(o), e)) {
		return
	}
	w.attach(n, restored(w, &p))
	e.story, e.told, e.hand, e.loose = p.Story, p, byHand, p.Role == Related
	if o, ok := w.byID[p.Of]; ok {
		e.loose = e.loose || w.at(o).loose
	}
}

func restored(w *Window, p *Placement) match {
	if p.Role == Original {
		return match{}
	}
	m := match{role: p.Role, containment: p.Containment, shared: p.Shared, compared: p.Compared, id: p.Of}
	if o, ok := w.byID[p.Of]; ok {
		m.at = w.at(o).at
	}
	return m
}

// Decide puts an article where a person wants it, now or when it comes, and returns the placements of others that follow from
// that.
func (w *Window) Decide(p Placement) []Placement {
	w.Restore(p, true)
	n, ok := w.byID[p.ID]
	if !ok {
		return nil
	}
	w.moved = append(append(w.moved, n), w.below[p.ID]...)
	w.settle()
	return w.tell()
}

// Remove forgets an article. Those that belong to it stay where they are.
func (w *Window) Remove(id string) {
	if n, ok := w.byID[id]; ok {
		w.drop(n)
	}
	w.left.remove(id)
}

// Of returns where an article of the window was placed. It is not ok where the article stands alone.
func (w *Window) Of(id string) (Placement, bool) {
	n, ok := w.byID[id]
	if !ok || w.at(n).told == (Placement{}) {
		return Placement{}, false
	}
	return w.at(n).placement(), true
}

func (e *entry) placement() Placement {
	p := Placement{ID: e.id, Story: e.story, Role: Original}
	if m := &e.match; m.id != "" {
		p.Role, p.Of, p.Containment, p.Shared, p.Compared = m.role, m.id, m.containment, m.shared, m.compared
	}
	return p
}

func (w *Window) at(n uint32) *entry { return &w.items[n] }

// before tells whether an article is the earlier of two.
func (e *entry) before(o *entry) bool {
	return cmp.Or(cmp.Compare(e.at, o.at), cmp.Compare(e.id, o.id)) < 0
}

// add adds an article or a text of it, and returns that text, nil where it is known or too short.
func (w *Window) add(a *Article) (uint32, *Fingerprint) {
	w.now = max(w.now, a.Seen.UnixNano())
	n, known := w.byID[a.ID]
	if known {
		w.unlink(n)
		w.link(n)
	} else {
		w.forget()
		n = w.enter(a)
	}
	e := w.at(n)
	if at := a.At.UnixNano(); at < e.at && !e.hand {
		w.date(n, at)
		e.fresh = true
	}
	if a.Text == nil || a.Text.Short() || slices.ContainsFunc(e.texts, a.Text.equal) {
		return n, nil
	}
	if len(e.texts) == versions {
		w.unindex(n, e.texts[1])
		e.texts = slices.Delete(e.texts, 1, 2)
	}
	e.texts = append(e.texts, a.Text)
	for _, h := range a.Text.leading() {
		w.index.add(h, n)
	}
	return n, a.Text
}

// enter makes an article one of the window, and puts it where it was before, if it comes again.
func (w *Window) enter(a *Article) uint32 {
	n := uint32(len(w.items))
	if last := len(w.free) - 1; last >= 0 {
		n, w.free = w.free[last], w.free[:last]
	} else {
		w.items = append(w.items, entry{})
	}
	*w.at(n) = entry{id: a.ID, source: a.Source, at: a.At.UnixNano(), story: a.ID, fresh: true}
	w.link(n)
	w.byID[a.ID] = n
	w.dirty[n] = true
	p, before := w.left.get(a.ID)
	w.left.remove(a.ID)
	if before {
		w.put(n, p.Placement, false)
		w.at(n).at = min(w.at(n).at, p.at)
	}
	if p, ok := w.decided.get(a.ID); ok {
		w.put(n, p.Placement, true)
	}
	w.date(n, w.at(n).at)
	return n
}

// link puts an article at the end of the ring, as seen now, and unlink takes it out.
func (w *Window) link(n uint32) {
	e, last := w.at(n), w.items[0].prev
	e.seen, e.prev, e.next = w.now, last, 0
	w.items[last].next, w.items[0].prev = n, n
}

func (w *Window) unlink(n uint32) {
	e := w.at(n)
	w.items[e.prev].next, w.items[e.next].prev = e.next, e.prev
}

// date sets the time of an article.
func (w *Window) date(n uint32, at int64) {
	e := w.at(n)
	e.at = at
	for _, c := range w.below[e.id] {
		w.at(c).match.at = at
	}
}

// leading are the hashes that lead to a text.
func (f *Fingerprint) leading() []uint32 { return f.runs.least[:min(len(f.runs.least), indexed)] }

// unindex takes a text out of the index, but for what the article's other texts have too.
func (w *Window) unindex(n uint32, text *Fingerprint) {
	for _, h := range text.leading() {
		w.index.remove(h, n)
	}
	for _, other := range w.at(n).texts {
		if other == text {
			continue
		}
		for _, h := range other.leading() {
			w.index.add(h, n)
		}
	}
}

// fit finds where an article belongs by a text of it, and which later ones belong to it.
func (w *Window) fit(n uint32, text *Fingerprint) {
	e := w.at(n)
	earlier, later := w.near(n, text)
	best := e.match
	for _, c := range earlier {
		o := w.at(c)
		for _, t := range o.texts {
			if m := w.compare(text, t, e, o); m.better(&best) {
				best = m
			}
		}
	}
	if best != e.match && !e.hand {
		w.attach(n, best)
		w.moved = append(w.moved, n)
	}
	for _, c := range later {
		w.offer(c, n, text)
	}
}

// offer moves an article to an earlier one, by a text of that, if it shares more with it than with the one it belongs to.
func (w *Window) offer(later, earlier uint32, text *Fingerprint) {
	y, e := w.at(later), w.at(earlier)
	if y.hand {
		return
	}
	best := y.match
	for _, t := range y.texts {
		if m := w.compare(t, text, y, e); m.better(&best) {
			best = m
		}
	}
	if best != y.match {
		w.attach(later, best)
		w.moved = append(w.moved, later)
	}
}

// compare says what a later article is to an earlier one by one text of each.
func (w *Window) compare(later, earlier *Fingerprint, e, o *entry) match {
	m := compare(later, earlier, o.source != "" && o.source == e.source)
	if m.role == "" || m.role == Related && o.loose || w.belongs(o, e) {
		return match{}
	}
	m.at, m.id = o.at, o.id
	return m
}

// belongs tells whether an article belongs to another, by way of others too. Where a person said so, or the time of one that
// came again is not known, one may belong to what seems to be later.
func (w *Window) belongs(e, to *entry) bool {
	for range w.byID { // a person may even have made a circle
		n, ok := w.byID[e.match.id]
		if !ok {
			break
		}
		if e = w.at(n); e == to {
			return true
		}
	}
	return false
}

// near returns the articles that share most with a text, those before the article and those after it.
func (w *Window) near(n uint32, text *Fingerprint) (earlier, later []uint32) {
	clear(w.hits)
	for _, h := range text.runs.least {
		w.index.count(h, w.hits)
	}
	e := w.at(n)
	for c, hits := range w.hits {
		switch {
		case hits < 2 || c == n:
		case w.at(c).before(e):
			earlier = append(earlier, c)
		default:
			later = append(later, c)
		}
	}
	first := func(a, b uint32) int {
		x, y := w.at(a), w.at(b)
		return cmp.Or(cmp.Compare(w.hits[b], w.hits[a]), cmp.Compare(x.at, y.at), cmp.Compare(x.id, y.id))
	}
	slices.SortFunc(earlier, first)
	slices.SortFunc(later, first)
	return earlier[:min(len(earlier), candidates)], later[:min(len(later), candidates)]
}

// refit looks for where an article belongs by all its texts. It cannot belong to one that is later. What belongs to it came
// after it: where its own first time is forgotten, it is still no later than that.
func (w *Window) refit(n uint32) {
	e := w.at(n)
	for _, c := range w.below[e.id] {
		if y := w.at(c); !y.hand && y.before(e) {
			w.date(n, y.at-1)
		}
	}
	if e.match.id != "" && !e.hand {
		if o, ok := w.byID[e.match.id]; ok && !w.at(o).before(e) {
			w.attach(n, match{})
		}
	}
	w.moved = append(w.moved, n)
	for _, t := range slices.Clone(e.texts) {
		w.fit(n, t)
	}
}

// attach makes an article belong to another, or to none.
func (w *Window) attach(n uint32, m match) {
	e := w.at(n)
	if old := e.match.id; old != "" {
		w.detach(n, old)
	}
	e.match = m
	if m.id != "" {
		w.below[m.id] = append(w.below[m.id], n)
		w.touch(m.id)
	}
	w.dirty[n] = true
}

func (w *Window) detach(n uint32, from string) {
	l := slices.DeleteFunc(w.below[from], func(c uint32) bool { return c == n })
	if len(l) == 0 {
		delete(w.below, from)
	} else {
		w.below[from] = l
	}
	w.touch(from)
}

func (w *Window) touch(id string) {
	if n, ok := w.byID[id]; ok {
		w.dirty[n] = true
	}
}

// settle gives the articles that were moved, and those that belong to them, their story. What follows from a move concerns
// later articles alone, so that taking the earliest first comes to an end.
func (w *Window) settle() {
	for len(w.moved) > 0 {
		i := 0
		for j := range w.moved {
			if w.at(w.moved[j]).before(w.at(w.moved[i])) {
				i = j
			}
		}
		n := w.moved[i]
		w.moved[i] = w.moved[len(w.moved)-1]
		w.moved = w.moved[:len(w.moved)-1]
		w.resettle(n)
	}
}

func (w *Window) resettle(n uint32) {
	e := w.at(n)
	story, loose := e.story, e.loose
	switch o, ok := w.byID[e.match.id]; {
	case e.match.id == "":
		story, loose = e.id, false
	case e.hand: // where the person put it
	case ok:
		story, loose = w.at(o).story, e.match.role == Related || w.at(o).loose
	}
	if story == e.story && loose == e.loose {
		return
	}
	tighter := e.loose && !loose
	e.story, e.loose = story, loose
	w.dirty[n] = true
	for _, c := range slices.Clone(w.below[e.id]) {
		y := w.at(c)
		if loose && y.match.role == Related && !y.hand {
			// What is related to a related text is none of the story's: it may belong elsewhere.
			w.attach(c, match{})
			for _, t := range y.texts {
				w.fit(c, t)
			}
		}
		w.moved = append(w.moved, c)
	}
	if tighter {
		for _, t := range e.texts {
			if _, later := w.near(n, t); len(later) > 0 {
				for _, c := range later {
					w.offer(c, n, t)
				}
			}
		}
	}
}

// tell returns the placements that are others than was told, in the order of the articles.
func (w *Window) tell() []Placement {
	var out []Placement
	for n := range w.dirty {
		e := w.at(n)
		p := e.placement()
		if p.sameAs(&e.told) || e.told == (Placement{}) && p.Role == Original && len(w.below[e.id]) == 0 {
			continue
		}
		e.told = p
		out = append(out, p)
	}
	clear(w.dirty)
	slices.SortFunc(out, func(a, b Placement) int {
		x, y := w.at(w.byID[a.ID]), w.at(w.byID[b.ID])
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.id, y.id))
	})
	return out
}

// forget drops what is too old, or too much.
func (w *Window) forget() {
	for n := w.items[0].next; n != 0; n = w.items[0].next {
		if w.now-w.at(n).seen <= int64(w.age) && len(w.byID) < w.max {
			return
		}
		w.drop(n)
	}
}

// drop takes an article out of the window. Where it was placed is kept.
func (w *Window) drop(n uint32) {
	e := w.at(n)
	for _, t := range e.texts {
		for _, h := range t.leading() {
			w.index.remove(h, n)
		}
	}
	if e.told != (Placement{}) {
		w.left.put(keptPlacement{e.placement(), e.at})
	}
	if e.match.id != "" {
		w.detach(n, e.match.id)
	}
	w.unlink(n)
	delete(w.byID, e.id)
	delete(w.dirty, n)
	*e = entry{}
	w.free = append(w.free, n)
}
