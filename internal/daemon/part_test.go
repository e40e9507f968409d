package daemon_test

import (
	"strings"
	"testing"

	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/google/go-cmp/cmp"
)

// TestArticleInPartsIsOneRecord fetches all pages of an article in several parts, each once, and joins them.
func TestArticleInPartsIsOneRecord(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startDemo(t)
	dir := t.TempDir()
	runOnce(t, dir, addr, feeds)
	got := byPath(t, records(t, dir, sink.Query{}), newsroom.PartsPath)
	if len(got) != 1 {
		t.Fatalf("%d records of the article, want one", len(got))
	}
	if diff := cmp.Diff(site.Truth(newsroom.PartsPath).Paragraphs, strings.Split(got[0].Text, "\n\n")); diff != "" {
		t.Errorf("paragraphs of all parts (-want +got):\n%s", diff)
	}
	for _, path := range []string{newsroom.PartsPath, newsroom.PartsPath + "/2", newsroom.PartsPath + "/3"} {
		if n := site.Count(path); n != 1 {
			t.Errorf("%s was asked for %d times, want once", path, n)
		}
	}
}

// TestPartThatFailsEndsTheArticle stores what could be had.
func TestPartThatFailsEndsTheArticle(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startDemo(t)
	site.SetFault(newsroom.PartsPath+"/2", newsroom.Fault{Status: 500})
	dir := t.TempDir()
	runOnce(t, dir, addr, feeds)
	got := byPath(t, records(t, dir, sink.Query{}), newsroom.PartsPath)
	whole := site.Truth(newsroom.PartsPath).Paragraphs
	if len(got) != 1 || got[0].Text == "" || len(strings.Split(got[0].Text, "\n\n")) >= len(whole) {
		t.Errorf("got %+v, want the first part alone", got)
	}
}
