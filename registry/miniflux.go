package registry

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// minifluxFeed is what the API of Miniflux says of a feed, as far as it means something here (GET /v1/feeds).
type minifluxFeed struct {
	FeedURL       string `json:"feed_url"`
	Title         string `json:"title"`
	ScraperRules  string `json:"scraper_rules"`
	RewriteRules  string `json:"rewrite_rules"`
	URLRewrite    string `json:"urlrewrite_rules"`
	Blocklist     string `json:"blocklist_rules"`
	Keeplist      string `json:"keeplist_rules"`
	BlockEntries  string `json:"block_filter_entry_rules"`
	KeepEntries   string `json:"keep_filter_entry_rules"`
	UserAgent     string `json:"user_agent"`
	Cookie        string `json:"cookie"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	Disabled      bool   `json:"disabled"`
	Crawler       bool   `json:"crawler"`
	ViaProxy      bool   `json:"fetch_via_proxy"`
	ProxyURL      string `json:"proxy_url"`
	SelfSigned    bool   `json:"allow_self_signed_certificates"`
	IgnoreUpdates bool   `json:"ignore_entry_updates"`
	Category      *struct {
		Title string `json:"title"`
	} `json:"category"`
}

// minifluxUser is what it says of the user (GET /v1/me): rules that hold for all feeds.
type minifluxUser struct {
	BlockEntries string `json:"block_filter_entry_rules"`
	KeepEntries  string `json:"keep_filter_entry_rules"`
}

// Left is something of a feed that was not taken over. It holds no login.
type Left struct {
	URL  string // of the feed
	What string // in a few words, the same for all feeds of which it is left
	Next string // what to do about it
	// Login says that it is a login or cookie, which somebody has to write down for the feed to be read.
	Login bool
}

// ReadMiniflux reads what the API of Miniflux answers: feeds of GET /v1/feeds, user of GET /v1/me, nil where that is not to be
// had. Categories become tags, the crawler flag full text on or off, the rules that block and keep entries filters; disabled feeds
// are paused. From is what the settings say of where they are from. Logins are not taken over; that, and what has no counterpart
// here, is told.
func ReadMiniflux(feeds, user []byte, from string) ([]Subscription, []Left, error) {
	var all []minifluxFeed
	if err := json.Unmarshal(feeds, &all); err != nil {
		return nil, nil, fmt.Errorf("read the feeds of Miniflux: %w", jsonShape(err))
	}
	var me minifluxUser
	if len(user) > 0 {
		if err := json.Unmarshal(user, &me); err != nil {
			return nil, nil, fmt.Errorf("read the user of Miniflux: %w", jsonShape(err))
		}
	}
	var list merged
	var left []Left
	for i := range all {
		f := &all[i]
		feedURL, login := withoutLogin(f.FeedURL)
		var tags []string
		if f.Category != nil {
			tags = append(tags, f.Category.Title)
		}
		list.add(feedURL, strings.Join(strings.Fields(f.Title), " "), tags)
		sub := &list.subs[list.at[feedURL]]
		if sub.Settings != nil {
			continue // it stands there twice
		}
		leave := func(isLogin bool, what, next string) { left = append(left, Left{feedURL, what, next, isLogin}) }
		s := &feedmill.Settings{FullText: feedmill.Off, From: from}
		if f.Crawler {
			s.FullText = feedmill.On
		}
		if agent := strings.TrimSpace(f.UserAgent); agent != "" && Set(s, "user_agent", agent) != nil {
			leave(false, "user agent", "it is no printable ASCII")
		}
		s.Filters = f.filters(&me, leave)
		sub.Settings, sub.Paused = s, f.Disabled
		if login || f.Username != "" || f.Password != "" {
			leave(true, "user and password", "")
		}
		if f.Cookie != "" {
			leave(true, "cookie", "")
		}
		if f.ScraperRules != "" {
			leave(false, "scraper rules", "feedmill reads pages by rules of its own; where they fail write a site rule (feedmill rules new)")
		}
		if f.RewriteRules != "" || f.URLRewrite != "" {
			leave(false, "rewrite rules", "there is no counterpart")
		}
		if f.ViaProxy || f.ProxyURL != "" {
			leave(false, "a proxy for this feed alone", "fetch.proxy is for all feeds")
		}
		if f.SelfSigned {
			leave(false, "self-signed certificates", "certificates are always checked")
		}
		if f.IgnoreUpdates {
			leave(false, "updates of entries are ignored there", "they become revisions here")
		}
	}
	return list.subs, left, nil
}

// jsonShape is an error of JSON without what may be quoted of its text.
func jsonShape(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is of the JSON type %s", cmp.Or(e.Field, "the whole"), e.Value)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("this is not JSON from byte %d on", e.Offset)
	}
	return err
}

// urlStart is what stands before the authority of a URL, also of one that is not well written.
var urlStart = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:[/\\]+|[/\\]*)`)

// withoutLogin takes user and password out of a URL. It goes by the text: a URL that cannot be parsed may have them too, and
// is told as it stands then.
func withoutLogin(raw string) (clean string, login bool) {
	raw = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.TrimSpace(raw))
	start := urlStart.FindString(raw)
	rest := raw[len(start):]
	authority := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	clean = start + rest[at+1:]
	if _, err := cleanURL(clean); err != nil {
		if last := strings.LastIndexByte(rest, '@'); last > at { // a password with a slash, it seems
			at, clean = last, start+rest[last+1:]
		}
	}
	return clean, at >= 0
}

// minifluxFields are the kinds of entry rules that have a counterpart here.
var minifluxFields = map[string]string{"EntryTitle": FieldTitle, "EntryURL": FieldURL, "EntryAuthor": FieldAuthor, "EntryTag": FieldCategory}

// filters translates the rules of a feed and of its user. Miniflux blocks an entry that a block rule matches, and where
// there are keep rules, all that none of them matches; of the feed's old expressions, which look at URL, title, author and
// tags, the one that keeps counts only without keep rules. An expression that is none is passed over there.
func (f *minifluxFeed) filters(me *minifluxUser, leave func(isLogin bool, what, next string)) []feedmill.ItemFilter {
	var all []feedmill.ItemFilter
	const unknown = "rules over content, date or comments"
	add := func(action string, rules []entryRule) bool {
		good := true
		for _, r := range rules {
			field, known := minifluxFields[r.kind]
			switch _, err := regexp.Compile(r.value); {
			case !known:
				leave(false, action+" "+unknown, "filters look at title, URL, category and author")
				good = false
			case err != nil:
				leave(false, action+" rules that are no regular expressions", "Miniflux passes over them too")
			default:
				all = append(all, feedmill.ItemFilter{Field: field, Match: r.value, Action: action})
			}
		}
		return good
	}
	anyField := func(action, expression string) {
		if _, err := regexp.Compile(expression); err != nil {
			leave(false, action+" rules that are no regular expressions", "Miniflux passes over them too")
			return
		}
		for _, field := range []string{FieldURL, FieldTitle, FieldAuthor, FieldCategory} {
			all = append(all, feedmill.ItemFilter{Field: field, Match: expression, Action: action})
		}
	}
	add(ActionDrop, entryRules(me.BlockEntries, f.BlockEntries))
	if f.Blocklist != "" {
		anyField(ActionDrop, f.Blocklist)
	}
	keep := entryRules(me.KeepEntries, f.KeepEntries)
	switch {
	case len(keep) > 0:
		before := len(all)
		if !add(ActionKeep, keep) {
			all = all[:before] // a part of the rules would keep less than all of them
		}
	case f.Keeplist != "":
		anyField(ActionKeep, f.Keeplist)
	}
	if len(all) > maxFilters {
		leave(false, "rules", fmt.Sprintf("there are more than %d", maxFilters))
		return nil
	}
	return all
}

// entryRule is one line of Miniflux's entry rules, such as EntryTitle=(?i)sponsored.
type entryRule struct{ kind, value string }

func entryRules(texts ...string) []entryRule {
	var all []entryRule
	for _, text := range texts {
		for line := range strings.Lines(text) {
			kind, value, ok := strings.Cut(strings.TrimSpace(line), "=")
			if rule := (entryRule{strings.TrimSpace(kind), strings.TrimSpace(value)}); ok && !slices.Contains(all, rule) {
				all = append(all, rule)
			}
		}
	}
	return all
}
