package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/korean"
)

// everyField is what testdata/parse/every-field.xml gives: each field that a feed document and its items have.
const everyField = `{"id": "x1", "url": "https://example.com/asked.xml",
"feed": {"title": "Harbour & Post", "link": "https://example.com/", "subtitle": "News of the harbour", "language": "en-gb", "rights": "© 2026",
  "author": "desk@example.com (The Desk)", "author_name": "The Desk", "author_email": "desk@example.com",
  "updated": "2026-03-03T10:00:00Z", "published": "2026-03-03T09:00:00Z", "image": "https://example.com/logo.png", "image_title": "Logo",
  "generator": "Press 4.2", "tags": ["News"], "ttl": 30, "skip_hours": [1, 2], "skip_days": ["Sunday"], "update_period": 1800,
  "hub": "https://hub.example.com/", "self": "https://example.com/news/feed.xml", "next": "https://example.com/news/feed.xml?page=2", "prev_archive": "https://example.com/news/2026/02.xml"},
"entries": [{"id": "g1", "title": "Bridge & quay", "link": "https://example.com/2026/bridge", "summary": "<p>Short </p>",
  "content": "<p>Long <a href=\"https://example.com/news/more\">more</a></p>",
  "published": "2026-03-03T10:00:00+02:00", "updated": "2026-03-03T09:00:00Z",
  "author": "anna@example.com (Anna Keller)", "author_name": "Anna Keller", "author_email": "anna@example.com", "tags": ["City", "Port"],
  "enclosures": [{"url": "https://example.com/a.mp3", "type": "audio/mpeg", "length": 1234}],
  "media": [{"url": "https://example.com/pic.jpg", "type": "image/jpeg", "caption": "The bridge", "credit": "Jo Lee"}],
  "base": "https://example.com/news/feed.xml", "published_raw": "Tue, 03 Mar 2026 10:00:00 +0200", "updated_raw": "2026-03-03T09:00:00Z"}]}`

// pageLine is a line of JSON with a document.
func jsonPage(t *testing.T, p feedmill.Page) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func decodedLines(t *testing.T, lines string) []any {
	t.Helper()
	var all []any
	for line := range strings.Lines(lines) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%.200s: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

func TestParseFeedGivesEveryField(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/parse/every-field.xml")
	if err != nil {
		t.Fatal(err)
	}
	// The links of the document are relative: to Content-Location, which is relative to the URL.
	page := jsonPage(t, feedmill.Page{ID: "x1", URL: "https://example.com/asked.xml", Body: body, Header: map[string][]string{"content-location": {"news/feed.xml"}}})
	out := do(t, page, nil, "parse")
	if diff := cmp.Diff(decodedLines(t, strings.ReplaceAll(everyField, "\n", "")), decodedLines(t, out)); diff != "" {
		t.Errorf("the line (-want +got):\n%s", diff)
	}
	validLines(t, schemaOf(t, "item"), out, 1)
}

// TestEveryFieldHasASample: what is added to a feed's or an item's fields is to be seen in the test above.
func TestEveryFieldHasASample(t *testing.T) {
	t.Parallel()
	doc := decodedLines(t, strings.ReplaceAll(everyField, "\n", ""))[0].(map[string]any)
	item := doc["entries"].([]any)[0].(map[string]any)
	schema := map[string]any{}
	if err := json.Unmarshal([]byte(do(t, "", nil, "schema", "item")), &schema); err != nil {
		t.Fatal(err)
	}
	defs := schema["$defs"].(map[string]any)
	for name, sample := range map[string]map[string]any{
		"feed": doc["feed"].(map[string]any), "item": item,
		"enclosure": item["enclosures"].([]any)[0].(map[string]any), "feedMedia": item["media"].([]any)[0].(map[string]any),
	} {
		for field := range defs[name].(map[string]any)["properties"].(map[string]any) {
			if _, ok := sample[field]; !ok && field != "truncated" { // of documents that break off
				t.Errorf("%s: %s stands in the schema and not in the sample", name, field)
			}
		}
	}
}

// TestParseHeader: the charset of Content-Type counts, whatever the document says; a Content-Type of a feed makes what is
// none an error.
func TestParseHeader(t *testing.T) {
	t.Parallel()
	text := `<?xml version="1.0"?><rss version="2.0"><channel><title>항구 소식</title><item><title>다리</title><link>../bridge</link></item></channel></rss>`
	body, err := korean.EUCKR.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	in := jsonPage(t, feedmill.Page{ID: "a", URL: "https://example.com/feeds/kr.xml", Body: body, Header: map[string][]string{"Content-Type": {"text/xml; charset=euc-kr"}}}) +
		jsonPage(t, feedmill.Page{ID: "b", URL: "https://example.com/feeds/no.xml", Body: []byte("<!-- nothing -->"), Header: map[string][]string{"Content-Type": {"application/rss+xml"}}}) +
		jsonPage(t, feedmill.Page{ID: "c", URL: "https://example.com/feeds/login", Body: []byte("<html><head><title>Sign in</title></head><body><form></form></body></html>"), Header: map[string][]string{"Content-Type": {"application/rss+xml"}}})
	var out, messages bytes.Buffer
	if code := newApp(strings.NewReader(in), &out, &messages, nil).execute(t.Context(), []string{"parse"}); code != exitPartial {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	got := decodedLines(t, out.String())
	want := map[string]any{
		"id": "a", "url": "https://example.com/feeds/kr.xml", "feed": map[string]any{"title": "항구 소식"},
		"entries": []any{map[string]any{"title": "다리", "link": "https://example.com/bridge", "base": "https://example.com/feeds/kr.xml"}},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("the feed (-want +got):\n%s", diff)
	}
	for i, id := range []string{"b", "c"} {
		if e := got[1+i].(map[string]any); e["id"] != id || e["error"] == nil {
			t.Errorf("what is no feed gives %v, want an error", e)
		}
	}
}

// TestParseFiles: compressed or not, on standard input or named, each document is a line; one that cannot be read too.
func TestParseFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := []byte(`<rss version="2.0"><channel><title>T</title><item><title>One</title></item><item><title>Two</title></item></channel></rss>`)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(plain)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := []string{
		write("a.xml", plain), write("b.xml.gz", packed.Bytes()), write("c.rss.gz", packed.Bytes()[:packed.Len()/2]), write("d.atom", nil),
		write("e.jsonl.gz", gzipped(t, []byte(jsonPage(t, feedmill.Page{ID: "line", URL: "https://example.com/feed", Body: plain})))),
		write("f.json", []byte(`{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", "content_text": "x"}]}`)),
	}
	var out, messages bytes.Buffer
	code := newApp(bytes.NewReader(packed.Bytes()), &out, &messages, []string{"FEEDMILL_FETCH_MAX_ITEMS=1"}).execute(t.Context(), append(append([]string{"parse"}, files...), "-"))
	if code != exitPartial {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	var got []string
	for _, line := range decodedLines(t, out.String()) {
		l := line.(map[string]any)
		s := fmt.Sprint(l["id"])
		if l["error"] != nil {
			s += " error"
		} else {
			s += fmt.Sprint(" ", len(l["entries"].([]any)))
		}
		got = append(got, s)
	}
	if diff := cmp.Diff([]string{"a.xml 1", "b.xml.gz 1", "c.rss.gz error", "d.atom error", "line 1", "f.json 1", "stdin 1"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if n := strings.Count(messages.String(), "more than 1 items; the first ones are taken, see fetch.max_items"); n != 4 {
		t.Errorf("%d feeds are told to be cut, want 4:\n%s", n, &messages)
	}
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(b)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestParseCorpusFiles parses all files of the feed corpus in one run: each gives one line that keeps the schema, but for
// the one without a feed in it.
func TestParseCorpusFiles(t *testing.T) {
	t.Parallel()
	const corpus = "../../../shared/corpora/feeds"
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("no corpus of feeds in %s", corpus)
	}
	dir := t.TempDir()
	args := []string{"parse"}
	for _, archive := range []string{"feedparser-dev.tar.gz", "realworld.tar.gz"} {
		f, err := os.Open(filepath.Join(corpus, archive))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for tr := tar.NewReader(z); ; {
			h, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Typeflag != tar.TypeReg || !strings.Contains(".xml .rss .atom .json", filepath.Ext(h.Name)) || filepath.Ext(h.Name) == "" {
				continue
			}
			body, err := io.ReadAll(tr)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, strings.ReplaceAll(h.Name, "/", "_"))
			if err := os.WriteFile(path, body, 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
	}
	var out, messages bytes.Buffer
	code := newApp(strings.NewReader(""), &out, &messages, nil).execute(t.Context(), args)
	if code != exitPartial {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	var feeds strings.Builder
	failed := 0
	for line := range strings.Lines(out.String()) {
		var l struct{ Error string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Error != "" {
			failed++
			continue
		}
		feeds.WriteString(line)
	}
	if failed != 1 {
		t.Errorf("%d files give no feed, want the empty one alone", failed)
	}
	validLines(t, schemaOf(t, "item"), feeds.String(), len(args)-2)
}
