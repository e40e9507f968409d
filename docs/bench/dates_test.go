package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	dps "github.com/markusmobius/go-dateparser"
	"github.com/olebedev/when"
	"github.com/olebedev/when/rules/common"
	"github.com/olebedev/when/rules/en"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
)

// dateCase is a line of the enricher's table: the day of publication, the words, and the values that are to be found.
type dateCase struct {
	published time.Time
	words     string
	texts     []string
	values    []string
}

func dateCases(t *testing.T) []dateCase {
	t.Helper()
	raw, err := os.ReadFile("../../enricher/testdata/dates.tsv")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the table of dates is absent")
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []dateCase
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		published, err := time.Parse(time.DateOnly, f[0])
		if err != nil || f[3] == "" {
			continue // what the peers cannot be asked: nothing to find, or no day to count from
		}
		c := dateCase{published: published, words: f[2]}
		for pair := range strings.SplitSeq(f[3], "; ") {
			text, value, _ := strings.Cut(pair, "=")
			c.texts, c.values = append(c.texts, text), append(c.values, value)
		}
		out = append(out, c)
	}
	return out
}

// begins tells whether a moment is within the value that is wanted: a reader that gives only a day cannot say "month" or
// "range", so its day has to be the first of what is meant, or, of weeks, months and years, any in it.
func begins(got time.Time, want string) bool {
	day := got.Format(time.DateOnly)
	from, _, isRange := strings.Cut(want, "/")
	switch {
	case strings.Contains(from, "W"):
		y, w := got.ISOWeek()
		return from == isoWeek(y, w)
	case isRange:
		return strings.HasPrefix(day, from)
	}
	return strings.HasPrefix(day, want)
}

func isoWeek(y, w int) string {
	return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-W" + string([]byte{'0' + byte(w/10), '0' + byte(w%10)})
}

// TestDates compares the readers on the lines that have a day of publication and something to find. The peers are asked
// twice: for each expression by itself, which spares them finding it, and in its words.
func TestDates(t *testing.T) {
	cases := dateCases(t)
	chain, err := enricher.NewChain(&enricher.Options{Steps: []string{"dates"}})
	if err != nil {
		t.Fatal(err)
	}
	w := when.New(nil)
	w.Add(en.All...)
	w.Add(common.All...)
	parser := &dps.Parser{}
	type score struct{ alone, found int }
	scores := map[string]*score{"feedmill": {}, "go-dateparser": {}, "when": {}}
	total := 0
	for _, c := range cases {
		cfg := &dps.Configuration{CurrentTime: c.published, PreferredDateSource: dps.Past, Languages: []string{"en"}}
		r := &feedmill.Record{}
		r.Published.Value, r.Text, r.Language.Tag = c.published.Format(time.DateOnly), c.words, "en"
		if err := chain.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		_, found, _ := parser.Search(cfg, c.words)
		in, _ := w.Parse(c.words, c.published)
		for k, text := range c.texts {
			total++
			for _, d := range r.Dates {
				if d.Value == c.values[k] {
					scores["feedmill"].found++
					break
				}
			}
			one := &feedmill.Record{}
			one.Published.Value, one.Text, one.Language.Tag = r.Published.Value, text, "en"
			if err := chain.Enrich(t.Context(), one); err != nil {
				t.Fatal(err)
			}
			if len(one.Dates) == 1 && one.Dates[0].Value == c.values[k] {
				scores["feedmill"].alone++
			}
			if d, err := parser.Parse(cfg, text); err == nil && !d.Time.IsZero() && begins(d.Time, c.values[k]) {
				scores["go-dateparser"].alone++
			}
			for _, d := range found {
				if begins(d.Date.Time, c.values[k]) {
					scores["go-dateparser"].found++
					break
				}
			}
			if d, err := w.Parse(text, c.published); err == nil && d != nil && begins(d.Time, c.values[k]) {
				scores["when"].alone++
			}
			if in != nil && begins(in.Time, c.values[k]) {
				scores["when"].found++
			}
		}
	}
	for _, name := range []string{"feedmill", "go-dateparser", "when"} {
		t.Logf("%-14s alone %d, in its words %d, of %d", name, scores[name].alone, scores[name].found, total)
	}
}
