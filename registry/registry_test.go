package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
)

const feedURL = "https://example.org/feed.xml?all=1"

func TestAdd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		r := registry.New(mem.New())
		added := time.Now().UTC()
		opts := &registry.AddOptions{Tags: []string{" News / Korea ", "b", "", "b", "/"}, Origin: "feeds.opml", Title: "Example"}
		st, isNew, err := r.Add(ctx, "  "+feedURL+"\n", opts)
		if err != nil || !isNew {
			t.Fatalf("add: new %v, %v", isNew, err)
		}
		want := feedmill.FeedState{
			ID: feedmill.FeedID(feedURL), URL: feedURL, Tags: []string{"News/Korea", "b"},
			Origin: "feeds.opml", Title: "Example", Added: added,
		}
		if diff := cmp.Diff(want, st); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}

		time.Sleep(time.Hour) // the synctest clock's
		if err := r.Update(ctx, want.ID, func(st *feedmill.FeedState) error { st.Total = 7; return nil }); err != nil {
			t.Fatal(err)
		}
		st, isNew, err = r.Add(ctx, feedURL, &registry.AddOptions{Tags: []string{"a"}, Origin: "other", Title: "Other"})
		if err != nil || isNew {
			t.Fatalf("add again: new %v, %v", isNew, err)
		}
		want.Tags, want.Total = []string{"News/Korea", "a", "b"}, 7
		if diff := cmp.Diff(want, st); diff != "" {
			t.Errorf("added again (-want +got):\n%s", diff)
		}
		got, err := r.Get(ctx, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}

func TestAddDefaults(t *testing.T) {
	t.Parallel()
	st, _, err := registry.New(mem.New()).Add(t.Context(), feedURL, nil)
	if err != nil || st.Origin != "manual" || st.Tags != nil {
		t.Errorf("origin %q, tags %v, %v; want manual and none", st.Origin, st.Tags, err)
	}
}

func TestAddBad(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	tests := []struct {
		url  string
		tags []string
		want string
	}{
		{"", nil, "want http:// or https://"},
		{"example.org/feed", nil, "want http:// or https://"},
		{"ftp://example.org/feed", nil, "want http:// or https://"},
		{"file:///etc/passwd", nil, "want http:// or https://"},
		{"https://", nil, "no host"},
		{"https://:80/feed", nil, "no host"},
		{"https:///feed", nil, "no host"},
		{"https://example.org/\x00", nil, "invalid control character"},
		{"https://exa mple.org/", nil, "invalid character"},
		{"https://example.org/" + strings.Repeat("x", 5000), nil, "longer than 4096 bytes"},
		{feedURL, []string{strings.Repeat("x", 300)}, "longer than 256 bytes"},
		{feedURL, many, "101 tags"},
	}
	r := registry.New(mem.New())
	for _, tt := range tests {
		_, added, err := r.Add(t.Context(), tt.url, &registry.AddOptions{Tags: tt.tags})
		if err == nil || added || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("add %.40q: added %v, error %v; want one that says %q", tt.url, added, err, tt.want)
		}
	}
	for st, err := range r.Feeds(t.Context(), nil) {
		t.Errorf("a bad URL was stored: %+v, %v", st, err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := registry.New(mem.New())
	want, _, err := r.Add(ctx, feedURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{want.ID, feedURL, " " + feedURL + " "} {
		got, err := r.Find(ctx, key)
		if err != nil {
			t.Errorf("find %q: %v", key, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("find %q (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"", "x", feedURL + "x", strings.ToUpper(want.ID), "0123456789abcdef", strings.Repeat("x", 5000)} {
		if _, err := r.Find(ctx, key); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("find %.40q: %v, want ErrNotFound", key, err)
		}
	}
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := mem.New()
	r := registry.New(s)
	for path, tags := range map[string][]string{"a": {"News"}, "b": {"News/Korea", "x"}, "c": {"Newsroom"}, "d": nil} {
		if _, _, err := r.Add(ctx, "https://example.org/"+path, &registry.AddOptions{Tags: tags}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		filter *registry.Filter
		want   string
	}{
		{nil, "a b c d"},
		{&registry.Filter{}, "a b c d"},
		{&registry.Filter{Tag: "News"}, "a b"},
		{&registry.Filter{Tag: " /News/ "}, "a b"},
		{&registry.Filter{Tag: "News/Korea"}, "b"},
		{&registry.Filter{Tag: "Korea"}, ""},
		{&registry.Filter{Tag: "x"}, "b"},
	}
	for _, tt := range tests {
		var got []string
		for st, err := range r.Feeds(ctx, tt.filter) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.TrimPrefix(st.URL, "https://example.org/"))
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tt.want {
			t.Errorf("feeds of %+v: %v, want %s", tt.filter, got, tt.want)
		}
	}

	// One that cannot be read is named, and the others still come.
	if _, err := s.Put(ctx, "feeds", "0000000000000000", []byte("{"), 0); err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for st, err := range r.Feeds(ctx, nil) {
		switch {
		case err == nil:
			good++
		case st.ID == "0000000000000000" && strings.Contains(err.Error(), st.ID):
			bad++
		default:
			t.Errorf("unexpected error: %v", err)
		}
	}
	if good != 4 || bad != 1 {
		t.Errorf("%d feeds and %d errors, want 4 and 1", good, bad)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := &counting{Store: mem.New()}
	r := registry.New(s)
	st, _, err := r.Add(ctx, feedURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.puts = 0
	stop := errors.New("stop")
	err = r.Update(ctx, st.ID, func(st *feedmill.FeedState) error { st.Failures = 9; return stop })
	if !errors.Is(err, stop) || s.puts != 0 {
		t.Errorf("update that fails: %v, %d writes; want its error and none", err, s.puts)
	}
	if err := r.Update(ctx, st.ID, func(*feedmill.FeedState) error { return nil }); err != nil || s.puts != 0 {
		t.Errorf("update that changes nothing: %v, %d writes; want none", err, s.puts)
	}
	err = r.Update(ctx, st.ID, func(st *feedmill.FeedState) error { st.ID, st.URL, st.Failures = "x", "y", 3; return nil })
	if err != nil || s.puts != 1 {
		t.Errorf("update: %v, %d writes; want 1", err, s.puts)
	}
	st.Failures = 3
	got, err := r.Get(ctx, st.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(st, got); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	for _, id := range []string{"", "0123456789abcdef"} {
		if err := r.Update(ctx, id, func(*feedmill.FeedState) error { return nil }); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("update of unknown %q: %v, want ErrNotFound", id, err)
		}
	}
}

// TestUpdateGivesUp: a store that never takes a write does not keep an update beyond its context.
func TestUpdateGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counting{Store: mem.New()}
		r := registry.New(s)
		st, _, err := r.Add(t.Context(), feedURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.fail = registry.ErrConflict
		s.puts = 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = r.Update(ctx, st.ID, func(st *feedmill.FeedState) error { st.Failures++; return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("update: %v, want its deadline", err)
		}
		if s.puts < 100 || s.puts > 10_000 {
			t.Errorf("%d writes were tried in a minute, want some hundreds or thousands", s.puts)
		}
		s.fail = errors.New("store is full")
		err = r.Update(t.Context(), st.ID, func(st *feedmill.FeedState) error { st.Failures++; return nil })
		if !errors.Is(err, s.fail) {
			t.Errorf("update: %v, want the store's error", err)
		}
	})
}

func TestRemoveUnknown(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "0123456789abcdef"} {
		if err := registry.New(mem.New()).Remove(t.Context(), id); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("remove %q: %v, want ErrNotFound", id, err)
		}
	}
}

// TestRemoveUnreadable: a state that nothing can be done with can still be removed.
func TestRemoveUnreadable(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := mem.New()
	r := registry.New(s)
	id := feedmill.FeedID(feedURL)
	if _, err := s.Put(ctx, "feeds", id, []byte("{"), 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Add(ctx, feedURL, nil); err == nil {
		t.Error("an unreadable state was overwritten by an addition")
	}
	if err := r.Remove(ctx, id); err != nil {
		t.Errorf("remove: %v", err)
	}
	if _, added, err := r.Add(ctx, feedURL, nil); err != nil || !added {
		t.Errorf("add after removal: %v, %v", added, err)
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := mem.New()
	r := registry.New(s)
	st, _, err := r.Add(ctx, feedURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	items := []feedmill.Item{{Link: "https://example.org/1"}, {Link: "https://example.org/2"}}
	seen, rev, err := r.Seen(ctx, st.ID)
	if err != nil || rev != 0 || seen.Len() != 0 {
		t.Fatalf("seen of a new feed: %d items at %d, %v; want none", seen.Len(), rev, err)
	}
	seen.Unseen(st.URL, items, time.Now())
	rev, err = r.PutSeen(ctx, st.ID, seen, rev)
	if err != nil || seen.Changed() {
		t.Fatalf("put: %v, still changed: %v", err, seen.Changed())
	}
	if _, err := r.PutSeen(ctx, st.ID, seen, 0); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("put at an old revision: %v, want ErrConflict", err)
	}
	again, gotRev, err := r.Seen(ctx, st.ID)
	if err != nil || gotRev != rev || again.Len() != 2 || again.Changed() {
		t.Errorf("seen: %d items at %d, changed %v, %v; want 2 at %d", again.Len(), gotRev, again.Changed(), err, rev)
	}
	if found := again.Unseen(st.URL, items, time.Now()); len(found) != 0 {
		t.Errorf("%d items are found again", len(found))
	}

	// A set of a later version is taken as empty and can be overwritten.
	rev, err = s.Put(ctx, "seen", st.ID, []byte{99, 1, 2, 3}, rev)
	if err != nil {
		t.Fatal(err)
	}
	again, gotRev, err = r.Seen(ctx, st.ID)
	if !errors.Is(err, registry.ErrSeenFormat) || again.Len() != 0 || gotRev != rev {
		t.Fatalf("seen of unknown version: %d items at %d, %v; want none at %d and ErrSeenFormat", again.Len(), gotRev, err, rev)
	}
	if _, err := r.PutSeen(ctx, st.ID, again, gotRev); err != nil {
		t.Errorf("put over it: %v", err)
	}
}

// TestAddAfterBrokenRemove: marks that a removal cut short left behind hide nothing from a new subscription.
func TestAddAfterBrokenRemove(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := mem.New()
	r := registry.New(s)
	id := feedmill.FeedID(feedURL)
	seen := &registry.SeenSet{}
	seen.Unseen(feedURL, []feedmill.Item{{Link: "https://example.org/1"}}, time.Now())
	b, err := seen.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(ctx, "seen", id, b, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Add(ctx, feedURL, nil); err != nil {
		t.Fatal(err)
	}
	if seen, _, err := r.Seen(ctx, id); err != nil || seen.Len() != 0 {
		t.Errorf("a new feed has %d seen items, %v; want none", seen.Len(), err)
	}
}

func TestDeny(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := registry.New(mem.New())
	a, b := feedmill.ArticleIDFromURL("https://example.org/a"), feedmill.ArticleIDFromURL("https://example.org/b")
	for range 2 {
		if err := r.Deny(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]bool{a: true, b: false} {
		if got, err := r.Denied(ctx, id); err != nil || got != want {
			t.Errorf("denied %s: %v, %v; want %v", id, got, err, want)
		}
	}
}

// counting counts writes, and lets them fail.
type counting struct {
	registry.Store
	puts int
	fail error
}

func (s *counting) Put(ctx context.Context, bucket, key string, value []byte, revision uint64) (uint64, error) {
	s.puts++
	if s.fail != nil {
		return 0, s.fail
	}
	return s.Store.Put(ctx, bucket, key, value, revision)
}
