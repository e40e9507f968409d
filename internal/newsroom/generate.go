package newsroom

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// GenerateOptions say what [Newsroom.Generate] adds. Zero fields take the default that stands with them.
type GenerateOptions struct {
	// Feeds is how many sites there are, each with one feed (1); RSS and Atom take turns.
	Feeds int
	// Items is how many entries each feed has, and articles each site (10).
	Items int
	// Templates is how many page layouts are used, site by site (all).
	Templates int
	// Paragraphs is the least number of paragraphs of an article; the most is twice that (5, 11).
	Paragraphs int
	// PageBytes is the least size of a page: what makes real pages heavy is added to smaller ones (no least size).
	// MaxPageBytes, where it is larger, spreads the sizes evenly between the two.
	PageBytes, MaxPageBytes int
	// Hosts is how many loopback addresses the sites are spread over, one after another: site i is at the i-th modulo
	// Hosts, counted from 127.0.0.2. It must be set before [Newsroom.Start], which listens there too, and needs a system
	// that answers on all of 127.0.0.0/8, as Linux does (0: the newsroom's own address alone).
	Hosts int
	// Latency passes before each answer (none).
	Latency time.Duration
	// Prefix begins the paths (/gen). Two sets need two prefixes.
	Prefix string
}

// Generate adds sites with feeds and articles and returns the paths of their feeds. Nothing is rendered until it is
// asked for, so a hundred thousand articles cost nothing by themselves.
func (n *Newsroom) Generate(o *GenerateOptions) ([]string, error) {
	if o == nil {
		o = &GenerateOptions{}
	}
	if o.Feeds < 0 || o.Items < 0 || o.Templates < 0 || o.Paragraphs < 0 {
		return nil, fmt.Errorf("newsroom: generate %d feeds of %d items in %d templates, %d paragraphs: none may be below 0", o.Feeds, o.Items, o.Templates, o.Paragraphs)
	}
	if o.Hosts < 0 || o.Hosts > maxHosts {
		return nil, fmt.Errorf("newsroom: generate sites on %d hosts: want 0 to %d", o.Hosts, maxHosts)
	}
	names := siteLayouts()
	s := &site{
		n: n, prefix: cmp.Or(o.Prefix, "/gen"), count: cmp.Or(o.Feeds, 1), items: cmp.Or(o.Items, 10),
		layouts: names[:min(cmp.Or(o.Templates, len(names)), len(names))], pageBytes: o.PageBytes, spread: max(0, o.MaxPageBytes-o.PageBytes),
		paragraphs: o.Paragraphs, hosts: o.Hosts, latency: o.Latency,
	}
	if !strings.HasPrefix(s.prefix, "/") || strings.HasSuffix(s.prefix, "/") || strings.ContainsAny(s.prefix, " ?#%<>\"'&") {
		return nil, fmt.Errorf("newsroom: generate: the prefix %q is no path; write one such as /gen", s.prefix)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, other := range n.sites {
		if strings.HasPrefix(s.prefix+"/", other.prefix+"/") || strings.HasPrefix(other.prefix+"/", s.prefix+"/") {
			return nil, fmt.Errorf("newsroom: generate: the prefix %s overlaps %s; give another", s.prefix, other.prefix)
		}
	}
	if n.started && s.hosts > n.listening {
		return nil, fmt.Errorf("newsroom: generate sites on %d hosts: the newsroom was started already; generate before Start", s.hosts)
	}
	n.sites = append(n.sites, s)
	return s.feeds(), nil
}

// site is one generated set of sites.
type site struct {
	n            *Newsroom
	prefix       string
	count, items int
	layouts      []string
	pageBytes    int
	spread       int // above pageBytes
	paragraphs   int
	hosts        int
	latency      time.Duration
}

// siteOf returns the set that path belongs to and the path without the set's prefix.
func (n *Newsroom) siteOf(path string) (*site, string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.sites {
		if rest, ok := strings.CutPrefix(path, s.prefix+"/"); ok {
			return s, rest
		}
	}
	return nil, ""
}

func (s *site) feeds() []string {
	var paths []string
	for f := range s.count {
		paths = append(paths, s.feedPath(f))
	}
	return paths
}

func (s *site) feedPath(f int) string {
	if f%2 == 1 {
		return fmt.Sprintf("%s/%d/feed.atom", s.prefix, f)
	}
	return fmt.Sprintf("%s/%d/feed.xml", s.prefix, f)
}

func (s *site) articlePath(f, i int) string {
	return fmt.Sprintf("%s/%d/article-%d.html", s.prefix, f, i)
}

func (s *site) picturePath(f, i int) string {
	return fmt.Sprintf("%s/%d/photo-%d.jpg", s.prefix, f, i)
}

// item reads the path of an article, without the prefix.
func (s *site) item(rest string) (f, i int, ok bool) { return s.numbers(rest, "article-", ".html") }

func (s *site) numbers(rest, before, after string) (f, i int, ok bool) {
	dir, name, _ := strings.Cut(rest, "/")
	name, ok1 := strings.CutPrefix(name, before)
	name, ok2 := strings.CutSuffix(name, after)
	f, err1 := strconv.Atoi(dir)
	i, err2 := strconv.Atoi(name)
	ok = ok1 && ok2 && err1 == nil && err2 == nil && f >= 0 && f < s.count && i >= 0 && i < s.items &&
		strconv.Itoa(f) == dir && strconv.Itoa(i) == name
	return f, i, ok
}

func (s *site) find(path, rest string) *resource {
	if f, i, ok := s.item(rest); ok {
		return s.page(path, f, i)
	}
	if f, i, ok := s.numbers(rest, "photo-", ".jpg"); ok {
		if a := s.article(f, i, 0); a.Image != nil {
			r := pictureResource(a.Image, a.Published)
			r.latency = s.latency
			return r
		}
		return nil
	}
	dir, _, _ := strings.Cut(rest, "/")
	if f, err := strconv.Atoi(dir); err == nil && f >= 0 && f < s.count && s.feedPath(f) == path {
		return s.feed(path, f)
	}
	return nil
}

func (s *site) layout(f int) string { return s.layouts[f%len(s.layouts)] }

func (s *site) page(path string, f, i int) *resource {
	name := s.layout(f)
	return &resource{
		contentType: s.n.setter.layouts[name].contentType, cacheControl: shortly, latency: s.latency,
		current: func() (int, int, time.Time) {
			st := s.n.state(path)
			return st.version, st.edits, s.published(f, i).Add(time.Duration(st.edits) * editStep)
		},
		render: func(base string, version, edits int) ([]byte, error) {
			a := s.article(f, i, version)
			a.Base, a.URL = base, base+path
			a.Modified = a.Published.Add(time.Duration(edits) * editStep)
			a.Nav = s.nav(f)
			for step := 1; step <= 4 && step < s.items; step++ {
				o := (i + step) % s.items
				other := s.article(f, o, 0)
				a.Related = append(a.Related, link{s.articlePath(f, o), other.Title, other.Summary})
			}
			return s.weigh(name, a, f, i)
		},
	}
}

func (s *site) nav(f int) []link {
	var links []link
	for _, title := range sections {
		links = append(links, link{Path: fmt.Sprintf("%s/%d/%s", s.prefix, f, strings.ToLower(title)), Title: title})
	}
	return links
}

// weigh sets an article and, where its page is too light, again with all that makes pages heavy.
func (s *site) weigh(name string, a *article, f, i int) ([]byte, error) {
	r := s.rand("weight", f, i)
	want := s.pageBytes + r.IntN(s.spread+1)
	page, err := s.n.setter.set(name, a)
	if err != nil || len(page) >= want {
		return page, err
	}
	prefix := fmt.Sprintf("%s/%d", s.prefix, f)
	a.Weight = newWeight(r, prefix, want-len(page))
	if page, err = s.n.setter.set(name, a); err != nil || len(page) >= want {
		return page, err
	}
	a.Weight.Links = stories(r, prefix+"/archive/", want-len(page), linkMarkup, false)
	return s.n.setter.set(name, a)
}

func (s *site) feed(path string, f int) *resource {
	r := &resource{contentType: "application/rss+xml; charset=utf-8", cacheControl: shortly, latency: s.latency}
	if f%2 == 1 {
		r.contentType = "application/atom+xml; charset=utf-8"
	}
	updated := func(edits int) time.Time {
		return s.published(f, max(0, s.items-1)).Add(time.Duration(edits) * editStep)
	}
	r.current = func() (int, int, time.Time) { st := s.n.state(path); return 0, st.edits, updated(st.edits) }
	r.render = func(base string, _, edits int) ([]byte, error) {
		name := s.name(f)
		doc := &feed{
			title: name, subtitle: "News from " + name, language: "en", home: base + s.prefix + "/" + strconv.Itoa(f) + "/",
			self: base + path, updated: updated(edits),
		}
		for i := range s.items {
			p := s.articlePath(f, i)
			st := s.n.state(p)
			a := s.article(f, i, st.version)
			doc.entries = append(doc.entries, entry{
				title: a.Title, link: base + p, id: base + p, summary: a.Summary, category: a.Section, authors: a.Authors,
				published: a.Published, updated: a.Published.Add(time.Duration(st.edits) * editStep),
			})
		}
		slices.Reverse(doc.entries) // newest first
		if f%2 == 1 {
			return doc.atom()
		}
		return doc.rss()
	}
	return r
}

// published spaces a site's articles by 47 minutes, the sites by one.
func (s *site) published(f, i int) time.Time {
	return time.Date(2024, time.March, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(47*i+f) * time.Minute)
}

func (s *site) name(f int) string { return newWriter(s.rand("site", f, 0)).newspaper() }

// rand returns the random numbers of one thing, the same at each call.
func (s *site) rand(what string, f, i int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d %d", s.prefix, what, f, i)
	return rand.New(rand.NewPCG(uint64(s.n.seed), h.Sum64()))
}

// article writes article i of site f. A version above 0 has one paragraph rewritten, and says so.
func (s *site) article(f, i, version int) *article {
	w := newWriter(s.rand("article", f, i))
	a := w.article(s.paragraphs)
	a.Site, a.Published = s.name(f), s.published(f, i)
	a.Modified = a.Published
	if a.Image != nil {
		a.Image.Path = s.picturePath(f, i)
	}
	if version > 0 {
		w := newWriter(s.rand(fmt.Sprint("version ", version), f, i))
		at := version % len(a.Paragraphs)
		a.Paragraphs[at] = w.paragraph()
		// RSS has no time of update: only the teaser can show that an entry changed.
		a.Summary += fmt.Sprintf(" (Corrected, version %d.)", version+1)
		a.Correction = fmt.Sprintf("Correction: Paragraph %d of this article was rewritten after readers wrote to us.", at+1)
	}
	return a
}
