package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/korean"

	"github.com/feedmill/feedmill/registry"
)

var foldersOPML = []registry.Subscription{
	{URL: "https://morning.example/rss", Title: "The Morning Paper", Tags: []string{"News", "News/Korea"},
		Attributes: map[string]string{"htmlUrl": "https://morning.example/"}},
	{URL: "https://evening.example/atom.xml", Title: "Evening Paper", Tags: []string{"Europe/Malta", "News", "daily"}},
	{URL: "https://loose.example/feed?a=1&b=2", Title: "Loose"},
}

func TestReadOPML(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadFile("testdata/folders.opml")
	if err != nil {
		t.Fatal(err)
	}
	euckr, err := korean.EUCKR.NewEncoder().String(`<?xml version="1.0" encoding="euc-kr"?><opml><body><outline text="신문" xmlUrl="https://a.example/"/></body></opml>`)
	if err != nil {
		t.Fatal(err)
	}
	one := func(title string, tags ...string) []registry.Subscription {
		return []registry.Subscription{{URL: "https://a.example/", Title: title, Tags: tags}}
	}
	tests := []struct {
		name, opml string
		want       []registry.Subscription
	}{
		{"folders", string(folders), foldersOPML},
		{"byte order mark", "\ufeff" + string(folders), foldersOPML},
		{"no prolog, version, head or body", `<opml><outline xmlUrl="https://a.example/"/></opml>`, one("")},
		{"other case", `<OPML><Body><Outline TEXT="T" XMLURL="https://a.example/"/></Body></OPML>`, one("T")},
		{"html entities", `<opml><outline text="Caf&eacute;&nbsp;&amp; Bar" xmlUrl="https://a.example/"/></opml>`, one("Café & Bar")},
		{"bare ampersand", `<opml><outline text="A & B" xmlUrl="https://a.example/"/></opml>`, one("A & B")},
		{"other character set", euckr, one("신문")},
		{"unknown elements", `<opml><x><outline text="F"><y/><outline xmlUrl="https://a.example/"><z/></outline></outline></x></opml>`, one("", "F")},
		{"feed within a feed", `<opml><outline text="P" xmlUrl="https://p.example/"><outline xmlUrl="https://a.example/"/></outline></opml>`,
			append([]registry.Subscription{{URL: "https://p.example/", Title: "P"}}, one("")...)},
		{"only a title", `<opml><outline title="F"><outline title="T" xmlUrl="https://a.example/"/></outline></opml>`, one("T", "F")},
		{"nameless folder", `<opml><outline><outline xmlUrl="https://a.example/"/></outline></opml>`, one("")},
		{"no feeds", `<opml><outline text="F"/></opml>`, nil},
		{"empty xmlUrl", `<opml><outline text="F" xmlUrl=""/></opml>`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := registry.ReadOPML(strings.NewReader(tt.opml))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("subscriptions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadOPMLBad(t *testing.T) {
	t.Parallel()
	const feed = `<outline xmlUrl="https://a.example/"/>`
	tests := []struct {
		name, opml, want string
		subs             int
	}{
		{"empty", "", "no outline in it", 0},
		{"not OPML", `<rss><channel/></rss>`, "no outline in it", 0},
		{"no XML", "hello", "no outline in it", 0},
		{"cut short", `<opml>` + feed + `<outline text="`, "line 1", 1},
		{"too deep", `<opml>` + feed + strings.Repeat("<a>", 300), "nested more than 256 deep", 1},
		{"unknown character set", `<?xml version="1.0" encoding="x-none"?><opml/>`, "x-none", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			subs, err := registry.ReadOPML(strings.NewReader(tt.opml))
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(subs) != tt.subs {
				t.Errorf("%d subscriptions, error %v; want %d and one that says %q", len(subs), err, tt.subs, tt.want)
			}
		})
	}
}

func TestWriteOPML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		subs []registry.Subscription
	}{
		{"none in folders", []registry.Subscription{{URL: "https://a.example/", Title: "A"}, {URL: "https://b.example/"}}},
		{"folders", foldersOPML},
		{"awkward names", []registry.Subscription{
			{URL: `https://a.example/?q="<>&'`, Title: `<b>"A" & 'B'</b>`, Tags: []string{"a, b", "x&y/<z>", "가"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := registry.WriteOPML(&b, "Feeds", tt.subs); err != nil {
				t.Fatal(err)
			}
			got, err := registry.ReadOPML(&b)
			if err != nil {
				t.Fatal(err)
			}
			// A feed without a title is written under its URL, since every outline must have a text.
			want := map[string]registry.Subscription{}
			for _, s := range tt.subs {
				if s.Title == "" {
					s.Title = s.URL
				}
				want[s.URL] = s
			}
			read := map[string]registry.Subscription{}
			for _, s := range got {
				read[s.URL] = s
			}
			if diff := cmp.Diff(want, read); diff != "" {
				t.Errorf("read again (-want +got):\n%s", diff)
			}
		})
	}
}

func ExampleWriteOPML() {
	subs := []registry.Subscription{
		{URL: "https://a.example/rss", Title: "A", Tags: []string{"News/Korea", "daily"}},
		{URL: "https://b.example/rss", Title: "B"},
	}
	var b strings.Builder
	if err := registry.WriteOPML(&b, "My feeds", subs); err != nil {
		fmt.Println(err)
	}
	fmt.Print(b.String())
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <opml version="2.0">
	//   <head>
	//     <title>My feeds</title>
	//   </head>
	//   <body>
	//     <outline text="News">
	//       <outline text="Korea">
	//         <outline text="A" title="A" type="rss" xmlUrl="https://a.example/rss"></outline>
	//       </outline>
	//     </outline>
	//     <outline text="daily">
	//       <outline text="A" title="A" type="rss" xmlUrl="https://a.example/rss"></outline>
	//     </outline>
	//     <outline text="B" title="B" type="rss" xmlUrl="https://b.example/rss"></outline>
	//   </body>
	// </opml>
}

// fullDisk takes n bytes.
type fullDisk struct{ n int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.n -= len(p); d.n < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriteOPMLFails(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 60, 800} {
		if err := registry.WriteOPML(&fullDisk{n}, "Feeds", foldersOPML); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("after %d bytes: %v, want the writer's error", n, err)
		}
	}
}

func FuzzReadOPML(f *testing.F) {
	folders, err := os.ReadFile("testdata/folders.opml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(folders)
	f.Add([]byte(`<opml><outline text="A & B" category="/x/y,z,,/" xmlUrl="h"/></outline></opml>`))
	f.Add([]byte(`<!DOCTYPE o [<!ENTITY a "b">]><o:OUTLINE xmlns:o="x" XMLURL="&a;"/>`))
	f.Add([]byte(`<?xml version="1.0" encoding="utf-16"?><opml/>`))
	f.Add([]byte("\xff\xfe<\x00o\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		subs, err := registry.ReadOPML(bytes.NewReader(b))
		if err != nil {
			return
		}
		urls := map[string]bool{}
		for _, s := range subs {
			if s.URL == "" || urls[s.URL] {
				t.Fatalf("URL %q is empty or stands twice", s.URL)
			}
			urls[s.URL] = true
		}
		var out bytes.Buffer
		if err := registry.WriteOPML(&out, "", subs); err != nil {
			t.Fatal(err)
		}
		if len(subs) == 0 {
			return
		}
		again, err := registry.ReadOPML(&out)
		if err != nil || len(again) != len(subs) {
			t.Fatalf("%d subscriptions, %d after writing and reading (%v)", len(subs), len(again), err)
		}
	})
}
