package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/registry"
)

// Overrides say what holds for single feeds, tags and hosts in the place of what holds for all: settings in the
// configuration, and what was set for a feed itself. They do not change.
type Overrides struct {
	cfg     *config.Config
	secrets *config.Secrets
	ready   map[string]*fetcher.Secret
}

// NewOverrides reads the settings and secrets of a configuration that was validated.
func NewOverrides(cfg *config.Config) (*Overrides, error) {
	secrets, err := cfg.OpenSecrets()
	errs := []error{err}
	o := &Overrides{cfg: cfg, secrets: secrets, ready: map[string]*fetcher.Secret{}}
	for _, name := range secrets.Names() {
		s, err := secrets.Get(name)
		if err != nil {
			continue
		}
		if o.ready[name], err = fetcher.NewSecret(name, s.Fields()); err != nil {
			errs = append(errs, fmt.Errorf("%s: secret %s: %w", s.From(), name, err))
		}
	}
	return o, errors.Join(errs...)
}

// secret returns the secret of a name, nil where there is none.
func (o *Overrides) secret(name string) *fetcher.Secret {
	if s := o.ready[name]; s != nil || o.secrets == nil {
		return s
	}
	if s, err := o.secrets.Get(name); err == nil { // of the environment, under another spelling
		if secret, err := fetcher.NewSecret(name, s.Fields()); err == nil {
			return secret
		}
	}
	return nil
}

// Applied is what holds for one feed, or for one page of it.
type Applied struct {
	// Interval and MinInterval are 0 where nothing special holds.
	Interval, MinInterval time.Duration
	UserAgent             string
	// Secret goes with the request, nil for none. Withheld is the name of one that is wanted and cannot be sent, and Why says
	// why not.
	Secret        *fetcher.Secret
	Withheld, Why string
	FullText      bool
	Renderer      bool
	Revisit       []config.Duration
	// Rules is the name of a site rule, "" for that of the page's host.
	Rules string
	// Said are the keys that are not as for all, with where they were said.
	Said []Said
}

// Said is one setting that holds for a feed.
type Said struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// For returns what holds for a request: the feed's own where url is its poll URL, else that of a page of the feed.
func (o *Overrides) For(st *feedmill.FeedState, rawURL string) Applied {
	a := Applied{FullText: o.cfg.Fetch.Articles, Revisit: o.cfg.Fetch.Revisit}
	if st.Settings == nil && len(o.cfg.Settings)+len(o.cfg.Fetch.RevisitOff)+len(o.cfg.Fetch.RendererFor) == 0 {
		return a
	}
	host := hostOf(rawURL)
	if len(o.cfg.Fetch.RevisitOff) > 0 && chosen(o.cfg.Fetch.RevisitOff, st, host).any() {
		a.Revisit = nil
		a.say("revisit", "off", "fetch.revisit_off")
	}
	if len(o.cfg.Fetch.RendererFor) > 0 && o.cfg.Fetch.Renderer != "" && chosen(o.cfg.Fetch.RendererFor, st, host).any() {
		a.Renderer = true
		a.say("renderer", "on", "fetch.renderer_for")
	}
	secret, secretBy := "", ways{}
	for i := range o.cfg.Settings {
		s := &o.cfg.Settings[i]
		by := chosen(s.For, st, host)
		if !by.any() {
			continue
		}
		from := fmt.Sprintf("settings[%d]", i)
		if place := o.cfg.Origin(from); strings.Contains(place, ":") {
			from += " at " + place
		}
		if s.Interval > 0 {
			a.Interval, a.MinInterval = time.Duration(s.Interval), 0
			a.unsay("min_interval")
			a.say("interval", s.Interval.String(), from)
		}
		if s.MinInterval > 0 {
			a.Interval, a.MinInterval = 0, time.Duration(s.MinInterval)
			a.unsay("interval")
			a.say("min_interval", s.MinInterval.String(), from)
		}
		if s.Secret != "" {
			secret, secretBy = s.Secret, by
			a.say("secret", s.Secret, from)
		}
		if s.Revisit != nil {
			a.Revisit = s.Revisit
			a.say("revisit", revisitText(s.Revisit), from)
		}
		a.words(s.UserAgent, feedmill.Switch(s.FullText), feedmill.Switch(s.Renderer), s.Rules, from)
	}
	if own := st.Settings; own != nil {
		from := "set by hand"
		if own.From != "" {
			from = own.From
		}
		if own.Interval > 0 {
			a.Interval, a.MinInterval = time.Duration(own.Interval)*time.Second, 0
			a.unsay("min_interval")
			a.say("interval", config.Duration(a.Interval).String(), from)
		} else if own.MinInterval > 0 {
			a.Interval, a.MinInterval = 0, time.Duration(own.MinInterval)*time.Second
			a.unsay("interval")
			a.say("min_interval", config.Duration(a.MinInterval).String(), from)
		}
		if own.Secret != "" {
			secret, secretBy = own.Secret, ways{feed: true}
			a.say("secret", own.Secret, from)
		}
		switch own.Revisit {
		case feedmill.Off:
			a.Revisit = nil
			a.say("revisit", "off", from)
		case feedmill.On:
			a.Revisit = o.cfg.Fetch.Revisit
			a.say("revisit", revisitText(a.Revisit), from)
		}
		a.words(own.UserAgent, own.FullText, own.Renderer, own.Rules, from)
		for i, f := range own.Filters {
			a.Said = append(a.Said, Said{fmt.Sprintf("filters[%d]", i), fmt.Sprintf("%s where the %s matches %q", f.Action, f.Field, f.Match), from})
		}
	}
	if o.cfg.Fetch.Renderer == "" {
		a.Renderer = false
	}
	o.choose(&a, secret, secretBy, st.URL, rawURL)
	return a
}

// words takes the settings that the configuration and a feed's own have in one form.
func (a *Applied) words(userAgent string, fullText, renderer feedmill.Switch, rules, from string) {
	if userAgent != "" {
		a.UserAgent = userAgent
		a.say("user_agent", userAgent, from)
	}
	if fullText != "" {
		a.FullText = fullText == feedmill.On
		a.say("full_text", string(fullText), from)
	}
	if renderer != "" {
		a.Renderer = renderer == feedmill.On
		a.say("renderer", string(renderer), from)
	}
	if rules != "" {
		a.Rules = rules
		a.say("rules", rules, from)
	}
}

// choose decides whether a secret goes with a request. That of a feed goes to the host and port of the feed's URL alone,
// that of a host to it over https, or to this machine; where it is of both, either way will do.
func (o *Overrides) choose(a *Applied, name string, by ways, feedURL, rawURL string) {
	if name == "" {
		return
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return
	}
	secret := o.secret(name)
	switch {
	case secret == nil:
		a.Withheld, a.Why = name, "there is none of that name"
	case by.host && (strings.EqualFold(u.Scheme, "https") || IsLoopback(u.Hostname())), by.feed && fetcher.SameParty(feedURL, rawURL):
		a.Secret = secret
	case by.host:
		a.Withheld, a.Why = name, "a secret of a host goes over https alone"
	default:
		a.Withheld, a.Why = name, "it is for the host of the feed's URL alone"
	}
}

func (a *Applied) say(key, value, from string) {
	a.unsay(key)
	a.Said = append(a.Said, Said{key, value, from})
}

// said is the value of a setting that is not as for all, "" where it is.
func (a *Applied) said(key string) string {
	for _, s := range a.Said {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func (a *Applied) unsay(key string) {
	a.Said = slices.DeleteFunc(a.Said, func(s Said) bool { return s.Key == key })
}

func revisitText(times []config.Duration) string {
	if len(times) == 0 {
		return "off"
	}
	var parts []string
	for _, t := range times {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, ", ")
}

// ways are those in which a list names a page or a feed: the feed, by its URL or a tag, or the host.
type ways struct{ feed, host bool }

func (w ways) any() bool { return w.feed || w.host }

// chosen tells in which ways a list names a page, or the feed itself: by its host or a domain above it, by the feed's URL or
// a tag of it. The order of the list means nothing.
func chosen(list []string, st *feedmill.FeedState, host string) ways {
	var by ways
	for _, s := range list {
		if name := strings.ToLower(s); host != "" && (host == name || strings.HasSuffix(host, "."+name)) {
			by.host = true
		}
		if s == st.URL || registry.HasTag(st, s) {
			by.feed = true
		}
	}
	return by
}

func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// IsLoopback tells whether a host of a URL is this machine, by its address or as localhost.
func IsLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || strings.EqualFold(host, "localhost")
}

// Request is a request under what holds.
func (a *Applied) Request(r fetcher.Request) fetcher.Request {
	r.UserAgent, r.Secret = a.UserAgent, a.Secret
	return r
}

// Judge is fetcher.Judge with what is to be said of a secret.
func (a *Applied) Judge(r fetcher.Request, page *feedmill.Page, err error, now time.Time) fetcher.Verdict {
	v := fetcher.JudgeLogin(fetcher.Judge(r.Kind, page, err, now), r, page)
	if a.Withheld != "" && (v.Status == http.StatusUnauthorized || v.Status == http.StatusForbidden) {
		v.Reason += fmt.Sprintf("; the secret %q was not sent: %s", a.Withheld, a.Why)
	}
	return v
}

// alone tells whether a document that was had under these settings may be another for somebody else.
func (a *Applied) alone() bool { return a.Secret != nil || a.UserAgent != "" }

// next is when a feed is polled next, by what holds for it.
func (p *pipeline) next(st *feedmill.FeedState, now time.Time) time.Time {
	a := p.overrides.Load().For(st, st.PollURL())
	return registry.Next(st, a.Policy(p.policy), now)
}

// SetOverrides makes the settings and secrets of a configuration count, from the next request.
func (c *Client) SetOverrides(cfg *config.Config) error {
	o, err := NewOverrides(cfg)
	if err != nil {
		return err
	}
	c.overrides.Store(o)
	return nil
}

const (
	// ownFor is how long a feed's tags and settings are taken for what they were when they were last read.
	ownFor = 2 * time.Second
	maxOwn = 1 << 14
)

// own remembers the tags and settings of feeds whose pages are fetched, since pages of a feed come together.
type own struct {
	mu    sync.Mutex
	feeds map[string]ownState
}

type ownState struct {
	st feedmill.FeedState
	at time.Time
}

// forPage is what holds for a page of a feed.
func (p *pipeline) forPage(ctx context.Context, feed *feedmill.FeedRef, rawURL string) (Applied, error) {
	now := time.Now()
	p.own.mu.Lock()
	known, ok := p.own.feeds[feed.ID]
	p.own.mu.Unlock()
	if !ok || now.Sub(known.at) >= ownFor {
		st, err := p.Registry.Get(ctx, feed.ID)
		if errors.Is(err, registry.ErrNotFound) {
			st = feedmill.FeedState{ID: feed.ID, URL: feed.URL} // removed meanwhile
		} else if err != nil {
			return Applied{}, err
		}
		known = ownState{feedmill.FeedState{ID: st.ID, URL: st.URL, Tags: st.Tags, Settings: st.Settings}, now}
		p.own.mu.Lock()
		if p.own.feeds == nil || len(p.own.feeds) >= maxOwn {
			p.own.feeds = map[string]ownState{}
		}
		p.own.feeds[feed.ID] = known
		p.own.mu.Unlock()
	}
	return p.overrides.Load().For(&known.st, rawURL), nil
}
