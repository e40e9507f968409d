package daemon_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/google/go-cmp/cmp"
)

// startDemo serves the demo's site and returns the URLs of its feeds.
func startDemo(t *testing.T) (*newsroom.Newsroom, netip.AddrPort, []string) {
	t.Helper()
	site := newsroom.New(nil)
	base, err := site.Start(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the newsroom: %v", err)
		}
	})
	return site, netip.MustParseAddrPort(strings.TrimPrefix(base, "http://")), site.Feeds(base)
}

// byPath finds the records of the article at a path.
func byPath(t *testing.T, all map[string][]*feedmill.Record, path string) []*feedmill.Record {
	t.Helper()
	var found []*feedmill.Record
	for _, rs := range all {
		if strings.HasSuffix(rs[0].URL, path) {
			if found != nil {
				t.Errorf("%s has two records: %s and %s", path, found[0].ID, rs[0].ID)
			}
			found = rs
		}
	}
	return found
}

func TestOneArticleInTwoFeedsIsOneRecord(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startDemo(t)
	dir := t.TempDir()
	runOnce(t, dir, addr, feeds)
	got := byPath(t, records(t, dir, sink.Query{}), newsroom.SharedPath)
	if len(got) != 1 || len(got[0].Feeds) != 2 {
		t.Fatalf("got %d records of the shared article, in feeds %v; want one, in two feeds", len(got), got[0].Feeds)
	}
	if n := site.Count(newsroom.SharedPath); n != 1 {
		t.Errorf("its page was fetched %d times, want once", n)
	}
}

// TestPageThatFailsThenHealsThenChanges takes an article through all that can happen to it while the daemon runs: its page
// fails, so the record is made from the feed; it is tried again and completes the record; it is edited, and edited back.
// All within the dedupe window of the streams: no message may be taken for another.
func TestPageThatFailsThenHealsThenChanges(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startDemo(t)
	dir := t.TempDir()
	site.SetFault(newsroom.EditedPath, newsroom.Fault{Status: 503, Times: 1})

	cfg := testConfig(dir)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	steps := make(chan *feedmill.Record, 100)
	ended := make(chan error, 1)
	go func() {
		_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Logger: testLogger(t),
			OnRecords: func(recs []*feedmill.Record) {
				for _, r := range recs {
					if r.Rendition != "" && strings.HasSuffix(r.URL, newsroom.EditedPath) {
						steps <- r
					}
				}
			}})
		ended <- err
	}()
	next := func(what string, ok func(*feedmill.Record) bool) {
		t.Helper()
		select {
		case r := <-steps:
			if !ok(r) {
				t.Errorf("%s: got %q with warnings %v and %d words", what, r.Title, r.Quality.Warnings, r.Quality.Words)
			}
		case err := <-ended:
			t.Fatalf("%s: the daemon ended: %v", what, err)
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: not within 30 s", what)
		}
	}
	var first string
	next("made from the feed", func(r *feedmill.Record) bool { return r.HasWarning(feedmill.WarnFeedOnly) })
	next("completed", func(r *feedmill.Record) bool {
		first = r.ContentHash
		return !r.HasWarning(feedmill.WarnFeedOnly) && r.Text != ""
	})
	if err := site.Edit(newsroom.EditedPath); err != nil {
		t.Fatal(err)
	}
	next("edited", func(r *feedmill.Record) bool { return r.ContentHash != first })
	if err := site.Revert(newsroom.EditedPath); err != nil {
		t.Fatal(err)
	}
	next("edited back", func(r *feedmill.Record) bool { return r.ContentHash == first })
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}

	revs := byPath(t, records(t, dir, sink.Query{Revisions: sink.RevisionsAll}), newsroom.EditedPath)
	if len(revs) != 4 {
		t.Fatalf("%d revisions, want 4: feed only, A, B, A", len(revs))
	}
	for i, r := range revs {
		if r.Revision != i+1 {
			t.Errorf("revision %d is numbered %d", i+1, r.Revision)
		}
	}
	if c := revs[1].Change; c == nil || c.Class != feedmill.ChangeCompleted {
		t.Errorf("second revision is %+v, want completed", c)
	}
	if revs[1].ContentHash != revs[3].ContentHash || revs[1].ContentHash == revs[2].ContentHash {
		t.Errorf("want A, B, A; the two A differ by:\n%s", cmp.Diff(revs[1].Article, revs[3].Article))
	}
}

// TestPermanentlyFailingPage shows the end of an address that never answers: a record from the feed, and a dead letter
// that can be retried.
func TestPermanentlyFailingPage(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startDemo(t)
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Fetch.ArticleTries = 1
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	if sum.DeadLetters != 1 || sum.Retries != 0 {
		t.Errorf("summary %+v, want one dead letter and no retries", sum)
	}
	got := byPath(t, records(t, dir, sink.Query{}), newsroom.BrokenPath)
	if len(got) != 1 || !got[0].HasWarning(feedmill.WarnFeedOnly) || got[0].Title == "" {
		t.Errorf("its record: %+v", got)
	}
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	var seq uint64
	if err := client.Bus.DeadLetters(t.Context(), deadLetterOf(newsroom.BrokenPath, &seq)); err != nil {
		t.Fatal(err)
	}
	if err := client.Bus.Retry(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	site.SetFault(newsroom.BrokenPath, newsroom.Fault{Body: []byte("<html><title>Back</title><body><article><h1>Back</h1><p>" +
		strings.Repeat("The address answers again, and says what it has to say. ", 8) + "</p></article>"), ContentType: "text/html"})
	if _, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Once: true, Logger: testLogger(t)}); err != nil {
		t.Fatal(err)
	}
	got = byPath(t, records(t, dir, sink.Query{}), newsroom.BrokenPath)
	if len(got) != 1 || got[0].HasWarning(feedmill.WarnFeedOnly) {
		t.Errorf("after the retry: warnings %v, want the full text", got[0].Quality.Warnings)
	}
}
