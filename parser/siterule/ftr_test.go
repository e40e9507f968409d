package siterule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const siteConfig = "\ufeff# Example\r\n" + `title: //h1[@class='head']
title: //meta[@property="og:title"]/@content
author: substring-after(//p[@class='by'], 'By ')
date: //time/@datetime
body: //div[@id = 'story'] | //div[@id='more']
strip: .//aside
strip: descendant::footer
strip_id_or_class: "share"
strip_image_src: /pixel.
prune: no
tidy: no
next_page_link: //a[@rel='next']
replace_string(<b>): <i>
strip: //div[
nonsense
body:
test_url: https://example.com/a
`

func TestImportFTR(t *testing.T) {
	t.Parallel()
	site, tests, notes, err := ImportFTR("dir/example.com.txt", []byte(siteConfig))
	if err != nil {
		t.Fatal(err)
	}
	got, err := site.Encode("From example.com.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := `# From example.com.txt
hosts:
    - example.com
rules:
    - title:
        - //h1[@class='head']
        - //meta[@property="og:title"]/@content
      byline: substring-after(//p[@class='by'], 'By ')
      published: //time/@datetime
      body: //div[@id = 'story'] | //div[@id='more']
      strip:
        - //aside
        - (descendant::footer)
        - '[class*="share"], [id*="share"]'
        - img[src*="/pixel."]
      keep: true
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("rule (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"https://example.com/a"}, tests); d != "" {
		t.Errorf("tests (-want +got):\n%s", d)
	}
	for i, want := range []string{
		"dir/example.com.txt:13: next_page_link is not taken over",
		"dir/example.com.txt:14: replace_string(<b>) is not taken over",
		`dir/example.com.txt:15: strip: "//div[" is no XPath`,
		`dir/example.com.txt:16: "nonsense" is no directive`,
		`dir/example.com.txt:17: "body:" is no directive`,
	} {
		if i >= len(notes) || !strings.HasPrefix(notes[i], want) {
			t.Errorf("notes %q, want the %dth to begin with %s", notes, i, want)
		}
	}
	for name, want := range map[string]string{".example.com.txt": "*.example.com", "www.example.com": "www.example.com"} {
		if s, _, _, err := ImportFTR(name, []byte("body: //p")); err != nil || s.Hosts[0] != want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	for name, text := range map[string]string{"example.com.txt": "next_page_link: //a", "LICENSE file.txt": "body: //p", "large.txt": strings.Repeat("#", 2<<20)} {
		if _, _, _, err := ImportFTR(name, []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestEncode: what is written is read back as it was.
func TestEncode(t *testing.T) {
	t.Parallel()
	site := parse(t, "a.yaml", whole)
	out, err := site.Encode("one", "two\nthree")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), "# one\n# two\n# three\nhosts:") {
		t.Errorf("comments:\n%s", out)
	}
	back := parse(t, "a.yaml", string(out))
	if d := cmp.Diff(site.Hosts, back.Hosts); d != "" {
		t.Error(d)
	}
	for i, r := range site.Rules {
		b := back.Rules[i]
		if r.Hash() != b.Hash() || !r.From.Equal(b.From) || !r.Until.Equal(b.Until) || cmp.Diff(r.Paths, b.Paths) != "" {
			t.Errorf("rule %d: %+v came back as %+v", i, r, b)
		}
	}
	if r := back.Rules[2]; !r.From.Equal(time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("from %v", r.From)
	}
}
