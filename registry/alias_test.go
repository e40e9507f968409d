package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// oneShard is a store of one value, with revisions; all that aliases need.
type oneShard struct {
	Store
	value []byte
	rev   uint64
	puts  int
}

func (s *oneShard) Get(context.Context, string, string) ([]byte, uint64, error) {
	if s.rev == 0 {
		return nil, 0, ErrNotFound
	}
	return s.value, s.rev, nil
}

func (s *oneShard) Put(_ context.Context, _, _ string, value []byte, rev uint64) (uint64, error) {
	if rev != s.rev {
		return 0, ErrConflict
	}
	s.value, s.rev = value, rev+1
	s.puts++
	return s.rev, nil
}

func claim(t *testing.T, r *Registry, url, id string, now time.Time) string {
	t.Helper()
	owner, err := r.Claim(t.Context(), url, id, now)
	if err != nil {
		t.Fatal(err)
	}
	return owner
}

func resolve(t *testing.T, r *Registry, url string) string {
	t.Helper()
	id, ok, err := r.Resolve(t.Context(), url)
	if err != nil || ok != (id != "") {
		t.Fatalf("resolve %s: %q, %v, %v", url, id, ok, err)
	}
	return id
}

func TestClaim(t *testing.T) {
	t.Parallel()
	r := New(&oneShard{})
	a, b := feedmill.ArticleIDFromURL("https://example.org/a"), feedmill.ArticleIDFromURL("https://example.org/b")
	const url, other = "https://example.org/final", "https://example.org/other"
	if got := resolve(t, r, url); got != "" {
		t.Errorf("an unclaimed URL is %s", got)
	}
	for _, step := range []struct{ url, id, want string }{{url, a, a}, {url, a, a}, {url, b, a}, {other, b, b}} {
		if got := claim(t, r, step.url, step.id, testDay); got != step.want {
			t.Errorf("claim of %s by %s: owner %s, want %s", step.url, step.id, got, step.want)
		}
	}
	if got := [2]string{resolve(t, r, url), resolve(t, r, other)}; got != [2]string{a, b} {
		t.Errorf("resolved to %v, want %s and %s", got, a, b)
	}
	for _, id := range []string{"", "x", a[:31], a + "00", "zz" + a[2:]} {
		if _, err := r.Claim(t.Context(), url, id, testDay); err == nil {
			t.Errorf("claim by %q worked, want an error", id)
		}
	}
}

// TestClaimManyInOneShard compares a shard with a map, claim by claim.
func TestClaimManyInOneShard(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	s := &oneShard{}
	r := New(s)
	want := map[string]string{}
	for range 3000 {
		url := fmt.Sprintf("https://example.org/%d", rnd.IntN(1000))
		id := feedmill.ArticleIDFromURL(fmt.Sprint(rnd.IntN(1000)))
		if _, ok := want[url]; !ok {
			want[url] = id
		}
		if got := claim(t, r, url, id, testDay); got != want[url] {
			t.Fatalf("claim of %s gave %s, want %s", url, got, want[url])
		}
	}
	got := map[string]string{}
	for i := range 1000 {
		url := fmt.Sprintf("https://example.org/%d", i)
		if id := resolve(t, r, url); id != "" {
			got[url] = id
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("aliases (-want +got):\n%s", diff)
	}
	if wantLen := 1 + aliasRecord*len(want); len(s.value) != wantLen {
		t.Errorf("shard of %d bytes, want %d", len(s.value), wantLen)
	}
}

func TestClaimExpiry(t *testing.T) {
	t.Parallel()
	s := &oneShard{}
	r := New(s)
	id, other := feedmill.ArticleIDFromURL("a"), feedmill.ArticleIDFromURL("b")
	claim(t, r, "kept", id, testDay)
	claim(t, r, "dropped", id, testDay)
	// Claims at every poll write once a week only.
	s.puts = 0
	for d := range 70 {
		claim(t, r, "kept", id, testDay.AddDate(0, 0, d))
	}
	if s.puts != 9 {
		t.Errorf("a claim repeated for 70 days wrote %d times, want 9", s.puts)
	}
	// Within 90 days of the last claim nothing is dropped.
	claim(t, r, "new", id, testDay.AddDate(0, 0, keepAlias))
	if got := resolve(t, r, "dropped"); got != id {
		t.Errorf("after %d days an alias is gone", keepAlias)
	}
	claim(t, r, "newer", id, testDay.AddDate(0, 0, keepAlias+aliasRefresh+1))
	got := map[string]bool{}
	for _, url := range []string{"kept", "dropped", "new", "newer"} {
		got[url] = resolve(t, r, url) != ""
	}
	want := map[string]bool{"kept": true, "new": true, "newer": true, "dropped": false}
	if !maps.Equal(got, want) {
		t.Errorf("aliases after %d days: %v, want %v", keepAlias+aliasRefresh+1, got, want)
	}
	// An alias that is claimed again in time is never lost by that claim, however late.
	if got := claim(t, r, "newer", other, testDay.AddDate(2, 0, 0)); got != id {
		t.Errorf("late claim: owner %s, want the first, %s", got, id)
	}
	if n := (len(s.value) - 1) / aliasRecord; n != 1 {
		t.Errorf("%d aliases are left after two years, want 1", n)
	}
}

func TestAliasFormat(t *testing.T) {
	t.Parallel()
	id := feedmill.ArticleIDFromURL("a")
	for _, shard := range [][]byte{{}, {2}, make([]byte, 1+aliasRecord), {aliasVersion, 0}} {
		s := &oneShard{value: shard, rev: 1}
		r := New(s)
		if _, err := r.Claim(t.Context(), "u", id, testDay); !errors.Is(err, ErrAliasFormat) {
			t.Errorf("claim in shard % x: %v, want ErrAliasFormat", shard, err)
		}
		if _, _, err := r.Resolve(t.Context(), "u"); !errors.Is(err, ErrAliasFormat) {
			t.Errorf("resolve in shard % x: %v, want ErrAliasFormat", shard, err)
		}
		if s.puts != 0 {
			t.Errorf("shard % x was overwritten", shard)
		}
	}
}

// TestAliasKey: what is stored is found by it, so it may never change.
func TestAliasKey(t *testing.T) {
	t.Parallel()
	// printf %s https://example.org/a | sha256sum gives b5b10dd0429e69ac7cfa…
	key, hash := aliasKey("https://example.org/a")
	if got := fmt.Sprintf("%s %016x", key, hash); got != "b5b1 0dd0429e69ac7cfa" {
		t.Errorf("key and hash %s, want b5b1 0dd0429e69ac7cfa", got)
	}
}
