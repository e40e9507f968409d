package fetcher_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
)

// Polling a feed: the second request is conditional, and the server has nothing new.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Cache-Control", "max-age=600")
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, `<rss version="2.0"><channel/></rss>`)
	}))
	defer server.Close()

	f := fetcher.New(&fetcher.Options{
		// Without this line a server on loopback is refused.
		Allow:     fetcher.AllowCIDRs([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}),
		AllowPort: func(netip.Addr, uint16) bool { return true },
	})
	defer f.Close()

	var validators feedmill.Validators
	for range 2 {
		page, err := f.Fetch(context.Background(), fetcher.Request{URL: server.URL + "/feed", Validators: validators})
		now := time.Now()
		verdict := fetcher.Judge(fetcher.KindFeed, page, err, now)
		switch verdict.Outcome {
		case feedmill.OutcomeFetched:
			validators = fetcher.ValidatorsOf(page) // once the body was read as a feed
		case feedmill.OutcomeUnchanged:
			validators = fetcher.RefreshValidators(validators, page)
		default:
			log.Fatal(verdict.Reason)
		}
		fmt.Println(verdict.Outcome, fetcher.FreshUntil(page, now).Sub(page.FetchedAt))
	}
	// Output:
	// fetched 10m0s
	// unchanged 10m0s
}

// A page is asked for when its host has a free slot, and not more often than robots.txt likes.
func ExampleHosts() {
	hosts := fetcher.NewHosts(&fetcher.HostOptions{Delay: time.Second, PerHost: 1})
	now := time.Date(2024, 5, 17, 10, 0, 0, 0, time.UTC)
	host := fetcher.HostKey("https://www.example.co.uk/news/1")
	fmt.Println(host)

	fmt.Println(hosts.Reserve(host, now).Sub(now), hosts.Reserve(host, now).Sub(now))

	hosts.SetDelay(host, 10*time.Second) // from (*Fetcher).CrawlDelay
	fmt.Println(hosts.Reserve(host, now).Sub(now))

	turn, _ := hosts.Acquire(host, now) // from Request.Turn
	_, again := hosts.Acquire(host, now)
	fmt.Println(turn != nil, again.IsZero())
	turn.Sent(now.Add(20 * time.Millisecond))
	turn.Done(now.Add(time.Second))

	hosts.Block(host, now.Add(time.Hour)) // from Verdict.RetryAt
	fmt.Println(hosts.Reserve(host, now).Sub(now))
	// Output:
	// example.co.uk
	// 0s 1s
	// 11s
	// true true
	// 1h0m0s
}
