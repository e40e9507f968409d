package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
)

// pollCheck is one thing that decides how well a feed can be polled.
type pollCheck struct {
	What    string `json:"what"`
	Verdict string `json:"verdict"` // good, fair or poor
	Text    string `json:"text"`
}

// robotsRule is what robots.txt says of the first article of a host.
type robotsRule struct {
	Host    string `json:"host"`
	URL     string `json:"url"`
	Verdict string `json:"verdict"` // allowed, disallowed, unreachable, or refused: its address may not be asked
}

const (
	good = "good"
	fair = "fair"
	poor = "poor"

	largePoll = 256 << 10 // bytes sent; a poll above is not small
	hugePoll  = 1 << 20
	someHosts = 5 // whose robots.txt is asked
)

// robots asks the robots.txt of the first hosts that the items link to.
func (k *asker) robots(ctx context.Context, items []itemTrial) []robotsRule {
	var rules []robotsRule
	asked := map[string]bool{}
	for i := range items {
		host := fetcher.HostKey(items[i].Link)
		if host == "" || asked[host] || len(rules) == someHosts || k.turn(ctx, items[i].Link) != nil {
			continue
		}
		asked[host] = true
		verdict, err := k.fetch.Robots(ctx, items[i].Link)
		if err != nil {
			verdict = "refused"
		}
		rules = append(rules, robotsRule{Host: host, URL: items[i].Link, Verdict: verdict})
	}
	return rules
}

// checkPolling says whether the feed can be polled well.
func (t *feedTrial) checkPolling(cfg *config.Config, now time.Time) []pollCheck {
	var all []pollCheck
	add := func(what, verdict, format string, args ...any) {
		all = append(all, pollCheck{what, verdict, fmt.Sprintf(format, args...)})
	}
	h := t.HTTP
	names := strings.Join(nonEmpty(given("ETag", h.Validators.ETag), given("Last-Modified", h.Validators.LastModified)), " and ")
	switch {
	case names == "":
		add("validators", poor, "it gives no validators: every poll costs the whole document")
	case h.Conditional == http.StatusNotModified:
		add("validators", good, "%s; asked again with them, it answered 304", names)
	case h.Conditional > 0:
		add("validators", poor, "%s; it does not honour them and answered %d: every poll costs the whole document", names, h.Conditional)
	default:
		add("validators", fair, "%s; it could not be asked again", names)
	}
	switch fresh := h.FreshUntil.Sub(now); {
	case h.FreshUntil.IsZero():
		add("cache lifetime", fair, "none stated (Cache-Control max-age, Expires)")
	case fresh > time.Duration(cfg.Poll.Max):
		add("cache lifetime", fair, "%s; longer than poll.max, which counts instead", span(fresh))
	default:
		add("cache lifetime", good, "%s", span(fresh))
	}
	if text := hints(t.Feed); text != "" {
		verdict := good
		for _, odd := range t.Odd {
			if strings.Contains(odd, "ttl") || strings.Contains(odd, "skip") {
				verdict = poor
			}
		}
		add("hints", verdict, "%s", text)
	}
	switch {
	case h.Coding != "":
		add("compression", good, "%s: %s sent for %s", h.Coding, humanize.IBytes(uint64(h.Sent)), humanize.IBytes(uint64(h.Bytes)))
	case h.Bytes > 8<<10:
		add("compression", poor, "none, though gzip, br and zstd were asked for")
	default:
		add("compression", fair, "none; the document is small")
	}
	verdict := good
	if h.Sent > hugePoll {
		verdict = poor
	} else if h.Sent > largePoll {
		verdict = fair
	}
	polls := ""
	if every := t.NextPoll.Sub(now); every > 0 && h.Conditional != http.StatusNotModified {
		polls = fmt.Sprintf("; %s a day, polled every %s", humanize.IBytes(uint64(float64(h.Sent)*float64(24*time.Hour)/float64(every))), span(every))
	}
	add("size of a poll", verdict, "%s%s", humanize.IBytes(uint64(h.Sent)), polls)
	if h.Protocol != "" {
		verdict = fair
		if h.Protocol == "HTTP/2.0" {
			verdict = good
		}
		add("protocol", verdict, "%s, %s", h.Protocol, map[bool]string{true: "encrypted", false: "not encrypted"}[strings.HasPrefix(strings.ToLower(t.finalURL()), "https:")])
	}
	switch {
	case h.MovedTo != "":
		add("redirects", fair, "it has moved for good: subscribe to %s", h.MovedTo)
	case len(h.Redirects) > 0:
		add("redirects", fair, "each poll takes %s more", count(int64(len(h.Redirects)), "request"))
	}
	if t.Feed.Hub != "" {
		add("hub", good, "%s tells subscribers at once (WebSub)", t.Feed.Hub)
	}
	for _, r := range t.Robots {
		switch r.Verdict {
		case "allowed":
			add("articles", good, "robots.txt of %s allows them", r.Host)
		case "disallowed":
			add("articles", poor, "robots.txt of %s forbids %s: records are made from the feed alone", r.Host, r.URL)
		case "refused":
			add("articles", poor, "%s may not be asked; see fetch.allow_cidrs and fetch.allow_ports", r.Host)
		default:
			add("articles", poor, "robots.txt of %s cannot be had: its articles wait until it can", r.Host)
		}
	}
	return all
}

func (t *feedTrial) finalURL() string {
	if t.HTTP.FinalURL != "" {
		return t.HTTP.FinalURL
	}
	return t.URL
}

// given is the name of what is there.
func given(name, value string) string {
	if value == "" {
		return ""
	}
	return name
}
