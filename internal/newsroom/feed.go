package newsroom

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"time"
)

// feed is what a feed document says, before it is written as RSS, Atom or JSON Feed.
type feed struct {
	title, subtitle, language, rights string
	home, self                        string // absolute
	updated                           time.Time
	entries                           []entry
}

type entry struct {
	title, link, id, summary, category string
	authors                            []string
	published, updated                 time.Time
}

type cdata struct {
	Text string `xml:",cdata"`
}

// rss writes RSS 2.0, which has room for one author; several are Dublin Core creators.
func (f *feed) rss() ([]byte, error) {
	type guid struct {
		PermaLink bool   `xml:"isPermaLink,attr"`
		ID        string `xml:",chardata"`
	}
	type item struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link"`
		Description *cdata   `xml:"description"`
		Author      string   `xml:"author,omitempty"`
		Creators    []string `xml:"dc:creator"`
		Category    string   `xml:"category,omitempty"`
		GUID        guid     `xml:"guid"`
		PubDate     string   `xml:"pubDate"`
	}
	type channel struct {
		Title       string `xml:"title"`
		Link        string `xml:"link"`
		Description string `xml:"description"`
		Language    string `xml:"language,omitempty"`
		Copyright   string `xml:"copyright,omitempty"`
		Built       string `xml:"lastBuildDate"`
		Items       []item `xml:"item"`
	}
	doc := struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		DC      string   `xml:"xmlns:dc,attr,omitempty"`
		Channel channel  `xml:"channel"`
	}{Version: "2.0", Channel: channel{
		Title: f.title, Link: f.home, Description: f.subtitle, Language: f.language, Copyright: f.rights,
		Built: f.updated.Format(time.RFC1123Z),
	}}
	for _, e := range f.entries {
		i := item{
			Title: e.title, Link: e.link, Description: &cdata{e.summary}, Category: e.category,
			GUID: guid{PermaLink: e.id == e.link, ID: e.id}, PubDate: e.published.Format(time.RFC1123Z),
		}
		if len(e.authors) == 1 {
			i.Author = e.authors[0]
		} else {
			doc.DC = "http://purl.org/dc/elements/1.1/"
			i.Creators = e.authors
		}
		doc.Channel.Items = append(doc.Channel.Items, i)
	}
	return writeXML(doc)
}

// atom writes Atom 1.0 (RFC 4287).
func (f *feed) atom() ([]byte, error) {
	type atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	type person struct {
		Name string `xml:"name"`
	}
	type category struct {
		Term string `xml:"term,attr"`
	}
	type atomEntry struct {
		Title     string    `xml:"title"`
		Link      atomLink  `xml:"link"`
		ID        string    `xml:"id"`
		Published string    `xml:"published"`
		Updated   string    `xml:"updated"`
		Authors   []person  `xml:"author"`
		Category  *category `xml:"category"`
		Summary   string    `xml:"summary"`
	}
	doc := struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang     string      `xml:"xml:lang,attr,omitempty"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		ID       string      `xml:"id"`
		Updated  string      `xml:"updated"`
		Links    []atomLink  `xml:"link"`
		Rights   string      `xml:"rights,omitempty"`
		Entries  []atomEntry `xml:"entry"`
	}{
		Lang: f.language, Title: f.title, Subtitle: f.subtitle, ID: f.self, Updated: f.updated.Format(time.RFC3339),
		Links: []atomLink{{"self", f.self}, {"alternate", f.home}}, Rights: f.rights,
	}
	for _, e := range f.entries {
		a := atomEntry{
			Title: e.title, Link: atomLink{"alternate", e.link}, ID: e.id, Summary: e.summary,
			Published: e.published.Format(time.RFC3339), Updated: e.updated.Format(time.RFC3339),
		}
		for _, name := range e.authors {
			a.Authors = append(a.Authors, person{name})
		}
		if e.category != "" {
			a.Category = &category{e.category}
		}
		doc.Entries = append(doc.Entries, a)
	}
	return writeXML(doc)
}

// newestFirst puts the entries into the order in which most feeds have them.
func (f *feed) newestFirst() {
	slices.SortStableFunc(f.entries, func(a, b entry) int { return b.published.Compare(a.published) })
}

// json writes JSON Feed 1.1 (jsonfeed.org), which wants a content: the summary is all of it.
func (f *feed) json() ([]byte, error) {
	type author struct {
		Name string `json:"name"`
	}
	type item struct {
		ID        string   `json:"id"`
		URL       string   `json:"url"`
		Title     string   `json:"title"`
		Summary   string   `json:"summary"`
		Text      string   `json:"content_text"`
		Published string   `json:"date_published"`
		Modified  string   `json:"date_modified,omitempty"`
		Authors   []author `json:"authors"`
		Tags      []string `json:"tags,omitempty"`
	}
	doc := struct {
		Version     string `json:"version"`
		Title       string `json:"title"`
		Home        string `json:"home_page_url"`
		Self        string `json:"feed_url"`
		Description string `json:"description,omitempty"`
		Language    string `json:"language,omitempty"`
		Items       []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: f.title, Home: f.home, Self: f.self, Description: f.subtitle, Language: f.language}
	for _, e := range f.entries {
		i := item{ID: e.id, URL: e.link, Title: e.title, Summary: e.summary, Text: e.summary, Published: e.published.Format(time.RFC3339)}
		if e.updated.After(e.published) {
			i.Modified = e.updated.Format(time.RFC3339)
		}
		for _, name := range e.authors {
			i.Authors = append(i.Authors, author{name})
		}
		if e.category != "" {
			i.Tags = []string{e.category}
		}
		doc.Items = append(doc.Items, i)
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("newsroom: write feed: %w", err)
	}
	return append(text, '\n'), nil
}

func writeXML(doc any) ([]byte, error) {
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("newsroom: write feed: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}
