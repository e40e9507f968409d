package parser

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// corpusFiles calls yield with each regular file of a tar.gz archive.
func corpusFiles(t testing.TB, archive string, yield func(name string, body []byte)) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		yield(h.Name, body)
	}
}

// coreCategories are the folders of the suite whose files each test one thing that reading a feed is about: the formats,
// their vocabularies, bases and languages, how HTML and HTTP carry them, charsets and ill-formed XML. Beside these stand
// entities, 118 files of one kind that would drown the rest, and sanitize, whose files TestFeedCorpusSanitize reads.
var coreCategories = []string{
	"atom", "atom10", "rss", "rdf", "cdf", "base", "namespace", "itunes", "media-rss", "lang", "http", "xml", "sgml",
	"node_precedence", "geo", "psc", "encoding", "illformed",
}

// TestFeedCorpus evaluates the expectations of the suite that have a counterpart in feedmill.Feed and feedmill.Item, and
// prints for each category how many are met, by us and by gofeed alone.
//
// What has none: links but the alternate one and enclosures, ids of feeds, contributors, publishers and authors beyond the first,
// the entry's source, bases and languages and types of single texts, further content elements, images' sizes, cloud,
// textInput, docs, thread and comment links, licences, chapters, places, podcast flags, the version and encoding by name,
// HTTP validators. See feedField.
func TestFeedCorpus(t *testing.T) {
	t.Parallel()
	type tally struct{ files, errors, mapped, met, gofeed int }
	tallies := map[string]*tally{}
	var core tally
	corpusFiles(t, sharedFile(t, "corpora/feeds/feedparser-dev.tar.gz"), func(name string, body []byte) {
		if path.Ext(name) != ".xml" {
			return
		}
		category := corpusCategory(name)
		n := tallies[category]
		if n == nil {
			n = new(tally)
			tallies[category] = n
		}
		n.files++
		p := suitePage(name, body)
		feed, items, err := ParseFeed(p)
		if err != nil {
			n.errors++
			if rest := commentForm.ReplaceAll(body, nil); len(bytes.TrimSpace(rest)) > 0 {
				t.Errorf("%s: no result: %v", name, err)
			}
		}
		x := expectationOf(t, name, body)
		if x == nil {
			return
		}
		met, lookupErr := x.holds(feedLookup(&feed, items))
		if lookupErr != nil {
			return
		}
		n.mapped++
		if met {
			n.met++
		} else if testing.Verbose() {
			t.Logf("not met: %s: %s\n%s", name, expectForm.FindSubmatch(body)[1], spew(feed, items))
		}
		if met, err := x.holds(gofeedLookup(body)); err == nil && met {
			n.gofeed++
		}
	})
	row := func(name string, n *tally) {
		t.Logf("%-18s %5d files %3d without result %5d mapped %5d met %6.1f %%  gofeed %5d %6.1f %%", name, n.files, n.errors, n.mapped,
			n.met, percent(n.met, n.mapped), n.gofeed, percent(n.gofeed, n.mapped))
	}
	for _, category := range slices.Sorted(maps.Keys(tallies)) {
		n := tallies[category]
		row(category, n)
		if slices.Contains(coreCategories, category) {
			core.files, core.errors, core.mapped = core.files+n.files, core.errors+n.errors, core.mapped+n.mapped
			core.met, core.gofeed = core.met+n.met, core.gofeed+n.gofeed
		}
	}
	row("core", &core)
	if got := percent(core.met, core.mapped); got < 97 || core.mapped < 190 {
		t.Errorf("%.1f %% of %d expectations are met in the core categories, want 97 %% of 190 or more", got, core.mapped)
	}
}

// TestFeedCorpusSanitize reads the files of the suite that try to smuggle something in, and those that hold harmless
// markup: nothing active may be left, and the texts, links and pictures that are expected must be there.
func TestFeedCorpusSanitize(t *testing.T) {
	t.Parallel()
	files, active, judged, kept := 0, 0, 0, 0
	corpusFiles(t, sharedFile(t, "corpora/feeds/feedparser-dev.tar.gz"), func(name string, body []byte) {
		if corpusCategory(name) != "sanitize" || path.Ext(name) != ".xml" {
			return
		}
		files++
		feed, items, err := ParseFeed(suitePage(name, body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if s := activeContent(&feed, items); s != "" {
			active++
			t.Errorf("%s: %s", name, s)
		}
		lookup := feedLookup(&feed, items)
		ok, err := expectationOf(t, name, body).holds(func(field string) (any, error) {
			v, err := lookup(field)
			if h, ok := v.(htmlField); ok {
				if h == "" && len(items) > 0 {
					h = htmlField(items[0].Content) // which the suite's parser gives as the description, too
				}
				v = harmlessField(h)
			}
			return v, err
		})
		if err != nil {
			return
		}
		judged++
		switch {
		case ok:
			kept++
		case strings.HasSuffix(name, "_crazy.xml"), strings.HasSuffix(name, "_nested_cdata.xml"):
			t.Logf("%s: what is expected is the source of a script, or the marks of a CDATA section", name)
		default:
			t.Errorf("%s: something harmless is lost: want %s\n%s", name, expectForm.FindSubmatch(body)[1], spew(feed, items))
		}
	})
	t.Logf("%d files, %d with active content; in %d of %d everything harmless is kept", files, active, kept, judged)
	if files < 300 || judged-kept > 5 || kept < 300 {
		t.Errorf("%d files, %d judged, %d kept; want 300 or more, and all but 5 kept", files, judged, kept)
	}
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }

// corpusCategory is the folder of a file below wellformed, or the folder at the top.
func corpusCategory(name string) string {
	parts := strings.Split(strings.TrimPrefix(name, "./"), "/")
	if parts[0] == "wellformed" && len(parts) > 2 {
		return parts[1]
	}
	return parts[0]
}

// commentForm is the comment that a file of the suite begins with; one holds nothing else.
var commentForm = regexp.MustCompile(`(?s)^<!--.*?-->`)

var headerForm = regexp.MustCompile(`(?m)^\s*Header:\s*([\w-]+):[ \t]*(.*?)\s*$`)

// suitePage is a file of the suite as its server gives it: with the headers that its comment states, and where it says so
// with a URL.
func suitePage(name string, body []byte) *feedmill.Page {
	p := &feedmill.Page{Body: body, Header: map[string][]string{}}
	for _, m := range headerForm.FindAllSubmatch(body, -1) {
		p.Header[http.CanonicalHeaderKey(string(m[1]))] = []string{string(m[2])}
	}
	if strings.HasPrefix(path.Base(name), "http_") || len(p.Header) > 0 {
		p.URL = "http://127.0.0.1:8097/tests/" + strings.TrimPrefix(name, "./")
	}
	return p
}

// expectationOf is what a file of the suite expects; nil where it states nothing. UTF-16 and UTF-32 are read by leaving
// their zero bytes out, for the comments are in ASCII.
func expectationOf(t *testing.T, name string, body []byte) *expectation {
	m := expectForm.FindSubmatch(bytes.ReplaceAll(body, []byte{0}, nil))
	if m == nil {
		return nil
	}
	x, err := parseExpectation(string(m[1]))
	if err != nil {
		t.Errorf("%s: expectation %s: %v", name, m[1], err)
		return nil
	}
	return x
}

var (
	hiddenForm   = regexp.MustCompile(`(?s)<!\[CDATA\[.*?\]\]>|<!--.*?-->`)
	itemTagForm  = regexp.MustCompile(`<(?:\w+:)?(?:item|entry)[\s>]`)
	relativeForm = regexp.MustCompile(`(?:href|src)="(?:[^h"m]|h[^t"])`)
)

// TestFeedCorpusRealWorld reads feeds that were really published. Each gives as many items as it has tags of items; links
// are absolute, in the texts too, and every date that is stated is read.
func TestFeedCorpusRealWorld(t *testing.T) {
	t.Parallel()
	files, items, links, stated, empty := 0, 0, 0, 0, 0
	corpusFiles(t, sharedFile(t, "corpora/feeds/realworld.tar.gz"), func(name string, body []byte) {
		files++
		name = path.Base(name)
		p := &feedmill.Page{URL: "https://feeds.example.org/dir/feed.xml", Body: body}
		if !IsFeed(p) {
			t.Errorf("%s: IsFeed is false", name)
		}
		feed, list, err := ParseFeed(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if want := len(itemTagForm.FindAll(hiddenForm.ReplaceAll(body, nil), -1)); len(list) != want {
			t.Errorf("%s: %d items, and %d tags of items", name, len(list), want)
		}
		if s := activeContent(&feed, list); s != "" {
			t.Errorf("%s: %s", name, s)
		}
		withLink := 0
		for i := range list {
			it := &list[i]
			if it.Link != "" {
				withLink++
			}
			for _, d := range []struct {
				raw string
				at  time.Time
			}{{it.PublishedRaw, it.Published}, {it.UpdatedRaw, it.Updated}} {
				if d.raw == "" {
					continue
				}
				stated++
				if d.at.IsZero() {
					t.Errorf("%s: date %q is not read", name, d.raw)
				}
			}
			if it.Title == "" && it.Summary == "" && it.Content == "" && it.Link == "" {
				empty++ // one is published so
			}
			if m := relativeForm.FindString(it.Summary + it.Content); m != "" {
				t.Errorf("%s: item %d has the relative URL %s", name, i, m)
			}
			if strings.Contains(it.Title+it.Author+it.Summary+feed.Title, "\uFFFD") {
				t.Errorf("%s: undecodable characters in %q", name, it.Title)
			}
		}
		items, links = items+len(list), links+withLink
	})
	t.Logf("%d feeds, %d items, %d with a link, %d dates", files, items, links, stated)
	if files < 39 || links < items-empty || empty > 1 {
		t.Errorf("%d files, %d items, %d with a link, %d empty", files, items, links, empty)
	}
}

func spew(feed feedmill.Feed, items []feedmill.Item) string {
	b, err := json.Marshal(feedmill.FeedDocument{Feed: feed, Entries: items})
	if err != nil {
		return err.Error()
	}
	return string(b)
}
