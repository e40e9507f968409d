package kv_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/kv"
	"github.com/feedmill/feedmill/registry/mem"
)

// measured returns how many of something to measure with, from the environment; without it the test is skipped.
//
//	FEEDMILL_MEASURE_FEEDS=100000 go test -run MeasureFeeds -v -timeout 20m ./registry/kv
//	FEEDMILL_MEASURE_ALIASES=3000000 go test -run MeasureAliases -v -timeout 20m ./registry/kv
func measured(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		t.Skipf("set %s to a number to measure", name)
	}
	return n
}

// TestMeasureFeeds measures a registry of many feeds with 100 seen items each: one tag in a hundred is asked for.
func TestMeasureFeeds(t *testing.T) {
	n := measured(t, "FEEDMILL_MEASURE_FEEDS")
	ctx, dir := t.Context(), t.TempDir()
	js, stop := start(t, dir)
	store := open(t, js, nil)
	r := registry.New(store)
	report(t, dir, "empty")

	items := make([]feedmill.Item, 100)
	begin := time.Now()
	ids := make([]string, n)
	for i := range n {
		st, _, err := r.Add(ctx, fmt.Sprintf("https://host%d.example/feeds/%d.xml", i%5000, i), &registry.AddOptions{
			Tags: []string{fmt.Sprintf("News/%d", i%100)}, Title: fmt.Sprintf("The paper number %d", i),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = st.ID
	}
	t.Logf("add %d feeds: %v", n, each(begin, n))

	begin = time.Now()
	size := 0
	for i, id := range ids {
		for j := range items {
			items[j] = feedmill.Item{Link: fmt.Sprintf("https://host%d.example/%d/%d", i%5000, i, j), Title: "t"}
		}
		seen := &registry.SeenSet{}
		seen.Unseen("", items, time.Now())
		if _, err := r.PutSeen(ctx, id, seen, 0); err != nil {
			t.Fatal(err)
		}
		b, _ := seen.MarshalBinary()
		size = len(b)
	}
	t.Logf("put %d seen sets of %d bytes: %v", n, size, each(begin, n))

	begin = time.Now()
	for _, id := range ids {
		if err := r.Update(ctx, id, polled); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("update every feed after a poll: %v", each(begin, n))
	report(t, dir, "loaded")

	listTag(t, r, n)
	begin = time.Now()
	for _, id := range ids[:min(n, 10_000)] {
		if _, _, err := r.Seen(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("get and decode a seen set: %v", each(begin, min(n, 10_000)))

	stop()
	begin = time.Now()
	js, _ = start(t, dir)
	store = open(t, js, nil)
	t.Logf("restart: %v", time.Since(begin).Round(time.Millisecond))
	listTag(t, registry.New(store), n)
	report(t, dir, "restarted and listed")
}

func polled(st *feedmill.FeedState) error {
	now := time.Now().UTC().Truncate(time.Second)
	st.Title, st.Link, st.Language = "The paper of this place", "https://www.example.org/", "en"
	st.Validators = feedmill.Validators{URL: st.URL, ETag: `"5f3a-61c2d7a8b3f40"`, LastModified: now.Format(time.RFC1123), BodyHash: strings.Repeat("ab", 32)}
	st.Due, st.LastPoll, st.LastSuccess, st.LastNew = now.Add(time.Hour), now, now, now
	st.Outcome, st.Status, st.Items, st.New, st.Total = feedmill.OutcomeFetched, 200, 100, 3, 5000
	st.Rests = feedmill.Rests{Feed: 123456, Item: 1234567}
	return nil
}

func listTag(t *testing.T, r *registry.Registry, n int) {
	t.Helper()
	begin := time.Now()
	got := 0
	for _, err := range r.Feeds(t.Context(), &registry.Filter{Tag: "News/7"}) {
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != n/100 {
		t.Errorf("%d feeds with the tag, want %d", got, n/100)
	}
	t.Logf("list %d of %d feeds by tag: %v", got, n, time.Since(begin).Round(time.Millisecond))
}

// TestMeasureAliases measures claims and look-ups in a registry of many aliases. They are claimed in memory and copied,
// since nothing but the last part of the way there is of interest.
func TestMeasureAliases(t *testing.T) {
	n := measured(t, "FEEDMILL_MEASURE_ALIASES")
	ctx, dir := t.Context(), t.TempDir()
	js, stop := start(t, dir)
	store := open(t, js, nil)
	r := registry.New(store)
	now := time.Now()
	id := feedmill.ArticleIDFromURL("https://host.example/article")
	url := func(i int) string { return fmt.Sprintf("https://host.example/articles/%d.html", i) }
	report(t, dir, "empty")

	source := mem.New()
	inMemory := registry.New(source)
	for i := range n {
		if _, err := inMemory.Claim(ctx, url(i), id, now); err != nil {
			t.Fatal(err)
		}
	}
	shards, size := 0, 0
	for shard, err := range source.All(ctx, registry.BucketAlias) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(ctx, registry.BucketAlias, shard.Key, shard.Value, 0); err != nil {
			t.Fatal(err)
		}
		shards, size = shards+1, size+len(shard.Value)
	}
	source, inMemory = nil, nil
	t.Logf("%d aliases in %d shards, %d bytes each", n, shards, size/max(shards, 1))
	report(t, dir, "filled")

	const claims = 200_000
	for part := range 4 {
		begin := time.Now()
		for i := range claims / 4 {
			if _, err := r.Claim(ctx, url(n+part*(claims/4)+i), id, now); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%d new claims: %v", claims/4, each(begin, claims/4))
		report(t, dir, "claimed")
	}
	const tries = 20_000
	begin := time.Now()
	for i := range tries {
		if _, err := r.Claim(ctx, url(i%n), id, now); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("claim again: %v", each(begin, tries))
	begin = time.Now()
	for i := range tries {
		if _, _, err := r.Resolve(ctx, url(n+claims+i)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("resolve what is no alias: %v", each(begin, tries))
	stop()
	begin = time.Now()
	js, _ = start(t, dir)
	if _, err := kv.Open(ctx, js, nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("restart: %v", time.Since(begin).Round(time.Millisecond))
	report(t, dir, "restarted")
}

func each(begin time.Time, n int) string {
	d := time.Since(begin)
	return fmt.Sprintf("%v, %v each", d.Round(time.Millisecond), (d / time.Duration(n)).Round(time.Microsecond))
}

// report logs the memory of the process, which is server and client in one, and the size of the store.
func report(t *testing.T, dir, when string) {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var disk int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			disk += info.Size()
		}
		return nil // a file may be gone by now
	})
	if err != nil {
		t.Fatal(err)
	}
	rss := "unknown"
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				rss = strings.Join(strings.Fields(v), " ")
			}
		}
	}
	t.Logf("%s: heap %d MB, resident %s, store %d MB", when, m.HeapAlloc>>20, rss, disk>>20)
}
