package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// Life is what the bus and the registry know of one article.
type Life struct {
	ID  string `json:"id"`
	URL string `json:"url,omitempty"`
	// Other is the id that the URL gives by itself, where it is another name of the article.
	Other string `json:"other,omitempty"`
	// Withdrawn says that the article was removed on request and does not come back.
	Withdrawn bool   `json:"withdrawn,omitempty"`
	Steps     []Step `json:"steps"`
	// Feeds are the subscriptions that it came by.
	Feeds []feedmill.FeedState `json:"feeds,omitempty"`
	// Waiting says what stands on the calendar for it: "retry" or "slot" (its host's turn); Next is when, if that is known.
	Waiting string    `json:"waiting,omitempty"`
	Next    time.Time `json:"next,omitzero"`
}

// Step is one thing that happened to an article: a message of a stream.
type Step struct {
	Time   time.Time        `json:"time"` // when the message was stored
	Stage  string           `json:"stage"`
	What   string           `json:"what"` // in words
	Stream string           `json:"stream"`
	Seq    uint64           `json:"seq"`
	Feed   string           `json:"feed,omitempty"` // feed id
	Run    string           `json:"run,omitempty"`  // the replay that it belongs to
	Event  *feedmill.Event  `json:"event,omitempty"`
	Dead   *bus.DeadLetter  `json:"dead,omitempty"`
	Entry  *feedmill.Entry  `json:"entry,omitempty"`
	Page   *feedmill.Page   `json:"page,omitempty"`   // without its body
	Record *feedmill.Record `json:"record,omitempty"` // its head alone
}

// maxSteps bounds how many messages of one stream are read: the newest ones.
const maxSteps = 100

// Explain gathers an article's life. Either id or url is given; the other one makes the search faster where it is known.
func (c *Client) Explain(ctx context.Context, id, url string) (*Life, error) {
	l := &Life{ID: id, URL: url, Steps: []Step{}}
	ids := []string{id}
	if canonical, err := feedmill.CanonicalURL(url); err == nil {
		own := feedmill.ArticleIDFromURL(canonical)
		owner, ok, err := c.Registry.Resolve(ctx, canonical)
		if err != nil {
			return nil, err
		}
		if !ok {
			owner = own
		}
		if l.ID = cmp.Or(id, owner); l.ID != own {
			l.Other = own
		}
		ids = nonZero(l.ID, l.Other)
	}
	var err error
	if l.Withdrawn, err = c.Registry.Denied(ctx, l.ID); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, *Life, string) error{c.itemSteps, c.pageSteps, c.articleSteps, c.recordSteps, c.eventSteps, c.deadSteps} {
		for _, id := range ids {
			if err := read(ctx, l, id); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(l.Steps, func(x, y Step) int { return x.Time.Compare(y.Time) })
	if err := c.feedsOf(ctx, l); err != nil {
		return nil, err
	}
	return l, c.waiting(ctx, l, ids)
}

func nonZero(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// steps calls f for the article's messages in a stream. They are found by their headers, under the host's subjects where
// the URL is known, so that no other bodies are read; then each is read by itself.
func (c *Client) steps(ctx context.Context, l *Life, stream, id string, f func(*bus.Stored) error) error {
	sel := bus.Selection{Stream: stream, ID: id}
	if stream != bus.StreamEvent && stream != bus.StreamDead {
		sel.Host = feedmill.Host(l.URL)
	}
	var found []bus.Selection
	if err := c.Bus.Select(ctx, sel, false, func(m *bus.Stored) bool {
		one := sel
		one.Since, one.Until = m.Time, m.Time.Add(1)
		if n := len(found); n == 0 || !found[n-1].Since.Equal(m.Time) {
			found = append(found, one)
		}
		return true
	}); err != nil {
		return err
	}
	var failed error
	for _, one := range found[max(0, len(found)-maxSteps):] {
		err := c.Bus.Select(ctx, one, true, func(m *bus.Stored) bool {
			failed = f(m)
			return failed == nil
		})
		if err := cmp.Or(err, failed); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) itemSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamItem, id, func(m *bus.Stored) error {
		e, err := bus.Value(ctx, c.Bus, bus.Items, m)
		if err != nil {
			return err
		}
		what := "new in the feed"
		if e.Changed {
			what = "changed in the feed"
		}
		if e.Item.Title != "" {
			what += ": " + e.Item.Title
		}
		e.Item.Content, e.Item.Summary = "", ""
		l.add(m, StageParser, what, Step{Entry: &e})
		return nil
	})
}

func (c *Client) pageSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamPage, id, func(m *bus.Stored) error {
		p, err := bus.Value(ctx, c.Bus, bus.Pages, m)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("page fetched: %d, %d bytes", p.Status, len(p.Body))
		if p.FinalURL != "" && p.FinalURL != p.URL {
			what += ", at " + p.FinalURL
		}
		if len(p.Parts) > 0 {
			what += fmt.Sprintf(", and %d more parts", len(p.Parts))
		}
		switch {
		case p.Unread() && p.Failure == "":
			what = fmt.Sprintf("looked at again: %d, nothing new", p.Status)
		case p.Unread():
			what = "looked at again: " + p.Failure
		case len(p.Body) == 0:
			what = "no page: the feed's own words are taken"
			if p.Failure != "" {
				what += " (" + p.Failure + ")"
			}
		}
		p.Body, p.Parts, p.Item = nil, nil, nil
		l.URL = cmp.Or(l.URL, p.URL)
		l.add(m, StageFetcher, what, Step{Page: p})
		return nil
	})
}

func (c *Client) articleSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamArticle, id, func(m *bus.Stored) error {
		a, err := bus.Value(ctx, c.Bus, bus.Articles, m)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("article made of the page: %d words by %s", a.Quality.Words, cmp.Or(a.Quality.Method, "no method"))
		if len(a.Quality.Warnings) > 0 {
			what += "; warnings: " + strings.Join(a.Quality.Warnings, ", ")
		}
		l.add(m, StageParser, what+mergedInto(a), Step{Record: head(&feedmill.Record{Article: *a}), Run: m.Run})
		return nil
	})
}

func (c *Client) recordSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamRecord, id, func(m *bus.Stored) error {
		r, err := bus.Value(ctx, c.Bus, bus.Records, m)
		if err != nil {
			return err
		}
		stage, what := StageEnricher, fmt.Sprintf("record made: %d entities, %d dates, %d quotes%s", len(r.Entities), len(r.Dates), len(r.Quotes), mergedInto(&r.Article))
		switch {
		case r.State.Value == feedmill.StateWithdrawn:
			stage, what = StageSink, "withdrawn on request"
		case r.Rendition == "" && r.State.Value == feedmill.StateGone:
			stage, what = StageParser, "its page is gone"
		case r.Rendition == "" && r.State.Value == feedmill.StateLive:
			stage, what = StageParser, "its page is there again"
		case r.Rendition == "":
			stage, what = StageParser, "seen in one more feed"
		}
		l.add(m, stage, what, Step{Record: head(r), Run: r.Provenance.Pipeline.Run})
		return nil
	})
}

func mergedInto(a *feedmill.Article) string {
	if a.State.Value != feedmill.StateMerged {
		return ""
	}
	return "; merged into " + a.State.MergedInto
}

// head is what identifies a record, without its text.
func head(r *feedmill.Record) *feedmill.Record {
	return feedmill.NewRecord(&feedmill.Article{
		ID: r.ID, URL: r.URL, Rendition: r.Rendition, ContentHash: r.ContentHash, SeenAt: r.SeenAt, State: r.State, Title: r.Title,
		Quality: r.Quality, Provenance: feedmill.Provenance{Page: r.Provenance.Page, Pipeline: r.Provenance.Pipeline},
	})
}

func (c *Client) eventSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamEvent, id, func(m *bus.Stored) error {
		e, err := bus.Value(ctx, c.Bus, bus.Events, m)
		if err != nil {
			return err
		}
		what := strings.ReplaceAll(string(e.Outcome), "_", " ")
		if e.Reason != "" {
			what += ": " + e.Reason
		}
		if !e.Next.IsZero() {
			what += "; tried again at " + e.Next.Local().Format(time.DateTime)
		}
		l.add(m, stageOf(e.Stage), what, Step{Event: &e, Feed: e.Feed})
		return nil
	})
}

func (c *Client) deadSteps(ctx context.Context, l *Life, id string) error {
	return c.steps(ctx, l, bus.StreamDead, id, func(m *bus.Stored) error {
		d, err := c.Bus.DeadLetter(ctx, m.Seq)
		if errors.Is(err, bus.ErrNoDeadLetter) {
			return nil // retried or dropped meanwhile
		}
		if err != nil {
			return err
		}
		l.add(m, stageOf(d.Stage), fmt.Sprintf("given up after %d tries: %s; dead letter %d", d.Attempts, d.Reason, d.Seq), Step{Dead: &d})
		return nil
	})
}

func (l *Life) add(m *bus.Stored, stage, what string, s Step) {
	s.Time, s.Stage, s.What, s.Stream, s.Seq = m.Time, stage, what, m.Stream, m.Seq
	s.Feed = cmp.Or(s.Feed, m.Feed)
	l.Steps = append(l.Steps, s)
}

// feedsOf looks up the feeds that the steps name, as far as they are still subscribed to.
func (c *Client) feedsOf(ctx context.Context, l *Life) error {
	asked := map[string]bool{"": true}
	for _, s := range l.Steps {
		if asked[s.Feed] {
			continue
		}
		asked[s.Feed] = true
		st, err := c.Registry.Get(ctx, s.Feed)
		if errors.Is(err, registry.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		l.Feeds = append(l.Feeds, st)
	}
	return nil
}

// waiting looks at the calendar.
func (c *Client) waiting(ctx context.Context, l *Life, ids []string) error {
	for _, kind := range []struct{ schedules, word string }{{bus.ScheduleRetries, "retry"}, {bus.ScheduleSlots, "slot"}, {bus.ScheduleLater, "retry"}} {
		held, err := c.Bus.Scheduled(ctx, kind.schedules)
		if err != nil {
			return err
		}
		for _, subject := range held {
			tokens := strings.Split(strings.TrimPrefix(subject, kind.schedules+"."), ".")
			if slices.Contains(ids, tokens[0]) {
				l.Waiting = kind.word
			}
		}
	}
	if l.Waiting == "retry" {
		for _, s := range l.Steps {
			if s.Event != nil && !s.Event.Next.IsZero() {
				l.Next = s.Event.Next
			}
		}
	}
	return nil
}

// StageOf names the stage that a worker belongs to, "" where it is none of ours. Dead letters and events name workers.
func StageOf(worker string) string { return stageOf(worker) }
