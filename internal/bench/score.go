package bench

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// wrongBody is the F1 below which a body counts as wrong.
const wrongBody = 0.90

// Score is how the records agree with what the pages say. Missing, Twice and Foreign count articles; the others count
// records with a fault of that kind.
type Score struct {
	Articles int `json:"articles"`
	Missing  int `json:"missing"`
	Twice    int `json:"twice"`   // more than one record, or more than one revision of a page that never changed
	Foreign  int `json:"foreign"` // records of no article
	Title    int `json:"wrong_title"`
	Author   int `json:"wrong_author"`
	Date     int `json:"wrong_date"`
	Body     int `json:"wrong_body"` // F1 below 0.9
	// F1 is of 4-word shingles, as multisets; the mean over all articles, and over those of each template.
	F1            float64            `json:"body_f1"`
	Templates     map[string]float64 `json:"body_f1_by_template"`
	WorstTemplate string             `json:"worst_template"`
	// Examples name some records with faults.
	Examples []string `json:"examples,omitempty"`
}

const maxExamples = 8

// scorer compares records with the truth as they come.
type scorer struct {
	web    *newsroom.Newsroom
	seen   map[string]int // by path
	shares map[string][]float64
	Score
}

// score reads a store and compares what it holds with the articles under a prefix.
func score(ctx context.Context, web *newsroom.Newsroom, dir, prefix string) (*Score, error) {
	s := &scorer{web: web, seen: map[string]int{}, shares: map[string][]float64{}}
	store, err := sqlite.Open(ctx, filepath.Join(dir, "feedmill.db"), &sqlite.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	for r, err := range store.Query(ctx, sink.Query{}) {
		if err != nil {
			return nil, err
		}
		s.record(r)
	}
	for _, u := range web.Articles("") {
		path := pathOf(u)
		if !strings.HasPrefix(path, prefix+"/") {
			continue
		}
		s.Articles++
		switch s.seen[path] {
		case 0:
			s.Missing++
			s.example("missing", path)
		case 1:
		default:
			s.Twice++
			s.example("twice", path)
		}
	}
	s.sum()
	return &s.Score, nil
}

// pathOf is the path of a URL.
func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Path
}

func (s *scorer) record(r *feedmill.Record) {
	path := pathOf(r.URL)
	truth := s.web.Truth(path)
	if truth == nil {
		s.Foreign++
		s.example("of no article", r.URL)
		return
	}
	s.seen[path] += max(1, r.Revision)
	for _, check := range []struct {
		what  string
		right bool
		n     *int
	}{
		{"title", r.Title == truth.Title, &s.Title},
		{"author", sameAuthors(r.Byline.Authors, truth.Authors), &s.Author},
		{"date", sameTime(r.Published, truth.Published), &s.Date},
	} {
		if !check.right {
			*check.n++
			s.example("wrong "+check.what, path)
		}
	}
	f1 := bodyF1(r.Text, strings.Join(truth.Paragraphs, "\n\n"))
	if f1 < wrongBody {
		s.Body++
		s.example("wrong body", path)
	}
	s.shares[truth.Layout] = append(s.shares[truth.Layout], f1)
}

func (s *scorer) example(what, where string) {
	if len(s.Examples) < maxExamples {
		s.Examples = append(s.Examples, what+": "+where)
	}
}

func (s *scorer) sum() {
	s.Templates = map[string]float64{}
	all, n := 0.0, 0
	for layout, list := range s.shares {
		sum := 0.0
		for _, f := range list {
			sum += f
		}
		all, n = all+sum, n+len(list)
		s.Templates[layout] = sum / float64(len(list))
		if worst, ok := s.Templates[s.WorstTemplate]; !ok || s.Templates[layout] < worst {
			s.WorstTemplate = layout
		}
	}
	if n > 0 {
		s.F1 = all / float64(n)
	}
}

func sameAuthors(got []feedmill.Author, want []string) bool {
	return slices.EqualFunc(got, want, func(a feedmill.Author, name string) bool { return a.Name == name })
}

// sameTime compares as precisely as the record states its time, which must be to the day at least.
func sameTime(got feedmill.Timestamp, want time.Time) bool {
	switch got.Precision {
	case "day":
		return got.Value == want.Format(time.DateOnly)
	case "minute", "second":
		if got.UTC.IsZero() {
			return strings.HasPrefix(got.Value, want.Format("2006-01-02T15:04"))
		}
		return got.UTC.Truncate(time.Minute).Equal(want.UTC().Truncate(time.Minute))
	}
	return false
}

const shingle = 4 // words

// bodyF1 is the F1 of the multisets of four-word shingles of two texts; words are letters and digits, in lower case.
func bodyF1(got, want string) float64 {
	a, na := shingles(got)
	b, nb := shingles(want)
	if na == 0 || nb == 0 {
		if na == nb && strings.TrimSpace(got) == strings.TrimSpace(want) {
			return 1
		}
		return 0
	}
	shared := 0
	for k, n := range a {
		shared += min(n, b[k])
	}
	return 2 * float64(shared) / float64(na+nb)
}

func shingles(text string) (map[string]int, int) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	set := map[string]int{}
	n := 0
	for ; len(words) >= shingle; words = words[1:] {
		set[strings.Join(words[:shingle], " ")]++
		n++
	}
	return set, n
}
