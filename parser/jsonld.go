package parser

import (
	"encoding/json"
	"strconv"
	"strings"
)

// linkedData is the article that a page's JSON-LD (schema.org) describes.
type linkedData struct {
	found       bool
	headline    string
	alternative string
	description string
	published   string
	modified    string
	section     string
	keywords    []string
	language    string
	authors     []ldAuthor
	publisher   string
	images      []ldImage
	body        string
	free        *bool
	license     string
	copyright   string
	holder      string
	siteName    string
	videos      []ldVideo
}

type ldAuthor struct {
	name, role string
	person     bool
}

// ldImage is a picture that is stated, with its caption and credit where they are, too.
type ldImage struct {
	url, caption, credit string
	width, height        int
}

type ldVideo struct{ url, name string }

// maxLDNodes bounds the objects that are read of one page's JSON-LD.
const maxLDNodes = 5000

// readLinkedData reads the scripts and picks the article in them.
func readLinkedData(scripts []string) linkedData {
	r := ldReader{ids: map[string]map[string]any{}}
	for _, s := range scripts {
		var v any
		if err := json.Unmarshal([]byte(repairJSON(s)), &v); err == nil {
			r.collect(v, 0)
		}
	}
	var out linkedData
	best := 0
	for _, o := range r.objects {
		if rank := ldRank(o); rank > best {
			best = rank
			out = r.article(o)
		}
	}
	for _, o := range r.objects {
		switch t := ldType(o); {
		case t == "WebSite" || (t == "Organization" || t == "NewsMediaOrganization") && out.siteName == "":
			if name := ldString(o["name"]); name != "" {
				out.siteName = name
			}
		case t == "VideoObject":
			if u := ldString(o["contentUrl"], o["embedUrl"]); u != "" && len(out.videos) < 8 {
				out.videos = append(out.videos, ldVideo{u, plainText(ldString(o["name"]))})
			}
		}
	}
	return out
}

// repairJSON mends what pages do to their JSON-LD: comment and CDATA wrappers, control characters within strings, and a
// comma before a closing bracket.
func repairJSON(s string) string {
	s = strings.TrimSpace(s)
	for _, w := range [...][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"/*<![CDATA[*/", "/*]]>*/"}, {"<![CDATA[", "]]>"}} {
		if strings.HasPrefix(s, w[0]) {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, w[0]), w[1]))
		}
	}
	s = strings.TrimSuffix(s, ";")
	if json.Valid([]byte(s)) {
		return s
	}
	b := make([]byte, 0, len(s))
	inString := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case inString && c == '\\' && i+1 < len(s):
			if strings.IndexByte(`"\/bfnrtu`, s[i+1]) < 0 { // not an escape of JSON
				b = append(b, '\\', '\\')
				continue
			}
			b = append(b, c, s[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case inString && c < ' ':
			switch c {
			case '\n':
				b = append(b, `\n`...)
			default:
				b = append(b, ' ')
			}
			continue
		case !inString && c == ',':
			j := i + 1
			for j < len(s) && (s[j] == ' ' || s[j] == '\n' || s[j] == '\t' || s[j] == '\r') {
				j++
			}
			if j < len(s) && (s[j] == '}' || s[j] == ']') {
				continue
			}
		}
		b = append(b, c)
	}
	return string(b)
}

type ldReader struct {
	objects []map[string]any
	ids     map[string]map[string]any
}

// collect lists the objects of a document in order, those of @graph and of main entities included.
func (r *ldReader) collect(v any, depth int) {
	if depth > 6 || len(r.objects) > maxLDNodes {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			r.collect(x, depth+1)
		}
	case map[string]any:
		r.objects = append(r.objects, v)
		if id, ok := v["@id"].(string); ok && len(v) > 1 {
			if old := r.ids[id]; len(v) > len(old) {
				r.ids[id] = v
			}
		}
		for _, key := range [...]string{"@graph", "mainEntity", "mainEntityOfPage", "author", "publisher", "video", "hasPart", "image", "itemListElement"} {
			if x, ok := v[key]; ok {
				r.collect(x, depth+1)
			}
		}
	}
}

// ldType returns an object's type without its vocabulary, the telling one where there are several.
func ldType(o map[string]any) string {
	t := ""
	switch v := o["@type"].(type) {
	case string:
		t = v
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok && (t == "" || strings.HasSuffix(s, "Article")) {
				t = s
			}
		}
	}
	return t[strings.LastIndexAny(t, "/:#")+1:]
}

// ldRank says how likely an object is the page's article; 0 for not at all.
func ldRank(o map[string]any) int {
	t := ldType(o)
	rank := 0
	switch {
	case strings.HasSuffix(t, "NewsArticle"), t == "LiveBlogPosting":
		rank = 40
	case strings.HasSuffix(t, "Article"), t == "BlogPosting", t == "Report", t == "SocialMediaPosting", t == "Review", t == "HowTo", t == "Recipe", t == "AnalysisNewsArticle":
		rank = 36
	case t == "VideoObject", t == "PodcastEpisode", t == "Event", t == "Product", t == "CreativeWork":
		rank = 6
	case t == "WebPage", t == "ItemPage":
		rank = 4
	default:
		return 0
	}
	for _, key := range [...]string{"headline", "datePublished", "author", "articleBody"} {
		if o[key] != nil {
			rank++
		}
	}
	return rank
}

func (r *ldReader) article(o map[string]any) linkedData {
	t := ldType(o)
	d := linkedData{
		found:       strings.HasSuffix(t, "Article") || strings.HasSuffix(t, "Posting") || t == "Report" || t == "Review",
		headline:    plainText(ldString(o["headline"])),
		alternative: plainText(ldString(o["alternativeHeadline"], o["alternateName"])),
		description: plainText(ldString(o["description"])),
		published:   ldString(o["datePublished"], o["uploadDate"]),
		modified:    ldString(o["dateModified"]),
		section:     plainText(ldString(o["articleSection"])),
		keywords:    ldKeywords(o["keywords"]),
		language:    ldString(r.deref(o["inLanguage"])),
		images:      r.images(o["image"]),
		body:        ldString(o["articleBody"], o["text"]),
		license:     ldString(o["license"]),
		copyright:   plainText(ldString(o["copyrightNotice"])),
		holder:      plainText(r.name(o["copyrightHolder"])),
	}
	if p, ok := r.deref(o["publisher"]).(map[string]any); !ok || ldType(p) != "Person" { // whose blog it is, is no site's name
		d.publisher = plainText(r.name(o["publisher"]))
	}
	if d.headline == "" {
		d.headline = plainText(ldString(o["name"]))
	}
	if m, ok := r.deref(o["mainEntityOfPage"]).(map[string]any); ok && d.published == "" {
		d.published = ldString(m["datePublished"])
	}
	r.addAuthors(&d, o["author"])
	if len(d.authors) == 0 {
		r.addAuthors(&d, o["creator"])
	}
	if !strings.Contains(d.body, " ") {
		d.body = ""
	}
	if updates := r.liveUpdates(o["liveBlogUpdate"]); updates != "" {
		d.body = strings.TrimSpace(d.body + "\n\n" + updates)
	}
	d.free = ldBool(o["isAccessibleForFree"])
	if part, ok := o["hasPart"].(map[string]any); ok && d.free == nil {
		if free := ldBool(part["isAccessibleForFree"]); free != nil && !*free {
			d.free = free
		}
	}
	return d
}

// maxLiveUpdates bounds how many entries are read of a live blog.
const maxLiveUpdates = 300

// liveUpdates joins the entries of a live blog in the order in which they are stated: of each its headline and its text.
func (r *ldReader) liveUpdates(v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var b strings.Builder
	for i, u := range list {
		o, ok := r.deref(u).(map[string]any)
		if !ok || i >= maxLiveUpdates {
			continue
		}
		for _, s := range [...]string{ldString(o["headline"]), ldString(o["articleBody"], o["text"])} {
			if s = strings.TrimSpace(s); s != "" {
				b.WriteString(s + "\n\n")
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// ldBool reads true, "True" and "https://schema.org/True"; nil for anything else.
func ldBool(v any) *bool {
	switch v := v.(type) {
	case bool:
		return &v
	case string:
		if l := strings.ToLower(v); strings.HasSuffix(l, "true") || strings.HasSuffix(l, "false") {
			b := strings.HasSuffix(l, "true")
			return &b
		}
	}
	return nil
}

// deref follows a reference to an object that stands elsewhere on the page.
func (r *ldReader) deref(v any) any {
	if o, ok := v.(map[string]any); ok && len(o) <= 2 {
		if id, ok := o["@id"].(string); ok {
			if full := r.ids[id]; full != nil {
				return full
			}
		}
	}
	return v
}

func (r *ldReader) addAuthors(d *linkedData, v any) {
	switch v := r.deref(v).(type) {
	case string:
		for name := range strings.SplitSeq(v, ";") {
			if name = plainText(name); name != "" {
				d.authors = append(d.authors, ldAuthor{name: name, person: true})
			}
		}
	case []any:
		for _, x := range v {
			if len(d.authors) < 32 {
				r.addAuthors(d, x)
			}
		}
	case map[string]any:
		if names, ok := v["name"].([]any); ok {
			for _, x := range names {
				if s, ok := x.(string); ok && len(d.authors) < 32 {
					d.authors = append(d.authors, ldAuthor{name: plainText(s), person: ldType(v) != "Organization"})
				}
			}
			return
		}
		name := plainText(ldString(v["name"]))
		if name == "" {
			name = strings.TrimSpace(plainText(ldString(v["givenName"])) + " " + plainText(ldString(v["familyName"])))
		}
		if name != "" {
			t := ldType(v)
			d.authors = append(d.authors, ldAuthor{name: name, role: plainText(ldString(v["jobTitle"])), person: !strings.HasSuffix(t, "Organization") && t != "WebSite" && t != "Corporation"})
		}
	}
}

func (r *ldReader) name(v any) string {
	switch v := r.deref(v).(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 {
			return r.name(v[0])
		}
	case map[string]any:
		return ldString(v["name"])
	}
	return ""
}

func (r *ldReader) images(v any) []ldImage {
	switch v := r.deref(v).(type) {
	case string:
		return []ldImage{{url: v}}
	case []any:
		var out []ldImage
		for _, x := range v {
			if len(out) < 16 {
				out = append(out, r.images(x)...)
			}
		}
		return out
	case map[string]any:
		if u := ldString(v["url"], v["contentUrl"], v["@id"]); u != "" {
			im := ldImage{url: u, caption: plainText(ldString(v["caption"])), credit: plainText(ldString(v["creditText"])), width: ldPixels(v["width"]), height: ldPixels(v["height"])}
			if im.credit == "" {
				im.credit = plainText(firstNonEmpty(r.name(v["creator"]), r.name(v["author"])))
			}
			return []ldImage{im}
		}
	}
	return nil
}

// ldPixels reads a width or height: a number, a text such as "640px", or a quantity; 0 where there is none.
func ldPixels(v any) int {
	n := 0
	switch v := v.(type) {
	case float64:
		if v > 0 && v < 20000 {
			n = int(v)
		}
	case string:
		n, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "px")))
	case map[string]any:
		if _, nested := v["value"].(map[string]any); !nested {
			n = ldPixels(v["value"])
		}
	}
	if n < 0 || n >= 20000 {
		return 0
	}
	return n
}

// ldString returns the first text among the values; of a list its first text.
func ldString(values ...any) string {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if s := strings.TrimSpace(v); s != "" {
				return s
			}
		case []any:
			for _, x := range v {
				if s := ldString(x); s != "" {
					return s
				}
			}
		case map[string]any:
			if s := ldString(v["@value"], v["name"], v["alternateName"]); s != "" {
				return s
			}
		}
	}
	return ""
}

func ldKeywords(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		sep := ","
		if strings.Contains(v, ";") && !strings.Contains(v, ",") {
			sep = ";"
		}
		for k := range strings.SplitSeq(v, sep) {
			out = append(out, plainText(k))
		}
	case []any:
		for _, x := range v {
			out = append(out, plainText(ldString(x)))
		}
	}
	return out
}
