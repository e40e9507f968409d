package parser

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// vector is one line of testdata/xss/vectors.txt.
type vector struct{ source, markup string }

// readVectors reads the corpus of markup that is active where it is not cleaned. Its sources are, by name: owasp, the XSS
// Filter Evasion Cheat Sheet of OWASP; html5sec, the HTML5 Security Cheatsheet; portswigger, PortSwigger's Cross-site
// scripting cheat sheet; mxss, Heiderich and others, mXSS Attacks (CCS 2013), and later finds of the kind; own.
func readVectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("testdata/xss/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []vector
	source := ""
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "## "):
			source, _, _ = strings.Cut(line[3:], ":")
			source = firstField(source)
		case line == "" || line[0] == '#':
		case line[0] == '"':
			s, err := strconv.Unquote(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			list = append(list, vector{source, s})
		default:
			list = append(list, vector{source, line})
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// cleaned are all ways by which a vector's markup can leave the parser as HTML.
func cleaned(t testing.TB, markup string) map[string]string {
	t.Helper()
	base := mustURL(t, "https://news.example/a/b.html")
	out := map[string]string{
		"feed": sanitizeHTML(repairMarkup(markup), base),
	}
	x := NewExtractor(nil)
	for name, body := range map[string]string{
		"between paragraphs": "<html><body><article><h1>Bridge to be rebuilt</h1>" + paragraphs(2) + markup + paragraphs(2) + "</article></body></html>",
		"in a paragraph":     "<html><body><article><h1>Bridge to be rebuilt</h1>" + paragraphs(2) + "<p>" + sentence + markup + sentence + "</p>" + paragraphs(2) + "</article></body></html>",
		"as the page":        markup + paragraphs(4),
	} {
		a, err := x.Extract(&feedmill.Page{URL: "https://news.example/a/b.html", Body: []byte(body), Item: &feedmill.Item{Link: "https://news.example/a/b.html", Title: "Bridge", Summary: markup}})
		if err != nil {
			t.Fatalf("%s: %q: %v", name, markup, err)
		}
		out[name] = a.HTML
	}
	stated, err := json.Marshal(map[string]string{"@type": "NewsArticle", "headline": "Bridge", "articleBody": sentence + markup + sentence})
	if err != nil {
		t.Fatal(err)
	}
	body := `<html><head><script type="application/ld+json">` + string(stated) + `</script></head><body><h1>Bridge</h1></body></html>`
	a, err := x.Extract(&feedmill.Page{URL: "https://news.example/a/b.html", Body: []byte(body)})
	if err != nil {
		t.Fatalf("JSON-LD: %q: %v", markup, err)
	}
	out["JSON-LD"] = a.HTML
	return out
}

// TestXSS puts every vector through every way out and looks at what a browser would build of it.
func TestXSS(t *testing.T) {
	t.Parallel()
	list := readVectors(t)
	named := 0
	for _, v := range list {
		if v.source != "own" {
			named++
		}
	}
	if len(list) < 150 || named*2 < len(list) {
		t.Fatalf("%d vectors, %d of named sources", len(list), named)
	}
	for _, v := range list {
		for way, clean := range cleaned(t, v.markup) {
			if s := activeMarkup(clean); s != "" {
				t.Errorf("%s, %s: %q becomes %q, which holds %s", v.source, way, v.markup, clean, s)
			}
			// Read once more, as by whoever puts it into a page of their own.
			if s := activeMarkup("<div>" + clean + "</div>"); s != "" {
				t.Errorf("%s, %s, in a div: %q becomes %q, which holds %s", v.source, way, v.markup, clean, s)
			}
		}
	}
}
