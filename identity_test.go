package feedmill

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"
)

// TestIdentityVectors: what is stored is found by these, so they may never change. The hashes are those of sha256sum; the
// parts are joined by U+001F.
func TestIdentityVectors(t *testing.T) {
	t.Parallel()
	const feed = "https://example.org/feed"
	for _, tt := range []struct{ what, got, want string }{
		// printf 'url\037https://example.org/a' | sha256sum
		{"link", ArticleID(feed, &Item{Link: "HTTPS://Example.org/a?utm_source=rss", GUID: "7", Title: "T"}), "ab911b2aa2f546c82877e8f31261bc06"},
		{"URL", ArticleIDFromURL("https://example.org/a"), "ab911b2aa2f546c82877e8f31261bc06"},
		// printf 'guid\037https://example.org/feed\0377' | sha256sum
		{"guid", ArticleID(feed+" ", &Item{GUID: "7", Title: "T"}), "0477f4431a97b663808de8ea0bd77b01"},
		{"guid where the link is none", ArticleID(feed, &Item{Link: "javascript:void(0)", GUID: "7"}), "0477f4431a97b663808de8ea0bd77b01"},
		// printf 'text\037https://example.org/feed\037T\037C' | sha256sum
		{"content", ArticleID(feed, &Item{Title: "T", Content: "C", Summary: "S"}), "cd0c5b77900a27ba0456a6b23d85ce50"},
		// printf 'text\037https://example.org/feed\037T\037S' | sha256sum
		{"summary", ArticleID(feed, &Item{Title: "T", Summary: "S"}), "eaf2ce817d8865d65944754ce98d9e24"},
		// printf 'feed\037https://example.org/feed' | sha256sum
		{"feed", FeedID(" " + feed), "ef9dccdbade0f2ba"},
		// printf 'item\037https://example.org/a\037T\037S\037C\037A' | sha256sum
		{"words", ItemHash(&Item{Link: "https://example.org/a", Title: "T", Summary: "S", Content: "C", Author: "A"}), "439a94e4d077d440"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, tt.got, tt.want)
		}
	}
}

func TestItemHash(t *testing.T) {
	t.Parallel()
	base := Item{GUID: "1", Link: "https://example.org/a", Title: "T", Summary: "S", Content: "C", Author: "A"}
	for _, tt := range []struct {
		what   string
		change func(*Item)
		differ bool
	}{
		{"guid", func(it *Item) { it.GUID = "2" }, false},
		{"tracked link", func(it *Item) { it.Link += "?utm_source=rss&fbclid=1" }, false},
		{"published", func(it *Item) { it.Published, it.PublishedRaw = time.Now(), "now" }, false},
		{"updated", func(it *Item) { it.Updated, it.UpdatedRaw = time.Now(), "now" }, false},
		{"title", func(it *Item) { it.Title += "!" }, true},
		{"summary", func(it *Item) { it.Summary = "" }, true},
		{"content", func(it *Item) { it.Content += " " }, true},
		{"author", func(it *Item) { it.Author = "B" }, true},
		{"words that move from one field to another", func(it *Item) { it.Title, it.Summary = "S", "T" }, true},
		{"link", func(it *Item) { it.Link = "https://example.org/b" }, true},
		{"link that is none", func(it *Item) { it.Link = "mailto:a@example.org" }, true},
	} {
		it := base
		tt.change(&it)
		if got := ItemHash(&it) != ItemHash(&base); got != tt.differ {
			t.Errorf("%s: differs %v, want %v", tt.what, got, tt.differ)
		}
	}
}

// TestContentHashVector is the contract's own: U+001F between title, subtitle, byline, text, captions and credits.
func TestContentHashVector(t *testing.T) {
	t.Parallel()
	a := &Article{Title: "T", Subtitle: "S", Byline: Byline{Raw: "By B"}, Text: "one\n\ntwo", Images: []Image{{Caption: "c1", Credit: "k1"}, {Caption: "c2"}}}
	sum := sha256.Sum256([]byte("T\x1fS\x1fBy B\x1fone\n\ntwo\x1fc1\x1fk1\x1fc2\x1f"))
	if got, want := ContentHash(a), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// printf 'T\037\037\037' | sha256sum
	if got, want := ContentHash(&Article{Title: "T"}), "25ac8075b53882dfbccd2de55ec875f815b5f2a7eda6e6670fd93f823bb989c4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
