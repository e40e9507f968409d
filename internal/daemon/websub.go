package daemon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/web"
	"github.com/feedmill/feedmill/internal/websub"
	"github.com/feedmill/feedmill/registry"
	"golang.org/x/sync/errgroup"
)

// pushes are the subscriptions at hubs: notes of that name, by feed. The feed worker writes down which feeds have a hub; the
// process that fetches and listens for hubs asks them, renews, and takes what they send.
type pushes struct {
	notes *bus.Notes
	mu    sync.Mutex
	known map[string]string // feed to what was written down of it
	news  chan struct{}     // a note was written
}

const (
	websubNotes = "websub"
	// pushesAside is how often the subscriptions are looked through where none is due.
	pushesAside = 30 * time.Second
	// confirmWait is how long a hub may take to confirm a subscription before it is asked again.
	confirmWait = 5 * time.Minute
	// hubsAtOnce is how many hosts of hubs are asked at a time.
	hubsAtOnce = 8
)

// openPushes binds the subscriptions, where the configuration asks for them.
func (p *pipeline) openPushes(ctx context.Context, o *Options) error {
	if p.cfg.WebSub.Callback == "" || o.Once {
		return nil
	}
	var err error
	p.pushes.known, p.pushes.news = map[string]string{}, make(chan struct{}, 1)
	if p.pushes.notes, err = p.Bus.Notes(ctx, websubNotes); err != nil || !slices.Contains(o.Stages, StageParser) {
		return err
	}
	for raw, err := range p.pushes.notes.All(ctx) {
		if err != nil {
			return err
		}
		var s websub.Subscription
		if json.Unmarshal(raw, &s) == nil { // askDueHubs tells of those that cannot be read
			p.pushes.learn(s.Feed, s.Hub+" "+s.Topic)
		}
	}
	return nil
}

// wantPushes writes down, after the feed's document is read, that it has a hub: that of its Link fields, else the
// document's own (WebSub §4). A subscription to another hub or topic is begun anew. Where a whole document names no hub that
// may be given a secret, the subscription ends, and wantPushes returns true: the feed is pushed no more.
func (p *pipeline) wantPushes(ctx context.Context, st *feedmill.FeedState, page *feedmill.Page, about *feedmill.Feed, whole bool) (ended bool) {
	if p.pushes.notes == nil {
		return false
	}
	hub, topic := fetcher.LinkOf(page, "hub"), fetcher.LinkOf(page, "self")
	if hub == "" {
		hub = about.Hub
	}
	if topic == "" {
		topic = about.Self
	}
	if topic == "" {
		topic = page.BaseURL()
	}
	if hub == "" || !websub.Confidential(hub) {
		if !whole || st.PushedUntil.IsZero() && !p.pushes.knows(st.ID) {
			return false
		}
		if err := p.pushes.notes.Drop(ctx, st.ID); err != nil {
			p.log.Warn("cannot write down that a feed has no hub any more; trying again with its next document", "feed", st.URL, "error", err)
			return false
		}
		p.pushes.forget(st.ID)
		return true
	}
	if !p.pushes.learn(st.ID, hub+" "+topic) {
		return false
	}
	err := p.changePush(ctx, st.ID, func(s *websub.Subscription) {
		if s.Hub != hub || s.Topic != topic {
			*s = websub.Subscription{Feed: st.ID, Hub: hub, Topic: topic, Key: rand.Text(), Secret: rand.Text() + rand.Text()}
		}
	})
	if err != nil {
		p.pushes.forget(st.ID)
		p.log.Warn("cannot write down that a feed has a hub; trying again with its next document", "feed", st.URL, "error", err)
		return false
	}
	select {
	case p.pushes.news <- struct{}{}:
	default:
	}
	return false
}

// learn notes what is known of a feed, and tells whether it is news.
func (s *pushes) learn(feed, what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.known[feed] != what
	s.known[feed] = what
	return news
}

func (s *pushes) knows(feed string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.known[feed]
	return ok
}

func (s *pushes) forget(feed string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, feed)
}

// changePush changes a subscription; one that is not there comes as the zero value, and is not written if it stays that.
func (p *pipeline) changePush(ctx context.Context, feed string, change func(*websub.Subscription)) error {
	return p.pushes.notes.Change(ctx, feed, func(old []byte) ([]byte, error) {
		var s websub.Subscription
		if old != nil {
			if err := json.Unmarshal(old, &s); err != nil {
				return nil, err
			}
		}
		change(&s)
		if s == (websub.Subscription{}) {
			return old, nil
		}
		return json.Marshal(s)
	})
}

// push returns a subscription, websub.ErrUnknown where the feed has none of that key.
func (p *pipeline) push(ctx context.Context, feed, key string) (*websub.Subscription, error) {
	raw, err := p.pushes.notes.Get(ctx, feed)
	if err != nil {
		return nil, err
	}
	var s websub.Subscription
	if raw == nil {
		return nil, websub.ErrUnknown
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(s.Key), []byte(key)) == 0 {
		return nil, websub.ErrUnknown
	}
	return &s, nil
}

// listenForHubs serves the callback.
func (p *pipeline) listenForHubs(ctx context.Context) (*web.Server, error) {
	h, err := websub.Handler(p.cfg.WebSub.Callback, subscriber{p}, int64(p.cfg.Fetch.MaxDecodedBytes))
	if err != nil {
		return nil, fmt.Errorf("websub.callback: %w", err)
	}
	s, err := web.Listen(ctx, p.cfg.WebSub.Listen, h, p.log)
	if err != nil {
		return nil, fmt.Errorf("websub.listen: %w; stop what listens there, or write another address", err)
	}
	p.log.Info("listening for hubs", "url", s.URL(), "callback", p.cfg.WebSub.Callback)
	return s, nil
}

// askHubs asks hubs for subscriptions and renews them, until ctx ends.
func (p *pipeline) askHubs(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := p.askDueHubs(ctx)
		if err != nil {
			if ctx.Err() == nil {
				p.log.Warn("cannot look through the subscriptions at hubs; trying again", "error", err)
			}
			next = time.Now().Add(pushesAside)
		}
		timer := time.NewTimer(min(max(time.Until(next), 10*time.Millisecond), pushesAside))
		select {
		case <-ctx.Done():
		case <-p.pushes.news:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// askDueHubs asks for what is due, and returns when something is next. Several hosts are asked at once, each for one
// subscription after another and for no longer than pushesAside, so that one that is slow to answer holds up little else.
// A subscription that cannot be asked for is passed over until the next look.
func (p *pipeline) askDueHubs(ctx context.Context) (next time.Time, err error) {
	next = time.Now().Add(pushesAside)
	var hosts []string // in the order of their first subscription
	due := map[string][]*websub.Subscription{}
	var mu sync.Mutex // next, failed and reason
	failed, reason := 0, error(nil)
	for raw, err := range p.pushes.notes.All(ctx) {
		if err != nil {
			return next, err
		}
		var s websub.Subscription
		if err := json.Unmarshal(raw, &s); err != nil {
			failed, reason = failed+1, fmt.Errorf("a note of a subscription: %w", err)
			continue
		}
		if s.Next.After(time.Now()) {
			next = earliest(next, s.Next)
			continue
		}
		host := fetcher.HostKey(s.Hub)
		if due[host] == nil {
			hosts = append(hosts, host)
		}
		due[host] = append(due[host], &s)
	}
	var group errgroup.Group
	group.SetLimit(hubsAtOnce)
	for _, host := range hosts {
		group.Go(func() error {
			began := time.Now()
			for _, s := range due[host] {
				at, err := time.Now(), error(nil)
				late := at.Sub(began) >= pushesAside
				if !late {
					at, err = p.askHub(ctx, s)
				}
				mu.Lock()
				if err != nil {
					failed, reason = failed+1, fmt.Errorf("feed %s: %w", s.Feed, err)
				} else if !at.IsZero() {
					next = earliest(next, at)
				}
				mu.Unlock()
				if late || ctx.Err() != nil {
					break
				}
			}
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	if failed > 0 && ctx.Err() == nil {
		p.log.Warn("some subscriptions at hubs cannot be asked for; trying again", "subscriptions", failed, "error", reason)
	}
	return next, ctx.Err()
}

// askHub asks one hub, unless another process does, and returns when the next question is due if it is not confirmed.
func (p *pipeline) askHub(ctx context.Context, s *websub.Subscription) (time.Time, error) {
	st, err := p.Registry.Get(ctx, s.Feed)
	if errors.Is(err, registry.ErrNotFound) || err == nil && !websub.Confidential(s.Hub) {
		p.pushes.forget(s.Feed)
		return time.Time{}, p.pushes.notes.Drop(ctx, s.Feed)
	}
	if err != nil {
		return time.Time{}, err
	}
	if st.Paused || st.Gone {
		return time.Now().Add(pushesAside), nil
	}
	host := fetcher.HostKey(s.Hub)
	turn, err := p.turn(ctx, host, turnPatience, func(now time.Time) (*fetcher.Turn, time.Time) { return p.hosts.Acquire(host, now) })
	if off, ok := errors.AsType[*putOff](err); ok {
		return off.at, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	defer func() { turn.Done(time.Now()) }()
	now := time.Now().UTC()
	mine := false
	next := now.Add(confirmWait)
	err = p.changePush(ctx, s.Feed, func(in *websub.Subscription) {
		if mine = in.Key == s.Key && in.Next.Equal(s.Next); mine {
			in.Asked, in.Next = now, next
		}
	})
	if err != nil || !mine {
		return time.Time{}, err
	}
	status, answer, err := p.fetcher.Post(ctx, s.Hub, s.Request(p.cfg.WebSub.Callback))
	if ctx.Err() != nil {
		return time.Time{}, ctx.Err()
	}
	reason := ""
	switch {
	case err != nil:
		reason = err.Error()
	case status < 200 || status > 299:
		reason = fmt.Sprintf("%d %s: %.200s", status, http.StatusText(status), answer)
	default:
		return next, nil // the hub's question says how it ends
	}
	p.log.Warn("a feed's hub does not take the subscription; the feed is polled as before, and the hub is asked again", "feed", st.URL, "hub", s.Hub, "error", reason)
	err = p.changePush(ctx, s.Feed, func(in *websub.Subscription) {
		if in.Key == s.Key && !in.Asked.IsZero() {
			in.Failures++
			in.Error, in.Next = reason, p.retryTime("", in.Failures, time.Time{}, now)
			next = in.Next
		}
	})
	return next, err
}

// subscriber is the pipeline as hubs see it.
type subscriber struct{ p *pipeline }

func (h subscriber) Confirm(ctx context.Context, feed, key, topic string, lease time.Duration) (bool, error) {
	p := h.p
	s, err := p.push(ctx, feed, key)
	if err != nil || s.Topic != topic {
		return false, err
	}
	if lease == 0 {
		// No end was asked for, unless the feed is no longer subscribed to.
		_, err := p.Registry.Get(ctx, feed)
		if errors.Is(err, registry.ErrNotFound) {
			return true, nil
		}
		return false, err
	}
	now := time.Now().UTC()
	meant := false
	var until time.Time
	err = p.changePush(ctx, feed, func(s *websub.Subscription) {
		if meant = s.Key == key && (!s.Asked.IsZero() || s.Until.After(now)); meant {
			s.Confirmed(lease, time.Duration(p.cfg.Poll.Min), now)
			until = s.Until
		}
	})
	if err != nil || !meant {
		return false, err
	}
	err = p.Registry.Update(ctx, feed, func(st *feedmill.FeedState) error {
		st.PushedUntil = until
		return nil
	})
	if errors.Is(err, registry.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.log.Info("a hub sends what is new in a feed", "feed", feed, "hub", s.Hub, "until", until)
	select {
	case p.pushes.news <- struct{}{}: // for the time of its renewal
	default:
	}
	return true, nil
}

func (h subscriber) Deny(ctx context.Context, feed, key, topic, reason string) error {
	p := h.p
	s, err := p.push(ctx, feed, key)
	if err != nil {
		return err
	}
	if s.Topic != topic {
		return websub.ErrUnknown
	}
	p.log.Warn("a hub refuses a subscription; the feed is polled as before", "feed", feed, "hub", s.Hub, "reason", reason)
	now := time.Now().UTC()
	err = p.changePush(ctx, feed, func(s *websub.Subscription) {
		if s.Key != key {
			return // it was begun anew, or ended, meanwhile
		}
		s.Failures++
		s.Asked, s.Until, s.Error = time.Time{}, time.Time{}, "denied: "+reason
		s.Next = now.Add(time.Duration(p.cfg.Poll.BackoffMax))
	})
	if err != nil {
		return err
	}
	err = p.Registry.Update(ctx, feed, func(st *feedmill.FeedState) error {
		st.PushedUntil = time.Time{}
		return nil
	})
	if errors.Is(err, registry.ErrNotFound) {
		return nil
	}
	return err
}

func (h subscriber) Secret(ctx context.Context, feed, key string) (string, error) {
	s, err := h.p.push(ctx, feed, key)
	if err != nil {
		return "", err
	}
	return s.Secret, nil
}

// Deliver puts what a hub has sent on its way. The same document sent again within the streams' memory of ids is not; nor is
// what comes for a paused feed, which keeps its subscription.
func (h subscriber) Deliver(ctx context.Context, feed, contentType string, body []byte) error {
	st, err := h.p.Registry.Get(ctx, feed)
	if errors.Is(err, registry.ErrNotFound) || err == nil && st.Gone {
		return websub.ErrUnknown
	}
	if err != nil || st.Paused {
		return err
	}
	ref := st.Ref()
	page := &feedmill.Page{URL: st.URL, FinalURL: st.PollURL(), Status: http.StatusOK, FetchedAt: time.Now().UTC(), Body: body, Feed: &ref, Pushed: true}
	if contentType != "" {
		page.Header = map[string][]string{"Content-Type": {contentType}}
	}
	sum := sha256.Sum256(body)
	return h.p.Bus.Send(ctx, "push", feed+":"+hex.EncodeToString(sum[:]), func(out *bus.Outbox) { bus.Put(out, bus.FeedPages, page) })
}

func (h subscriber) Forged(feed, addr string) {
	h.p.log.Warn("a delivery without its hub's signature is passed over", "feed", feed, "from", addr)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
