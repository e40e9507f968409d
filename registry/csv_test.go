package registry

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCSV(t *testing.T) {
	t.Parallel()
	const table = "\ufeffTitle, URL ,Tags,Notes\r\n" +
		"\"Paper, The\",https://example.org/a,News/Korea; sport,x\r\n" +
		"Other,https://example.org/b\n" +
		",,,\n" +
		"Bad,ftp://example.org/,,\n" +
		"Again,https://example.org/a,late,\n"
	got, err := ReadSubscriptions("table.csv", strings.NewReader(table))
	if err == nil || !strings.Contains(err.Error(), "line 5") || strings.Contains(err.Error(), "line 4") {
		t.Errorf("error %v, want one of line 5", err)
	}
	want := []Subscription{
		{URL: "https://example.org/a", Title: "Paper, The", Tags: []string{"News/Korea", "late", "sport"}},
		{URL: "https://example.org/b", Title: "Other"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, list := range []string{"https://example.org/a,b\n", "# url, tags\nhttps://example.org/c\n"} {
		if got, err := ReadSubscriptions("list", strings.NewReader(list)); err != nil || len(got) != 1 {
			t.Errorf("plain list %q: %v, %v", list, got, err)
		}
	}
	if _, err := ReadCSV(strings.NewReader("a,b\n1,2\n")); err == nil || !strings.Contains(err.Error(), "url") {
		t.Errorf("a table without URLs: %v", err)
	}
}

// TestOPMLAttributes: what stands at an outline and means nothing here is written again.
func TestOPMLAttributes(t *testing.T) {
	t.Parallel()
	const doc = `<opml version="2.0"><body><outline text="A" type="rss" xmlUrl="https://example.org/a" htmlUrl="https://example.org/?a=1&amp;b" custom="&lt;x&gt;"/></body></opml>`
	first, err := ReadOPML(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := WriteOPML(&out, "t", first); err != nil {
		t.Fatal(err)
	}
	again, err := ReadOPML(strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	want := []Subscription{{URL: "https://example.org/a", Title: "A", Attributes: map[string]string{"htmlUrl": "https://example.org/?a=1&b", "custom": "<x>"}}}
	for i, got := range [][]Subscription{first, again} {
		for j := range got {
			got[j].Tags = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reading %d (-want +got):\n%s", i, diff)
		}
	}
}
