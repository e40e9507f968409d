package parser

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/feedmill/feedmill"
)

// looksLikeJSONFeed tells a JSON Feed by the names it begins with: its version URL, or items with what items hold.
func looksLikeJSONFeed(text string) bool {
	head := text[:min(len(text), sniffLength)]
	if strings.Contains(head, "jsonfeed.org/version") || strings.Contains(head, `jsonfeed.org\/version`) {
		return true
	}
	return strings.Contains(head, `"items"`) && (strings.Contains(head, `"content_html"`) || strings.Contains(head, `"content_text"`) ||
		strings.Contains(head, `"home_page_url"`) || strings.Contains(head, `"feed_url"`))
}

// jsonText is a string, or what publishers write in place of one: a number is its digits, anything else is "".
type jsonText string

// UnmarshalJSON never fails: a member of the wrong kind must not cost the feed.
func (t *jsonText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = jsonText(repairText(s))
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil {
		*t = jsonText(n.String())
	}
	return nil
}

func (t jsonText) String() string { return strings.TrimSpace(string(t)) }

// jsonList is an array whose members of the wrong kind are left out; anything else is empty.
type jsonList[T any] []T

// UnmarshalJSON never fails, see jsonText.
func (l *jsonList[T]) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	if json.Unmarshal(b, &raw) != nil {
		return nil
	}
	for _, r := range raw {
		var v T
		if json.Unmarshal(r, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// jsonMember is an object that is left out where something else stands in its place.
type jsonMember[T any] struct{ value *T }

// UnmarshalJSON never fails, see jsonText.
func (m *jsonMember[T]) UnmarshalJSON(b []byte) error {
	v := new(T)
	if len(b) > 0 && b[0] == '{' && json.Unmarshal(b, v) == nil {
		m.value = v
	}
	return nil
}

type jsonAuthor struct {
	Name jsonText `json:"name"`
	URL  jsonText `json:"url"`
}

type jsonHub struct {
	Type jsonText `json:"type"`
	URL  jsonText `json:"url"`
}

type jsonAttachment struct {
	URL      jsonText `json:"url"`
	MimeType jsonText `json:"mime_type"`
	Size     jsonText `json:"size_in_bytes"`
}

type jsonItem struct {
	ID            jsonText                 `json:"id"`
	URL           jsonText                 `json:"url"`
	ExternalURL   jsonText                 `json:"external_url"`
	Title         jsonText                 `json:"title"`
	ContentHTML   jsonText                 `json:"content_html"`
	ContentText   jsonText                 `json:"content_text"`
	Summary       jsonText                 `json:"summary"`
	Image         jsonText                 `json:"image"`
	BannerImage   jsonText                 `json:"banner_image"`
	DatePublished jsonText                 `json:"date_published"`
	DateModified  jsonText                 `json:"date_modified"`
	Author        jsonMember[jsonAuthor]   `json:"author"`
	Authors       jsonList[jsonAuthor]     `json:"authors"`
	Tags          jsonList[jsonText]       `json:"tags"`
	Attachments   jsonList[jsonAttachment] `json:"attachments"`
}

type jsonFeed struct {
	Title       jsonText
	HomePageURL jsonText
	FeedURL     jsonText
	Description jsonText
	NextURL     jsonText
	Icon        jsonText
	Favicon     jsonText
	Language    jsonText
	Author      jsonMember[jsonAuthor]
	Authors     jsonList[jsonAuthor]
	Hubs        jsonList[jsonHub]
}

// member returns where a member of the feed object is read into; nil for one that is not read.
func (f *jsonFeed) member(name string) any {
	switch name {
	case "title":
		return &f.Title
	case "home_page_url":
		return &f.HomePageURL
	case "feed_url":
		return &f.FeedURL
	case "description":
		return &f.Description
	case "next_url":
		return &f.NextURL
	case "icon":
		return &f.Icon
	case "favicon":
		return &f.Favicon
	case "language":
		return &f.Language
	case "author":
		return &f.Author
	case "authors":
		return &f.Authors
	case "hubs":
		return &f.Hubs
	}
	return nil
}

// readJSON reads JSON Feed 1.0 and 1.1 (jsonfeed.org). It reads member by member rather than the document at once, as
// gofeed does, so that one that breaks off keeps its whole items, and hubs are not lost.
func (r *feedReader) readJSON(doc string, maxItems int) (feedmill.Feed, []feedmill.Item, error) {
	var in jsonFeed
	var items []feedmill.Item
	dec := json.NewDecoder(strings.NewReader(doc))
	if _, err := dec.Token(); err != nil {
		return feedmill.Feed{}, nil, feedmill.Permanent(string(feedmill.OutcomeNotFeed), fmt.Errorf("read JSON feed: %w", err))
	}
	var err error
	for err == nil && dec.More() {
		var name json.Token
		if name, err = dec.Token(); err != nil {
			break
		}
		if name == "items" {
			items, err = r.readJSONItems(dec, maxItems)
			continue
		}
		dst := in.member(fmt.Sprint(name))
		if dst == nil {
			dst = new(json.RawMessage)
		}
		err = dec.Decode(dst)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && len(items) == 0 {
		return feedmill.Feed{}, nil, feedmill.Permanent(string(feedmill.OutcomeNotFeed),
			fmt.Errorf("read JSON feed: %w; no item could be read, look at the document with a JSON checker", err))
	}
	f := r.jsonFeed(&in)
	if err == nil {
		_, err = dec.Token() // the end of the object
	}
	f.Truncated = err != nil
	return f, items, nil
}

// readJSONItems reads the array of items. What was read stays when an error ends it.
func (r *feedReader) readJSONItems(dec *json.Decoder, maxItems int) ([]feedmill.Item, error) {
	tok, err := dec.Token()
	if err != nil || tok != json.Delim('[') {
		if tok == json.Delim('{') {
			err = fmt.Errorf("items is an object, not an array")
		}
		return nil, err
	}
	var items []feedmill.Item
	for dec.More() {
		var it jsonMember[jsonItem]
		if err := dec.Decode(&it); err != nil {
			return items, err
		}
		if it.value != nil && len(items) < maxItems {
			items = append(items, r.jsonItem(it.value))
		}
	}
	_, err = dec.Token()
	return items, err
}

func (r *feedReader) jsonFeed(in *jsonFeed) feedmill.Feed {
	f := feedmill.Feed{
		Title:    cleanLine(in.Title.String()),
		Link:     feedLink(in.HomePageURL.String(), r.base),
		Subtitle: cleanLine(in.Description.String()),
		Language: feedLanguage(cmp.Or(in.Language.String(), r.language)),
		Image:    cmp.Or(feedLink(in.Icon.String(), r.base), feedLink(in.Favicon.String(), r.base)),
		Self:     feedLink(in.FeedURL.String(), r.base),
		Next:     feedLink(in.NextURL.String(), r.base),
	}
	f.Author, f.AuthorName, f.AuthorEmail = jsonAuthors(in.Author, in.Authors)
	for _, h := range in.Hubs {
		if strings.EqualFold(h.Type.String(), "websub") || h.Type == "" || f.Hub == "" {
			if u := feedLink(h.URL.String(), r.base); u != "" {
				f.Hub = u
			}
		}
	}
	return f
}

func (r *feedReader) jsonItem(in *jsonItem) feedmill.Item {
	it := feedmill.Item{
		GUID:    in.ID.String(),
		Title:   cleanLine(in.Title.String()),
		Link:    cmp.Or(feedLink(in.URL.String(), r.base), feedLink(in.ExternalURL.String(), r.base)),
		Summary: sanitizeHTML(html.EscapeString(in.Summary.String()), r.base),
		Base:    urlString(r.base),
	}
	if it.Link == "" && isWebURL(it.GUID) {
		it.Link = feedLink(it.GUID, r.base)
	}
	if in.ContentHTML != "" {
		it.Content = sanitizeHTML(repairMarkup(in.ContentHTML.String()), r.base)
	} else {
		it.Content = sanitizeHTML(textParagraphs(in.ContentText.String()), r.base)
	}
	it.Published, it.PublishedRaw = r.dateOf(in.DatePublished.String())
	it.Updated, it.UpdatedRaw = r.dateOf(in.DateModified.String())
	it.Author, it.AuthorName, it.AuthorEmail = jsonAuthors(in.Author, in.Authors)
	for _, t := range in.Tags {
		if t := cleanLine(t.String()); t != "" {
			it.Tags = addTag(it.Tags, html.EscapeString(t))
		}
	}
	for _, a := range in.Attachments {
		it.Enclosures = addEnclosure(it.Enclosures, feedLink(a.URL.String(), r.base), a.MimeType.String(), a.Size.String())
	}
	var c mediaCollector
	c.one(feedLink(in.Image.String(), r.base), "image", mediaNote{})
	c.one(feedLink(in.BannerImage.String(), r.base), "image", mediaNote{})
	it.Media = c.out
	return it
}

// jsonAuthors joins the authors of version 1.1, or takes the one of version 1.0.
func jsonAuthors(one jsonMember[jsonAuthor], list []jsonAuthor) (author, name, email string) {
	if len(list) == 0 && one.value != nil {
		list = []jsonAuthor{*one.value}
	}
	var names []string
	for _, a := range list {
		if n := cleanLine(a.Name.String()); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", "), firstOf(names), ""
}

// textParagraphs is plain text as HTML: blank lines part paragraphs.
func textParagraphs(s string) string {
	if s == "" {
		return ""
	}
	var b strings.Builder
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}
