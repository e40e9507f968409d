package parser

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// The kinds of values that expectations are compared with.
type (
	// plainField is a title or name. We keep plain text where the suite has HTML, so the text of that is compared.
	plainField string
	// htmlField is a summary or content: equal when it parses to the same HTML as the one expected, or holds it as text.
	htmlField string
	// harmlessField is the same, held to its text, its links and its pictures only.
	harmlessField string
	// exactField is a link, an id, a type.
	exactField string
	// dateField is a date as it is stated, or in UTC.
	dateField struct {
		raw string
		at  time.Time
	}
)

func (f plainField) equals(want any) bool {
	s, ok := want.(string)
	return ok && (string(f) == cleanLine(s) || string(f) == plainText(s))
}

func (f htmlField) equals(want any) bool {
	s, ok := want.(string)
	return ok && (canonicalHTML(string(f)) == canonicalHTML(s) || canonicalHTML(string(f)) == canonicalHTML(html.EscapeString(s)))
}

func (f harmlessField) equals(want any) bool {
	s, ok := want.(string)
	return ok && plainText(string(f)) == plainText(s) && slices.Equal(linksOf(string(f)), linksOf(s))
}

// linksOf lists where a fragment's links and pictures lead.
func linksOf(fragment string) []string {
	var out []string
	z := html.NewTokenizer(strings.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		for _, a := range z.Token().Attr {
			if (a.Key == "href" || a.Key == "src") && isWebURL(a.Val) {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// activeContent says what in a feed could do anything but be read; "" where nothing can.
func activeContent(f *feedmill.Feed, items []feedmill.Item) string {
	for _, s := range []string{f.Link, f.Image, f.Hub, f.Self, f.Next} {
		if s != "" && !isWebURL(s) {
			return "URL " + s
		}
	}
	for i := range items {
		it := &items[i]
		for _, s := range append(linksOf(it.Content), it.Link, it.Base) {
			if s != "" && !isWebURL(s) {
				return "URL " + s
			}
		}
		for _, fragment := range []string{it.Summary, it.Content} {
			if s := activeMarkup(fragment); s != "" {
				return s
			}
		}
	}
	return ""
}

var passiveScheme = regexp.MustCompile(`(?i)^(?:https?|mailto|tel):`)

// activeMarkup says what in a fragment could do anything but be read; "" where nothing can. It looks at the tree that a
// browser would make of it, or, where that is too deep for the parser, at the tags.
func activeMarkup(fragment string) string {
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		z := html.NewTokenizer(strings.NewReader(fragment))
		for z.Next() != html.ErrorToken {
			if t := z.Token(); t.Type != html.TextToken {
				if s := activeTag(t.Data, t.Attr); s != "" {
					return s
				}
			}
		}
		return ""
	}
	for _, root := range nodes {
		for n := range root.Descendants() {
			if s := activeNode(n); s != "" {
				return s
			}
		}
		if s := activeNode(root); s != "" {
			return s
		}
	}
	return ""
}

func activeNode(n *html.Node) string {
	switch n.Type {
	case html.CommentNode, html.DoctypeNode:
		return "comment " + n.Data
	case html.ElementNode:
		return activeTag(n.Data, n.Attr)
	}
	return ""
}

func activeTag(name string, attrs []html.Attribute) string {
	switch strings.ToLower(name) {
	case "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "textarea", "select",
		"link", "meta", "base", "template", "noscript", "noembed", "xmp", "plaintext", "foreignobject", "use", "animate", "set",
		"handler", "audio", "video", "source", "bgsound", "annotation-xml", "maction", "image", "feimage":
		return "element " + name
	}
	for _, a := range attrs {
		key := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(key, "on"), key == "style", key == "srcdoc", key == "action", key == "formaction", key == "background", key == "id", key == "name":
			return "attribute " + a.Key
		case key == "href" || key == "src" || key == "cite" || strings.HasPrefix(key, "xlink:") || a.Namespace == "xlink":
			if !passiveScheme.MatchString(a.Val) {
				return "URL " + a.Val
			}
		case strings.Contains(a.Val, "url(") || strings.Contains(strings.ToLower(a.Val), "javascript:") && key != "alt" && key != "title":
			return "value " + a.Val
		}
	}
	return ""
}

func (f exactField) equals(want any) bool { return want == any(string(f)) }

func (f dateField) equals(want any) bool {
	switch want := want.(type) {
	case string:
		at, ok := parseFeedDate(want, time.Now())
		return f.raw == cleanLine(want) || ok && at.Equal(f.at)
	case []any: // Python's time tuple; only the six first members are the time
		if len(want) < 6 || f.at.IsZero() {
			return false
		}
		u := f.at.UTC()
		return slices.Equal(want[:6], []any{u.Year(), int(u.Month()), u.Day(), u.Hour(), u.Minute(), u.Second()})
	}
	return false
}

func (f plainField) empty() bool    { return f == "" }
func (f htmlField) empty() bool     { return f == "" }
func (f harmlessField) empty() bool { return f == "" }
func (f exactField) empty() bool    { return f == "" }
func (f dateField) empty() bool     { return f.raw == "" && f.at.IsZero() }

// canonicalHTML is a fragment as a tree written in one form: attributes in order, white space as one space, none at the
// ends of the fragment.
func canonicalHTML(fragment string) string {
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return fragment
	}
	var b bytes.Buffer
	var tidy func(n *html.Node)
	tidy = func(n *html.Node) {
		slices.SortFunc(n.Attr, func(x, y html.Attribute) int { return strings.Compare(x.Namespace+x.Key, y.Namespace+y.Key) })
		if n.Type == html.TextNode {
			n.Data = strings.Join(strings.Fields(" x"+n.Data+"x "), " ")
			n.Data = strings.TrimSuffix(strings.TrimPrefix(n.Data, "x"), "x")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			tidy(c)
		}
	}
	for _, n := range nodes {
		tidy(n)
		if err := html.Render(&b, n); err != nil {
			return fragment
		}
	}
	return strings.TrimSpace(b.String())
}

var fieldIndex = regexp.MustCompile(`\[(\d+)\]`)

// feedLookup gives the suite's values of a feed that we read.
func feedLookup(feed *feedmill.Feed, items []feedmill.Item) func(string) (any, error) {
	return func(name string) (any, error) {
		var index []int
		for _, m := range fieldIndex.FindAllStringSubmatch(name, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			index = append(index, n)
		}
		name = fieldIndex.ReplaceAllString(name, "[]")
		if name == "entries" {
			return make([]any, len(items)), nil
		}
		if field, ok := strings.CutPrefix(name, "feed."); ok {
			return feedField(feed, field, append(index, 0)[0])
		}
		field, ok := strings.CutPrefix(name, "entries[].")
		if !ok || len(index) == 0 {
			return nil, errUnmapped
		}
		it := new(feedmill.Item)
		if index[0] < len(items) {
			it = &items[index[0]]
		}
		return itemField(it, field, append(index, 0)[1])
	}
}

// feedField is the counterpart of the suite's field of a feed, n the index in it.
func feedField(f *feedmill.Feed, name string, n int) (any, error) {
	switch name {
	case "title", "title_detail.value":
		return plainField(f.Title), nil
	case "subtitle", "tagline", "description", "subtitle_detail.value", "tagline_detail.value", "description_detail.value":
		return plainField(f.Subtitle), nil
	case "rights", "copyright", "rights_detail.value", "copyright_detail.value":
		return plainField(f.Rights), nil
	case "link":
		return exactField(f.Link), nil
	case "language":
		return exactField(f.Language), nil
	case "generator", "generator_detail.name":
		return plainField(f.Generator), nil
	case "image.href", "image.url", "logo":
		return exactField(f.Image), nil
	case "image.title":
		return plainField(f.ImageTitle), nil
	case "ttl":
		return exactField(strconv.Itoa(f.TTL)), nil
	case "updated", "updated_parsed", "modified", "modified_parsed":
		return dateField{at: f.Updated}, nil
	case "published", "published_parsed":
		return dateField{at: f.Published}, nil
	case "author":
		return plainField(f.Author), nil
	case "author_detail.name":
		return plainField(f.AuthorName), nil
	case "author_detail.email":
		return exactField(f.AuthorEmail), nil
	case "authors[].name", "authors[].email":
		return firstAuthor(name, n, f.AuthorName, f.AuthorEmail)
	}
	return tagField(f.Tags, name, n)
}

// itemField is the counterpart of the suite's field of an entry, n the index in it.
func itemField(it *feedmill.Item, name string, n int) (any, error) {
	switch name {
	case "title", "title_detail.value":
		return plainField(it.Title), nil
	case "link":
		return exactField(it.Link), nil
	case "id", "guid":
		return exactField(it.GUID), nil
	case "summary", "description", "summary_detail.value", "description_detail.value":
		return htmlField(it.Summary), nil
	case "content[].value":
		if n == 0 {
			return htmlField(it.Content), nil
		}
	case "published", "published_parsed":
		return dateField{raw: it.PublishedRaw, at: it.Published}, nil
	case "updated", "updated_parsed", "modified", "modified_parsed":
		return dateField{raw: it.UpdatedRaw, at: it.Updated}, nil
	case "author":
		return plainField(it.Author), nil
	case "author_detail.name":
		return plainField(it.AuthorName), nil
	case "author_detail.email":
		return exactField(it.AuthorEmail), nil
	case "authors[].name", "authors[].email":
		return firstAuthor(name, n, it.AuthorName, it.AuthorEmail)
	case "enclosures":
		return make([]any, len(it.Enclosures)), nil
	case "enclosures[].href", "enclosures[].url", "enclosures[].type", "enclosures[].length":
		e := append(slices.Clone(it.Enclosures), make([]feedmill.Enclosure, n+1)...)[n]
		switch name[len("enclosures[]."):] {
		case "type":
			return exactField(e.Type), nil
		case "length":
			return exactField(strconv.FormatInt(e.Length, 10)), nil
		}
		return exactField(e.URL), nil
	case "media_content[].url", "media_thumbnail[].url", "image.href":
		return exactField(append(slices.Clone(it.Media), make([]feedmill.FeedMedia, n+1)...)[n].URL), nil
	case "media_content[].type":
		return exactField(append(slices.Clone(it.Media), make([]feedmill.FeedMedia, n+1)...)[n].Type), nil
	case "media_credit[].content":
		return plainField(append(slices.Clone(it.Media), make([]feedmill.FeedMedia, n+1)...)[n].Credit), nil
	}
	return tagField(it.Tags, name, n)
}

func tagField(tags []string, name string, n int) (any, error) {
	switch name {
	case "tags":
		return make([]any, len(tags)), nil
	case "category", "tags[].term", "categories[].term":
		if n < len(tags) {
			return plainField(tags[n]), nil
		}
		return nil, nil
	}
	return nil, errUnmapped
}

func firstAuthor(field string, n int, name, email string) (any, error) {
	switch {
	case n > 0:
		return nil, errUnmapped
	case strings.HasSuffix(field, "email"):
		return exactField(email), nil
	}
	return plainField(name), nil
}

// gofeedLookup gives the suite's values of a feed that gofeed read from the same bytes.
func gofeedLookup(body []byte) func(string) (any, error) {
	in, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return func(name string) (any, error) { return feedLookup(new(feedmill.Feed), nil)(name) }
	}
	f := feedmill.Feed{
		Title: plainText(in.Title), Subtitle: plainText(in.Description), Link: in.Link, Language: in.Language, Rights: plainText(in.Copyright),
		Generator: plainText(in.Generator), Tags: in.Categories,
	}
	if in.UpdatedParsed != nil {
		f.Updated = *in.UpdatedParsed
	}
	if in.PublishedParsed != nil {
		f.Published = *in.PublishedParsed
	}
	if in.Image != nil {
		f.Image, f.ImageTitle = in.Image.URL, in.Image.Title
	}
	f.Author, f.AuthorName, f.AuthorEmail = gofeedAuthor(in.Authors)
	var items []feedmill.Item
	for _, e := range in.Items {
		it := feedmill.Item{
			GUID: e.GUID, Title: plainText(e.Title), Link: e.Link, Summary: e.Description, Content: e.Content,
			PublishedRaw: e.Published, UpdatedRaw: e.Updated, Tags: e.Categories,
		}
		if e.UpdatedParsed != nil {
			it.Updated = *e.UpdatedParsed
		}
		if e.PublishedParsed != nil {
			it.Published = *e.PublishedParsed
		}
		it.Author, it.AuthorName, it.AuthorEmail = gofeedAuthor(e.Authors)
		for _, c := range e.Enclosures {
			n, err := strconv.ParseInt(c.Length, 10, 64)
			if err != nil && !errors.Is(err, strconv.ErrSyntax) {
				n = -1
			}
			it.Enclosures = append(it.Enclosures, feedmill.Enclosure{URL: c.URL, Type: c.Type, Length: n})
		}
		for _, name := range []string{"content", "thumbnail"} {
			for _, m := range e.Extensions["media"][name] {
				it.Media = append(it.Media, feedmill.FeedMedia{URL: m.Attrs["url"], Type: m.Attrs["type"]})
			}
		}
		items = append(items, it)
	}
	return feedLookup(&f, items)
}

func gofeedAuthor(people []*gofeed.Person) (author, name, email string) {
	if len(people) == 0 {
		return "", "", ""
	}
	name, email = plainText(people[0].Name), people[0].Email
	switch {
	case email == "":
		return name, name, ""
	case name == "":
		return email, "", email
	}
	return name + " (" + email + ")", name, email
}
