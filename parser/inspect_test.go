package parser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	textunicode "golang.org/x/text/encoding/unicode"

	"github.com/feedmill/feedmill"
)

func inspect(t *testing.T, p *feedmill.Page) *FeedReport {
	t.Helper()
	p.URL, p.FetchedAt = "https://example.com/feed.xml", time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	feed, items, err := ParseFeed(p)
	if err != nil {
		t.Fatal(err)
	}
	return InspectFeed(p, &feed, items)
}

func encoded(t *testing.T, enc encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestInspectFeedEncoding(t *testing.T) {
	t.Parallel()
	feed := func(declaration, title string) string {
		return declaration + `<rss version="2.0"><channel><title>` + title + `</title><item><title>` + strings.Repeat(title+" ", 20) + `</title></item></channel></rss>`
	}
	const korea, paris = "항구의 다리가 다시 열렸다", "Le pont tournant a été rouvert, café"
	header := func(kind string) map[string][]string { return map[string][]string{"Content-Type": {kind}} }
	for _, tt := range []struct {
		name     string
		page     feedmill.Page
		want     string // encoding and what said so
		repaired string // begins so
	}{
		{"utf-8, nothing says so", feedmill.Page{Body: []byte(feed("", korea))}, "utf-8 default", ""},
		{"utf-8, declared", feedmill.Page{Body: []byte(feed(`<?xml version="1.0" encoding="UTF-8"?>`, korea))}, "utf-8 declaration", ""},
		{"utf-8, by header", feedmill.Page{Header: header("text/xml; charset=utf-8"), Body: []byte(feed("", korea))}, "utf-8 content-type", ""},
		{"utf-8, by mark", feedmill.Page{Body: []byte("\ufeff" + feed("", korea))}, "utf-8 bom", ""},
		{"utf-16 with mark", feedmill.Page{Body: encoded(t, textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM), feed("", korea))}, "utf-16le bom", ""},
		{"euc-kr, declared", feedmill.Page{Body: encoded(t, korean.EUCKR, feed(`<?xml version="1.0" encoding="ks_c_5601-1987"?>`, korea))}, "euc-kr declaration", ""},
		{"euc-kr, detected", feedmill.Page{Body: encoded(t, korean.EUCKR, feed("", korea))}, "euc-kr detected", ""},
		{"header wins", feedmill.Page{Header: header("text/xml; charset=iso-8859-1"), Body: encoded(t, charmap.Windows1252, feed(`<?xml version="1.0" encoding="utf-8"?>`, paris))}, "windows-1252 content-type", "the XML declaration says utf-8; read as windows-1252"},
		{"a wrong label", feedmill.Page{Header: header("text/xml; charset=iso-8859-1"), Body: []byte(feed("", korea))}, "utf-8 default", "the Content-Type says windows-1252; read as utf-8"},
		{"an unknown label", feedmill.Page{Body: []byte(feed(`<?xml version="1.0" encoding="x-ours"?>`, korea))}, "utf-8 default", `the XML declaration names the charset "x-ours", which nobody knows`},
		{"white space before the declaration", feedmill.Page{Body: []byte("\n" + feed(`<?xml version="1.0"?>`, paris))}, "utf-8 default", "white space stands before the XML declaration"},
		{"white space before the document", feedmill.Page{Body: []byte("\n" + feed("", paris))}, "utf-8 default", ""},
		{"text before the document", feedmill.Page{Body: []byte("Warning: x\n" + feed("", paris))}, "utf-8 default", `text stands before the document: "Warning: x\n"`},
		{"an ampersand", feedmill.Page{Body: []byte(feed("", "a & b"))}, "utf-8 default", "line 1: not well-formed XML"},
		{"a stray byte", feedmill.Page{Body: []byte(feed("", korea+"\xff"))}, "utf-8 default", "21 bytes are no utf-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := inspect(t, &tt.page)
			if got := r.Encoding + " " + r.EncodingFrom; got != tt.want {
				t.Errorf("read as %s, want %s", got, tt.want)
			}
			if got := strings.Join(r.Repaired, "; "); !strings.HasPrefix(got, tt.repaired) || (got == "") != (tt.repaired == "") {
				t.Errorf("repaired: %q, want %q", got, tt.repaired)
			}
		})
	}
}

func TestInspectFeedFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, want string }{
		{`<rss version="2.0"><channel><item><title>a</title></item></channel></rss>`, "RSS 2.0"},
		{`<?xml version='1.0'?><rss version = '0.91'><channel><item><title>a</title></item></channel></rss>`, "RSS 0.91"},
		{`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><item><title>a</title></item></rdf:RDF>`, "RSS 1.0 "},
		{`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>a</a:title></a:entry></a:feed>`, "Atom 1.0"},
		{`<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>a</title></entry></feed>`, "Atom 0.3"},
		{`{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", "content_text": "a"}]}`, "JSON Feed 1.1"},
	} {
		r := inspect(t, &feedmill.Page{Body: []byte(tt.body)})
		if got := r.Format + " " + r.Version; got != tt.want {
			t.Errorf("%s\nis %q, want %q", tt.body, got, tt.want)
		}
	}
}

func TestInspectFeedOddities(t *testing.T) {
	t.Parallel()
	item := func(parts ...string) string { return "<item>" + strings.Join(parts, "") + "</item>" }
	const date, text = "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>", "<description>d</description>"
	doc := `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>https://example.com/</link><ttl>99999</ttl>` +
		`<skipDays><day>Monday</day><day>Tuesday</day><day>Wednesday</day><day>Thursday</day><day>Friday</day><day>Saturday</day><day>Sunday</day></skipDays>` +
		`<atom:link rel="self" href="https://example.com/other.xml"/>` +
		item("<guid>1</guid><title>A</title><link>https://example.com/a</link>", date, text) +
		item("<guid>1</guid><title>B</title><link>/b</link>", date, text) +
		item("<guid>3</guid><title>C</title><link>https://example.com/a?utm_source=rss</link>", date, text) +
		item(`<title>D</title><link>d/e?x=1&amp;y=2</link>`, "<pubDate>Fri, 01 Jan 2027 00:00:00 GMT</pubDate>", text) +
		item(`<guid isPermaLink="false">5</guid>`, "<pubDate>soon</pubDate>") +
		"</channel></rss>"
	want := []string{
		"1 of 5 items without a link", "1 of 5 items without a title", "1 of 5 items without a summary or content",
		"1 of 5 items with a date that cannot be read",
		"1 of 5 items dated in the future",
		"1 of 5 items that stand in the document more than once",
		"the ttl is 99999 minutes, more than a week", "skipDays names all days of the week",
		"it says that its own address is https://example.com/other.xml",
		"1 of 5 items without a guid",
		"1 of 5 items with the guid of another item and a link of their own: each is an article",
		"1 of 5 items with the link of another item and a guid of their own: one article, the first counts",
		"2 of the first 4 links are relative",
	}
	r := inspect(t, &feedmill.Page{Body: []byte(doc)})
	if diff := cmp.Diff(want, r.Odd); diff != "" {
		t.Errorf("odd (-want +got):\n%s", diff)
	}
	if len(r.Repaired) > 0 {
		t.Errorf("repaired: %v, want nothing", r.Repaired)
	}

	good := `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>T</title><ttl>60</ttl>`
	for i := range 3 {
		good += item(fmt.Sprintf("<guid>%d</guid><title>A</title><link>https://example.com/a/%[1]d?p=1&amp;q=%[1]d</link>", i), date, text)
	}
	r = inspect(t, &feedmill.Page{Header: map[string][]string{"Content-Type": {"application/rss+xml"}}, Body: []byte(good + "</channel></rss>")})
	if len(r.Odd)+len(r.Repaired) > 0 {
		t.Errorf("of a good feed: odd %v, repaired %v", r.Odd, r.Repaired)
	}
}
