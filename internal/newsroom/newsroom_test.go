package newsroom

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html/charset"
)

// open serves a newsroom on loopback for one test and returns its URL.
func open(t *testing.T, n *Newsroom) string {
	t.Helper()
	s := httptest.NewServer(n.Handler())
	t.Cleanup(s.Close)
	return s.URL
}

type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for url without hidden decompression; pairs are header fields.
func get(t *testing.T, url string, pairs ...string) answer {
	t.Helper()
	a, err := try(t.Context(), url, pairs...)
	if err != nil {
		t.Fatalf("get %s: %v", url, err)
	}
	return a
}

func try(ctx context.Context, url string, pairs ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	client := http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// readable decodes a page as a browser does and undoes character references.
func readable(t *testing.T, a answer) string {
	t.Helper()
	r, err := charset.NewReader(strings.NewReader(a.body), a.header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(string(text))
}

// checkTruth looks for all that is said of a page in it: in its JSON-LD where the text stands there alone.
func checkTruth(t *testing.T, path string, a answer, want *Truth) {
	t.Helper()
	text := readable(t, a)
	if _, ld, ok := strings.Cut(a.body, `<script type="application/ld+json">`); ok && strings.Contains(ld, "articleBody") {
		ld, _, _ = strings.Cut(ld, "</script>")
		var meta struct {
			Headline, ArticleBody, DatePublished string
			Author                               []struct{ Name string }
			Image                                struct{ Caption, CreditText string }
		}
		if err := json.Unmarshal([]byte(ld), &meta); err != nil {
			t.Errorf("%s: JSON-LD: %v", path, err)
		}
		if d := cmp.Diff(want.Paragraphs, strings.Split(meta.ArticleBody, "\n\n")); d != "" {
			t.Errorf("%s: articleBody (-want +got):\n%s", path, d)
		}
		if rest := strings.Replace(text, html.UnescapeString(ld), "", 1); strings.Contains(rest, want.Paragraphs[0]) {
			t.Errorf("%s: the text stands outside JSON-LD too", path)
		}
		text = meta.Headline + meta.ArticleBody + meta.Image.Caption + meta.Image.CreditText
		for _, author := range meta.Author {
			text += author.Name
		}
	}
	for _, part := range slices.Concat([]string{want.Title, want.Caption, want.Credit}, want.Authors, want.Paragraphs) {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q", path, part)
		}
	}
	if want.Title == "" || len(want.Authors) == 0 || len(want.Paragraphs) < 4 || want.Published.IsZero() {
		t.Errorf("%s: truth is incomplete: %+v", path, want)
	}
}

func TestDemoPages(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	for path, contentType := range map[string]string{
		KoreaTimesPath:               "text/html",
		SharedPath:                   "text/html; charset=euc-kr",
		EditedPath:                   "text/html; charset=utf-8",
		"/2025/03/skarne-late-ferry": "text/html; charset=utf-8",
		"/story/8841/seed-library":   "text/html; charset=utf-8",
		"/2025/03/river-gauge":       "text/html; charset=utf-8",

		"/jp/chiiki/250316-soko.html":     "text/html",
		"/ar/environment/2025/3/15/canal": "text/html; charset=utf-8",
		CopyPath:                          "text/html;charset=utf-8",
		"/nt/amp/lighthouse-lens":         "text/html; charset=utf-8",
		"/parish/2025/03/lock-cottage/":   "text/html; charset=UTF-8",
		"/parish/2025/03/six-ringers/":    "text/html; charset=UTF-8",
	} {
		a := get(t, base+path)
		if got := a.header.Get("Content-Type"); a.status != 200 || got != contentType {
			t.Errorf("%s: %d %s, want 200 %s", path, a.status, got, contentType)
		}
		for _, field := range []string{"Etag", "Last-Modified", "Cache-Control", "Vary"} {
			if a.header.Get(field) == "" {
				t.Errorf("%s: no %s", path, field)
			}
		}
		checkTruth(t, path, a, n.Truth(path))
	}
	if a := get(t, base+BrokenPath); a.status != 500 || n.Truth(BrokenPath) != nil {
		t.Errorf("%s: %d, want 500 and no truth", BrokenPath, a.status)
	}
	if a := get(t, base+"/nowhere"); a.status != 404 {
		t.Errorf("unknown path: %d, want 404", a.status)
	}
	if a := get(t, base+"/robots.txt"); a.status != 200 || !strings.Contains(a.body, "Disallow: "+ForbiddenPath) {
		t.Errorf("robots.txt: %d %q", a.status, a.body)
	}
	if a := get(t, base+"/"); !strings.Contains(a.body, `href="`+atomPath+`"`) || !strings.Contains(a.body, `href="`+EditedPath+`"`) {
		t.Errorf("the front page names no feed or no article:\n%s", a.body)
	}
	resp, err := http.Post(base+"/", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

// TestParts walks an article in parts from page to page and wants its whole text, each paragraph once.
func TestParts(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	truth := n.Truth(PartsPath)
	next := regexp.MustCompile(`<link rel="next" href="([^"]*)">`)
	var text, asked string
	for path := PartsPath; path != ""; {
		a := get(t, base+path)
		if a.status != 200 || strings.Contains(asked, path+"\n") {
			t.Fatalf("%s: %d, after\n%s", path, a.status, asked)
		}
		page := readable(t, a)
		text, asked = text+page, asked+path+"\n"
		path = ""
		if m := next.FindStringSubmatch(page); m != nil {
			path = m[1]
		}
	}
	if want := PartsPath + "\n" + PartsPath + "/2\n" + PartsPath + "/3\n"; asked != want {
		t.Errorf("the way through the parts:\n%swant\n%s", asked, want)
	}
	for _, p := range truth.Paragraphs {
		if strings.Count(text, p) != 1 {
			t.Errorf("%d times in all parts: %s", strings.Count(text, p), p)
		}
	}
	if n.Truth(PartsPath+"/2") != nil {
		t.Error("the second part counts as an article")
	}
}

// TestCopy holds that the copy shares most of its text with the original, under another headline.
func TestCopy(t *testing.T) {
	t.Parallel()
	n := New(nil)
	original, other := n.Truth(OriginalPath), n.Truth(CopyPath)
	if original.Title == other.Title || cmp.Equal(original.Paragraphs, other.Paragraphs) {
		t.Errorf("%q and %q", original.Title, other.Title)
	}
	words := func(truth *Truth) []string { return strings.Fields(strings.Join(truth.Paragraphs, " ")) }
	known := map[string]bool{}
	for a := words(original); len(a) >= 4; a = a[1:] {
		known[strings.Join(a[:4], " ")] = true
	}
	shared, all := 0, 0
	for b := words(other); len(b) >= 4; b = b[1:] {
		all++
		if known[strings.Join(b[:4], " ")] {
			shared++
		}
	}
	if share := float64(shared) / float64(all); share < 0.8 || share == 1 {
		t.Errorf("%.0f %% of the copy stand in the original, want nearly all", 100*share)
	}
}

func TestPaywall(t *testing.T) {
	t.Parallel()
	n := New(nil)
	page := readable(t, get(t, open(t, n)+PaywalledPath))
	truth := n.Truth(PaywalledPath)
	if !truth.Paywalled || !strings.Contains(page, `"isAccessibleForFree":false`) || !strings.Contains(page, truth.Paragraphs[0]) {
		t.Errorf("no teaser of a page that is not free:\n%s", page)
	}
}

// TestKoreaTimes holds the page to the piece that it sets: bytes in EUC-KR, paragraphs divided by two br, no metadata.
func TestKoreaTimes(t *testing.T) {
	t.Parallel()
	n := New(nil)
	a := get(t, open(t, n)+KoreaTimesPath)
	if !strings.Contains(a.body, "\xb9\xab\xb4\xdc \xc0\xfc\xc0\xe7") { // 무단 전재
		t.Error("the footer is not EUC-KR")
	}
	truth := n.Truth(KoreaTimesPath)
	text := readable(t, a)
	for _, want := range []string{
		"<title>The Korea Times : " + truth.Title + "</title>",
		truth.Caption + " / Korea Times</td>",
		"<b>By Lee Tae-hoon</b>",
		"01-10-2011 19:41",
		strings.Join(truth.Paragraphs, "<br><br>\n"),
		`<img src="/upload/news/110110_p01_defense.jpg" width="500" height="331"`,
		"Related Stories", "MOST VIEWED", "Please log in to leave a comment", "All rights reserved", "</a> | <a",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, modern := range []string{"og:", "ld+json", "<article", "<p>", "itemprop"} {
		if strings.Contains(text, modern) {
			t.Errorf("a page of 2011 has %q", modern)
		}
	}
	data, err := os.ReadFile("../../../shared/seed/korea-times.expected.json")
	if err != nil {
		t.Skipf("the acceptance piece is not here: %v", err)
	}
	var want struct {
		Headline, Published string
		Authors, Paragraphs []string
		LeadImage           struct{ Caption, Credit string } `json:"lead_image"`
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	published, err := time.Parse(time.RFC3339, want.Published)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&Truth{
		Title: want.Headline, Authors: want.Authors, Published: published, Paragraphs: want.Paragraphs,
		Caption: want.LeadImage.Caption, Credit: want.LeadImage.Credit,
		Layout: "korea-times",
	}, truth); d != "" {
		t.Errorf("article (-seed +page):\n%s", d)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if _, err := n.Generate(nil); err != nil {
		t.Fatal(err)
	}
	pictures := 0
	for _, p := range []string{"/upload/news/110110_p01_defense.jpg", "/media/ferry-quay.jpg", "/gen/0/photo-0.jpg", "/gen/0/photo-1.jpg", "/gen/0/photo-2.jpg"} {
		a := get(t, base+p, "Accept-Encoding", "gzip")
		if a.status == 404 && strings.HasPrefix(p, "/gen") {
			continue // not every generated article has a picture
		}
		pictures++
		img, err := jpeg.DecodeConfig(strings.NewReader(a.body))
		if err != nil || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("Content-Encoding") != "" || len(a.body) > 32<<10 {
			t.Errorf("%s: %d bytes of %s, %v", p, len(a.body), a.header.Get("Content-Type"), err)
		}
		if p == "/upload/news/110110_p01_defense.jpg" && (img.Width != 500 || img.Height != 331) {
			t.Errorf("%s: %dx%d, want 500x331", p, img.Width, img.Height)
		}
	}
	if pictures < 3 {
		t.Errorf("%d pictures, want some of the generated ones too", pictures)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	paths, err := n.Generate(&GenerateOptions{Feeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, rssPath, atomPath, KoreaTimesPath, "/gen/1/article-3.html", "/robots.txt") {
		first := get(t, base+path)
		tag, modified := first.header.Get("Etag"), first.header.Get("Last-Modified")
		for name, tt := range map[string]struct {
			header []string
			want   int
		}{
			"tag":                   {[]string{"If-None-Match", tag}, 304},
			"weak tag":              {[]string{"If-None-Match", `"x", W/` + tag}, 304},
			"date":                  {[]string{"If-Modified-Since", modified}, 304},
			"other tag":             {[]string{"If-None-Match", `"other"`}, 200},
			"tag counts over date":  {[]string{"If-None-Match", `"other"`, "If-Modified-Since", modified}, 200},
			"older date":            {[]string{"If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}, 200},
			"tag of other encoding": {[]string{"If-None-Match", tag, "Accept-Encoding", "gzip"}, 200},
		} {
			a := get(t, base+path, tt.header...)
			if path == "/robots.txt" && name == "tag of other encoding" {
				continue // too short to be compressed
			}
			if a.status != tt.want {
				t.Errorf("%s: %s: %d, want %d", path, name, a.status, tt.want)
			}
			if a.status == 304 && (a.body != "" || a.header.Get("Etag") != tag || a.header.Get("Cache-Control") == "") {
				t.Errorf("%s: %s: 304 with %d bytes, tag %s", path, name, len(a.body), a.header.Get("Etag"))
			}
		}
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	base := open(t, New(nil))
	plain := get(t, base+KoreaTimesPath)
	for accept, want := range map[string]string{
		"gzip": "gzip", "br, gzip;q=0.8": "gzip", "GZIP": "gzip", "gzip;q=0": "", "gzip;q=0.0": "", "identity": "", "": "",
	} {
		a := get(t, base+KoreaTimesPath, "Accept-Encoding", accept)
		if got := a.header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
			continue
		}
		if want == "" {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(z)
		if err != nil || string(body) != plain.body || a.header.Get("Etag") == plain.header.Get("Etag") {
			t.Errorf("Accept-Encoding %q: other bytes or the same tag (%v)", accept, err)
		}
		again := get(t, base+KoreaTimesPath, "Accept-Encoding", accept, "If-None-Match", a.header.Get("Etag"))
		if again.status != 304 {
			t.Errorf("Accept-Encoding %q: %d for the known tag, want 304", accept, again.status)
		}
	}
}

func TestSameCallsSameBytes(t *testing.T) {
	t.Parallel()
	read := func(seed int64) map[string]string {
		n := New(&Options{Seed: seed})
		if _, err := n.Generate(&GenerateOptions{Feeds: 7, Items: 3}); err != nil {
			t.Fatal(err)
		}
		bodies := map[string]string{}
		for _, path := range []string{rssPath, atomPath, SharedPath, "/", "/gen/0/feed.xml", "/gen/1/feed.atom", "/gen/0/article-0.html", "/gen/4/article-2.html", "/gen/6/article-1.html"} {
			w := httptest.NewRecorder()
			n.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://news.test"+path, nil))
			bodies[path] = w.Body.String()
		}
		return bodies
	}
	one, same, other := read(1), read(1), read(2)
	if d := cmp.Diff(one, same); d != "" {
		t.Errorf("the same seed gives other bytes:\n%s", d)
	}
	for path, body := range one {
		if differs := body != other[path]; differs != strings.HasPrefix(path, "/gen") {
			t.Errorf("%s: differs between seeds: %v", path, differs)
		}
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	n.SetFault("/reset", Fault{Reset: true})
	tag := get(t, base+rssPath).header.Get("Etag")
	get(t, base+rssPath+"?again", "If-None-Match", tag)
	get(t, base+BrokenPath)
	if _, err := try(t.Context(), base+"/reset"); err == nil {
		t.Error("no error from a closed connection")
	}
	var got []string
	for _, r := range n.Requests() {
		got = append(got, r.Method+" "+r.Path+" "+http.StatusText(r.Status))
		if r.Time.IsZero() || "http://"+r.Host != base {
			t.Errorf("%s: time %v, host %s", r.Path, r.Time, r.Host)
		}
	}
	want := []string{"GET " + rssPath + " OK", "GET " + rssPath + "?again Not Modified", "GET " + BrokenPath + " Internal Server Error", "GET /reset "}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("requests (-want +got):\n%s", d)
	}
	if got := n.Requests()[1].Header.Get("If-None-Match"); got != tag {
		t.Errorf("noted If-None-Match %q, want %q", got, tag)
	}
	if n.Count(rssPath) != 2 || n.Count("/reset") != 1 || n.Count("/never") != 0 {
		t.Errorf("counts %d, %d, %d; want 2, 1, 0", n.Count(rssPath), n.Count("/reset"), n.Count("/never"))
	}
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	n := New(nil)
	n.remember = 100
	for i := range 110 {
		r := httptest.NewRequest(http.MethodGet, "/robots.txt", nil)
		if i == 9 || i == 10 {
			r.Header.Set("Mark", "x")
		}
		n.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	all := n.Requests()
	if len(all) != 100 || all[0].Header.Get("Mark") == "" || all[1].Header.Get("Mark") != "" || n.Count("/robots.txt") != 110 {
		t.Errorf("%d remembered from mark %q, %d counted", len(all), all[0].Header.Get("Mark"), n.Count("/robots.txt"))
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base, err := n.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if a := get(t, base+rssPath); a.status != 200 {
		t.Errorf("feed: %d", a.status)
	}
	addr := strings.TrimPrefix(base, "http://")
	other := New(nil)
	_, err = other.Start(t.Context(), addr)
	want := "newsroom: the address " + addr + " is taken by another program; stop that, or give another port (0 takes any free one)"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("taken port: %v\nwant %s", err, want)
	}
	if _, err := other.Start(t.Context(), "256.0.0.1:1"); err == nil || !strings.HasSuffix(err.Error(), "; give an address of this machine such as 127.0.0.1:0") {
		t.Errorf("bad address: %v", err)
	}

	n.SetFault("/", Fault{Drip: time.Hour})
	resp, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := n.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
	if body, err := io.ReadAll(resp.Body); err == nil || len(body) != 64 {
		t.Errorf("%d bytes of an answer that was under way, error %v; want 64 and an error", len(body), err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("still listening after close")
	}
	if err := n.Close(t.Context()); err != nil {
		t.Errorf("close again: %v", err)
	}
	if err := other.Close(t.Context()); err != nil {
		t.Errorf("close without start: %v", err)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if _, err := n.Generate(&GenerateOptions{Feeds: 2, Items: 3}); err != nil {
		t.Fatal(err)
	}
	for path, feed := range map[string]string{EditedPath: atomPath, "/gen/1/article-2.html": "/gen/1/feed.atom"} {
		a, feedA, truthA := get(t, base+path), get(t, base+feed), n.Truth(path)
		if err := n.Edit(path); err != nil {
			t.Fatal(err)
		}
		b, feedB, truthB := get(t, base+path, "If-None-Match", a.header.Get("Etag")), get(t, base+feed, "If-None-Match", feedA.header.Get("Etag")), n.Truth(path)
		if b.status != 200 || feedB.status != 200 || b.body == a.body {
			t.Fatalf("%s: after the edit the page answers %d, the feed %d", path, b.status, feedB.status)
		}
		checkTruth(t, path, b, truthB)
		if truthA.Correction != "" || truthB.Correction == "" || !strings.Contains(readable(t, b), truthB.Correction) {
			t.Errorf("%s: corrections %q, %q", path, truthA.Correction, truthB.Correction)
		}
		if cmp.Equal(truthA.Paragraphs, truthB.Paragraphs) || len(truthA.Paragraphs) != len(truthB.Paragraphs) {
			t.Errorf("%s: the text of the second version", path)
		}
		for field, newer := range map[string][2]answer{"page": {a, b}, "feed": {feedA, feedB}} {
			before, _ := http.ParseTime(newer[0].header.Get("Last-Modified"))
			after, _ := http.ParseTime(newer[1].header.Get("Last-Modified"))
			if !after.After(before) {
				t.Errorf("%s: Last-Modified of the %s went from %v to %v", path, field, before, after)
			}
		}
		if err := n.Revert(path); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(truthA, n.Truth(path)); d != "" {
			t.Errorf("%s: the first version again (-was +is):\n%s", path, d)
		}
		if c := get(t, base+path, "If-Modified-Since", b.header.Get("Last-Modified")); c.status != 200 {
			t.Errorf("%s: the reverted page answers %d, want 200: it was modified", path, c.status)
		}
		if c := get(t, base+feed, "If-None-Match", feedB.header.Get("Etag")); c.status != 200 || c.body == feedA.body {
			t.Errorf("%s: the feed after the revert answers %d and is as before: %v", path, c.status, c.body == feedA.body)
		}
	}
	if !strings.Contains(n.Truth(EditedPath).Paragraphs[0], "300 metres") {
		t.Error("the first version of the demo's article gives no 300 metres")
	}
	for path, want := range map[string]string{
		"/nowhere":         "newsroom: edit /nowhere: there is no such article",
		KoreaTimesPath:     "newsroom: edit " + KoreaTimesPath + ": there is no version 2",
		"/gen/0/feed.xml":  "newsroom: edit /gen/0/feed.xml: there is no such article",
		"/gen/9/article-0": "newsroom: edit /gen/9/article-0: there is no such article",
	} {
		if err := n.Edit(path); err == nil || err.Error() != want {
			t.Errorf("edit %s: %v, want %s", path, err, want)
		}
	}
	if err := n.Revert(EditedPath); err == nil {
		t.Error("reverted before the first version")
	}
}

func TestEditAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New(&Options{EditAfter: 20 * time.Second})
		read := func(path string) string {
			w := httptest.NewRecorder()
			n.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://news.test"+path, nil))
			return w.Body.String()
		}
		feed := read(atomPath)
		time.Sleep(time.Hour) // nothing is counted before the first request for the article
		if read(atomPath) != feed || !strings.Contains(read(EditedPath), "300 metres") {
			t.Error("edited before the first request")
		}
		time.Sleep(19 * time.Second)
		if read(atomPath) != feed {
			t.Error("edited too early")
		}
		time.Sleep(time.Second)
		if read(atomPath) == feed || !strings.Contains(read(EditedPath), "130 metres") {
			t.Error("not edited in time")
		}
		time.Sleep(time.Hour)
		if got := n.state(EditedPath); got != (state{version: 1, edits: 1}) {
			t.Errorf("state %+v, want one edit", got)
		}
	})
}

// TestSecondRun holds that a client that saw the correction sees nothing new when the newsroom is started again.
func TestSecondRun(t *testing.T) {
	t.Parallel()
	paths := []string{rssPath, atomPath, EditedPath}
	ask := func(n *Newsroom, path, tag string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://news.test"+path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", tag)
		n.Handler().ServeHTTP(w, r)
		return w
	}
	for _, edited := range []bool{false, true} {
		first := New(&Options{EditAfter: time.Hour})
		if edited {
			if err := first.Edit(EditedPath); err != nil {
				t.Fatal(err)
			}
		}
		tags := map[string]string{}
		for _, path := range paths {
			tags[path] = ask(first, path, "").Header().Get("Etag")
		}
		second := New(&Options{EditAfter: time.Hour})
		for _, path := range paths {
			if w := ask(second, path, tags[path]); w.Code != http.StatusNotModified {
				t.Errorf("edited %v: %s: %d, want 304", edited, path, w.Code)
			}
		}
		if got := second.state(EditedPath).edits > 0; got != edited {
			t.Errorf("edited %v: the second newsroom is edited: %v", edited, got)
		}
	}
}

var anyTag = regexp.MustCompile(`<[^>]*>`)

func TestGenerated(t *testing.T) {
	t.Parallel()
	n := New(&Options{Seed: 3})
	base := open(t, n)
	feeds, err := n.Generate(&GenerateOptions{Feeds: 12, Items: 6, Prefix: "/web"})
	if err != nil {
		t.Fatal(err)
	}
	if len(feeds) != 12 || !slices.Contains(n.Feeds(base), base+feeds[11]) {
		t.Errorf("feeds %v", feeds)
	}
	titles := map[string]bool{}
	for f := range 12 {
		for i := range 6 {
			path := "/web/" + string(rune('0'+f%10)) + "/article-" + string(rune('0'+i)) + ".html"
			if f > 9 {
				path = "/web/1" + strings.TrimPrefix(path, "/web/")
			}
			a := get(t, base+path)
			checkTruth(t, path, a, n.Truth(path))
			titles[n.Truth(path).Title] = true
		}
	}
	if len(titles) < 70 {
		t.Errorf("%d different titles of 72", len(titles))
	}
	for _, path := range []string{"/web/12/article-0.html", "/web/0/article-6.html", "/web/00/article-0.html", "/web/0/article-+1.html", "/web/0/feed.atom", "/web/-1/feed.xml", "/web/"} {
		if a := get(t, base+path); a.status != 404 {
			t.Errorf("%s: %d, want 404", path, a.status)
		}
	}
}

func TestGenerateOptions(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if _, err := n.Generate(&GenerateOptions{Prefix: "/a", PageBytes: 100_000, Templates: 1, Feeds: 2, Items: 1}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a/0/article-0.html", "/a/1/article-0.html"} {
		a := get(t, base+path)
		if len(a.body) < 100_000 || len(a.body) > 110_000 {
			t.Errorf("%s: %d bytes, want about 100,000", path, len(a.body))
		}
		if text := anyTag.ReplaceAllString(a.body, ""); !strings.Contains(a.body, "figcaption") && !strings.Contains(a.body, "<article>") {
			t.Errorf("%s is not the first layout:\n%.500s", path, text)
		}
	}
	for _, o := range []*GenerateOptions{{Prefix: "/a"}, {Prefix: "/a/b"}, {Prefix: "b"}, {Prefix: "/b/"}, {Prefix: "/b?c"}, {Feeds: -1}, {Items: -1}, {Templates: -1}, {Paragraphs: -1}, {Hosts: -1}, {Hosts: maxHosts + 1}} {
		if _, err := n.Generate(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestPageSizes asks for pages of every layout: their sizes are spread over the range, and their texts are long.
func TestPageSizes(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	layouts := len(siteLayouts())
	if layouts < 8 {
		t.Errorf("%d site layouts, want 8", layouts)
	}
	if _, err := n.Generate(&GenerateOptions{Feeds: layouts, Items: 4, Paragraphs: 12, PageBytes: 60_000, MaxPageBytes: 150_000}); err != nil {
		t.Fatal(err)
	}
	least, most := 1<<30, 0
	for f := range layouts {
		for i := range 4 {
			path := fmt.Sprintf("/gen/%d/article-%d.html", f, i)
			a := get(t, base+path)
			least, most = min(least, len(a.body)), max(most, len(a.body))
			if len(a.body) < 60_000 || len(a.body) > 155_000 {
				t.Errorf("%s: %d bytes", path, len(a.body))
			}
			truth := n.Truth(path)
			checkTruth(t, path, a, truth)
			if k := len(truth.Paragraphs); k < 12 || k > 24 {
				t.Errorf("%s: %d paragraphs, want 12 to 24", path, k)
			}
		}
	}
	if most-least < 50_000 {
		t.Errorf("pages of %d to %d bytes: not spread over the range", least, most)
	}
}

// TestHosts asks each site at its own address: feed and articles are of one host.
func TestHosts(t *testing.T) {
	t.Parallel()
	n := New(nil)
	if _, err := n.Generate(&GenerateOptions{Feeds: 5, Items: 1, Hosts: 3}); err != nil {
		t.Fatal(err)
	}
	base, err := n.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Skipf("this system has not all of 127.0.0.0/8: %v", err)
	}
	defer func() {
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	_, port, _ := strings.Cut(strings.TrimPrefix(base, "http://"), ":")
	feeds := n.Feeds(base)[len(demoFeeds()):]
	for f, article := range n.Articles(base) {
		if a := get(t, article); a.status != 200 || !strings.HasPrefix(article, fmt.Sprintf("http://127.0.0.%d:%s/gen/%d/", 2+f%3, port, f)) {
			t.Errorf("article of site %d is %s: %d", f, article, a.status)
		}
	}
	for f, host := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2", "127.0.0.3"} {
		origin := "http://" + host + ":" + port
		if !strings.HasPrefix(feeds[f], origin+"/gen/") {
			t.Errorf("feed %d is %s, want it at %s", f, feeds[f], origin)
		}
		if a := get(t, feeds[f]); !strings.Contains(a.body, fmt.Sprintf("%s/gen/%d/article-0.html", origin, f)) {
			t.Errorf("%s lists articles elsewhere", feeds[f])
		}
	}
	if _, err := n.Generate(&GenerateOptions{Hosts: 4, Prefix: "/late"}); err == nil {
		t.Error("a fourth host was accepted after the start")
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New(nil)
		if _, err := n.Generate(&GenerateOptions{Latency: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]time.Duration{"/gen/0/article-1.html": 3 * time.Second, "/gen/0/feed.xml": 3 * time.Second, "/": 0} {
			start := time.Now()
			n.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
			if got := time.Since(start); got != want {
				t.Errorf("%s took %v, want %v", path, got, want)
			}
		}
	})
}

// BenchmarkServe asks for pages that are rendered, without a network.
func BenchmarkServe(b *testing.B) {
	n := New(nil)
	if _, err := n.Generate(&GenerateOptions{Feeds: 1, Items: 1}); err != nil {
		b.Fatal(err)
	}
	h := n.Handler()
	r := httptest.NewRequest(http.MethodGet, "/gen/0/article-0.html", nil)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// BenchmarkRender asks for pages that are not rendered yet.
func BenchmarkRender(b *testing.B) {
	n := New(nil)
	if _, err := n.Generate(&GenerateOptions{Feeds: 6, Items: 10}); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		r := n.find(n.sites[0].articlePath(i%6, i%10))
		if _, err := r.render("http://news.test", 0, 0); err != nil {
			b.Fatal(err)
		}
	}
}
