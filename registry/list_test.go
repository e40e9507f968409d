package registry_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill/registry"
)

const plainList = "\ufeff# papers\r\n" +
	"https://a.example/rss\r\n" +
	"\n" +
	"  https://b.example/feed#top   #news #News/Korea #news # \n" +
	"#https://off.example/\n" +
	"http://c.example/?q=%20\n" +
	"https://a.example/rss #daily"

var plainSubs = []registry.Subscription{
	{URL: "https://a.example/rss", Tags: []string{"daily"}},
	{URL: "https://b.example/feed#top", Tags: []string{"News/Korea", "news"}},
	{URL: "http://c.example/?q=%20"},
}

func TestReadList(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{"unix": strings.ReplaceAll(plainList, "\r", ""), "windows": plainList} {
		got, err := registry.ReadList(strings.NewReader(list))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(plainSubs, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, err := registry.ReadList(strings.NewReader("\n# nothing\n")); err != nil || got != nil {
		t.Errorf("empty list: %v, %v; want neither feeds nor an error", got, err)
	}
}

func TestReadListBad(t *testing.T) {
	t.Parallel()
	list := "example.org/feed\n" + // 1
		"https://a.example/\n" +
		"https://b.example/ news\n" + // 3
		"https://c.example/" + strings.Repeat("x", 9000) + "\n" + // 4
		"https://d.example/" + strings.Repeat("x", 30_000) + "\n" + // 5
		"https://e.example/"
	got, err := registry.ReadList(strings.NewReader(list))
	want := []registry.Subscription{{URL: "https://a.example/"}, {URL: "https://e.example/"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the good lines (-want +got):\n%s", diff)
	}
	wantErr := `line 1: url "example.org/feed": want http:// or https:// at the beginning
line 3: "news" after the URL: want tags, words that begin with #
line 4: longer than 8192 bytes
line 5: longer than 8192 bytes`
	if diff := cmp.Diff(wantErr, fmt.Sprint(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}

	_, err = registry.ReadList(strings.NewReader(strings.Repeat("bad\n", 1000)))
	if n := strings.Count(fmt.Sprint(err), "\n"); n != 20 || !strings.Contains(fmt.Sprint(err), "and 980 more bad lines") {
		t.Errorf("a thousand bad lines are %d lines of error, want 20 and the number of the others:\n%v", n, err)
	}
}

func TestReadSubscriptions(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadFile("testdata/folders.opml")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want []registry.Subscription
	}{
		"feeds.opml": {string(folders), foldersOPML},
		"blank.opml": {"\ufeff\n  " + strings.TrimPrefix(string(folders), `<?xml version="1.0" encoding="UTF-8"?>`), foldersOPML},
		"feeds.txt":  {plainList, plainSubs},
		"empty.txt":  {"", nil},
	} {
		got, err := registry.ReadSubscriptions(name, iotest.OneByteReader(strings.NewReader(tt.text)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	got, err := registry.ReadSubscriptions("feeds.txt", strings.NewReader("x\nhttps://a.example/\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "feeds.txt: line 1: ") || len(got) != 1 {
		t.Errorf("%v, %v; want the good feed, and an error that names file and line", got, err)
	}
	broken := errors.New("broken pipe")
	for _, text := range []string{"", "https://a.example/\n", "<opml>", strings.Repeat("https://a.example/\n", 1000)} {
		r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
		_, err := registry.ReadSubscriptions("stdin", r)
		if !errors.Is(err, broken) {
			t.Errorf("reader that breaks after %d bytes: %v, want its error", len(text), err)
		}
	}
}
