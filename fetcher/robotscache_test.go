package fetcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// site is a fake web: pages are HTML, robots.txt is what robots says.
type site struct {
	mu     sync.Mutex
	asked  []string
	robots func(*http.Request) (*http.Response, error)
}

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.String())
	robots := s.robots
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/robots.txt":
		return robots(r)
	case r.URL.Path == "/moved":
		return answer(r, 302, "", "Location", r.URL.Query().Get("to")), nil
	}
	return answer(r, 200, "<p>words", "Content-Type", "text/html"), nil
}

func (s *site) set(status int, body string, header ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robots = func(r *http.Request) (*http.Response, error) { return answer(r, status, body, header...), nil }
}

func (s *site) robotsAsked() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.asked {
		if strings.HasSuffix(u, "/robots.txt") {
			n++
		}
	}
	return n
}

const forbidPrivate = "User-agent: *\nCrawl-delay: 4\nDisallow: /private"

// get fetches an article under robots.txt and returns the verdict of robots.txt.
func get(t *testing.T, f *Fetcher, url string) (robots string, err error) {
	t.Helper()
	page, err := f.Fetch(t.Context(), Request{URL: url, Kind: KindArticle, Robots: true})
	if page != nil {
		robots = page.Robots
	}
	return robots, err
}

func TestRobotsVerdicts(t *testing.T) {
	t.Parallel()
	refuse := func(r *http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }
	redirect := func(n int) func(r *http.Request) (*http.Response, error) {
		left := n
		return func(r *http.Request) (*http.Response, error) {
			if left == 0 {
				return answer(r, 200, "User-agent: *\nDisallow: /"), nil
			}
			left--
			return answer(r, 302, "", "Location", fmt.Sprintf("http://h%d.example/robots.txt", left)), nil
		}
	}
	status := func(s int, body string, header ...string) func(r *http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) { return answer(r, s, body, header...), nil }
	}
	tests := []struct {
		name   string
		robots func(*http.Request) (*http.Response, error)
		want   string
	}{
		{"allowed", status(200, forbidPrivate), robotsAllowed},
		{"forbidden", status(200, "User-agent: feedmill\nDisallow: /"), robotsDisallowed},
		{"empty", status(200, ""), robotsAllowed},
		{"204", status(204, ""), robotsAllowed},
		{"404", status(404, "User-agent: *\nDisallow: /"), robotsAllowed},
		{"401", status(401, ""), robotsAllowed},
		{"403", status(403, ""), robotsAllowed},
		{"410", status(410, ""), robotsAllowed},
		{"429", status(429, ""), robotsUnreachable},
		{"500", status(500, "User-agent: *\nAllow: /"), robotsUnreachable},
		{"503", status(503, ""), robotsUnreachable},
		{"no connection", refuse, robotsUnreachable},
		{"5 redirects", redirect(5), robotsDisallowed},
		{"6 redirects", redirect(6), robotsAllowed},
		{"loop", status(302, "", "Location", "/robots.txt"), robotsAllowed},
		{"redirect to nothing", status(302, ""), robotsAllowed},
		{"broken coding", status(200, "\x1f\x8bbroken", "Content-Encoding", "gzip"), robotsUnreachable},
		{"more than the limit", status(200, "User-agent: *\nDisallow: /\n"+strings.Repeat("# more\n", 1<<17)), robotsDisallowed},
		{"a page", status(200, "<html>", "Content-Type", "text/html"), robotsAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &site{robots: tt.robots}
			got, err := get(t, New(&Options{Transport: s}), "http://example.org/page")
			if got != tt.want {
				t.Errorf("%q (error %v), want %q", got, err, tt.want)
			}
			_, later := feedmill.RetryTime(err)
			switch got {
			case robotsAllowed:
				if err != nil {
					t.Error(err)
				}
			case robotsDisallowed:
				if !errors.Is(err, ErrDisallowed) || later {
					t.Errorf("error %v, want ErrDisallowed", err)
				}
			case robotsUnreachable:
				if !errors.Is(err, ErrRobotsUnreachable) || !later || feedmill.IsPermanent(err) {
					t.Errorf("error %v, want ErrRobotsUnreachable with a time", err)
				}
			}
			asked := s.asked[len(s.asked)-1] == "http://example.org/page"
			if asked != (tt.want == robotsAllowed) {
				t.Errorf("page asked for: %t", asked)
			}
		})
	}
}

func TestFeedsAreNotAskedUnderRobots(t *testing.T) {
	t.Parallel()
	s := &site{}
	s.set(200, "User-agent: *\nDisallow: /")
	page, err := New(&Options{Transport: s}).Fetch(t.Context(), Request{URL: "http://example.org/feed"})
	if err != nil || page.Robots != "" || s.robotsAsked() != 0 {
		t.Errorf("page %v, error %v, robots.txt asked %d times", page, err, s.robotsAsked())
	}
}

func TestRobotsOfRedirects(t *testing.T) {
	t.Parallel()
	s := &site{}
	s.set(200, forbidPrivate)
	f := New(&Options{Transport: s})
	if got, err := get(t, f, "http://a.example/moved?to=http://b.example/private"); got != robotsDisallowed || !errors.Is(err, ErrDisallowed) {
		t.Errorf("%q, %v; want the target forbidden", got, err)
	}
	if got, err := get(t, f, "http://a.example/moved?to=https://a.example/x"); got != robotsAllowed || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	want := []string{
		"http://a.example/robots.txt", "http://a.example/moved?to=http://b.example/private", "http://b.example/robots.txt",
		"http://a.example/moved?to=https://a.example/x", "https://a.example/robots.txt", "https://a.example/x",
	}
	for i, u := range want { // the default port is written out
		if h, ok := strings.CutSuffix(u, "/robots.txt"); ok {
			want[i] = h + map[bool]string{true: ":443", false: ":80"}[strings.HasPrefix(u, "https")] + "/robots.txt"
		}
	}
	if d := cmp.Diff(want, s.asked); d != "" {
		t.Error(d)
	}
}

func TestRobotsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.set(200, forbidPrivate)
		f := New(&Options{Transport: s})
		check := func(what, path, want string, asked int) {
			t.Helper()
			got, err := get(t, f, "http://example.org"+path)
			if got != want || s.robotsAsked() != asked {
				t.Errorf("%s: %q after %d requests for robots.txt (error %v), want %q after %d", what, got, s.robotsAsked(), err, want, asked)
			}
		}
		if d := f.CrawlDelay("http://example.org/x"); d != 0 {
			t.Errorf("crawl-delay %v before robots.txt was read", d)
		}
		check("first", "/a", robotsAllowed, 1)
		if d := f.CrawlDelay("http://EXAMPLE.org:80/x"); d != 4*time.Second {
			t.Errorf("crawl-delay %v, want 4s", d)
		}
		check("kept", "/private", robotsDisallowed, 1)
		time.Sleep(11 * time.Hour)
		check("still kept", "/a", robotsAllowed, 1)
		s.set(500, "")
		time.Sleep(2 * time.Hour)
		check("server fails, the copy serves", "/a", robotsAllowed, 2)
		check("and is not asked for each time", "/private", robotsDisallowed, 2)
		time.Sleep(6 * time.Minute)
		check("but now and then", "/a", robotsAllowed, 3)
		time.Sleep(11 * time.Hour)
		check("a day is over", "/a", robotsUnreachable, 4)
		time.Sleep(time.Minute)
		check("not asked at once", "/a", robotsUnreachable, 4)
		s.set(200, "")
		time.Sleep(10 * time.Minute)
		check("asked less often with every failure", "/a", robotsUnreachable, 4)
		time.Sleep(10 * time.Minute)
		check("it is back", "/private", robotsAllowed, 5)
	})
}

func TestRobotsCacheControl(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header []string
		fresh  time.Duration
	}{
		{nil, 12 * time.Hour},
		{[]string{"Cache-Control", "max-age=7200"}, 2 * time.Hour},
		{[]string{"Cache-Control", "max-age=60"}, time.Hour},
		{[]string{"Cache-Control", "max-age=31536000"}, 12 * time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &site{}
			s.set(200, "", tt.header...)
			f := New(&Options{Transport: s})
			for _, wait := range []time.Duration{0, tt.fresh - time.Second, time.Second} {
				time.Sleep(wait)
				if _, err := get(t, f, "http://example.org/a"); err != nil {
					t.Fatal(err)
				}
				want := 1
				if wait == time.Second {
					want = 2
				}
				if got := s.robotsAsked(); got != want {
					t.Errorf("%v: asked %d times, want %d", tt.header, got, want)
				}
			}
		})
	}
}

func TestRobotsRetryAfter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value string
		want  time.Duration
	}{{"", 5 * time.Minute}, {"10", 5 * time.Minute}, {"3600", time.Hour}, {"999999", 24 * time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			s := &site{}
			s.set(503, "", "Retry-After", tt.value)
			_, err := get(t, New(&Options{Transport: s}), "http://example.org/a")
			if at, _ := feedmill.RetryTime(err); time.Until(at) != tt.want {
				t.Errorf("Retry-After %q: again in %v, want %v", tt.value, time.Until(at), tt.want)
			}
			if v := Judge(KindArticle, nil, err, time.Now()); v.HostWide != (tt.value != "") || v.HostWide && v.Host != "example.org" {
				t.Errorf("Retry-After %q: host-wide %t for %q", tt.value, v.HostWide, v.Host)
			}
		})
	}
}

// Many pages of one origin ask for its robots.txt once; a caller that gives up leaves the others unharmed.
func TestRobotsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{robots: func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(10 * time.Second):
				return answer(r, 200, forbidPrivate), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}}
		f := New(&Options{Transport: s})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := f.Fetch(ctx, Request{URL: "http://example.org/first", Kind: KindArticle, Robots: true})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want the context's", err)
			}
		})
		synctest.Wait()
		var good atomic.Int32
		for i := range 20 {
			wg.Go(func() {
				if robots, err := get(t, f, fmt.Sprintf("http://example.org/%d", i)); robots == robotsAllowed && err == nil {
					good.Add(1)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if good.Load() != 20 || s.robotsAsked() != 2 {
			t.Errorf("%d pages had, robots.txt asked %d times; want 20 and 2", good.Load(), s.robotsAsked())
		}
	})
}

func TestRobotsCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newRobotsCache()
	rules := ParseRobots([]byte("User-agent: *\n"+strings.Repeat("Disallow: /"+strings.Repeat("x", 88)+"\n", 5000)), "feedmill")
	for i := range 500 {
		origin := fmt.Sprint("http://h", i, ":80")
		if _, leader, _ := c.get(origin, clock); !leader {
			t.Fatalf("%s is known already", origin)
		}
		c.put(origin, &robotsCopy{origin: origin, rules: rules, fresh: clock.Add(time.Hour), until: clock.Add(time.Hour)})
		if have, leader, _ := c.get("http://h0:80", clock); have == nil || leader {
			t.Fatal("the copy in constant use was dropped")
		}
	}
	if c.cost > maxRobotsCost || len(c.copies) != c.order.Len() || len(c.copies) == 500 || len(c.pending) != 0 {
		t.Errorf("cost %d, %d copies, %d in order, %d pending", c.cost, len(c.copies), c.order.Len(), len(c.pending))
	}
}
