package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestAddAndRemoveTags(t *testing.T) {
	t.Parallel()
	st := feedmill.FeedState{Tags: []string{"a", "news", "news/korea", "newsroom"}}
	if err := AddTags(&st, []string{" b//c ", "a"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "b/c", "news", "news/korea", "newsroom"}, st.Tags); d != "" {
		t.Error(d)
	}
	if err := RemoveTags(&st, []string{"news", "b"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "newsroom"}, st.Tags); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"", " / "} {
		if AddTags(&st, []string{bad}) == nil || RemoveTags(&st, []string{bad}) == nil {
			t.Errorf("%q is taken for a tag", bad)
		}
	}
}
