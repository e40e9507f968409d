package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/parser"
)

const (
	// maxParts bounds the further pages of one article.
	maxParts = 20
	// partWait is how long a part waits for its host's turn; the article's handling waits with it.
	partWait = time.Minute
)

// parts fetches the further pages of an article in several parts and puts them into the first. A part that cannot be had
// ends the article there, and an event says so.
func (p *pipeline) parts(ctx context.Context, first *feedmill.Page, out *bus.Outbox) error {
	seen := map[string]bool{first.BaseURL(): true, first.URL: true}
	for at := first; len(first.Parts) < maxParts; {
		next, more := parser.NextPart(at)
		if !more || seen[next] {
			return nil
		}
		seen[next] = true
		holds, err := p.forPage(ctx, first.Feed, next)
		if err != nil {
			return err
		}
		req := holds.Request(fetcher.Request{URL: next, Kind: fetcher.KindArticle, Robots: true})
		part, err := p.part(ctx, req)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v := holds.Judge(req, part, err, time.Now())
		if err := p.holdHost(ctx, v, time.Now()); err != nil {
			return err
		}
		if v.Outcome != feedmill.OutcomeFetched {
			p.event(out, feedmill.Event{Outcome: v.Outcome, URL: next, ID: first.ID, Status: v.Status,
				Reason: fmt.Sprintf("part %d of the article: %s", len(first.Parts)+2, v.Reason)})
			return nil
		}
		if seen[part.BaseURL()] && part.BaseURL() != next {
			return nil // it led back
		}
		seen[part.BaseURL()] = true
		part.Item = first.Item
		first.Parts = append(first.Parts, part)
		at = part
	}
	return nil
}

// part fetches one page when its host's turn has come.
func (p *pipeline) part(ctx context.Context, req fetcher.Request) (*feedmill.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, partWait+time.Duration(p.cfg.Fetch.Timeout))
	defer cancel()
	var slot time.Time
	for {
		page, err := p.fetch(ctx, req, slot, nil)
		off, ok := errors.AsType[*putOff](err)
		if !ok {
			return page, err
		}
		if wait := time.Until(off.at); wait > partWait || !sleep(ctx, max(wait, 10*time.Millisecond)) {
			return nil, fmt.Errorf("fetch %s: its host is busy until %s", req.URL, off.at.Format(time.RFC3339))
		}
		slot = off.at
	}
}
