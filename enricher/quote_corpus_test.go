package enricher

import (
	"strconv"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// gumQuotes tells of what stands between marks in articles of GUM, by its number in the article, who says it: a part of the
// speaker's name, "?" for somebody without one, "-" for what is no quote. What is open to doubt is left out.
var gumQuotes = map[string]string{
	"GUM_news_afghan.train":    "0:- 1:- 2:Noori 3:Noori 4:- 6:- 7:- 8:Mohib 9:Mohib",
	"GUM_news_asylum.train":    "0:Najib 1:Rathke",
	"GUM_news_crane.train":     "0:Amr 1:Maeena 2:Maeena",
	"GUM_news_defector.train":  "0:Rathbun 1:- 2:Rathbun 3:Rathbun 4:Whitmore 5:Whitmore 6:Rathbun",
	"GUM_news_hackers.train":   "0:- 1:- 2:- 4:Ingram 5:Ingram 8:? 9:? 10:? 12:?",
	"GUM_news_homeopathic.dev": "0:Tedeschi 1:Tedeschi 2:Thomas 3:Morning_Herald",
	"GUM_news_iodine.dev":      "0:? 1:? 2:Eastman 3:Eastman 4:Eastman 5:Eastman 6:Eastman 7:Bauchtman 8:Bauchtman",
	"GUM_news_taxes.train":     "1:Giannini 2:Vincenti 3:Toccafondi 4:Galantino 5:Galantino 6:Galantino",
	"GUM_news_warming.train":   "0:Heald 1:Heald 2:Agriculture",
}

// TestCorpusQuotes scores the spans of quotes, and their speakers, on articles of GUM, whose quotes were annotated for it.
func TestCorpusQuotes(t *testing.T) {
	t.Parallel()
	chain := newChain(t, nil)
	var want, found, no, wrong, named, right, given int
	for name, gold := range gumQuotes {
		text := gumText(string(readBeside(t, corporaNER+"gum/"+name+".conllu")))
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = text, "en"
		if err := chain.Enrich(t.Context(), r); err != nil || len(r.Warnings) > 0 {
			t.Fatalf("error %v, warnings %q", err, r.Warnings)
		}
		names := map[string]string{}
		for _, e := range r.Entities {
			names[e.ID] = e.Name
		}
		quotes := map[string]string{}
		for _, q := range r.Quotes {
			if q.Direct {
				quotes[strings.TrimSpace(q.Text)] = ""
				if q.Speaker != nil {
					quotes[strings.TrimSpace(q.Text)] = names[*q.Speaker]
				}
			}
		}
		marked := betweenMarks(text)
		for pair := range strings.FieldsSeq(gold) {
			k, who, _ := strings.Cut(pair, ":")
			i, err := strconv.Atoi(k)
			if err != nil || i >= len(marked) {
				t.Fatalf("%s: %s of %d", name, pair, len(marked))
			}
			speaker, ok := quotes[marked[i]]
			if who == "-" {
				no++
				if ok {
					wrong++
					t.Logf("%s: no quote: %q", name, marked[i])
				}
				continue
			}
			want++
			if ok {
				found++
			}
			who = strings.ReplaceAll(who, "_", " ")
			is := who != "?" && strings.Contains(speaker, who)
			if who != "?" {
				named++
			}
			if speaker != "" {
				given++
			}
			if is {
				right++
			} else if who != "?" || speaker != "" {
				t.Logf("%s: %q: speaker %q, want %s", name, marked[i], speaker, who)
			}
		}
	}
	t.Logf("quotes: %d of %d found, %d of %d that are none; speakers: %d of %d, %d given", found, want, wrong, no, right, named, given)
	if recall := ratio(found, want); recall < 0.95 {
		t.Errorf("recall of quotes %.3f, want 0.95", recall)
	}
	if recall, precision := ratio(right, named), ratio(right, given); recall < 0.8 || precision < 0.85 {
		t.Errorf("speakers: recall %.3f, want 0.80; precision %.3f, want 0.85", recall, precision)
	}
}

// gumText joins the sentences of an article of GUM, with a blank line between its paragraphs.
func gumText(raw string) string {
	var b strings.Builder
	between := ""
	for line := range strings.Lines(raw) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# newpar") && b.Len() > 0 {
			between = "\n\n"
		}
		if s, ok := strings.CutPrefix(line, "# text = "); ok {
			b.WriteString(between + s)
			between = " "
		}
	}
	return b.String()
}

// betweenMarks returns what stands between straight marks, paragraph by paragraph.
func betweenMarks(text string) []string {
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(paragraph, `"`)
		for i := 1; i+1 < len(parts); i += 2 {
			out = append(out, strings.TrimSpace(parts[i]))
		}
	}
	return out
}
