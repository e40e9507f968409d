package registry_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
)

// TestAddAll: each feed fares as if it were added alone.
func TestAddAll(t *testing.T) {
	t.Parallel()
	r := registry.New(mem.New())
	if _, _, err := r.Add(t.Context(), "https://example.org/known", &registry.AddOptions{Tags: []string{"old"}}); err != nil {
		t.Fatal(err)
	}
	feed := func(url string, tags ...string) registry.NewFeed {
		return registry.NewFeed{URL: url, AddOptions: registry.AddOptions{Tags: tags, Origin: "list", Title: "T"}}
	}
	got := r.AddAll(t.Context(), []registry.NewFeed{
		feed("https://example.org/a", "x"), feed("https://example.org/known", "new"), feed("ftp://example.org/"), feed("https://example.org/a", "y"),
		feed("https://example.org/b"),
	})
	var words []string
	for _, a := range got {
		switch {
		case feedmill.IsPermanent(a.Err):
			words = append(words, "invalid")
		case a.Err != nil:
			t.Error(a.Err)
		default:
			words = append(words, fmt.Sprint(a.State.URL, a.State.Tags, a.State.Origin, a.New))
		}
	}
	want := []string{"https://example.org/a[x]listtrue", "https://example.org/known[new old]manualfalse", "invalid", "https://example.org/a[x y]listfalse",
		"https://example.org/b[]listtrue"}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPutVersions: a state is stored only over the one that it was made from.
func TestPutVersions(t *testing.T) {
	t.Parallel()
	r := registry.New(mem.New())
	var all []registry.Version
	for i := range 3 {
		st, _, err := r.Add(t.Context(), fmt.Sprintf("https://example.org/%d", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.Version(t.Context(), st.ID)
		if err != nil {
			t.Fatal(err)
		}
		v.State.Title = "mine"
		all = append(all, v)
	}
	if err := r.Update(t.Context(), all[1].State.ID, func(s *feedmill.FeedState) error { s.Title = "theirs"; return nil }); err != nil {
		t.Fatal(err)
	}
	for i, w := range r.PutVersions(t.Context(), all) {
		st, err := r.Get(t.Context(), all[i].State.ID)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			if !errors.Is(w.Err, registry.ErrConflict) || st.Title != "theirs" {
				t.Errorf("over a newer state: %v, title %q", w.Err, st.Title)
			}
			continue
		}
		v, err := r.Version(t.Context(), st.ID)
		if w.Err != nil || err != nil || v.Revision != w.Revision || st.Title != "mine" {
			t.Errorf("state %d: %v, title %q, revision %d, %v; want %d", i, w.Err, st.Title, v.Revision, err, w.Revision)
		}
	}
}
