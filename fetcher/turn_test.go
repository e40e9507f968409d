package fetcher

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
)

// TestEveryRequestTakesATurn: robots.txt, redirects and their robots.txt too, each before it is made.
func TestEveryRequestTakesATurn(t *testing.T) {
	t.Parallel()
	s := &site{}
	s.set(200, forbidPrivate)
	hosts := NewHosts(nil)
	var asked []string
	turn := func(_ context.Context, url string) (*Turn, error) {
		asked = append(asked, url)
		if got := len(s.asked); got != len(asked)-1 {
			t.Errorf("%d requests were made before turn %d", got, len(asked))
		}
		turn, _ := hosts.Acquire(HostKey(url), clock)
		if turn == nil {
			t.Errorf("the turn before that of %s was not given back", url)
		}
		return turn, nil
	}
	hosts.perHost = 1
	page, err := New(&Options{Transport: s}).Fetch(t.Context(), Request{URL: "http://a.example/moved?to=http://b.example/x", Kind: KindArticle, Robots: true, Turn: turn})
	if err != nil || page.Status != 200 {
		t.Fatal(page, err)
	}
	want := []string{"http://a.example:80/robots.txt", "http://a.example/moved?to=http://b.example/x", "http://b.example:80/robots.txt", "http://b.example/x"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// TestTurnThatHasNotCome: nothing is asked, no copy of robots.txt is made of it, and it is no failure.
func TestTurnThatHasNotCome(t *testing.T) {
	t.Parallel()
	s := &site{}
	s.set(200, forbidPrivate)
	f := New(&Options{Transport: s})
	later := clock.Add(time.Hour)
	req := Request{URL: "http://a.example/x", Kind: KindArticle, Robots: true, Turn: func(context.Context, string) (*Turn, error) {
		return nil, feedmill.RetryAfter(later, ErrPostponed)
	}}
	page, err := f.Fetch(t.Context(), req)
	v := Judge(KindArticle, page, err, clock)
	if v.Outcome != feedmill.OutcomePostponed || !v.RetryAt.Equal(later) || v.Class != ClassPostponed || v.Permanent || len(s.asked) > 0 {
		t.Errorf("%+v after %d requests", v, len(s.asked))
	}
	req.Turn = nil
	if page, err := f.Fetch(t.Context(), req); err != nil || page.Robots != robotsAllowed {
		t.Errorf("when it has come: %+v, %v", page, err)
	}
}

// TestRobotsOfASlowHostAreNotWaitedFor: what can be put off waits only a moment for the robots.txt that another asks for.
func TestRobotsOfASlowHostAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.set(200, "")
		f := New(&Options{Transport: slowRobots{s}})
		free := func(context.Context, string) (*Turn, error) { return nil, nil }
		var wg sync.WaitGroup
		wg.Go(func() {
			if page, err := f.Fetch(t.Context(), Request{URL: "http://a.example/1", Robots: true, Turn: free}); err != nil || page.Status != 200 {
				t.Errorf("who asks for robots.txt: %+v, %v", page, err)
			}
		})
		synctest.Wait()
		start := time.Now()
		_, err := f.Fetch(t.Context(), Request{URL: "http://a.example/2", Robots: true, Turn: free})
		if took := time.Since(start); !errors.Is(err, ErrPostponed) || took != robotsWait {
			t.Errorf("after %v: %v, want it put off after %v", took, err, robotsWait)
		}
		if page, err := f.Fetch(t.Context(), Request{URL: "http://a.example/3", Robots: true}); err != nil || page.Status != 200 {
			t.Errorf("who cannot be put off: %+v, %v", page, err)
		}
		wg.Wait()
	})
}

// slowRobots takes 10 s over robots.txt.
type slowRobots struct{ site *site }

func (s slowRobots) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/robots.txt" {
		time.Sleep(10 * time.Second)
	}
	return s.site.RoundTrip(r)
}
