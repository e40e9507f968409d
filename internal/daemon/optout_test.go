package daemon_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
)

// TestOptOutsAreObeyedWhereThatIsSet: of an article whose use by machines is declined, the record has what its feed says.
func TestOptOutsAreObeyedWhereThatIsSet(t *testing.T) {
	t.Parallel()
	site := &hostLog{}
	site.respond = func(w http.ResponseWriter, r *http.Request) {
		page := fmt.Sprintf(shortArticle, "Read on "+r.URL.Path)
		switch r.URL.Path {
		case "/feed.xml":
			var items string
			for _, name := range []string{"plain", "robots", "header", "meta", "file"} {
				items += linkItem("told "+name, "http://"+r.Host+"/"+name)
			}
			send(w, "application/rss+xml", feedDoc(items))
			return
		case "/robots.txt":
			send(w, "text/plain", "User-agent: CCBot\nDisallow: /robots\n")
			return
		case "/.well-known/tdmrep.json":
			send(w, "application/json", `[{"location": "/file", "tdm-reservation": 1}]`)
			return
		case "/header":
			w.Header().Set("TDM-Reservation", "1")
		case "/meta":
			page = strings.Replace(page, "<title>", `<meta name="robots" content="noai, noimageai"><title>`, 1)
		}
		send(w, "text/html; charset=utf-8", page)
	}
	server := httptest.NewServer(site)
	defer server.Close()
	cfg := onLoopback(t)
	cfg.Fetch.TDMRep, cfg.Fetch.ObeyAIOptOut, cfg.Fetch.Revisit = true, true, nil
	cfg.Poll.Default, cfg.Poll.Max, cfg.Poll.BackoffMax = config.Duration(time.Hour), config.Duration(time.Hour), config.Duration(time.Hour)
	stored := map[string]bool{}
	untilStored(t, cfg, []string{server.URL + "/feed.xml"}, func(rs []*feedmill.Record) bool {
		for _, r := range rs {
			stored[r.ID] = true
		}
		return len(stored) == 5
	})
	got := map[string]string{}
	for _, rs := range records(t, cfg.Data, sink.Query{}) {
		got[rs[0].URL[strings.LastIndexByte(rs[0].URL, '/'):]] = rs[0].Title
	}
	for path, want := range map[string]string{"/plain": "Read on /plain", "/robots": "told robots", "/header": "told header", "/meta": "told meta", "/file": "told file"} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
	for _, path := range site.paths {
		if path == "/robots" || path == "/file" {
			t.Errorf("%s was asked", path)
		}
	}
}
