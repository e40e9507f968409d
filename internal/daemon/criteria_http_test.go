//go:build criteria

package daemon_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
)

// sent gives the values of a header field of the requests for a path, "-" where there is none.
func sent(c *trial, path, field string) (all []string) {
	for _, a := range c.to(path) {
		v := a.header[http.CanonicalHeaderKey(field)]
		if len(v) == 0 {
			v = []string{"-"}
		}
		all = append(all, strings.Join(v, ","))
	}
	return all
}

// wantSent wants that the first requests for a path carried these values.
func wantSent(t *testing.T, c *trial, path, field string, want ...string) {
	t.Helper()
	got := sent(c, path, field)
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Errorf("%s of %s (-want +got):\n%s", field, path, diff)
	}
}

func numbered(w http.ResponseWriter, n int) bool {
	return send(w, "application/rss+xml", feedDoc(guidItem(fmt.Sprint("item ", n))))
}

func httpCriteria() []criterion {
	const oddTag, oddDate = "W/\"odd \x80\xff '%22\t,;\\\"", "Yesterday, around noon (GMT+25)"
	return []criterion{
		{
			name: "conditional: validators are opaque and come back as they were",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header()["Etag"], w.Header()["Last-Modified"] = []string{oddTag}, []string{oddDate}
				if n > 1 {
					w.WriteHeader(304)
					return true
				}
				return numbered(w, 1)
			},
			done: asked("/feed.xml", 4),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", oddTag, oddTag, oddTag)
				wantSent(t, c, "/feed.xml", "If-Modified-Since", "-", oddDate, oddDate, oddDate)
			},
		},
		{
			name: "conditional: none is invented",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header()["Date"] = nil
				return send(w, "application/rss+xml", feedDoc("<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>", guidItem("one")))
			},
			done: asked("/feed.xml", 3),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", "-", "-")
				wantSent(t, c, "/feed.xml", "If-Modified-Since", "-", "-", "-")
			},
		},
		{
			name: "conditional: a 200 without validators drops the stored ones, and one with others replaces them",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if tag := []string{1: `"a"`, 2: "", 3: `"b"`, 4: `"c"`, 5: ""}[min(n, 5)]; tag != "" {
					w.Header().Set("ETag", tag)
				}
				return numbered(w, n/4) // from the first to the third request the body is the same
			},
			done: asked("/feed.xml", 6),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", `"a"`, "-", `"b"`, `"c"`, "-")
			},
		},
		{
			name: "conditional: a 304 may carry new validators",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
				if n > 1 {
					w.WriteHeader(304)
					return true
				}
				return numbered(w, 1)
			},
			done: asked("/feed.xml", 4),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", `"1"`, `"2"`, `"3"`)
			},
		},
		{
			name: "conditional: validators are stored only with a body that was read",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
				switch n {
				case 1:
					return send(w, "text/html", "<html><body>Please log in</body></html>")
				case 2:
					w.Header().Set("Content-Length", "100000")
					_, _ = w.Write([]byte(feedDoc(guidItem("whole"), guidItem("half"))[:170]))
					panic(http.ErrAbortHandler)
				case 3:
					return send(w, "application/rss+xml", strings.TrimSuffix(feedDoc(guidItem("whole"), "<item><title>ha"), "</channel></rss>"))
				case 5:
					w.WriteHeader(500)
					return true
				case 6:
					return send(w, "text/html", "<html><body>Please log in</body></html>")
				}
				return numbered(w, n)
			},
			done: both(asked("/feed.xml", 7), has("whole")),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", "-", "-", "-", `"4"`, `"4"`, `"4"`)
			},
		},
		{
			name: "conditional: a validator belongs to the URL that answered",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch r.URL.Path {
				case "/feed.xml":
					http.Redirect(w, r, map[bool]string{true: "/a", false: "/b"}[n <= 2], http.StatusFound)
				case "/a", "/b":
					w.Header().Set("ETag", `"of `+r.URL.Path+`"`)
					return numbered(w, 1)
				}
				return true
			},
			done: asked("/b", 2),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "If-None-Match", "-", "-", "-", "-")
				wantSent(t, c, "/a", "If-None-Match", "-", `"of /a"`)
				wantSent(t, c, "/b", "If-None-Match", "-", `"of /b"`)
			},
		},
		{
			name: "conditional: 304 is success, with a Cache-Control of its own",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("ETag", `"a"`)
				switch {
				case n == 2 || n == 3:
					w.WriteHeader(500)
				case n > 3:
					w.Header().Set("Cache-Control", "max-age=2")
					w.WriteHeader(304)
				default:
					return numbered(w, 1)
				}
				return true
			},
			done: asked("/feed.xml", 6),
			check: func(t *testing.T, c *trial) {
				apart(t, c, "/feed.xml", 4, 2*time.Second)
				if got := c.outcomes(); !slices.Equal(got[:4], []feedmill.Outcome{"fetched", "failed", "failed", "unchanged"}) {
					t.Errorf("outcomes %v", got)
				}
				if st := c.states["/feed.xml"]; st.Failures != 0 || st.Validators.ETag != `"a"` {
					t.Errorf("state %+v", st)
				}
			},
		},
	}
}

func pollCriteria() []criterion {
	// A hint that lasts for hours asks for as much as poll.max allows.
	long := func(name string, header http.Header, extra string, least time.Duration) criterion {
		return criterion{
			name: name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path != "/feed.xml" {
					return false
				}
				for k, v := range header {
					w.Header()[k] = v
				}
				return send(w, "application/rss+xml", strings.Replace(feedDoc(extra, guidItem(fmt.Sprint("item ", n))), `version="2.0"`,
					`version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"`, 1))
			},
			done:  asked("/feed.xml", 3),
			check: func(t *testing.T, c *trial) { apart(t, c, "/feed.xml", 1, least) },
		}
	}
	var hours, days strings.Builder
	now := time.Now().UTC()
	for h := range 24 {
		if h != (now.Hour()+12)%24 {
			fmt.Fprintf(&hours, "<hour>%d</hour>", h)
		}
	}
	for d := range 3 {
		fmt.Fprintf(&days, "<day>%s</day>", now.AddDate(0, 0, d-1).Weekday())
	}
	never := func(name, extra string) criterion {
		return criterion{
			name: name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return send(w, "application/rss+xml", feedDoc(extra, guidItem("one")))
			},
			done: after(9 * time.Second),
			check: func(t *testing.T, c *trial) {
				if n := len(c.to("/feed.xml")); n != 1 {
					t.Errorf("%d polls, want one", n)
				}
			},
		}
	}
	// One feed is told to wait, and the other of its host waits too.
	retryAfter := func(name string, status int, value func() string) criterion {
		var told time.Time
		return criterion{
			name: name, feeds: []string{"/told.xml", "/other.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/told.xml" && n == 2 {
					told = time.Now()
					if v := value(); v != "" {
						w.Header().Set("Retry-After", v)
					}
					w.WriteHeader(status)
					return true
				}
				return numbered(w, n)
			},
			done: both(asked("/told.xml", 4), asked("/other.xml", 3)),
			check: func(t *testing.T, c *trial) {
				least := 4 * time.Second
				if value() == "" {
					least = time.Second // poll.min
				}
				after, early := 0, 0
				for _, a := range c.asks {
					gap := a.at.Sub(told)
					if gap > 0 && gap < least-1100*time.Millisecond || gap > 0 && least == time.Second && gap < 900*time.Millisecond {
						// One may be on its way while the answer is.
						if early++; early > 1 || gap > 800*time.Millisecond {
							t.Errorf("%s was asked %v after the pause was asked for", a.uri, gap)
						}
					}
					if gap > least {
						after++
					}
				}
				if after == 0 {
					t.Error("nothing was asked after the pause")
				}
			},
		}
	}
	return []criterion{
		long("poll: not before max-age is over", http.Header{"Cache-Control": {"public, max-age=2"}}, "", 2*time.Second),
		long("poll: max-age counts up to poll.max", http.Header{"Cache-Control": {"max-age=86400"}}, "", 3*time.Second),
		long("poll: not before Expires", http.Header{"Expires": {"Fri, 01 Jan 2100 00:00:00 GMT"}}, "", 3*time.Second),
		long("poll: ttl is kept", nil, "<ttl>60</ttl>", 3*time.Second),
		long("poll: the syndication module's period is kept", nil, "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 3*time.Second),
		never("poll: skipHours are kept", "<skipHours>"+hours.String()+"</skipHours>"),
		never("poll: skipDays are kept", "<skipDays>"+days.String()+"</skipDays>"),
		retryAfter("poll: 429 with Retry-After in seconds binds the host", 429, func() string { return "4" }),
		retryAfter("poll: 503 with Retry-After as a date binds the host", 503, func() string {
			return time.Now().UTC().Add(4 * time.Second).Format(http.TimeFormat)
		}),
		retryAfter("poll: 429 that names no time binds the host for a while", 429, func() string { return "" }),
		{
			name: "poll: failures are asked for less and less often, up to the limit, and one success ends it",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if n <= 4 {
					w.WriteHeader(500)
					return true
				}
				return numbered(w, n)
			},
			done: asked("/feed.xml", 6),
			check: func(t *testing.T, c *trial) {
				apart(t, c, "/feed.xml", 1, time.Second)
				apart(t, c, "/feed.xml", 4, 4*time.Second-3*time.Second) // after the success at poll.min again
				at := c.times("/feed.xml")
				for i, least := range []time.Duration{1, 2, 4, 4} {
					if gap := at[i+1].Sub(at[i]); gap < least*time.Second-20*time.Millisecond {
						t.Errorf("after failure %d: again in %v, want %d s at least", i+1, gap, least)
					}
				}
				if st := c.states["/feed.xml"]; st.Failures != 0 {
					t.Errorf("state %+v", st)
				}
			},
		},
		{
			name: "poll: 410 ends it, and the feed is kept",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if n == 1 {
					return numbered(w, 1)
				}
				w.WriteHeader(http.StatusGone)
				return true
			},
			done: both(saw(feedmill.OutcomeGone, "410"), after(9*time.Second)),
			check: func(t *testing.T, c *trial) {
				if n := len(c.to("/feed.xml")); n != 2 {
					t.Errorf("%d requests, want none after the 410", n)
				}
				if st := c.states["/feed.xml"]; !st.Gone || st.Title != "Harbour Post" {
					t.Errorf("state %+v", st)
				}
			},
		},
		{
			name: "poll: 404 is not 410",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if n < 3 {
					http.NotFound(w, r)
					return true
				}
				return numbered(w, n)
			},
			done: both(asked("/feed.xml", 4), has("item 3")),
			check: func(t *testing.T, c *trial) {
				at := c.times("/feed.xml")
				if first := at[1].Sub(at[0]); first < 3980*time.Millisecond {
					t.Errorf("again after %v, want it rarely: four times the interval", first)
				}
			},
		},
		{
			name: "poll: the feeds of a host are spread, few at a time",
			feeds: func() (all []string) {
				for i := range 8 {
					all = append(all, fmt.Sprintf("/%d.xml", i))
				}
				return all
			}(),
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				time.Sleep(60 * time.Millisecond) // the site's, so that many could be under way at once
				return numbered(w, n)
			},
			done: asked("/7.xml", 3),
			check: func(t *testing.T, c *trial) {
				if c.most > 2 {
					t.Errorf("%d at once", c.most)
				}
				span := c.asks[15].at.Sub(c.asks[0].at)
				if least := 15 * 20 * time.Millisecond * 9 / 10; span < least {
					t.Errorf("16 polls within %v, want %v at least", span, least)
				}
			},
		},
		{
			name: "poll: a feed that posts often is asked more often than a silent one", feeds: []string{"/busy.xml", "/silent.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/busy.xml" {
					return numbered(w, n)
				}
				w.Header().Set("ETag", `"silent"`)
				if r.Header.Get("If-None-Match") != "" {
					w.WriteHeader(304)
					return true
				}
				return send(w, "application/rss+xml", feedDoc("<item><guid>old</guid><title>old</title><pubDate>Mon, 02 Mar 2020 10:00:00 GMT</pubDate></item>"))
			},
			done: func(c *trial) bool {
				busy, silent := len(c.to("/busy.xml")), len(c.to("/silent.xml"))
				return silent >= 3 && 2*busy >= 3*silent
			},
			check: func(t *testing.T, c *trial) {
				t.Logf("%d polls of the one, %d of the other", len(c.to("/busy.xml")), len(c.to("/silent.xml")))
			},
		},
	}
}

func redirectCriteria() []criterion {
	hop := func(w http.ResponseWriter, to string, status int) bool {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
		return true
	}
	permanent := func(status int) criterion {
		return criterion{
			name: fmt.Sprintf("redirect: %d is remembered once the feed was read there", status),
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/feed.xml" {
					return hop(w, "/new.xml", status)
				}
				return numbered(w, n)
			},
			done: asked("/new.xml", 3),
			check: func(t *testing.T, c *trial) {
				if n := len(c.to("/feed.xml")); n != 1 {
					t.Errorf("the old URL was asked %d times", n)
				}
				if st := c.states["/feed.xml"]; st.MovedTo != c.site+"/new.xml" || st.URL != c.site+"/feed.xml" {
					t.Errorf("state %+v", st)
				}
			},
		}
	}
	temporary := func(name string, hops map[string]struct {
		to     string
		status int
	},
	) criterion {
		return criterion{
			name: name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if h, ok := hops[r.URL.Path]; ok {
					return hop(w, h.to, h.status)
				}
				return numbered(w, n)
			},
			done: asked("/feed.xml", 3),
			check: func(t *testing.T, c *trial) {
				if st := c.states["/feed.xml"]; st.MovedTo != "" || st.Total < 2 {
					t.Errorf("state %+v", st)
				}
			},
		}
	}
	type hops = map[string]struct {
		to     string
		status int
	}
	return []criterion{
		permanent(301), permanent(308),
		temporary("redirect: 302 leaves the original in use", hops{"/feed.xml": {"/now.xml", 302}}),
		temporary("redirect: 303 leaves the original in use", hops{"/feed.xml": {"/now.xml", 303}}),
		temporary("redirect: 307 leaves the original in use", hops{"/feed.xml": {"/now.xml", 307}}),
		temporary("redirect: a chain is permanent only if every hop is", hops{"/feed.xml": {"/b.xml", 301}, "/b.xml": {"/c.xml", 302}, "/c.xml": {"/d.xml", 308}}),
		{
			name: "redirect: a target that fails does not lose the old URL",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch {
				case r.URL.Path == "/feed.xml" && n <= 2:
					return hop(w, "/broken.xml", 301)
				case r.URL.Path == "/broken.xml":
					return send(w, "text/html", "<html><body>parked</body></html>")
				}
				return numbered(w, n)
			},
			done: asked("/feed.xml", 4),
			check: func(t *testing.T, c *trial) {
				if st := c.states["/feed.xml"]; st.MovedTo != "" || st.Total < 1 {
					t.Errorf("state %+v", st)
				}
			},
		},
		{
			name: "redirect: a target that fails later gives the old URL another chance",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch {
				case r.URL.Path == "/feed.xml" && n == 1:
					return hop(w, "/new.xml", 301)
				case r.URL.Path == "/new.xml" && n > 1:
					w.WriteHeader(500)
					return true
				}
				return numbered(w, n)
			},
			done: asked("/feed.xml", 3),
			check: func(t *testing.T, c *trial) {
				if st := c.states["/feed.xml"]; st.MovedTo != "" {
					t.Errorf("state %+v", st)
				}
			},
		},
		{
			name: "redirect: loops end", feeds: []string{"/loop.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return hop(w, map[string]string{"/loop.xml": "/pool.xml", "/pool.xml": "/loop.xml"}[r.URL.Path], 301)
			},
			done: saw(feedmill.OutcomeFailed, "redirect loop"),
			check: func(t *testing.T, c *trial) {
				if polls := len(c.outcomes()); len(c.to("/loop.xml")) > polls+1 {
					t.Errorf("%d requests in %d polls", len(c.to("/loop.xml")), polls)
				}
			},
		},
		{
			name: "redirect: long chains end", feeds: []string{"/hop/0"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				var i int
				fmt.Sscanf(r.URL.Path, "/hop/%d", &i)
				return hop(w, fmt.Sprintf("/hop/%d", i+1), 302)
			},
			done: saw(feedmill.OutcomeFailed, "more than 10 redirects"),
			check: func(t *testing.T, c *trial) {
				if n := len(c.to("/hop/11")); n > 0 {
					t.Error("an eleventh redirect was followed")
				}
				if len(c.to("/hop/10")) == 0 {
					t.Error("ten redirects are not followed")
				}
			},
		},
		{
			name: "redirect: credentials, cookies and Referer stay at home", feeds: []string{"http://reader:secret@{site}/feed.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("Set-Cookie", "id=1; Path=/")
				if r.URL.Path == "/feed.xml" {
					return hop(w, "/there.xml", 302)
				}
				return numbered(w, n)
			},
			done: asked("/there.xml", 2),
			check: func(t *testing.T, c *trial) {
				wantSent(t, c, "/feed.xml", "Authorization", "Basic cmVhZGVyOnNlY3JldA==", "Basic cmVhZGVyOnNlY3JldA==")
				for _, field := range []string{"Authorization", "Cookie", "Referer"} {
					wantSent(t, c, "/there.xml", field, "-", "-")
				}
				wantSent(t, c, "/feed.xml", "Cookie", "-", "-")
			},
		},
		{
			name: "redirect: every hop passes the address check", feeds: []string{"/a.xml", "/b.xml", "/c.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				port := r.Host[strings.LastIndexByte(r.Host, ':'):]
				return hop(w, map[string]string{"/a.xml": "http://127.0.3.1" + port + "/x", "/b.xml": "http://127.0.2.1:22/", "/c.xml": "file:///etc/passwd"}[r.URL.Path], 302)
			},
			done: func(c *trial) bool {
				refused := 0
				for _, o := range c.outcomes() {
					if o == feedmill.OutcomeRefused {
						refused++
					}
				}
				return refused >= 3
			},
			check: func(t *testing.T, c *trial) {
				for path, st := range c.states {
					if st.Outcome != feedmill.OutcomeRefused || st.Total > 0 {
						t.Errorf("%s: %+v", path, st)
					}
				}
			},
		},
	}
}

func requestCriteria() []criterion {
	return []criterion{
		{
			name: "request: it says who asks, and nothing of anybody else", feeds: []string{"/feed.xml?b=2&&a=%7e1&c#top"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("Set-Cookie", "id=1")
				return numbered(w, n)
			},
			done: asked("/feed.xml", 2),
			check: func(t *testing.T, c *trial) {
				for _, a := range c.asks {
					agent := a.header.Get("User-Agent")
					if !strings.HasPrefix(agent, "feedmill/") || !strings.Contains(agent, "(+https://example.org/about-our-fetcher)") || strings.Contains(agent, "Mozilla") {
						t.Errorf("User-Agent %q", agent)
					}
					if a.uri != "/feed.xml?b=2&&a=%7e1&c" {
						t.Errorf("asked %q, not as given", a.uri)
					}
					for _, field := range []string{"Cookie", "Referer", "Authorization", "Origin", "X-Forwarded-For"} {
						if v := a.header.Get(field); v != "" {
							t.Errorf("%s: %s", field, v)
						}
					}
					if e := a.header.Get("Accept-Encoding"); !strings.Contains(e, "gzip") || !strings.Contains(e, "br") || !strings.Contains(e, "zstd") {
						t.Errorf("Accept-Encoding %q", e)
					}
				}
			},
		},
		coded("gzip"), coded("br"), coded("zstd"), coded("deflate"),
	}
}
