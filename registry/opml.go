package registry

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/feedmill/feedmill"
)

const (
	maxList  = 32 << 20 // bytes of a feed list
	maxDepth = 256      // of its elements
)

// Subscription is one feed of a feed list.
type Subscription struct {
	URL   string
	Title string
	// Tags are sorted. A folder in a folder is a path: "News/Korea". There are at most 100, of at most 256 bytes; what is
	// beyond is left out.
	Tags []string
	// Settings are those of the feed alone; nil where the list has no room for any. Paused says that it is not to be polled.
	Settings *feedmill.Settings
	Paused   bool
	// Attributes are those of the feed's outline that mean nothing here, by name, such as htmlUrl; at most 32, of at most
	// 1 KiB each.
	Attributes map[string]string
}

const (
	maxAttributes = 32      // of an outline that are kept
	maxAttribute  = 1 << 10 // bytes of each
)

// ReadOPML reads the subscriptions of an OPML document (OPML 2.0, http://opml.org/spec2.opml): every outline with an
// xmlUrl. The names of the outlines around it are one tag, and each of its categories is one; a feed that stands in many
// places is returned once, with all tags. Elements and attributes are known by name without regard to case; HTML
// entities, other character sets, a missing version or head and unknown elements are taken in stride. A document without
// outlines, above 32 MiB or nested more than 256 deep is an error; what was read until then is returned with it.
// URLs are not checked, Add does that.
func ReadOPML(r io.Reader) ([]Subscription, error) { return readOPML(r, maxList) }

func readOPML(r io.Reader, limit int64) ([]Subscription, error) {
	limited := &io.LimitedReader{R: r, N: limit + 1}
	dec := xml.NewDecoder(limited)
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = charset.NewReaderLabel

	var list merged
	var folders []string // one for each open element; "" for those that are no folder
	outlines := 0
	for {
		tok, err := dec.Token()
		switch {
		case limited.N == 0:
			return list.subs, fmt.Errorf("read OPML: larger than %d MiB", limit>>20)
		case errors.Is(err, io.EOF) && outlines > 0:
			return list.subs, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("read OPML: no outline in it; is it an OPML document?")
		case err != nil:
			return list.subs, fmt.Errorf("read OPML: %w", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if len(folders) == maxDepth {
				return list.subs, fmt.Errorf("read OPML: nested more than %d deep", maxDepth)
			}
			folder := ""
			if strings.EqualFold(tok.Name.Local, "outline") {
				outlines++
				folder = readOutline(tok.Attr, folders, &list)
			}
			folders = append(folders, folder)
		case xml.EndElement:
			if len(folders) > 0 {
				folders = folders[:len(folders)-1]
			}
		}
	}
}

// readOutline adds the outline's feed to the list, or returns the name of the folder that it is.
func readOutline(attrs []xml.Attr, folders []string, list *merged) (folder string) {
	var url, text, title, category string
	var others map[string]string
	for _, a := range attrs {
		switch strings.ToLower(a.Name.Local) {
		case "xmlurl":
			url = strings.TrimSpace(a.Value)
		case "text":
			text = strings.Join(strings.Fields(a.Value), " ")
		case "title":
			title = strings.Join(strings.Fields(a.Value), " ")
		case "category":
			category = a.Value
		case "type":
		default:
			if len(others) < maxAttributes && len(a.Name.Local) <= maxTag && len(a.Value) <= maxAttribute && a.Name.Space == "" && a.Name.Local != "xmlns" {
				if others == nil {
					others = map[string]string{}
				}
				others[a.Name.Local] = a.Value
			}
		}
	}
	if title == "" {
		title = text
	}
	if url == "" {
		return title
	}
	tags := strings.Split(category, ",")
	list.add(url, title, append(tags, strings.Join(folders, "/")))
	if sub := &list.subs[list.at[url]]; sub.Attributes == nil {
		sub.Attributes = others
	}
	return ""
}

// merged is a list in which each URL stands once.
type merged struct {
	subs []Subscription
	at   map[string]int
}

func (l *merged) add(url, title string, tags []string) {
	i, known := l.at[url]
	if !known {
		if l.at == nil {
			l.at = make(map[string]int)
		}
		i = len(l.subs)
		l.at[url] = i
		l.subs = append(l.subs, Subscription{URL: url})
	}
	sub := &l.subs[i]
	if sub.Title == "" {
		sub.Title = title
	}
	for _, tag := range tags {
		if tag = cleanTag(tag); tag != "" && len(tag) <= maxTag && len(sub.Tags) < maxTags {
			if j, found := slices.BinarySearch(sub.Tags, tag); !found {
				sub.Tags = slices.Insert(sub.Tags, j, tag)
			}
		}
	}
}

// outline is an element of the OPML that is written.
type outline struct {
	Text     string     `xml:"text,attr"`
	Title    string     `xml:"title,attr,omitempty"`
	Type     string     `xml:"type,attr,omitempty"`
	URL      string     `xml:"xmlUrl,attr,omitempty"`
	Others   []xml.Attr `xml:",any,attr"`
	Outlines []*outline `xml:"outline"`
}

// WriteOPML writes an OPML 2.0 document with the given title. A feed stands in the folder of each of its tags, and outside
// of all folders if it has none, so that every reader shows the tags and ReadOPML gives them back.
func WriteOPML(w io.Writer, title string, subs []Subscription) error {
	type document struct {
		XMLName  xml.Name   `xml:"opml"`
		Version  string     `xml:"version,attr"`
		Title    string     `xml:"head>title"`
		Outlines []*outline `xml:"body>outline"`
	}
	root := &outline{}
	var untagged []*outline
	folders := map[string]*outline{"": root}
	for _, sub := range subs {
		o := &outline{Text: sub.Title, Title: sub.Title, Type: "rss", URL: sub.URL}
		if o.Text == "" {
			o.Text = sub.URL
		}
		for _, name := range slices.Sorted(maps.Keys(sub.Attributes)) {
			o.Others = append(o.Others, xml.Attr{Name: xml.Name{Local: name}, Value: sub.Attributes[name]})
		}
		tagged := false
		for _, tag := range sub.Tags {
			if tag = cleanTag(tag); tag != "" {
				folder := openFolder(folders, tag)
				folder.Outlines = append(folder.Outlines, o)
				tagged = true
			}
		}
		if !tagged {
			untagged = append(untagged, o)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(document{Version: "2.0", Title: title, Outlines: append(root.Outlines, untagged...)}); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// openFolder returns the folder at a path, and makes it and those above it where there are none. Folders holds those
// that there are, with the root at "".
func openFolder(folders map[string]*outline, path string) *outline {
	if o, ok := folders[path]; ok {
		return o
	}
	above, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		above, name = path[:i], path[i+1:]
	}
	o := &outline{Text: name}
	parent := openFolder(folders, above)
	parent.Outlines = append(parent.Outlines, o)
	folders[path] = o
	return o
}
