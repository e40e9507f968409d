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

// feedTrial is what feeds test finds out; `feedmill schema feed-test` describes it.
type feedTrial struct {
	URL  string     `json:"url,omitempty"`
	HTTP *httpTrial `json:"http,omitempty"` // of a URL
	// Report, Feed and what follows are known where the document is a feed; Error says why it is none.
	*parser.FeedReport
	Feed  *feedmill.Feed `json:"feed,omitempty"`
	Items []itemTrial    `json:"items,omitempty"`
	// Filters counts the rules that apply to the feed, Dropped the items that they would drop.
	Filters   int          `json:"filters"`
	Dropped   int          `json:"dropped"`
	Polling   []pollCheck  `json:"polling,omitempty"` // of a URL
	Robots    []robotsRule `json:"robots,omitempty"`  // of the hosts of its articles
	NextPoll  time.Time    `json:"next_poll,omitzero"`
	Suggested []string     `json:"suggested,omitempty"` // feeds that the document names, where it is a page
	Error     string       `json:"error,omitempty"`
}

// httpTrial is what the server said.
type httpTrial struct {
	Outcome     feedmill.Outcome    `json:"outcome"`
	Status      int                 `json:"status,omitempty"`
	Reason      string              `json:"reason,omitempty"`
	Type        string              `json:"type,omitempty"`
	Protocol    string              `json:"protocol,omitempty"`
	Coding      string              `json:"coding,omitempty"` // Content-Encoding
	Sent        int64               `json:"sent"`             // bytes of the body
	Bytes       int                 `json:"bytes"`            // of it decoded
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
	GUID      string    `json:"guid,omitempty"`
	Title     string    `json:"title,omitempty"`
	Link      string    `json:"link,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	Author    string    `json:"author,omitempty"`
	Tags      []string  `json:"tags,omitempty"`
	Summary   int       `json:"summary"` // bytes of HTML
	Content   int       `json:"content"`
	Media     int       `json:"media"`
	// Rule names the filter that would drop it, Reason says why.
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func feedsTestCommand(a *app) *cobra.Command {
	var tags []string
	c := &cobra.Command{
		Use:   "test URL|FILE",
		Short: "Ask for a feed and say all about it, and store nothing",
		Long: `Ask for a feed (or read a FILE; "-" is standard input) and say what the server answered, what the feed is, what was
repaired to read it and what is odd about it, what each item gives and which the filters would drop, and whether it can be
polled well: validators, cache lifetime, compression, size, redirects, the publisher's hints, robots.txt for its articles.
A server that gave validators is asked a second time, to see whether it honours them. Nothing is stored and no daemon is
needed.

Exit code 0 says that it is a feed, however odd; 1 that it is none, or cannot be had; 2 that the command is wrong. With
-o json the output is described by 'feedmill schema feed-test'.`,
		Example: `  feedmill feeds test https://example.com/feed.xml
  feedmill feeds test --tag sport feed.xml                     # with the filters for feeds tagged sport
  feedmill feeds test feed.xml -o json | jq '.repaired, .odd'`,
		Args: exactArgs(1, "one URL or file"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.Flags().StringSliceVar(&tags, "tag", nil, "`TAG`s that the feed has, for the filters")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		t, err := a.tryFeedAt(c.Context(), cfg, args[0], tags)
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
func (a *app) tryFeedAt(ctx context.Context, cfg *config.Config, what string, tags []string) (*feedTrial, error) {
	t := &feedTrial{}
	now := time.Now()
	var page *feedmill.Page
	var k *asker
	if isURL(what) {
		k = a.asker(cfg)
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
	if err := t.read(page, cfg, tags, now); err != nil {
		return nil, err
	}
	if k != nil && t.Feed != nil {
		t.Robots = k.robots(ctx, t.Items)
		t.Polling = t.checkPolling(cfg, now)
	}
	return t, ctx.Err()
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
	h.Protocol, h.Coding, h.Sent = page.Protocol, page.HeaderValue("Content-Encoding"), page.Sent
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
		holds := k.fetch.overrides.For(&feedmill.FeedState{URL: t.URL}, t.URL)
		again, err := k.fetch.Fetch(ctx, holds.Request(fetcher.Request{URL: t.URL, Kind: fetcher.KindFeed, Validators: h.Validators}))
		if err == nil {
			h.Conditional = again.Status
		}
	}
	return page
}

// read looks at the document.
func (t *feedTrial) read(page *feedmill.Page, cfg *config.Config, tags []string, now time.Time) error {
	most := cfg.Fetch.MaxItems
	about, items, err := parser.ParseFeedOptions(page, &parser.FeedOptions{MaxItems: most + 1})
	if err != nil {
		t.Error = err.Error()
		for _, l := range parser.FeedLinks(page) {
			t.Suggested = append(t.Suggested, l.URL)
		}
		return nil
	}
	front := registry.DropFrontPages(&about, items)
	t.Feed, t.FeedReport = &about, parser.InspectFeed(page, &about, items[:min(len(items), most)])
	if len(items) > most {
		t.Odd = append(t.Odd, fmt.Sprintf("more than %d items; fetch.max_items takes the first ones", most))
		items = items[:most]
	}
	if front > 0 {
		t.Odd = append(t.Odd, fmt.Sprintf("%s to the site's front page, which is taken for none: their records are made from the feed alone", count(int64(front), "link")))
	}
	url := cmp.Or(t.URL, about.Self)
	st := feedmill.FeedState{
		ID: feedmill.FeedID(url), URL: url, Tags: tags, TTL: about.TTL, SkipHours: about.SkipHours, SkipDays: about.SkipDays, UpdatePeriod: about.UpdatePeriod,
		LastPoll: now, LastSuccess: now, Outcome: feedmill.OutcomeFetched,
	}
	rules, err := daemon.Filters(cfg)
	if err != nil {
		return err
	}
	rules = rules.For(&st)
	t.Filters = rules.Len()
	for i := range items {
		it := &items[i]
		one := itemTrial{
			ID: feedmill.ArticleID(url, it), GUID: it.GUID, Title: it.Title, Link: it.Link, Published: it.Published, Updated: it.Updated,
			Author: cmp.Or(it.Author, it.AuthorName), Tags: it.Tags, Summary: len(it.Summary), Content: len(it.Content), Media: len(it.Media) + len(it.Enclosures),
		}
		if rule, reason := rules.Drops(it); rule != nil {
			one.Rule, one.Reason = rule.Name, reason
			t.Dropped++
		}
		t.Items = append(t.Items, one)
	}
	if t.HTTP != nil {
		st.Fresh = t.HTTP.FreshUntil
	}
	overrides, _ := daemon.NewOverrides(cfg) // what is wrong with them was told
	holds := overrides.For(&st, st.URL)
	t.NextPoll = registry.Next(&st, holds.Policy(daemon.Policy(cfg)), now)
	return nil
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
		d.add("answer", strings.Join(nonEmpty(answer, h.Type, h.Protocol), ", "))
		for _, r := range h.Redirects {
			d.add("redirect", fmt.Sprintf("%d to %s", r.Status, r.To))
		}
		if h.MovedTo != "" {
			d.add("moved", "for good; it would be polled there")
		}
		d.add("not before", moment(h.RetryAt, now))
	}
	if t.Feed != nil {
		d.add("format", strings.TrimSpace(t.Format+" "+t.Version)+", "+t.Encoding+encodingFrom[t.EncodingFrom])
		d.add("title", t.Feed.Title)
		d.add("site", t.Feed.Link)
		d.add("language", t.Feed.Language)
		d.add("generator", t.Feed.Generator)
		d.add("hints", hints(t.Feed))
		d.add("hub", t.Feed.Hub)
		d.add("next poll", moment(t.NextPoll, now))
		d.add("items", strconv.Itoa(len(t.Items)))
		if t.Filters > 0 {
			d.add("filters", fmt.Sprintf("%s for this feed; %s would be dropped", count(int64(t.Filters), "rule"), count(int64(t.Dropped), "item")))
		}
		for i, text := range t.Repaired {
			d.add([]string{"repaired", ""}[min(i, 1)], text)
		}
		for i, text := range t.Odd {
			d.add([]string{"odd", ""}[min(i, 1)], text)
		}
	}
	for i, url := range t.Suggested {
		d.add([]string{"names", ""}[min(i, 1)], url)
	}
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	if len(t.Polling) > 0 {
		fmt.Fprintln(a.out)
		table := newTable("POLLING", "", "")
		for _, c := range t.Polling {
			table.add(c.What, c.Verdict, c.Text)
		}
		if err := table.write(a.out, a.term); err != nil {
			return err
		}
	}
	if len(t.Items) == 0 {
		return nil
	}
	fmt.Fprintln(a.out)
	head := []string{"PUBLISHED", "SUMMARY", "CONTENT", "MEDIA", "TITLE", "LINK"}
	if t.Dropped > 0 {
		head = slices.Insert(head, 4, "DROPPED BY")
	}
	table := newTable(head...)
	for i := range t.Items {
		it := &t.Items[i]
		published := ""
		if at := it.Published; !at.IsZero() {
			published = at.Format("2006-01-02 15:04")
		}
		row := []string{published, size(it.Summary), size(it.Content), size(it.Media), cut(it.Title, 48), it.Link}
		if t.Dropped > 0 {
			row = slices.Insert(row, 4, it.Rule)
		}
		table.add(row...)
	}
	return table.write(a.out, a.term)
}

// encodingFrom says what a feed's encoding was read from.
var encodingFrom = map[string]string{
	"bom": " by its byte-order mark", "content-type": " by the Content-Type", "declaration": " by the XML declaration", "detected": ", found out from the bytes",
}

// size is a number, "" for none.
func size(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
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
