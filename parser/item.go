package parser

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// fromItem makes the body from the feed's item alone. A summary is a teaser and never the text; the content is.
func (d *document) fromItem() {
	it := d.page.Item
	a := d.article
	d.feedOnly = true
	if a.Source.ID == "" {
		d.setDomain()
	}
	if it.Content == "" {
		return
	}
	root, err := html.Parse(strings.NewReader(it.Content))
	if err != nil {
		root, _ = tokenTree([]byte(it.Content), 400, 50_000)
	}
	d.root = root
	d.meta = readMetadata(goquery.NewDocumentFromNode(root))
	d.layout = segment(findBody(root), d.rules)
	d.headline = -1
	d.body = bodyText{container: -1, method: "feed"}
	d.readPictures()
	weigh(d.layout, d.rules)
	last := len(d.layout.blocks)
	d.markFurniture(0, last)
	d.trimEnd(0, last)
	for i := range d.layout.blocks {
		if d.layout.blocks[i].drop == "" {
			d.body.kept = append(d.body.kept, i)
		}
	}
	d.readImages(true)
	d.appendBody()
	d.noteRemoved()
	d.set("text", "content", "feed")
}

// addFeedFields fills from the feed's item what the page left open.
func (d *document) addFeedFields() {
	a, p := d.article, d.page
	it := p.Item
	if a.Source.ID == "" {
		d.setDomain()
	}
	if a.Source.Name == "" && p.Feed != nil && p.Feed.Title != "" {
		a.Source.Name = d.nameOfFeed(p.Feed.Title)
		d.set("source.name", a.Source.Name, "feed")
	}
	if a.Language.Tag == "" && p.Feed != nil {
		if t := bcp47(p.Feed.Language); t != "" {
			t, _, _ = strings.Cut(t, "-")
			a.Language = feedmill.Language{Tag: t, From: "feed"}
			d.set("language", t, "feed")
		}
	}
	if it == nil {
		return
	}
	if a.Title == "" {
		a.Title = it.Title
		d.set("title", a.Title, "feed")
	}
	if a.Published.Value == "" && !it.Published.IsZero() {
		a.Published = momentOf(it.Published).timestamp("feed", it.PublishedRaw)
		a.DateCandidates = append(a.DateCandidates, feedmill.DateCandidate{Value: a.Published.Value, From: "feed"})
		d.set("published", a.Published.Value, "feed")
	}
	if a.Modified.Value == "" && it.Updated.After(it.Published) && !it.Published.IsZero() {
		a.Modified = momentOf(it.Updated).timestamp("feed", it.UpdatedRaw)
		d.set("modified", a.Modified.Value, "feed")
	}
	if len(a.Byline.Authors) == 0 && a.Byline.Agency == "" {
		for _, n := range splitNames(stripByline(cmp.Or(it.AuthorName, it.Author))) {
			switch {
			case isAgency(n.Name):
				a.Byline.Agency = n.Name
			case isName(n.Name) && !d.site.is(n.Name):
				a.Byline.Authors = append(a.Byline.Authors, n)
			}
		}
		d.set("byline", joinAuthors(a.Byline.Authors), "feed")
	}
	if summary := plainText(it.Summary); summary != "" {
		if a.Description.Text == "" || d.feedOnly {
			a.Description = feedmill.Description{Text: summary, From: "feed"}
			d.set("description", summary, "feed")
		}
	}
	if len(a.Tags) == 0 {
		for _, t := range it.Tags {
			a.Tags = addTag(a.Tags, t)
		}
		if len(a.Tags) > 0 {
			d.set("tags", strings.Join(a.Tags, ", "), "feed")
		}
	}
	if a.Section == "" && len(it.Tags) == 1 {
		a.Section = it.Tags[0]
		d.set("section", a.Section, "feed")
	}
	d.addFeedMedia(it)
}

// addFeedMedia adds the pictures and files that the item carries.
func (d *document) addFeedMedia(it *feedmill.Item) {
	a := d.article
	if len(a.Images) == 0 {
		for _, m := range it.Media {
			if isPictureType(m.Type, m.URL) {
				a.Images = append(a.Images, feedmill.Image{ID: "i1", URL: m.URL, Caption: plainText(m.Caption), Credit: plainText(m.Credit), CreditRaw: plainText(m.Credit), Lead: true})
				d.set("image", m.URL, "feed")
				break
			}
		}
	}
	for _, e := range it.Enclosures {
		if isPictureType(e.Type, e.URL) {
			if len(a.Images) == 0 {
				a.Images = append(a.Images, feedmill.Image{ID: "i1", URL: e.URL, Lead: true})
				d.set("image", e.URL, "feed")
			}
			continue
		}
		d.addMedia(feedmill.Media{Kind: mediaKind(e.Type, e.URL), URL: e.URL, Type: e.Type, Length: e.Length})
	}
}

func isPictureType(typ, u string) bool {
	return strings.HasPrefix(typ, "image/") || typ == "image" || typ == "" && mediaKind("", u) == "image"
}

func mediaKind(typ, u string) string {
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		u = u[:i]
	}
	ext := strings.ToLower(path.Ext(u))
	switch {
	case strings.HasPrefix(typ, "audio/"), ext == ".mp3", ext == ".m4a", ext == ".ogg", ext == ".wav":
		return "audio"
	case strings.HasPrefix(typ, "video/"), ext == ".mp4", ext == ".webm", ext == ".m3u8", ext == ".mov":
		return "video"
	case ext == ".jpg", ext == ".jpeg", ext == ".png", ext == ".gif", ext == ".webp", ext == ".avif":
		return "image"
	}
	return "document"
}

// maxMedia bounds the media of one article.
const maxMedia = 40

func (d *document) addMedia(m feedmill.Media) {
	a := d.article
	for i := range a.Media {
		if a.Media[i].URL == m.URL {
			return
		}
	}
	if len(a.Media) < maxMedia {
		m.ID = "m" + strconv.Itoa(len(a.Media)+1)
		a.Media = append(a.Media, m)
	}
}

// readMedia lists the films, sounds and embedded things within the body.
func (d *document) readMedia() {
	if d.layout == nil || len(d.body.kept) == 0 {
		return
	}
	first, last := d.pictureRange()
	for _, e := range d.layout.embeds {
		if int(e.block) < first || int(e.block) > last || e.node >= 0 && d.layout.nodes[e.node].all&(hintFurniture&^(hintMeta|hintHeader)) != 0 {
			continue
		}
		src := cmp.Or(attr(e.n, "src"), attr(e.n, "data-src"))
		kind := "embed"
		switch e.n.DataAtom {
		case atom.Video:
			kind = "video"
		case atom.Audio:
			kind = "audio"
		}
		if src == "" {
			for c := e.n.FirstChild; c != nil && src == ""; c = c.NextSibling {
				if c.DataAtom == atom.Source {
					src = attr(c, "src")
				}
			}
		}
		abs, ok := absoluteURL(src, d.base)
		if !ok || isTracker(abs) {
			continue
		}
		if kind == "embed" && isVideoHost(abs) {
			kind = "video"
		}
		d.addMedia(feedmill.Media{Kind: kind, URL: abs, Title: cleanLine(attr(e.n, "title"))})
	}
	if d.meta != nil {
		for _, v := range d.meta.ld.videos {
			if abs, ok := absoluteURL(v.url, d.base); ok {
				d.addMedia(feedmill.Media{Kind: "video", URL: abs, Title: v.name})
			}
		}
	}
}

func isVideoHost(u string) bool {
	h := feedmill.Host(u)
	return strings.HasSuffix(h, "youtube.com") || strings.HasSuffix(h, "youtube-nocookie.com") || strings.HasSuffix(h, "vimeo.com") || strings.HasSuffix(h, "dailymotion.com") || strings.HasSuffix(h, "brightcove.net")
}

func isTracker(u string) bool {
	h := feedmill.Host(u)
	return strings.Contains(h, "googletagmanager") || strings.Contains(h, "doubleclick") || strings.Contains(h, "facebook.com") && strings.Contains(u, "/plugins/like") || strings.Contains(h, "recaptcha")
}
