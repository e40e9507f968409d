package enricher

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestTopics(t *testing.T) {
	t.Parallel()
	const (
		sport   = "The striker scored two goals as the team won the championship final in a full stadium, and the coach praised his midfielders."
		politik = "Die Bundesregierung und die Opposition stritten im Bundestag; nach der Wahl will die SPD mit den Grünen über eine Koalition reden."
		both    = "The senator and other politicians told parliament and the governor that striker, midfielder and referee had left the stadium."
	)
	for _, tt := range []struct {
		name string
		r    feedmill.Article
		want []string // code and method
	}{
		{"words", feedmill.Article{Text: sport, Language: feedmill.Language{Tag: "en"}}, []string{"medtop:15000000 lexicon"}},
		{"German words", feedmill.Article{Text: politik, Language: feedmill.Language{Tag: "de"}}, []string{"medtop:11000000 lexicon"}},
		{
			"section and words", feedmill.Article{Text: sport, Section: "Football", Language: feedmill.Language{Tag: "en"}},
			[]string{"medtop:15000000 section+lexicon", "medtop:20000822 section"},
		},
		{"section alone, in a language without words", feedmill.Article{Text: "電車は走る。", Section: "経済", Language: feedmill.Language{Tag: "ja"}}, []string{"medtop:04000000 section"}},
		{
			"first of several sections that is known",
			feedmill.Article{Text: "電車は走る。", Section: "Top Stories, Wetter", Language: feedmill.Language{Tag: "ja"}},
			[]string{"medtop:17000000 section"},
		},
		{
			"folder of the address", feedmill.Article{Text: "電車は走る。", URL: "https://example.com/fr/politique/2020/article.html", Language: feedmill.Language{Tag: "ja"}},
			[]string{"medtop:11000000 section"},
		},
		{"the article's own name is no folder", feedmill.Article{Text: "電車は走る。", URL: "https://example.com/politique"}, nil},
		{
			"tags", feedmill.Article{Text: "電車は走る。", Tags: []string{"Wahlen", "Bundestagswahl", "wahlen"}, Language: feedmill.Language{Tag: "ja"}},
			[]string{"medtop:11000000 tags", "medtop:20000574 tags"},
		},
		{"two topics alike", feedmill.Article{Text: both, Language: feedmill.Language{Tag: "en"}}, nil},
		{"too few words", feedmill.Article{Text: "The senator laughed.", Language: feedmill.Language{Tag: "en"}}, nil},
		{"common words alone", feedmill.Article{Text: "The team played a game for the win, a point and the final, and fans of the club play a match.", Language: feedmill.Language{Tag: "en"}}, nil},
		{"nothing", feedmill.Article{}, nil},
		{"no address", feedmill.Article{URL: "::"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := feedmill.NewRecord(&tt.r)
			if err := newChain(t, &Options{Steps: []string{"topics"}}).Enrich(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range r.Topics {
				got = append(got, x.Code+" "+x.Method)
				if x.Confidence <= 0 || x.Confidence >= 1 || x.Name == "" {
					t.Errorf("topic %+v", x)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("topics (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTopicList holds that the list is well-formed: known codes once, words folded into one entry each.
func TestTopicList(t *testing.T) {
	t.Parallel()
	l := topicData()
	code := regexp.MustCompile(`^medtop:(\d\d000000|2000\d{4})$`)
	seen := map[string]bool{}
	for _, e := range l.topics {
		if !code.MatchString(e.code) || e.name == "" || seen[e.code] || e.parent < 0 != strings.HasSuffix(e.code, "000000") {
			t.Errorf("topic %+v", e)
		}
		seen[e.code] = true
	}
	tops := 0
	for _, e := range l.topics {
		if e.parent < 0 {
			tops++
		}
	}
	if tops != 17 {
		t.Errorf("%d topics of the first level, want 17", tops)
	}
	for lang, w := range l.words {
		for k := range w.stems {
			if len(k) < minStem {
				t.Errorf("%s: stem %q is too short to be found", lang, k)
			}
		}
	}
}

// clearSections are topics that a section's name tells without doubt what an article is about; "life" or "society" do not.
var clearSections = map[string]bool{
	"medtop:01000000": true, "medtop:02000000": true, "medtop:03000000": true, "medtop:04000000": true, "medtop:05000000": true, "medtop:06000000": true,
	"medtop:07000000": true, "medtop:10000000": true, "medtop:11000000": true, "medtop:12000000": true, "medtop:13000000": true, "medtop:15000000": true,
	"medtop:16000000": true, "medtop:17000000": true,
}

// TestCorpusTopics asks how often the words of a page alone give the topic that the folders of its address name. Hosts
// are halved by a hash: the words were chosen with the first half in view.
func TestCorpusTopics(t *testing.T) {
	t.Parallel()
	l := topicData()
	chain := newChain(t, &Options{Steps: []string{"language", "topics"}})
	var given, first, second, asked [2]int
	lines := bufio.NewScanner(bytes.NewReader(readBeside(t, "../../shared/corpora/extraction/manifest.jsonl")))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var page struct{ URL, Title, Text, Host string }
		if err := json.Unmarshal(lines.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		want := folderTopic(l, page.URL)
		if page.Text == "" || !clearSections[want] {
			continue
		}
		h := fnv.New32a()
		h.Write([]byte(page.Host))
		half := int(h.Sum32() >> 16 & 1)
		r := &feedmill.Record{}
		r.Title, r.Text = page.Title, page.Text
		if err := chain.Enrich(t.Context(), r); err != nil || len(r.Warnings) > 0 {
			t.Fatalf("error %v, warnings %q", err, r.Warnings)
		}
		asked[half]++
		var tops []string
		for _, x := range r.Topics {
			if strings.HasSuffix(x.Code, "000000") {
				tops = append(tops, x.Code)
			}
		}
		if len(tops) == 0 {
			continue
		}
		given[half]++
		switch {
		case tops[0] == want:
			first[half]++
		case len(tops) > 1 && tops[1] == want:
			second[half]++
		}
	}
	for half, name := range []string{"first half of the hosts", "second half"} {
		t.Logf("topics, words alone, %s: %d pages with a clear section, %d given a topic: the same %d (%.3f), as the second %d", name, asked[half], given[half],
			first[half], ratio(first[half], given[half]), second[half])
	}
	if p := ratio(first[0]+first[1], given[0]+given[1]); p < topicFloor {
		t.Errorf("precision %.3f, want %.2f", p, topicFloor)
	}
}

const topicFloor = 0.7

// folderTopic returns the code of the first level that the deepest telling folder of an address names.
func folderTopic(l *topicList, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	folders := strings.Split(strings.Trim(u.Path, "/"), "/")
	for k := min(len(folders)-2, 4); k >= 0; k-- {
		if i, ok := l.named(folders[k]); ok {
			if p := l.topics[i].parent; p >= 0 {
				i = p
			}
			return l.topics[i].code
		}
	}
	return ""
}

func BenchmarkTopics(b *testing.B) {
	text := strings.Repeat("The central bank raised interest rates as inflation and energy prices hit consumers in the eurozone, economists said. ", 45)
	c := newChain(b, &Options{Steps: []string{"topics"}})
	b.ReportAllocs()
	for b.Loop() {
		r := &feedmill.Record{}
		r.Text, r.Title = text, fmt.Sprint("Interest rates rise")
		if err := c.Enrich(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
