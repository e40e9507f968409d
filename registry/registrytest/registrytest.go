// Package registrytest checks a [registry.Store] against its contract, and the registry on top of it where the two depend
// on each other. An implementation's test is one call of [Run].
package registrytest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
)

// Run checks the stores that open returns, each new and empty, in parallel subtests.
func Run(t *testing.T, open func(t *testing.T) registry.Store) {
	tests := []struct {
		name string
		test func(*testing.T, registry.Store)
	}{
		{"PutGetDelete", putGetDelete},
		{"CompareAndSet", compareAndSet},
		{"PutAll", putAll},
		{"Keys", keys},
		{"Values", values},
		{"All", all},
		{"AllWhileWritten", allWhileWritten},
		{"OneWinner", oneWinner},
		{"Cancelled", cancelled},
		{"RegistryUpdates", registryUpdates},
		{"RegistryRemove", registryRemove},
		{"RegistryClaims", registryClaims},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

func putGetDelete(t *testing.T, s registry.Store) {
	ctx := t.Context()
	wantMissing(t, s, "feeds", "a")
	rev := mustPut(t, s, "feeds", "a", "one", 0)
	wantValue(t, s, "feeds", "a", "one", rev)
	wantMissing(t, s, "seen", "a")
	next := mustPut(t, s, "feeds", "a", "two", rev)
	if next <= rev {
		t.Errorf("revision %d follows %d, want a larger one", next, rev)
	}
	wantValue(t, s, "feeds", "a", "two", next)
	for range 2 {
		if err := s.Delete(ctx, "feeds", "a"); err != nil {
			t.Fatalf("delete: %v", err)
		}
	}
	wantMissing(t, s, "feeds", "a")
	again := mustPut(t, s, "feeds", "a", "three", 0)
	if again <= next {
		t.Errorf("revision after deletion is %d, want above %d: an old writer must not match it", again, next)
	}
	wantValue(t, s, "feeds", "a", "three", again)
}

func compareAndSet(t *testing.T, s registry.Store) {
	rev := mustPut(t, s, "feeds", "a", "one", 0)
	wantConflict(t, s, "feeds", "a", 0)
	wantConflict(t, s, "feeds", "a", rev+1)
	wantValue(t, s, "feeds", "a", "one", rev)
	next := mustPut(t, s, "feeds", "a", "two", rev)
	wantConflict(t, s, "feeds", "a", rev)
	wantConflict(t, s, "feeds", "never there", rev)
	if err := s.Delete(t.Context(), "feeds", "a"); err != nil {
		t.Fatal(err)
	}
	wantConflict(t, s, "feeds", "a", next)
	wantMissing(t, s, "feeds", "a")
}

// putAll: each write succeeds or fails by itself, with the error and the revision of a put.
func putAll(t *testing.T, s registry.Store) {
	rev := mustPut(t, s, "feeds", "there", "one", 0)
	const many = 1500
	writes := []registry.Write{
		{Key: "there", Value: []byte("two"), Revision: rev},
		{Key: "new", Value: []byte("new")},
		{Key: "not there", Value: []byte("x"), Revision: rev},
		{Key: "", Value: []byte("x")},
		{Key: "too large", Value: make([]byte, registry.MaxValue+1)},
		{Key: "https://example.org/*.>", Value: nil},
	}
	for i := range many {
		writes = append(writes, registry.Write{Key: fmt.Sprint(i), Value: fmt.Append(nil, i)})
	}
	done := s.PutAll(t.Context(), "feeds", writes)
	if len(done) != len(writes) {
		t.Fatalf("%d results of %d writes", len(done), len(writes))
	}
	for i, d := range done {
		switch key := writes[i].Key; key {
		case "not there":
			if !errors.Is(d.Err, registry.ErrConflict) {
				t.Errorf("%q: %v, want a conflict", key, d.Err)
			}
		case "", "too large":
			if d.Err == nil {
				t.Errorf("%q worked, want an error", key)
			}
		default:
			if d.Err != nil || d.Revision <= rev {
				t.Errorf("%q: revision %d, %v", key, d.Revision, d.Err)
				continue
			}
			wantValue(t, s, "feeds", key, string(writes[i].Value), d.Revision)
		}
	}
	for i, d := range s.PutAll(t.Context(), "feeds", writes[:2]) {
		if !errors.Is(d.Err, registry.ErrConflict) {
			t.Errorf("%q again: %v, want a conflict", writes[i].Key, d.Err)
		}
	}
	if got := len(list(t, s, "feeds")); got != many+3 {
		t.Errorf("%d keys, want %d", got, many+3)
	}
}

func keys(t *testing.T, s registry.Store) {
	want := map[string]string{}
	for i, key := range []string{
		"0123abcd", "A", "a", "news.example.org", ".", "..", "a..b", ">", "*", "$KV.feeds.a", "two words", "=41", "a/b", "a\x00b",
		"https://example.org/feed?x=1&y=%20#z", "한국어", "\xff\xfe", strings.Repeat("ü", registry.MaxKey/2),
	} {
		want[key] = fmt.Sprint(i)
		mustPut(t, s, "hosts", key, want[key], 0)
	}
	for key, value := range want {
		got, _, err := s.Get(t.Context(), "hosts", key)
		if err != nil || string(got) != value {
			t.Errorf("get %q: %q, %v; want %q", key, got, err, value)
		}
	}
	if diff := cmp.Diff(want, list(t, s, "hosts")); diff != "" {
		t.Errorf("all keys (-want +got):\n%s", diff)
	}
	for _, key := range []string{"", strings.Repeat("x", registry.MaxKey+1)} {
		if _, err := s.Put(t.Context(), "hosts", key, nil, 0); err == nil {
			t.Errorf("put of a key of %d bytes worked, want an error", len(key))
		}
	}
}

func values(t *testing.T, s registry.Store) {
	value := []byte(strings.Repeat("\x00\xff\n", registry.MaxValue)[:registry.MaxValue])
	rev, err := s.Put(t.Context(), "seen", "large", value, 0)
	if err != nil {
		t.Fatalf("put %d bytes: %v", len(value), err)
	}
	if _, err := s.Put(t.Context(), "seen", "too large", append(value, 0), 0); err == nil {
		t.Errorf("put %d bytes worked, want an error", registry.MaxValue+1)
	}
	wantMissing(t, s, "seen", "too large")
	stored := string(value)
	clear(value)
	wantValue(t, s, "seen", "large", stored, rev)
	got, _, err := s.Get(t.Context(), "seen", "large")
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	wantValue(t, s, "seen", "large", stored, rev)

	rev = mustPut(t, s, "denied", "empty", "", 0)
	wantValue(t, s, "denied", "empty", "", rev)
	wantConflict(t, s, "denied", "empty", 0)
	if diff := cmp.Diff(map[string]string{"empty": ""}, list(t, s, "denied")); diff != "" {
		t.Errorf("all of a bucket with an empty value (-want +got):\n%s", diff)
	}
}

func all(t *testing.T, s registry.Store) {
	if got := list(t, s, "alias"); len(got) != 0 {
		t.Errorf("new bucket holds %v", got)
	}
	want := map[string]string{}
	for i := range 1000 {
		key, value := fmt.Sprintf("k%03d", i), fmt.Sprint(i)
		rev := mustPut(t, s, "alias", key, value, 0)
		switch i % 5 {
		case 0:
			if err := s.Delete(t.Context(), "alias", key); err != nil {
				t.Fatal(err)
			}
			continue
		case 1:
			value = "new " + value
			mustPut(t, s, "alias", key, value, rev)
		}
		want[key] = value
	}
	mustPut(t, s, "feeds", "elsewhere", "x", 0)
	if diff := cmp.Diff(want, list(t, s, "alias")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	for kv, err := range s.All(t.Context(), "alias") {
		if err != nil {
			t.Fatal(err)
		}
		value, rev, err := s.Get(t.Context(), "alias", kv.Key)
		if err != nil || string(value) != string(kv.Value) || rev != kv.Revision {
			t.Errorf("all gave %s at %d, get %s at %d (%v)", kv.Value, kv.Revision, value, rev, err)
		}
		break // leaving early is allowed
	}
}

// allWhileWritten rewrites keys between two steps of a list, those already given as well as those still to come.
func allWhileWritten(t *testing.T, s registry.Store) {
	const n = 600
	revs := map[string]uint64{}
	for i := range n {
		key := fmt.Sprintf("k%03d", i)
		revs[key] = mustPut(t, s, "feeds", key, "old", 0)
	}
	sorted := slices.Sorted(maps.Keys(revs))
	given := map[string]int{}
	step := 0
	for kv, err := range s.All(t.Context(), "feeds") {
		if err != nil {
			t.Fatal(err)
		}
		given[kv.Key]++
		if step < n/2 {
			for _, key := range []string{sorted[step], sorted[n-1-step]} {
				revs[key] = mustPut(t, s, "feeds", key, "new", revs[key])
			}
		}
		step++
	}
	for _, key := range sorted {
		if given[key] != 1 {
			t.Errorf("%s came %d times, want once", key, given[key])
		}
	}
}

func oneWinner(t *testing.T, s registry.Store) {
	mustPut(t, s, "feeds", "n", "0", 0)
	for round := range 20 {
		_, rev, err := s.Get(t.Context(), "feeds", "n")
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("round %d", round)
		var mu sync.Mutex
		updated, created := 0, 0
		together(8, func(i int) {
			_, uerr := s.Put(t.Context(), "feeds", "n", fmt.Append(nil, i), rev)
			_, cerr := s.Put(t.Context(), "feeds", key, fmt.Append(nil, i), 0)
			mu.Lock()
			defer mu.Unlock()
			for _, err := range []error{uerr, cerr} {
				if err != nil && !errors.Is(err, registry.ErrConflict) {
					t.Errorf("put: %v", err)
				}
			}
			if uerr == nil {
				updated++
			}
			if cerr == nil {
				created++
			}
		})
		if updated != 1 || created != 1 {
			t.Fatalf("%d writers updated one revision and %d created one key, want 1 and 1", updated, created)
		}
	}
}

func cancelled(t *testing.T, s registry.Store) {
	rev := mustPut(t, s, "feeds", "a", "one", 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Get(ctx, "feeds", "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v, want context.Canceled", err)
	}
	if _, err := s.Put(ctx, "feeds", "a", []byte("two"), rev); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v, want context.Canceled", err)
	}
	var last error
	for _, err := range s.All(ctx, "feeds") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("all: %v, want context.Canceled", last)
	}
}

func registryUpdates(t *testing.T, s registry.Store) {
	ctx := t.Context()
	r := registry.New(s)
	st, added, err := r.Add(ctx, "https://example.org/feed", nil)
	if err != nil || !added {
		t.Fatalf("add: %v, %v", added, err)
	}
	const writers, each = 8, 10
	together(writers, func(int) {
		for range each {
			if err := r.Update(ctx, st.ID, func(st *feedmill.FeedState) error { st.Total++; return nil }); err != nil {
				t.Errorf("update: %v", err)
			}
		}
	})
	got, err := r.Get(ctx, st.ID)
	if err != nil {
		t.Fatal(err)
	}
	st.Total = writers * each
	if diff := cmp.Diff(st, got); diff != "" {
		t.Errorf("after %d updates (-want +got):\n%s", writers*each, diff)
	}
}

func registryRemove(t *testing.T, s registry.Store) {
	ctx := t.Context()
	r := registry.New(s)
	st, _, err := r.Add(ctx, "https://example.org/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, rev, err := r.Seen(ctx, st.ID)
	if err != nil {
		t.Fatal(err)
	}
	seen.Unseen(st.URL, []feedmill.Item{{Link: "https://example.org/1"}}, time.Now())
	if rev, err = r.PutSeen(ctx, st.ID, seen, rev); err != nil {
		t.Fatal(err)
	}
	// The feed is removed while an update is on its way.
	err = r.Update(ctx, st.ID, func(st *feedmill.FeedState) error {
		st.Failures++
		if _, err := r.Get(ctx, st.ID); err == nil {
			return r.Remove(ctx, st.ID)
		}
		return nil
	})
	if !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("update of a feed that is removed meanwhile: %v, want ErrNotFound", err)
	}
	if _, err := r.PutSeen(ctx, st.ID, seen, rev); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("put of its seen set: %v, want ErrNotFound", err)
	}
	if _, err := r.Get(ctx, st.ID); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
	if got := list(t, s, "seen"); len(got) != 0 {
		t.Errorf("%d seen sets are left", len(got))
	}
}

func registryClaims(t *testing.T, s registry.Store) {
	ctx := t.Context()
	r := registry.New(s)
	now := time.Now()
	const writers = 8
	for round := range 10 {
		url := fmt.Sprintf("https://example.org/%d", round)
		owners := make([]string, writers)
		together(writers, func(i int) {
			id := feedmill.ArticleIDFromURL(fmt.Sprintf("https://example.com/%d/%d", round, i))
			owner, err := r.Claim(ctx, url, id, now)
			if err != nil {
				t.Errorf("claim: %v", err)
			}
			owners[i] = owner
		})
		got, ok, err := r.Resolve(ctx, url)
		if err != nil || !ok {
			t.Fatalf("resolve: %v, %v", ok, err)
		}
		if all := slices.Compact(slices.Clone(owners)); len(all) != 1 || all[0] != got {
			t.Fatalf("claims of one URL gave the owners %v, resolve %s", owners, got)
		}
	}
}

// together runs f n times at once and waits for all.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func mustPut(t *testing.T, s registry.Store, bucket, key, value string, rev uint64) uint64 {
	t.Helper()
	next, err := s.Put(t.Context(), bucket, key, []byte(value), rev)
	if err != nil {
		t.Fatalf("put %q in %s at %d: %v", key, bucket, rev, err)
	}
	if next == 0 {
		t.Fatalf("put %q in %s gave revision 0", key, bucket)
	}
	return next
}

func wantConflict(t *testing.T, s registry.Store, bucket, key string, rev uint64) {
	t.Helper()
	if _, err := s.Put(t.Context(), bucket, key, []byte("wrong"), rev); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("put %q in %s at %d: %v, want ErrConflict", key, bucket, rev, err)
	}
}

func wantMissing(t *testing.T, s registry.Store, bucket, key string) {
	t.Helper()
	if v, rev, err := s.Get(t.Context(), bucket, key); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("get %q from %s: %q at %d, %v; want ErrNotFound", key, bucket, v, rev, err)
	}
}

func wantValue(t *testing.T, s registry.Store, bucket, key, value string, rev uint64) {
	t.Helper()
	v, r, err := s.Get(t.Context(), bucket, key)
	if err != nil || string(v) != value || r != rev {
		t.Errorf("get %q from %s: %.40q at %d, %v; want %.40q at %d", key, bucket, v, r, err, value, rev)
	}
}

func list(t *testing.T, s registry.Store, bucket string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for kv, err := range s.All(t.Context(), bucket) {
		if err != nil {
			t.Fatalf("all of %s: %v", bucket, err)
		}
		if _, again := got[kv.Key]; again {
			t.Errorf("%q came twice", kv.Key)
		}
		got[kv.Key] = string(kv.Value)
	}
	return got
}
