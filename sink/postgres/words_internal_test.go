package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Café MÜLLER, 40 years; C++":   {"cafe", "muller", "40", "years", "c"},
		"Kwan-jin's 1.5":               {"kwan", "jin", "s", "1", "5"},
		"Straße ΣΊΣΥΦΟΣ İstanbul":      {"strasse", "σισυφοσ", "istanbul"},
		"북한이 한국어":                      {"북한", "한이", "이", "한국", "국어", "어"},
		"हिन्दी":                       {"हनद"},
		"كِتَاب":                       {"كتاب"},
		"a\u0301 \u0301 \u0301b":       {"a", "b"},
		" '\\' :* & | ! ( ) <-> \x00 ": nil,
		strings.Repeat("é", 1000):      {strings.Repeat("e", 200)},
		strings.Repeat("京a", 2):        {"京", "a", "京", "a"},
	} {
		var got []string
		words(sink.SearchText(text), func(w string) bool {
			got = append(got, w)
			return true
		})
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("words of %q (-want +got):\n%s", text, d)
		}
	}
}

func TestQueryOfTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`bridge "The river" cro*`: `('bridge') & ('the' <-> 'river') & ('cro':*)`,
		"핵":                       `('핵':*)`,
		"핵실험":                     `('핵실' <-> '실험')`,
		"*":                       ``,
	} {
		got, ok := tsquery(sink.ParseText(text))
		if got != want || ok != (want != "") {
			t.Errorf("tsquery of %q is %q, %v; want %q", text, got, ok, want)
		}
	}
	if got, _ := tsquery(sink.ParseText(strings.Repeat("word ", 100_000))); strings.Count(got, "word") != maxTerms {
		t.Errorf("a search for 100,000 words asks for %d", strings.Count(got, "word"))
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	s := &Store{name: "PostgreSQL database db at h:1", user: "ann"}
	for code, want := range map[string]struct {
		words     string
		permanent bool
	}{
		"53100": {"disk is full: free space", false},
		"53200": {"out of memory", false},
		"57014": {"raise its statement_timeout", false},
		"57P03": {"stopping or starting", false},
		"58030": {"check the disk", false},
		"42P01": {"the tables are gone", false},
		"40P01": {"", false}, // deadlock detected: the batch may be written again
		"40001": {"", false},
		"XX001": {"", false},
		"54001": {"", false}, // statement too complex
		"54000": {"", true},
		"22021": {"", true},
	} {
		err := s.explain("write", fmt.Errorf("record x: %w", &pgconn.PgError{Code: code, Message: "as the server says"}))
		if !strings.Contains(err.Error(), want.words) || !strings.HasPrefix(err.Error(), "write PostgreSQL database db at h:1: ") ||
			!strings.Contains(err.Error(), "as the server says") {
			t.Errorf("%s: %v, want %q", code, err, want.words)
		}
		if feedmill.IsPermanent(err) != want.permanent {
			t.Errorf("%s: blames the record: %v, want %v", code, !want.permanent, want.permanent)
		}
	}
	if err := s.explain("write", nil); err != nil {
		t.Error(err)
	}
	s.closed.Store(true)
	if err := s.explain("query", errors.New("closed pool")); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("%v, want sink.ErrClosed", err)
	}
}
