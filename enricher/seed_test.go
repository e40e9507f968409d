package enricher

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// seedFolder and corpora lie beside the repository; tests that need them skip where they are absent.
const (
	seedFolder    = "../../shared/seed/"
	corporaNER    = "../../shared/corpora/ner/"
	seedPublished = "2011-01-10T19:41:00+09:00"
)

func readBeside(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is absent", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newChain(t testing.TB, o *Options) *Chain {
	t.Helper()
	if o == nil {
		o = &Options{}
	}
	o.Logger = slog.New(slog.DiscardHandler)
	c, err := NewChain(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func enrich(t testing.TB, r *feedmill.Record) *feedmill.Record {
	t.Helper()
	if err := newChain(t, nil).Enrich(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		t.Fatalf("warnings: %q", r.Warnings)
	}
	return r
}

// seedGold is the annotated piece: its mentions count code points of the whole seed text.
type seedGold struct {
	BodyOffset   int                      `json:"body_offset"`
	ImageCaption struct{ Start, End int } `json:"image_caption"`
	Entities     []struct {
		ID, Type, Canonical, Wikidata string
		ISO                           string `json:"iso_country"`
		GeoNames                      int
		Kind                          string
	}
	Mentions []struct {
		Start, End      int
		Text, Type      string
		Entity          *string
		Residue         string
		Nominal, Nested bool
		Value           any
		BodyStart       *int `json:"body_start"`
		BodyEnd         *int `json:"body_end"`
	}
	Quotes []struct {
		Start, End int
		Text       string
		Speaker    *string
		Direct     bool
	}
}

// seedRecord is the piece as parsing has to deliver it.
func seedRecord(t *testing.T) (*feedmill.Record, *seedGold) {
	t.Helper()
	var want struct {
		Headline   string
		Paragraphs []string
		LeadImage  struct{ Caption string } `json:"lead_image"`
	}
	if err := json.Unmarshal(readBeside(t, seedFolder+"korea-times.expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	var gold seedGold
	if err := json.Unmarshal(readBeside(t, seedFolder+"korea-times.entities.json"), &gold); err != nil {
		t.Fatal(err)
	}
	r := &feedmill.Record{}
	r.ID = "seed"
	r.Title = want.Headline
	r.Text = strings.Join(want.Paragraphs, "\n\n")
	r.Images = []feedmill.Image{{ID: "i1", Caption: want.LeadImage.Caption}}
	r.Published = feedmill.Timestamp{Value: seedPublished, Precision: "minute"}
	r.Language.Tag = "en"
	r.Byline.Authors = []feedmill.Author{{Name: "Lee Tae-hoon"}}
	return r, &gold
}

type spanText struct {
	in         string
	start, end int
	typ, text  string
}

// goldSpans places the mentions of the four types in the record's fields.
func goldSpans(t *testing.T, r *feedmill.Record, gold *seedGold) map[spanText]string {
	t.Helper()
	seed := []rune(string(readBeside(t, seedFolder+"korea-times.txt")))
	title := strings.Index(string(seed), r.Title)
	titleAt := len([]rune(string(seed)[:title]))
	types := map[string]string{"person": "person", "organisation": "organization", "place": "place", "nationality": "group"}
	out := map[spanText]string{}
	for _, m := range gold.Mentions {
		typ := types[m.Type]
		if typ == "" || m.Residue != "" || m.Nominal || m.Nested || m.Entity == nil {
			continue
		}
		s := spanText{typ: typ, text: m.Text}
		switch {
		case m.BodyStart != nil:
			// Paragraphs are joined by one line feed there and by a blank line in the record.
			nl := strings.Count(string(seed[gold.BodyOffset:m.Start]), "\n")
			s.start, s.end = *m.BodyStart+nl, *m.BodyEnd+nl
		case m.Start >= titleAt:
			s.in, s.start, s.end = "title", m.Start-titleAt, m.End-titleAt
		default:
			s.in, s.start, s.end = feedmill.CaptionField("i1"), m.Start-gold.ImageCaption.Start, m.End-gold.ImageCaption.Start
		}
		if got := feedmill.NewText(r.Field(s.in)).Slice(s.start, s.end); got != m.Text {
			t.Fatalf("gold span %+v holds %q", s, got)
		}
		out[withoutArticle(s)] = *m.Entity
	}
	return out
}

// withoutArticle leaves a leading "the" out: it is free.
func withoutArticle(s spanText) spanText {
	for _, a := range []string{"the ", "The "} {
		if rest, ok := strings.CutPrefix(s.text, a); ok {
			s.text = rest
			s.start += len(a)
		}
	}
	return s
}

func TestSeedEntities(t *testing.T) {
	t.Parallel()
	r, gold := seedRecord(t)
	want := goldSpans(t, r, gold)
	enrich(t, r)
	got := map[spanText]string{}
	for _, e := range r.Entities {
		if slices.Contains([]string{"person", "organization", "place", "group"}, e.Type) {
			for _, m := range e.Mentions {
				got[withoutArticle(spanText{m.In, m.Start, m.End, e.Type, m.Text})] = e.ID
			}
		}
	}
	hit := 0
	for s := range want {
		if _, ok := got[s]; ok {
			hit++
		} else {
			t.Logf("missed %+v", s)
		}
	}
	for s := range got {
		if _, ok := want[s]; !ok {
			t.Logf("wrong  %+v", s)
		}
	}
	p, rec := float64(hit)/float64(len(got)), float64(hit)/float64(len(want))
	f1 := 2 * p * rec / (p + rec)
	t.Logf("seed entities: %d of %d found, %d given, F1 %.3f", hit, len(want), len(got), f1)
	if f1 < 0.95 {
		t.Errorf("F1 = %.3f, want 0.95", f1)
	}
	// Mentions of one gold entity are of one of ours, and of no other.
	ours, theirs := map[string]string{}, map[string]string{}
	for s, id := range want {
		g, ok := got[s]
		if !ok {
			continue
		}
		if ours[id] != "" && ours[id] != g {
			t.Errorf("%s is split: %s and %s", id, ours[id], g)
		}
		if theirs[g] != "" && theirs[g] != id {
			t.Errorf("%s and %s are one entity", theirs[g], id)
		}
		ours[id], theirs[g] = g, id
	}
}

func entityNamed(t *testing.T, r *feedmill.Record, name string) feedmill.Entity {
	t.Helper()
	for _, e := range r.Entities {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("no entity %q", name)
	return feedmill.Entity{}
}

func TestSeedRoles(t *testing.T) {
	t.Parallel()
	r, _ := seedRecord(t)
	enrich(t, r)
	byID := map[string]string{}
	for _, e := range r.Entities {
		byID[e.ID] = e.Name
	}
	for _, tt := range []struct{ name, title, of string }{
		{"Kim Kwan-jin", "Defense Minister", "South Korea"},
		{"Toshimi Kitazawa", "Defense Minister", "Japan"},
		{"Robert Gates", "Secretary of Defense", "United States"},
		{"Liang Guanglie", "Secretary of Defense", "China"},
		{"Mike Mullen", "Admiral", ""},
		{"Mike Mullen", "chairman of the Joint Chiefs of Staff", "Joint Chiefs of Staff"},
	} {
		found := false
		roles := entityNamed(t, r, tt.name).Roles
		for _, role := range roles {
			found = found || role.Title == tt.title && byID[role.Of] == tt.of
		}
		if !found {
			t.Errorf("%s: no role %q of %q in %+v", tt.name, tt.title, tt.of, roles)
		}
	}
	people := 0
	for _, e := range r.Entities {
		if e.Type == feedmill.TypePerson {
			people++
		}
	}
	if people != 5 {
		t.Errorf("%d people, want 5", people)
	}
}

func TestSeedLinks(t *testing.T) {
	t.Parallel()
	r, gold := seedRecord(t)
	enrich(t, r)
	for _, g := range gold.Entities {
		if g.Kind != "country" && g.Kind != "city" {
			continue
		}
		want := feedmill.Links{Wikidata: g.Wikidata, GeoNames: g.GeoNames, ISOCountry: g.ISO}
		if got := entityNamed(t, r, g.Canonical).Links; got != want {
			t.Errorf("%s: links %+v, want %+v", g.Canonical, got, want)
		}
	}
}

func TestSeedDates(t *testing.T) {
	t.Parallel()
	r, _ := seedRecord(t)
	enrich(t, r)
	var got []string
	for _, d := range r.Dates {
		got = append(got, d.In+"|"+d.Text+"|"+d.Value)
	}
	want := []string{
		"|Monday|2011-01-10", "|1910-1945|1910/1945", "|March 26 last year|2010-03-26", "|Nov. 23 in 2010|2010-11-23",
		"|Dec. 8|2010-12-08", "images/i1/caption|Monday|2011-01-10",
	}
	if !slices.Equal(got, want) {
		t.Errorf("dates:\n%q\nwant:\n%q", got, want)
	}
}

func TestSeedQuotes(t *testing.T) {
	t.Parallel()
	r, gold := seedRecord(t)
	enrich(t, r)
	names := map[string]string{"mnd": "Ministry of National Defense", "mullen": "Mike Mullen"}
	for _, g := range gold.Quotes {
		if !g.Direct {
			continue
		}
		i := slices.IndexFunc(r.Quotes, func(q feedmill.Quote) bool { return q.Text == g.Text })
		if i < 0 {
			t.Errorf("no quote %q", g.Text)
			continue
		}
		switch q := r.Quotes[i]; {
		case g.Speaker == nil:
			if q.Speaker != nil {
				t.Errorf("%q: speaker %s, want none", q.Text, *q.Speaker)
			}
		case q.Speaker == nil:
			t.Errorf("%q: no speaker, want %s", q.Text, *g.Speaker)
		default:
			if id := entityNamed(t, r, names[*g.Speaker]).ID; *q.Speaker != id {
				t.Errorf("%q: speaker %s, want %s", q.Text, *q.Speaker, id)
			}
		}
	}
}
