package parser

import (
	"errors"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// TestNotAFeed says of each document what it is and what to do.
func TestNotAFeed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, what, next string }{
		{"empty", "", "document is empty", "see whether"},
		{"white space", " \n\t", "document is empty", "see whether"},
		{"error page", "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>", "an HTML page", "look for the feed's own address"},
		{
			"page that names feeds", `<html><head><link rel="alternate" type="application/rss+xml" href="/f"></head><body>x</body></html>`,
			"an HTML page", "subscribe to one of these",
		},
		{"page about feeds", "<html><body><p>A feed begins with &lt;rss&gt;</p><rss></rss></body></html>", "an HTML page", "look for"},
		{"json", `{"error": "rate limited"}`, "JSON, but no JSON Feed", "look for"},
		{"json array", `[1, 2]`, "JSON, but no JSON Feed", "look for"},
		{"opml", `<?xml version="1.0"?><opml version="2.0"><body><outline xmlUrl="x"/></body></opml>`, "an OPML list", "feeds import"},
		{"sitemap", `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>`, "a sitemap", "look for"},
		{"other xml", `<kml xmlns="x"><Placemark/></kml>`, "root element <kml>", "look for"},
		{"text", "User-agent: *\nDisallow: /", `text that begins with "User-agent`, "look for"},
		{"pdf", "%PDF-1.7\n%\xe2\xe3", "a PDF file", "look for"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip-compressed", "decompressed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &feedmill.Page{URL: "https://www.example/feed", Body: []byte(test.body)}
			if IsFeed(p) {
				t.Error("IsFeed is true")
			}
			_, _, err := ParseFeed(p)
			if err == nil {
				t.Fatal("no error")
			}
			if e, ok := errors.AsType[*feedmill.PermanentError](err); !ok || e.Class != "not_a_feed" {
				t.Errorf("error %v is not permanent of class not_a_feed", err)
			}
			for _, part := range []string{p.URL, test.what, test.next} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not hold %q", err, part)
				}
			}
		})
	}
}

func TestIsFeed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		want       bool
	}{
		{"rss", `<rss version="2.0">`, true},
		{"rss after comment", "\xEF\xBB\xBF \n<!-- made by hand --><?xml-stylesheet href='x'?><rss>", true},
		{"prefixed atom", `<x:feed xmlns:x="http://www.w3.org/2005/Atom"/>`, true},
		{"rdf", `<rdf:RDF>`, true},
		{"feed wrapped in a page", `<html><body><feed xmlns="http://www.w3.org/2005/Atom">`, true},
		{"warning before", "Notice: undefined index<br/><b>x</b> <rss>", true},
		{"json feed", `{"version": "https://jsonfeed.org/version/1.1", "items": []}`, true},
		{"escaped json feed", `{"version": "https:\/\/jsonfeed.org\/version\/1", "items": []}`, true},
		{"json without version", `{"feed_url": "x", "items": [{"content_text": "x"}]}`, true},
		{"api answer", `{"items": [1]}`, false},
		{"article page", "<html><body><article><p>x</p></article></body></html>", false},
		{"far down", strings.Repeat(" ", 2*sniffLength) + "<html>", false},
	} {
		if got := IsFeed(&feedmill.Page{URL: "https://www.example/", Body: []byte(test.body)}); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
