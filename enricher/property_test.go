package enricher

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func diffRecords(a, b *feedmill.Record) string { return cmp.Diff(a, b) }

// checkSpans holds the promise of every annotation: its span lies in the field that it names and holds its text.
func checkSpans(t testing.TB, r *feedmill.Record) {
	t.Helper()
	fields := map[string]*feedmill.Text{}
	lengths := map[string]int{}
	check := func(what string, s feedmill.Span, text string, exact bool) {
		f := fields[s.In]
		if f == nil {
			f = feedmill.NewText(r.Field(s.In))
			fields[s.In], lengths[s.In] = f, len([]rune(r.Field(s.In)))
		}
		if s.Start < 0 || s.End <= s.Start || s.End > lengths[s.In] {
			t.Fatalf("%s: span %+v outside of a field of %d code points", what, s, lengths[s.In])
		}
		if got := f.Slice(s.Start, s.End); exact && got != text {
			t.Fatalf("%s: span %+v holds %q, text is %q", what, s, got, text)
		}
	}
	ids := map[string]bool{}
	for _, e := range r.Entities {
		if ids[e.ID] || e.ID == "" || e.Key == "" || e.Name == "" || len(e.Mentions) == 0 {
			t.Fatalf("entity without id of its own, key, name or mentions: %+v", e)
		}
		ids[e.ID] = true
		for _, m := range e.Mentions {
			check("mention", m.Span, m.Text, true)
		}
		for _, x := range e.Roles {
			check("role", x.Span, "", false)
		}
	}
	for _, s := range r.Sentences {
		check("sentence", s, "", false)
	}
	for _, s := range r.KeySentences {
		check("key sentence", s, "", false)
	}
	for _, d := range r.Dates {
		check("date", d.Span, d.Text, true)
		if d.Value == "" || d.Precision == "" {
			t.Fatalf("date without value: %+v", d)
		}
	}
	for _, a := range r.Amounts {
		check("amount", a.Span, a.Text, true)
	}
	for _, q := range r.Quotes {
		check("quote", q.Span, q.Text, true)
		if q.Speaker != nil && !ids[*q.Speaker] {
			t.Fatalf("quote of an unknown speaker: %+v", q)
		}
	}
	for _, x := range r.Topics {
		if !strings.HasPrefix(x.Code, "medtop:") || x.Name == "" || x.Method == "" || x.Confidence <= 0 || x.Confidence > 1 {
			t.Fatalf("topic %+v", x)
		}
	}
	for _, k := range r.Keyphrases {
		if strings.TrimSpace(k.Text) == "" || !(k.Score > 0 && k.Score <= 1) {
			t.Fatalf("key phrase %+v", k)
		}
	}
	if n := len(r.Fingerprint); n != 0 && n != 16 {
		t.Fatalf("fingerprint %q", r.Fingerprint)
	}
}

func FuzzEnrich(f *testing.F) {
	for _, s := range []string{
		"", " ", "\x00\x01\x02", "\xff\xfe Seoul \xc3", "U.S.", "’s", "'s", "\"\"", "““””", "«»", "(ACSA)", "A (A)", "$", "$5", "5%", "-", "1910-",
		"1910-1945", "March", "March 99", "99 March 9999", "Feb. 30, 2011", "0000-00-00", "2011-01-10T19:41", "2011年1月10日", "2011년 1월 10일에",
		"the North", "Kim", "Mr.", "Mr. Kim", "Prime Minister", "President of the", "of of of", "the day after", "last", "next 3", "a hundred hundred hundred years ago",
		"שלום עולם \u202eabc\u202c Tel Aviv", "👩‍👩‍👧‍👦 said Kim Jong-un, 27, in Pyongyang 🇰🇷.", "서울에서 대한민국과 일본이 \"회담\"을 열었다.", "日本と中国の首相が「会談」した。",
		"Kim told us: “a b c.\n\n“d e f.\n\n“g” h ‘i’ j’ ‘", "„a“ “b” »c« «d» “e\" said Kim, “f", "According to Kim, according to according to", "said said said that that he said",
		"太阳能太阳能太阳能。太阳能", "l'eau de l'eau de de la", "election parliament senator vote election parliament",
		"“We will go,” said U.S. Secretary of State Hillary Clinton, wife of Bill Clinton.", "DEFENSE CHIEFS MEET IN SEOUL ON NK NUKES",
		"A\u0301 e\u0301 Sa\u0303o Paulo, Brazil", "Paris,\nTexas", "Acquisition and a Cross-Servicing Agreement (ACSA)", "İstanbul ıI", "two hundred thousand million trillion trillion",
		"999999999999999999999999 km", "the '90s ’90s", "1,2,3,4", "-------", "a.b.c.d.e.f.g.h.", "Q1 2010 Q9 2010 first quarter of last year",
	} {
		f.Add(s, "en", true)
		f.Add(s, "de", false)
		f.Add(s, "ko", true)
	}
	c := newChain(f, nil)
	f.Fuzz(func(t *testing.T, s, lang string, anchored bool) {
		r := &feedmill.Record{}
		r.Text, r.Title = s, s
		r.Images = []feedmill.Image{{ID: "i1", Caption: s}, {ID: "i1", Caption: "x " + s}, {ID: "", Caption: s}}
		r.Language.Tag = lang
		if anchored {
			r.Published.Value = "2011-01-10T19:41:00+09:00"
		}
		if err := c.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if len(r.Warnings) > 0 {
			t.Fatalf("warnings %q", r.Warnings)
		}
		checkSpans(t, r)
	})
}

// TestLongTexts holds that work grows with the text and not with its square: the time that each takes is logged.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	words := []string{"Kim", "the", "Seoul", "of", "said", "Ministry", "and", "March", "5", "Robert", "Gates", "“", "”", "(", "ABC", ")", ",", "Bank", "\"", "in", "X", "will"}
	var mixed strings.Builder
	for i := range 100_000 {
		mixed.WriteString(words[(i*7+i/13)%len(words)])
		mixed.WriteByte(' ')
	}
	for name, s := range map[string]string{
		"one sentence of 100,000 words": mixed.String(),
		"capitals":                      strings.Repeat("Foreign ", 30_000),
		"one word":                      strings.Repeat("a", 1<<18),
		"hyphens":                       strings.Repeat("A-", 1<<17),
		"open quotes":                   strings.Repeat("“a ", 1<<16),
		"straight quotes":               strings.Repeat("\" a ", 1<<16),
		"brackets":                      strings.Repeat("(AB) ", 40_000),
		"titles":                        strings.Repeat("Defense Minister ", 1<<14),
		"dates":                         strings.Repeat("Dec. 8 ", 1<<15),
		"numbers":                       strings.Repeat("hundred two ", 1<<14),
		"marks":                         strings.Repeat(".", 1<<18),
		"combining":                     "a" + strings.Repeat("\u0301", 1<<17),
		"people":                        manyPeople(5_000),
		"Hangul":                        strings.Repeat("대한민국 ", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			r := &feedmill.Record{}
			r.Text = s
			r.Published.Value = "2011-01-10"
			r.Language.Tag = "en"
			start := time.Now()
			// A step that is not linear runs into its budget, and that is a warning.
			if err := newChain(t, &Options{Timeout: 40 * time.Second}).Enrich(t.Context(), r); err != nil || len(r.Warnings) > 0 {
				t.Fatalf("error %v, warnings %q", err, r.Warnings)
			}
			t.Logf("%d bytes in %v", len(s), time.Since(start).Round(time.Millisecond))
			checkSpans(t, r)
		})
	}
}

func manyPeople(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Minister Robert Gat%s said Smith met Kim. ", strings.Repeat("e", i%40))
	}
	return b.String()
}
