package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

// feedTrial is what feeds test finds out.
type feedTrial struct {
	URL  string     `json:"url,omitempty"`
	HTTP *httpTrial `json:"http,omitempty"` // of a URL
	// Feed and what follows are known where the document is a feed; Error says why it is none.
	Format    string         `json:"format,omitempty"`
	Feed      *feedmill.Feed `json:"feed,omitempty"`
	Items     []itemTrial    `json:"items,omitempty"`
	Oddities  []string       `json:"oddities,omitempty"`
	NextPoll  time.Time      `json:"next_poll,omitzero"`
	Suggested []string       `json:"suggested,omitempty"` // feeds that the document names, where it is a page
	Error     string         `json:"error,omitempty"`
}

// httpTrial is what the server said.
type httpTrial struct {
	Outcome     feedmill.Outcome    `json:"outcome"`
	Status      int                 `json:"status,omitempty"`
	Reason      string              `json:"reason,omitempty"`
	Type        string              `json:"type,omitempty"`
	Bytes       int                 `json:"bytes"` // decoded
	FinalURL    string              `json:"final_url,omitempty"`
	Redirects   []feedmill.Redirect `json:"redirects,omitempty"`
	MovedTo     string              `json:"moved_to,omitempty"` // for good
	Validators  feedmill.Validators `json:"validators,omitzero"`
	FreshUntil  time.Time           `json:"fresh_until,omitzero"`
	RetryAt     time.Time           `json:"retry_at,omitzero"`
	Conditional int                 `json:"conditional,omitempty"` // the status of a second request with the validators
}

// itemTrial is what one item gives.
type itemTrial struct {
	ID        string    `json:"id"` // the article's
	Title     string    `json:"title,omitempty"`
	Link      string    `json:"link,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	Author    string    `json:"author,omitempty"`
	Summary   int       `json:"summary"` // bytes of HTML
	Content   int       `json:"content"`
	Media     int       `json:"media"`
}

func feedsTestCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "test URL|FILE",
		Short: "Ask for a feed and say all about it, and store nothing",
		Long: `Ask for a feed (or read a FILE; "-" is standard input) and say what the server answered, what the feed is, what is odd
about it, what each item gives, and when it would be polled next. A server that gave validators is asked a second time,
to see whether it honours them. Nothing is stored and no daemon is needed. Exit code 1 says that it is no feed.`,
		Example: "  feedmill feeds test https://example.com/feed.xml\n  feedmill feeds test feed.xml -o json | jq .oddities",
		Args:    exactArgs(1, "one URL or file"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		t, err := a.tryFeedAt(c.Context(), cfg, args[0])
		if err != nil {
			return err
		}
		if f.value == formJSON {
			err = encoder(a.out, true).Encode(t)
		} else {
			err = a.showFeedTrial(t, time.Now())
		}
		if err == nil && t.Error != "" {
			return errors.New(t.Error)
		}
		return err
	}
	return c
}

// tryFeedAt gets a feed document and looks at it.
func (a *app) tryFeedAt(ctx context.Context, cfg *config.Config, what string) (*feedTrial, error) {
	t := &feedTrial{}
	now := time.Now()
	var page *feedmill.Page
	if isURL(what) {
		k := a.asker(cfg)
		defer k.close()
		t.URL = what
		if page = t.ask(ctx, k, now); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	} else {
		in, err := a.openInput(what)
		if err != nil {
			return nil, fmt.Errorf("%w; want a URL with http:// or https://, or a file", err)
		}
		defer in.Close()
		body, err := readDocument(what, bufio.NewReader(in))
		if err != nil {
			return nil, err
		}
		page = documentPage(what, "", body)
		page.FetchedAt = now
	}
	if page == nil {
		t.Error = reason(what, fetcher.Verdict{Reason: t.HTTP.Reason})
		return t, nil
	}
	t.read(page, cfg, now)
	return t, nil
}

// ask asks the server for the feed, and once more with the validators that it gave. The page is nil where there is no
// document.
func (t *feedTrial) ask(ctx context.Context, k *asker, now time.Time) *feedmill.Page {
	page, v := k.get(ctx, t.URL, true)
	h := &httpTrial{Outcome: v.Outcome, Status: v.Status, Reason: v.Reason, RetryAt: v.RetryAt}
	t.HTTP = h
	if page == nil {
		return nil
	}
	h.Type, h.Bytes, h.Redirects = page.HeaderValue("Content-Type"), len(page.Body), page.Redirects
	if page.FinalURL != t.URL {
		h.FinalURL = page.FinalURL
	}
	h.MovedTo = fetcher.PermanentTarget(page)
	h.FreshUntil = fetcher.FreshUntil(page, now)
	if v.Outcome != feedmill.OutcomeFetched {
		return nil
	}
	h.Validators = fetcher.ValidatorsOf(page)
	if (h.Validators.ETag != "" || h.Validators.LastModified != "") && k.turn(ctx, t.URL) == nil {
		again, err := k.fetch.Fetch(ctx, fetcher.Request{URL: t.URL, Kind: fetcher.KindFeed, Validators: h.Validators})
		if err == nil {
			h.Conditional = again.Status
		}
	}
	return page
}

// read looks at the document.
func (t *feedTrial) read(page *feedmill.Page, cfg *config.Config, now time.Time) {
	about, items, err := parser.ParseFeed(page)
	if err != nil {
		t.Error = err.Error()
		for _, l := range parser.FeedLinks(page) {
			t.Suggested = append(t.Suggested, l.URL)
		}
		return
	}
	t.Format, t.Feed, t.Oddities = parser.FeedFormat(page), &about, parser.CheckFeed(page, &about, items)
	if len(items) > cfg.Fetch.MaxItems {
		t.Oddities = append(t.Oddities, fmt.Sprintf("%d items; fetch.max_items takes the first %d", len(items), cfg.Fetch.MaxItems))
		items = items[:cfg.Fetch.MaxItems]
	}
	url := cmp.Or(t.URL, about.Self)
	for i := range items {
		it := &items[i]
		t.Items = append(t.Items, itemTrial{
			ID: feedmill.ArticleID(url, it), Title: it.Title, Link: it.Link, Published: it.Published, Updated: it.Updated,
			Author: cmp.Or(it.Author, it.AuthorName), Summary: len(it.Summary), Content: len(it.Content), Media: len(it.Media) + len(it.Enclosures),
		})
	}
	st := feedmill.FeedState{
		ID: feedmill.FeedID(url), URL: url, TTL: about.TTL, SkipHours: about.SkipHours, SkipDays: about.SkipDays, UpdatePeriod: about.UpdatePeriod,
		LastPoll: now, LastSuccess: now, Outcome: feedmill.OutcomeFetched,
	}
	if t.HTTP != nil {
		st.Fresh = t.HTTP.FreshUntil
	}
	t.NextPoll = registry.Next(&st, daemon.Policy(cfg), now)
}

func (a *app) showFeedTrial(t *feedTrial, now time.Time) error {
	var d details
	d.add("url", t.URL)
	if h := t.HTTP; h != nil {
		answer := string(h.Outcome)
		if h.Status > 0 {
			answer = strconv.Itoa(h.Status) + " " + http.StatusText(h.Status)
		}
		if h.Bytes > 0 {
			answer += ", " + humanize.IBytes(uint64(h.Bytes))
		}
		d.add("answer", strings.Join(nonEmpty(answer, h.Type), ", "))
		for _, r := range h.Redirects {
			d.add("redirect", fmt.Sprintf("%d to %s", r.Status, r.To))
		}
		if h.MovedTo != "" {
			d.add("moved", "for good; it would be polled there")
		}
		d.add("etag", h.Validators.ETag)
		d.add("last modified", h.Validators.LastModified)
		d.add("asked again", conditional(h))
		d.add("fresh until", moment(h.FreshUntil, now))
		d.add("not before", moment(h.RetryAt, now))
	}
	if t.Feed != nil {
		d.add("format", t.Format)
		d.add("title", t.Feed.Title)
		d.add("site", t.Feed.Link)
		d.add("language", t.Feed.Language)
		d.add("generator", t.Feed.Generator)
		d.add("hints", hints(t.Feed))
		d.add("hub", t.Feed.Hub)
		d.add("next poll", moment(t.NextPoll, now))
		d.add("items", strconv.Itoa(len(t.Items)))
	}
	for i, odd := range t.Oddities {
		d.add([]string{"odd", ""}[min(i, 1)], odd)
	}
	for i, url := range t.Suggested {
		d.add([]string{"names", ""}[min(i, 1)], url)
	}
	if err := d.write(a.out, a.term); err != nil || len(t.Items) == 0 {
		return err
	}
	fmt.Fprintln(a.out)
	table := newTable("PUBLISHED", "SUMMARY", "CONTENT", "MEDIA", "TITLE", "LINK")
	for i := range t.Items {
		it := &t.Items[i]
		published := ""
		if at := it.Published; !at.IsZero() {
			published = at.Format("2006-01-02 15:04")
		}
		table.add(published, size(it.Summary), size(it.Content), size(it.Media), cut(it.Title, 48), it.Link)
	}
	return table.write(a.out, a.term)
}

// size is a number, "" for none.
func size(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// conditional says whether the server honours its validators.
func conditional(h *httpTrial) string {
	switch {
	case h.Outcome != feedmill.OutcomeFetched:
		return ""
	case h.Conditional == http.StatusNotModified:
		return "304: it honours its validators"
	case h.Conditional > 0:
		return strconv.Itoa(h.Conditional) + ": it does not honour its validators; every poll costs the whole document"
	case h.Validators.ETag == "" && h.Validators.LastModified == "":
		return "it gives no validators; every poll costs the whole document"
	}
	return ""
}

// hints are what the feed says of its own rhythm.
func hints(f *feedmill.Feed) string {
	var parts []string
	if f.TTL > 0 {
		parts = append(parts, fmt.Sprintf("ttl %d minutes", f.TTL))
	}
	if f.UpdatePeriod > 0 {
		parts = append(parts, "updated every "+(time.Duration(f.UpdatePeriod)*time.Second).String())
	}
	if len(f.SkipHours) > 0 {
		hours := slices.Clone(f.SkipHours)
		slices.Sort(hours)
		parts = append(parts, "skip hours "+strings.Trim(fmt.Sprint(hours), "[]"))
	}
	if len(f.SkipDays) > 0 {
		parts = append(parts, "skip days "+strings.Join(f.SkipDays, " "))
	}
	return strings.Join(parts, ", ")
}
