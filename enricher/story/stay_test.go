package story

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// saying makes a text of n words that no other seed's text has.
func saying(seed string, n int) string {
	letters := strings.NewReplacer("0", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j")
	var b strings.Builder
	for i := range n {
		b.WriteString(letters.Replace(fmt.Sprintf("%s%dx ", seed, i)))
	}
	return b.String()
}

// article is one of that time and text, and comes at an hour, both counted from one moment.
func article(id string, at, seen int, text string) *Article {
	day := time.Date(2011, 1, 10, 0, 0, 0, 0, time.UTC)
	hours := func(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }
	return &Article{ID: id, Source: id, At: hours(at), Seen: hours(seen), Text: NewFingerprint(text)}
}

// put places an article and says what was told.
func put(w *Window, id string, at, seen int, text string) []string {
	return said(w.Place(article(id, at, seen, text)))
}

func said(all []Placement) (lines []string) {
	for _, p := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", p.ID, p.Story, p.Role, p.Of)))
	}
	return lines
}

func told(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// TestRebuiltFromRevisions loads texts and earlier times of articles that leave the window again before anything is placed.
func TestRebuiltFromRevisions(t *testing.T) {
	t.Parallel()
	for _, restore := range []bool{false, true} {
		w := NewWindow(&Options{Max: 4})
		w.Load(article("x", 5, 5, saying("p", 200)))
		w.Load(article("y", 10, 10, saying("p", 150)+saying("q", 80)))
		if restore {
			w.Restore(Placement{ID: "x", Story: "x", Role: Original}, false)
			w.Restore(Placement{ID: "y", Story: "x", Role: Copy, Of: "x", Containment: 0.1, Shared: 1, Compared: 10}, false)
		}
		w.Load(article("y", 9, 11, saying("p", 151)+saying("q", 80)))
		for i := range 10 {
			w.Load(article(fmt.Sprint("n", i), 12, 12, saying(fmt.Sprint("n", i), 100)))
		}
		told(t, "the first placed", put(w, "z", 13, 13, saying("n9", 100)), "n9 n9 original", "z n9 copy n9")
		if w.Len() != 4 {
			t.Errorf("%d articles, want 4", w.Len())
		}
	}
}

// TestLoadedIsPlaced places what was loaded before and had not been placed: it is looked at when it comes, and once.
func TestLoadedIsPlaced(t *testing.T) {
	t.Parallel()
	w := NewWindow(nil)
	w.Load(article("b", 2, 2, ferry))
	w.Load(article("a", 5, 3, ferry))
	w.Load(article("a", 1, 4, ferry)) // known to be earlier now
	told(t, "b", put(w, "b", 2, 5, ferry), "a a original", "b a copy a")
	told(t, "a", put(w, "a", 1, 5, ferry))
	told(t, "b again", put(w, "b", 2, 6, ferry))
}

// TestStaysInItsStory has articles come again when they have left the window: they are where they were.
func TestStaysInItsStory(t *testing.T) {
	t.Parallel()
	copied := saying("p", 150) + saying("q", 60)
	stories := func(w *Window, ids ...string) (all []string) {
		for _, id := range ids {
			p, _ := w.Of(id)
			all = append(all, said([]Placement{p})...)
		}
		return all
	}
	begun := func(seen int) *Window {
		w := NewWindow(nil)
		told(t, "a", put(w, "a", 0, 0, saying("p", 200)))
		told(t, "b", put(w, "b", 1, 1, copied), "a a original", "b a copy a")
		told(t, "c", put(w, "c", 60, 60, copied), "c a copy b")
		told(t, "another", put(w, "another", seen, seen, saying("r", 100)))
		return w
	}
	w := begun(80)
	if w.Len() != 2 {
		t.Fatalf("%d articles, want c and another", w.Len())
	}
	// Its time may be known no more: that of the revision is after that of its copy.
	told(t, "b revised", put(w, "b", 81, 81, copied+saying("s", 5)))
	told(t, "a revised", put(w, "a", 82, 82, saying("p", 200)+saying("u", 5)))
	told(t, "all", stories(w, "a", "b", "c"), "a a original", "b a copy a", "c a copy b")
	told(t, "d", put(w, "d", 83, 83, saying("p", 200)), "d a copy a")

	// A revision begins its stay anew.
	w = begun(61)
	told(t, "b revised", put(w, "b", 1, 62, copied+saying("s", 5)))
	told(t, "another", put(w, "yet another", 130, 130, saying("t", 100)))
	if _, ok := w.Of("b"); !ok || w.Len() != 4 {
		t.Errorf("%d articles and b %v, want c, another, b and yet another", w.Len(), ok)
	}

	// A window that is made anew knows b by its revision alone, or not yet.
	for _, loaded := range []bool{true, false} {
		w = NewWindow(nil)
		for _, p := range []Placement{{ID: "a", Story: "a", Role: Original}, {ID: "b", Story: "a", Role: Copy, Of: "a", Containment: 0.98}} {
			w.Restore(p, false)
		}
		w.Load(article("c", 60, 60, copied))
		w.Restore(Placement{ID: "c", Story: "a", Role: Copy, Of: "b", Containment: 1}, false)
		if loaded {
			w.Load(article("b", 81, 81, copied+saying("s", 5)))
		}
		told(t, "b revised", put(w, "b", 81, 81, copied+saying("s", 5)))
		told(t, "all", stories(w, "b", "c"), "b a copy a", "c a copy b")
	}
}

// TestDecidedStays has a person place articles that the window does not hold, or no more: they stay there when they come.
func TestDecidedStays(t *testing.T) {
	t.Parallel()
	w := NewWindow(nil)
	put(w, "a", 0, 0, ferry)
	told(t, "decided before it comes", said(w.Decide(Placement{ID: "b", Story: "b", Role: Original})))
	told(t, "b", put(w, "b", 1, 1, ferry))
	told(t, "c", put(w, "c", 2, 2, ferry), "a a original", "c a copy a")
	w.Decide(Placement{ID: "c", Story: "c", Role: Original})
	put(w, "another", 100, 100, saying("r", 100))
	put(w, "d", 100, 100, ferry)
	told(t, "decided when it has left", said(w.Decide(Placement{ID: "a", Story: "z", Role: Related, Of: "z"})))
	// What the worker said before it knew comes after it.
	w.Restore(Placement{ID: "c", Story: "d", Role: Copy, Of: "d"}, false)
	told(t, "c again", put(w, "c", 101, 101, ferry), "d c copy c")
	told(t, "a again", put(w, "a", 102, 102, ferry+" More."))
	for id, want := range map[string]string{"a": "a z related z", "b": "", "c": "c c original"} {
		p, ok := w.Of(id)
		if got := strings.Join(said([]Placement{p}), ""); ok && got != want || !ok && want != "" {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// TestKeptIsBounded keeps the latest placements of articles that have left.
func TestKeptIsBounded(t *testing.T) {
	t.Parallel()
	w := NewWindow(&Options{Max: 3})
	for i := range 20 {
		put(w, fmt.Sprint(i), i, i, ferry)
		w.Decide(Placement{ID: fmt.Sprint("d", i), Story: "x", Role: Copy, Of: "x"})
	}
	if w.left.all.Len() != 3 || len(w.left.byID) != 3 || w.decided.all.Len() != 3 || len(w.items) != 4 || len(w.below) > 4 {
		t.Errorf("%d left, %d decided, %d items, %d with others below: want 3, 3, 4, and 4 at most", w.left.all.Len(), w.decided.all.Len(), len(w.items), len(w.below))
	}
	if _, ok := w.left.get("16"); !ok {
		t.Error("the latest that left is not kept")
	}
}

// TestAnyUse uses small windows in every way at random: nothing is out of step, and nothing belongs to what belongs to it.
func TestAnyUse(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	var texts []string
	for i := range 4 {
		for j := range 5 {
			texts = append(texts, saying(fmt.Sprint("p", i), 60+20*j)+saying(fmt.Sprint("q", i, j), 50))
		}
	}
	for range 50 {
		w := NewWindow(&Options{Max: 3 + rng.IntN(20), Age: 20 * time.Hour})
		told := map[string]Placement{}
		byHand := map[string]bool{}
		for now := range 150 {
			id := fmt.Sprint(rng.IntN(30))
			a := article(id, now-rng.IntN(3), now, texts[rng.IntN(len(texts))])
			var all []Placement
			switch k := rng.IntN(100); {
			case k < 3:
				w.Remove(id)
			case k < 6:
				of := fmt.Sprint(rng.IntN(30))
				p := Placement{ID: id, Story: id, Role: Original}
				if of < id { // a person makes no circle
					p = Placement{ID: id, Story: of, Role: Copy, Of: of}
					if o, ok := w.Of(of); ok {
						p.Story = o.Story
					}
				}
				byHand[id] = true
				all = append(w.Decide(p), p)
			case k < 10:
				w.Load(a)
			case k == 10: // another process goes on
				before := w
				w = NewWindow(&Options{Max: 3 + rng.IntN(20), Age: 20 * time.Hour})
				for n := before.items[0].next; n != 0; n = before.items[n].next {
					e := before.at(n)
					w.Load(&Article{ID: e.id, Source: e.source, At: a.At, Seen: a.Seen, Text: a.Text})
				}
				for _, p := range told {
					w.Restore(p, byHand[p.ID])
				}
			default:
				all = w.Place(a)
			}
			for _, p := range all {
				told[p.ID] = p
			}
			inStep(t, w, byHand)
		}
	}
}

// inStep compares what a window holds with itself.
func inStep(t *testing.T, w *Window, byHand map[string]bool) {
	t.Helper()
	n := 0
	for i := w.items[0].next; i != 0; i = w.items[i].next {
		n++
		e := w.at(i)
		if w.byID[e.id] != i || w.items[e.next].prev != i {
			t.Fatalf("%s is at %d, the window has it at %d", e.id, i, w.byID[e.id])
		}
		if of := e.match.id; of != "" && !slices.Contains(w.below[of], i) {
			t.Fatalf("%s belongs to %s, which does not know it", e.id, of)
		}
	}
	if n != len(w.byID) || n+len(w.free)+1 != len(w.items) || n > w.max {
		t.Fatalf("%d in the ring, %d by id, %d free of %d", n, len(w.byID), len(w.free), len(w.items))
	}
	for of, all := range w.below {
		for _, c := range all {
			if w.at(c).match.id != of {
				t.Fatalf("%s knows %s, which belongs to %q", of, w.at(c).id, w.at(c).match.id)
			}
		}
	}
	for id, i := range w.byID {
		for steps := 0; ; steps++ {
			e := w.at(i)
			next, ok := w.byID[e.match.id]
			if !ok || byHand[e.id] {
				break
			}
			if steps > len(w.byID) {
				t.Fatalf("%s belongs to itself", id)
			}
			i = next
		}
	}
}
