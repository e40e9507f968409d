package fetcher

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
)

// ErrOptedOut is the reason of an error of Fetch where the site declines what [Options.ObeyOptOut] says is to be obeyed.
var ErrOptedOut = errors.New("the site declines text and data mining or use for machine learning")

// aiTokens are the product tokens by which robots.txt speaks to those who gather texts for machine learning, in lower
// case. Who forbids a page to one of them by name declines that use of it.
var aiTokens = []string{
	"ai2bot", "anthropic-ai", "applebot-extended", "bytespider", "ccbot", "claudebot", "cohere-ai", "cohere-training-data-crawler",
	"diffbot", "google-extended", "gptbot", "meta-externalagent", "omgili",
}

// aiRules is what a robots.txt says to one of aiTokens.
type aiRules struct {
	token string
	rules *Robots
}

// parseOptOut reads from a robots.txt what it says of machine learning: the groups that name one of aiTokens, and whether
// a line "Content-Signal: ai-train=no" stands in it (contentsignals.org).
func parseOptOut(body []byte) (all []aiRules, signal bool) {
	body = body[:min(len(body), maxRobotsBytes)]
	named := map[string]bool{}
	for line := range lines(body) {
		key, val, ok := directive(line)
		switch {
		case !ok:
		case key == "user-agent":
			named[strings.ToLower(productToken(val))] = true
		case key == "content-signal":
			for s := range strings.SplitSeq(strings.ToLower(val), ",") {
				name, v, _ := strings.Cut(s, "=")
				signal = signal || strings.TrimSpace(name) == "ai-train" && strings.TrimSpace(v) == "no"
			}
		}
	}
	for _, token := range aiTokens {
		if named[token] {
			all = append(all, aiRules{token, ParseRobots(body, token)})
		}
	}
	return all, signal
}

// optOut is what robots.txt says of machine learning for a path; nil where it says nothing.
func (c *robotsCopy) optOut(path string) *feedmill.OptOut {
	var o feedmill.OptOut
	if c.signal {
		o.AI, o.From = true, append(o.From, "robots.txt: Content-Signal")
	}
	for _, a := range c.ai {
		if !a.rules.allowed(path) {
			o.AI, o.From = true, append(o.From, "robots.txt: "+a.token)
		}
	}
	if !o.AI {
		return nil
	}
	return &o
}

// headerOptOut adds what the header of an answer says: TDM-Reservation and TDM-Policy (TDM Reservation Protocol), and noai
// in X-Robots-Tag.
func headerOptOut(o *feedmill.OptOut, h http.Header) *feedmill.OptOut {
	var got feedmill.OptOut
	if o != nil {
		got = *o
	}
	if v := strings.TrimSpace(h.Get("TDM-Reservation")); v == "0" || v == "1" {
		reserved := v == "1"
		got.TDM, got.Policy, got.From = &reserved, strings.TrimSpace(h.Get("TDM-Policy")), append(got.From, "header TDM-Reservation")
	}
	for _, v := range h.Values("X-Robots-Tag") {
		if strings.Contains(strings.ToLower(v), "noai") {
			got.AI, got.From = true, append(got.From, "header X-Robots-Tag")
			break
		}
	}
	if len(got.From) == 0 {
		return nil
	}
	return &got
}

// tdmRule is one entry of a tdmrep.json.
type tdmRule struct {
	location robotsRule
	reserved bool
	policy   string
}

const (
	tdmPath     = "/.well-known/tdmrep.json"
	maxTDMBytes = 256 << 10
	maxTDMRules = 1000 // of one origin; together they count to the room for robots.txt
)

// parseTDM reads a tdmrep.json: a list of locations, patterns as in robots.txt, with what is reserved there. What cannot
// be read says nothing.
func parseTDM(body []byte) (rules []tdmRule) {
	var in []struct {
		Location    string      `json:"location"`
		Reservation json.Number `json:"tdm-reservation"`
		Policy      string      `json:"tdm-policy"`
	}
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &in) != nil {
		return nil
	}
	for _, r := range in[:min(len(in), maxTDMRules)] {
		if r.Location != "" && (r.Reservation == "0" || r.Reservation == "1") {
			rules = append(rules, tdmRule{newRule(r.Location, true), r.Reservation == "1", r.Policy})
		}
	}
	return rules
}

// tdmFile is the tdmrep.json of one origin, asked for once for each copy of its robots.txt.
type tdmFile struct {
	mu      sync.Mutex
	known   bool
	pending chan struct{} // closed when the request for it has ended; nil: none is under way
	rules   []tdmRule
}

// tdmOptOut adds what the tdmrep.json of a target's origin says, unless the header said it already. It is asked for where
// it is not known; a request of another caller for it is waited for only shortly.
func (f *Fetcher) tdmOptOut(ctx context.Context, t *target, c *robotsCopy, o *feedmill.OptOut, turn turnFunc) (*feedmill.OptOut, error) {
	if !f.opts.TDMRep || o != nil && o.TDM != nil {
		return o, nil
	}
	rules, err := f.tdmRules(ctx, t, c, turn)
	if err != nil {
		return o, err
	}
	path, query, has := strings.Cut(t.path, "?")
	path = normalPath(path, false, false)
	if has {
		path += "?" + normalPath(query, false, true)
	}
	for _, r := range rules {
		if !r.location.matches(path) {
			continue
		}
		var got feedmill.OptOut
		if o != nil {
			got = *o
		}
		got.TDM, got.Policy, got.From = &r.reserved, r.policy, append(got.From, "tdmrep.json")
		return &got, nil
	}
	return o, nil
}

func (f *Fetcher) tdmRules(ctx context.Context, t *target, c *robotsCopy, turn turnFunc) ([]tdmRule, error) {
	file := &c.tdm
	late := time.NewTimer(robotsWait)
	defer late.Stop()
	file.mu.Lock()
	for !file.known && file.pending != nil {
		pending := file.pending
		file.mu.Unlock()
		select {
		case <-pending:
		case <-late.C:
			return nil, feedmill.RetryAfter(time.Now(), fmt.Errorf("%w: its tdmrep.json is being asked for", ErrPostponed))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		file.mu.Lock()
	}
	if file.known {
		defer file.mu.Unlock()
		return file.rules, nil
	}
	file.pending = make(chan struct{})
	file.mu.Unlock()
	rules, err := f.askTDM(ctx, t, turn)
	file.mu.Lock()
	defer file.mu.Unlock()
	close(file.pending)
	file.pending = nil
	if err != nil {
		return nil, err
	}
	file.known, file.rules = true, rules
	size := 0
	for _, r := range rules {
		size += len(r.location.pattern) + len(r.policy) + 64
	}
	f.robots.charge(c, size)
	return rules, nil
}

// askTDM asks for a tdmrep.json. An error means that it was not asked; what is not to be had says nothing.
func (f *Fetcher) askTDM(ctx context.Context, t *target, turn turnFunc) ([]tdmRule, error) {
	file, err := parseTarget(t.origin() + tdmPath)
	if err != nil {
		return nil, err
	}
	page := &feedmill.Page{URL: file.raw}
	err = f.run(ctx, file, job{
		accept:    "application/json, */*;q=0.1",
		turn:      turn,
		redirects: robotsRedirects,
		limits:    limits{sent: maxTDMBytes, decoded: maxTDMBytes, ratio: f.opts.MaxRatio},
	}, page)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrPostponed):
		return nil, err
	case err != nil || !isSuccess(page.Status):
		return nil, nil
	}
	return parseTDM(page.Body), nil
}
