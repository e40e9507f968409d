package newsroom

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
)

//go:embed pages
var pageFiles embed.FS

// editStep is how much later than its first publication each edit of an article is dated.
const editStep = 35 * time.Minute

// article is what a page says, before it is set in a template.
type article struct {
	Site, Section, Language  string
	Title, Subtitle, Summary string
	Authors                  []string
	Published, Modified      time.Time
	Paragraphs               []string
	Correction               string
	Image                    *picture
	Paywalled                bool
	URL, Base                string
	Nav, Related             []link
	Weight                   *weight
	// breaks are the numbers of the paragraphs that begin the second part and those after it. The rest is of one part,
	// when it is set: its number, the links to all and the paths of the neighbours.
	breaks         []int
	Part           int
	Parts          []link
	Previous, Next string
}

type picture struct {
	Path, Caption, Credit string
	Width, Height         int
}

type link struct{ Path, Title, Teaser string }

// Edited tells whether the article was changed after its publication.
func (a *article) Edited() bool { return a.Modified.After(a.Published) }

// truth is what extraction should find.
func (a *article) truth() *Truth {
	t := &Truth{
		Title: a.Title, Authors: a.Authors, Published: a.Published, Paragraphs: a.Paragraphs, Correction: a.Correction,
		Paywalled: a.Paywalled,
	}
	if a.Image != nil {
		t.Caption, t.Credit = a.Image.Caption, a.Image.Credit
	}
	return t
}

// Metadata is the article's JSON-LD without its text.
func (a *article) Metadata() any {
	var authors []any
	for _, name := range a.Authors {
		authors = append(authors, map[string]any{"@type": "Person", "name": name})
	}
	meta := map[string]any{
		"@context": "https://schema.org", "@type": "NewsArticle", "headline": a.Title, "description": a.Summary,
		"inLanguage": a.Language, "articleSection": a.Section, "author": authors,
		"datePublished": a.Published.Format(time.RFC3339), "dateModified": a.Modified.Format(time.RFC3339),
		"mainEntityOfPage": a.URL, "publisher": map[string]any{"@type": "NewsMediaOrganization", "name": a.Site},
	}
	if a.Paywalled {
		meta["isAccessibleForFree"] = false
		meta["hasPart"] = map[string]any{"@type": "WebPageElement", "isAccessibleForFree": false, "cssSelector": ".subscriber-only"}
	}
	if p := a.Image; p != nil {
		meta["image"] = map[string]any{
			"@type": "ImageObject", "url": a.Base + p.Path, "width": p.Width, "height": p.Height,
			"caption": p.Caption, "creditText": p.Credit,
		}
	}
	return meta
}

// JSONLD is the article's JSON-LD with its text.
func (a *article) JSONLD() any {
	meta := a.Metadata().(map[string]any)
	meta["articleBody"] = strings.Join(a.Paragraphs, "\n\n")
	return meta
}

// partOf is one part of an article in several, counted from 1: its paragraphs, and the way to the others.
func (a *article) partOf(number int, path func(part int) string) *article {
	starts := append(append([]int{0}, a.breaks...), len(a.Paragraphs))
	part := *a
	part.Part, part.Paragraphs = number, a.Paragraphs[starts[number-1]:starts[number]]
	for n := 1; n < len(starts); n++ {
		l := link{Path: path(n), Title: fmt.Sprint(n)}
		switch n {
		case number - 1:
			part.Previous = l.Path
		case number:
			l.Path = "" // nobody links to where he is
		case number + 1:
			part.Next = l.Path
		}
		part.Parts = append(part.Parts, l)
	}
	return &part
}

// partBreak stands between two parts of an article that is set on several pages.
const partBreak = "---"

// parseArticle reads lines of "Name: value", an empty line, and paragraphs with empty lines between them.
func parseArticle(text string) (*article, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	a := &article{}
	for line := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("no name in line %q", line)
		}
		if err := a.setLine(name, value); err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
	}
	for p := range strings.SplitSeq(body, "\n\n") {
		p = strings.TrimSpace(p)
		switch p {
		case "":
		case partBreak:
			a.breaks = append(a.breaks, len(a.Paragraphs))
		default:
			a.Paragraphs = append(a.Paragraphs, p)
		}
	}
	a.Modified = a.Published
	return a, nil
}

func (a *article) setLine(name, value string) (err error) {
	image := func() *picture {
		if a.Image == nil {
			a.Image = &picture{}
		}
		return a.Image
	}
	switch name {
	case "Title":
		a.Title = value
	case "Subtitle":
		a.Subtitle = value
	case "Author":
		a.Authors = append(a.Authors, value)
	case "Section":
		a.Section = value
	case "Language":
		a.Language = value
	case "Summary":
		a.Summary = value
	case "Correction":
		a.Correction = value
	case "Paywalled":
		a.Paywalled, err = strconv.ParseBool(value)
	case "Published":
		a.Published, err = time.Parse(time.RFC3339, value)
	case "Image":
		p := image()
		_, err = fmt.Sscanf(value, "%s %d %d", &p.Path, &p.Width, &p.Height)
	case "Caption":
		image().Caption = value
	case "Credit":
		image().Credit = value
	default:
		err = fmt.Errorf("unknown name %q", name)
	}
	return err
}

// layout is one way of setting an article: a file under pages and the charset that its markup states.
type layout struct {
	file        string
	contentType string
	charset     encoding.Encoding // nil is UTF-8
}

// layouts returns the ways of setting an article. Those of the generated sites are in [siteLayouts].
func layouts() map[string]layout {
	return map[string]layout{
		// As servers of 2011 often had it: the charset stands in the page alone.
		"korea-times": {"korea-times.html", "text/html", korean.EUCKR},
		"korean":      {"korean.html", "text/html; charset=euc-kr", korean.EUCKR},
		"jsonld":      {"jsonld.html", "text/html; charset=utf-8", nil},
		"semantic":    {"semantic.html", "text/html; charset=utf-8", nil},
		"divsoup":     {"divsoup.html", "text/html", charmap.Windows1252},
		"table":       {"table.html", "text/html; charset=ISO-8859-1", charmap.Windows1252},
		"component":   {"component.html", "text/html; charset=utf-8", nil},
		"portal":      {"portal.html", "text/html; charset=utf-8", nil},
		"blog":        {"blog.html", "text/html; charset=UTF-8", nil},
		"tabloid":     {"tabloid.html", "text/html;charset=utf-8", nil},
		"japanese":    {"japanese.html", "text/html", japanese.ShiftJIS},
		"arabic":      {"arabic.html", "text/html; charset=utf-8", nil},
		"multipart":   {"multipart.html", "text/html; charset=utf-8", nil},
		"paywall":     {"paywall.html", "text/html; charset=utf-8", nil},
		"amp":         {"amp.html", "text/html; charset=utf-8", nil},
	}
}

// siteLayouts are the layouts of generated sites, in the order in which they are taken.
func siteLayouts() []string {
	return []string{"semantic", "divsoup", "table", "component", "portal", "jsonld", "blog", "tabloid"}
}

// typesetter renders articles.
type typesetter struct {
	layouts   map[string]layout
	templates *template.Template
}

func newTypesetter() (*typesetter, error) {
	t, err := template.ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("newsroom: %w", err)
	}
	return &typesetter{layouts: layouts(), templates: t}, nil
}

// set renders a in the named layout. A character that the charset lacks becomes a character reference.
func (t *typesetter) set(name string, a *article) ([]byte, error) {
	l := t.layouts[name]
	var page bytes.Buffer
	if err := t.templates.ExecuteTemplate(&page, l.file, a); err != nil {
		return nil, fmt.Errorf("newsroom: set %q as %s: %w", a.Title, name, err)
	}
	if l.charset == nil {
		return page.Bytes(), nil
	}
	encoded, err := encoding.HTMLEscapeUnsupported(l.charset.NewEncoder()).Bytes(page.Bytes())
	if err != nil {
		return nil, fmt.Errorf("newsroom: encode %q as %s: %w", a.Title, name, err)
	}
	return encoded, nil
}
