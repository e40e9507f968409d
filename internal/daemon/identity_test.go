package daemon_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	gocmp "github.com/google/go-cmp/cmp"
)

// entry is an RSS item: its parts, each with its own tags, in one text.
func entry(parts ...string) string { return "<item>" + strings.Join(parts, "") + "</item>\n" }

// rss is a feed document.
func rss(entries ...string) newsroom.Fault {
	return newsroom.Fault{ContentType: "application/rss+xml", Body: []byte(`<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title>` +
		"<link>http://harbour.example/</link>\n" + strings.Join(entries, "") + "</channel></rss>")}
}

// story is an article page. Words make its text.
func story(title, words string) newsroom.Fault {
	return newsroom.Fault{ContentType: "text/html; charset=utf-8", Body: fmt.Appendf(nil,
		`<!DOCTYPE html><html lang="en"><head><title>%s</title></head><body><article><h1>%[1]s</h1>%s</article></body></html>`,
		title, strings.Repeat("<p>"+words+" The harbour master said that the first ships would pass before noon, and that the night closures end in May.</p>\n", 4))}
}

// stored is a record in short, as the test below looks at it.
type stored struct {
	Where     string // the page's path, or "feed" for a record made of the feed alone
	Title     string
	Revisions int
	Feeds     int
}

// TestIdentity shows the rules of identity and change over three passes, by what is stored: each row is a feed of its own,
// with a document for each pass.
func TestIdentity(t *testing.T) {
	t.Parallel()
	site, addr, _ := startNewsroom(t, nil)
	base := "http://" + addr.String()
	link := func(path string) string { return "<link>" + base + path + "</link>" }
	title := func(s string) string { return "<title>" + s + "</title>" }
	guid := func(s string) string { return `<guid isPermaLink="false">` + s + "</guid>" }
	text := func(s string) string { return "<description>" + s + "</description>" }
	content := func(s string) string {
		return `<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">` + s + "</content:encoded>"
	}
	date := func(s string) string { return "<pubDate>" + s + "</pubDate>" }

	rows := []struct {
		name  string
		docs  [3]newsroom.Fault
		edit  string // the page at this path is edited before the third pass
		want  []stored
		pages int // requests for pages
	}{
		{
			name: "guid changes",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), link("/guid/a"), title("A"))),
				rss(entry(guid("2"), link("/guid/a"), title("A"))),
				rss(entry(guid("3"), link("/guid/a"), title("A")), entry(guid("1"), link("/guid/b"), title("B"))),
			},
			want: []stored{{"/guid/a", "A", 1, 1}, {"/guid/b", "B", 1, 1}}, pages: 2,
		},
		{
			name: "one guid, several links",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), link("/links/a"), title("A")), entry(guid("1"), link("/links/b"), title("B"))),
				rss(entry(guid("1"), link("/links/b"), title("B")), entry(guid("1"), link("/links/a"), title("A"))),
				rss(entry(guid("1"), link("/links/c"), title("C"))),
			},
			want: []stored{{"/links/a", "A", 1, 1}, {"/links/b", "B", 1, 1}, {"/links/c", "C", 1, 1}}, pages: 3,
		},
		{
			name: "no guid",
			docs: [3]newsroom.Fault{
				rss(entry(link("/noguid/a"), title("A"))),
				rss(entry(link("/noguid/a?utm_source=rss&amp;fbclid=77"), title("A"))),
				rss(entry(guid("9"), link("/noguid/a"), title("A"))),
			},
			want: []stored{{"/noguid/a", "A", 1, 1}}, pages: 1,
		},
		{
			name: "no link",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), title("A"), content("&lt;p&gt;The swing bridge opened again on Friday, as the harbour master had promised.&lt;/p&gt;")), entry(guid("0"), title("B"))),
				rss(entry(guid("1"), title("A"), content("&lt;p&gt;The swing bridge did not open again, whatever the harbour master had promised.&lt;/p&gt;")), entry(guid("0"), title("B"))),
				rss(entry(guid("2"), title("A"), content("&lt;p&gt;The swing bridge did not open again, whatever the harbour master had promised.&lt;/p&gt;"))),
			},
			want: []stored{{"feed", "A", 2, 1}, {"feed", "B", 1, 1}},
		},
		{
			name: "neither link nor guid",
			docs: [3]newsroom.Fault{
				rss(entry(title("A"), text("One."))),
				rss(entry(title("B"), text("Two.")), entry(title("A"), text("One."))),
				rss(entry(title("A"), text("One.")), entry(title("B"), text("Two."))),
			},
			want: []stored{{"feed", "A", 1, 1}, {"feed", "B", 1, 1}},
		},
		{
			name: "edited", edit: "/edited/a",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), link("/edited/a"), title("A"), text("One."))),
				rss(entry(guid("1"), link("/edited/a"), title("A"), text("One."))),
				rss(entry(guid("1"), link("/edited/a"), title("A"), text("One, and more."))),
			},
			want: []stored{{"/edited/a", "A", 2, 1}}, pages: 2,
		},
		{
			name: "vanished and returned",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), link("/back/a"), title("A")), entry(guid("2"), link("/back/b"), title("B"))),
				rss(entry(guid("2"), link("/back/b"), title("B"))),
				rss(entry(guid("1"), link("/back/a"), title("A")), entry(guid("2"), link("/back/b"), title("B"))),
			},
			want: []stored{{"/back/a", "A", 1, 1}, {"/back/b", "B", 1, 1}}, pages: 2,
		},
		{
			name: "order and date",
			docs: [3]newsroom.Fault{
				rss(entry(link("/order/a"), title("A"), date("Tue, 03 Mar 2026 10:00:00 GMT"))),
				rss(entry(link("/order/a"), title("A"), date("Wed, 04 Mar 2026 10:00:00 GMT")), entry(link("/order/b"), title("B"), date("Fri, 01 Jan 1999 10:00:00 GMT"))),
				rss(entry(link("/order/b"), title("B")), entry(link("/order/a"), title("A"))),
			},
			want: []stored{{"/order/a", "A", 1, 1}, {"/order/b", "B", 1, 1}}, pages: 2,
		},
		{
			name: "all link to the front page of the site",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), "<link>http://www.harbour.example/</link>", title("A"))),
				rss(entry(guid("2"), "<link>http://harbour.example</link>", title("B")), entry(guid("1"), "<link>http://www.harbour.example/</link>", title("A"))),
				rss(entry(guid("2"), "<link>http://harbour.example</link>", title("B")), entry(guid("1"), "<link>http://www.harbour.example/</link>", title("A"))),
			},
			want: []stored{{"feed", "A", 1, 1}, {"feed", "B", 1, 1}},
		},
		{
			name: "two feeds, one",
			docs: [3]newsroom.Fault{
				rss(entry(guid("1"), link("/shared/a?utm_source=one"), title("A"))),
				rss(entry(guid("1"), link("/shared/a?utm_source=one"), title("A"))),
				rss(entry(guid("1"), link("/shared/a?utm_source=one"), title("A"))),
			},
			want: []stored{{"/shared/a", "A", 1, 2}}, pages: 1,
		},
		{
			name: "two feeds, the other",
			docs: [3]newsroom.Fault{
				rss(),
				rss(entry(guid("x"), link("/shared/a#top"), title("A, said the other"))),
				rss(entry(guid("y"), link("/shared/a"), title("A, said the other"))),
			},
			want: []stored{{"/shared/a", "A", 1, 2}}, pages: 1,
		},
	}

	var feeds []string
	path := func(row int) string { return fmt.Sprintf("/identity/%d.xml", row) }
	for i, row := range rows {
		feeds = append(feeds, base+path(i))
		for _, w := range row.want {
			if w.Where != "feed" {
				site.SetFault(w.Where, story(w.Title, "The swing bridge at "+w.Where+" opened again on Friday."))
			}
		}
	}
	dir := t.TempDir()
	for pass := range 3 {
		for i, row := range rows {
			site.SetFault(path(i), row.docs[pass])
			if row.edit != "" && pass == 2 {
				site.SetFault(row.edit, story("A", "The swing bridge did not open again after all."))
			}
		}
		if sum := runOnce(t, dir, addr, feeds); sum.Partial() || sum.DeadLetters > 0 {
			t.Errorf("pass %d: %+v", pass+1, sum)
		}
	}

	all := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	for i, row := range rows {
		feed := feedmill.FeedID(feeds[i])
		var got []stored
		for _, revs := range all {
			last := revs[len(revs)-1]
			if !slices.ContainsFunc(last.Feeds, func(m feedmill.Mention) bool { return m.Feed == feed }) {
				continue
			}
			s := stored{Where: strings.TrimPrefix(last.URL, base), Title: last.Title, Revisions: len(revs), Feeds: len(last.Feeds)}
			if last.HasWarning(feedmill.WarnFeedOnly) {
				s.Where = "feed"
			}
			got = append(got, s)
		}
		slices.SortFunc(got, func(x, y stored) int { return cmp.Or(cmp.Compare(x.Where, y.Where), cmp.Compare(x.Title, y.Title)) })
		if diff := gocmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: records (-want +got):\n%s", row.name, diff)
		}
		pages := 0
		for _, w := range row.want {
			if w.Where != "feed" {
				pages += site.Count(w.Where)
			}
		}
		if pages != row.pages {
			t.Errorf("%s: pages were asked for %d times, want %d", row.name, pages, row.pages)
		}
	}
}
