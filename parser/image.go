package parser

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// maxImages bounds the pictures of one article.
const maxImages = 60

// captioned is a picture of the layout with what stands under it.
type captioned struct {
	ref                  *imageRef
	url                  string
	caption, credit, raw string
	portrait             bool // of who wrote
	boxed                bool // in a figure, or a box of its own with a caption
	ruled                bool // the site's rule names its caption or credit
}

// readPictures finds the pictures and takes their captions out of the running text, before the body is chosen.
func (d *document) readPictures() {
	l := d.layout
	d.pictures = d.pictures[:0]
	for i := range l.images {
		ref := &l.images[i]
		if ref.node < 0 {
			continue
		}
		u := imageSource(ref.n.Attr, d.base)
		if u == "" {
			u = d.noscriptSource(ref.n)
		}
		if u == "" || isDecoration(ref.n, u) {
			continue
		}
		c := captioned{ref: ref, url: u}
		d.readCaption(&c)
		d.pictures = append(d.pictures, c)
	}
}

// noscriptSource is the source of the picture that a noscript element right after the img holds for browsers without
// scripts.
func (d *document) noscriptSource(n *html.Node) string {
	for s := n.NextSibling; s != nil; s = s.NextSibling {
		if s.Type == html.TextNode && strings.TrimSpace(s.Data) == "" || s.DataAtom == atom.Span && strings.TrimSpace(nodeText(s)) == "" {
			continue
		}
		if s.DataAtom != atom.Noscript || s.FirstChild == nil {
			return ""
		}
		z := html.NewTokenizer(strings.NewReader(s.FirstChild.Data))
		for range 16 {
			switch z.Next() {
			case html.ErrorToken:
				return ""
			case html.StartTagToken, html.SelfClosingTagToken:
				if t := z.Token(); t.DataAtom == atom.Img {
					return imageSource(t.Attr, d.base)
				}
			}
		}
		return ""
	}
	return ""
}

// isDecoration tells logos, icons, buttons and counters from pictures.
func isDecoration(n *html.Node, src string) bool {
	w, h := dimension(n, "width"), dimension(n, "height")
	if w > 0 && w < 80 || h > 0 && h < 60 {
		return true
	}
	p := src
	if u, err := url.Parse(src); err == nil {
		p = u.Path
	}
	file := strings.ToLower(path.Base(p))
	if strings.HasSuffix(file, ".svg") {
		return true
	}
	for _, word := range [...]string{"logo", "icon", "avatar", "sprite", "banner_", "btn_", "button", "gravatar", "emoji", "badge", "tracking", "pixel", "favicon", "author-", "arrow"} {
		if strings.Contains(file, word) {
			return true
		}
	}
	return strings.Contains(src, "gravatar.com/") || strings.Contains(src, "/emoji/") || strings.Contains(src, "/ad/") || strings.Contains(src, "/ads/")
}

func dimension(n *html.Node, key string) int {
	v, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(attr(n, key)), "px"))
	if err != nil || v < 0 || v > 20000 {
		return 0
	}
	return v
}

// readCaption finds the caption and credit of a picture: in its figure, in a box that holds nothing else, or in the cell
// below it.
func (d *document) readCaption(c *captioned) {
	l := d.layout
	box := c.ref.node
	if f := l.nodes[box].figure; f >= 0 {
		d.takeCaption(c, f)
		c.boxed = true
		if box = l.nodes[f].parent; c.caption != "" || c.credit != "" || box < 0 {
			return
		}
	}
	// A figcaption right after it, the figure missing.
	if k := int(c.ref.block); l.nodes[c.ref.node].figure < 0 && k < len(l.blocks) {
		if near := l.blocks[k].near; l.nodes[near].n.DataAtom == atom.Figcaption && l.nodes[near].figure < 0 {
			d.takeCaption(c, near)
			c.boxed = true
			return
		}
	}
	// Go up while the element holds this picture alone and little text.
	best := int32(-1)
	for i, up := box, 0; i >= 0 && up < 7; i, up = l.nodes[i].parent, up+1 {
		e := &l.nodes[i]
		if e.n.DataAtom == atom.Body || e.n.DataAtom == atom.Article {
			break
		}
		first, last := int(e.firstBlock), min(int(e.endBlock), len(l.blocks))
		if last-first > 4 {
			break
		}
		size, marked, heading := 0, false, false
		for k := first; k < last; k++ {
			b := &l.blocks[k]
			size += b.size
			marked = marked || b.hints&(hintCaption|hintCredit) != 0 || l.namedWithin(b, hintCaption|hintCredit)
			heading = heading || l.nodes[b.near].heading > 0
		}
		if size > 700 || heading || l.imagesIn(i) > 1 {
			break
		}
		if size == 0 {
			continue
		}
		if marked || e.own&hintCaption != 0 || e.n.DataAtom == atom.Table && size > 10 {
			best = i
			if marked {
				break
			}
		}
	}
	if best < 0 {
		best = d.plainCaption(c.ref)
	}
	if best >= 0 {
		d.takeCaption(c, best)
		c.boxed = true
	}
}

// plainCaption finds the box that holds a picture and one line below it that is set apart (slanted, small, or ending in a
// credit), where no name says that it is a caption. It is -1 where there is none.
func (d *document) plainCaption(ref *imageRef) int32 {
	l := d.layout
	i := l.nodes[ref.node].near
	for up := 0; up < 2 && i >= 0; i, up = l.nodes[i].parent, up+1 {
		e := &l.nodes[i]
		if e.endBlock == e.firstBlock {
			continue
		}
		if e.endBlock-e.firstBlock == 2 && int(e.endBlock) <= len(l.blocks) && e.n.DataAtom != atom.Body && e.n.DataAtom != atom.Article && l.imagesIn(i) == 1 && l.captionAndCredit(e) {
			return i
		}
		if e.endBlock-e.firstBlock != 1 || int(e.firstBlock) >= len(l.blocks) || e.n.DataAtom == atom.Body || e.n.DataAtom == atom.Article || l.imagesIn(i) > 1 {
			break
		}
		b := &l.blocks[e.firstBlock]
		if b.size < 12 || b.size > 350 || b.linked > 0 || int32(ref.block) > e.firstBlock || l.nodes[b.near].heading > 0 {
			break
		}
		if b.apart() {
			return i
		}
		if _, _, credit := splitCredit(strings.ReplaceAll(b.text, "\n", " ")); credit != "" && b.size < 250 && (isCredit(credit) || namesAgency(credit) || isEasternCredit(credit)) {
			return i
		}
		break
	}
	return -1
}

// captionAndCredit tells two short blocks of which one is a credit alone.
func (l *layout) captionAndCredit(e *node) bool {
	credits := 0
	for i := e.firstBlock; i < e.endBlock; i++ {
		b := &l.blocks[i]
		if b.size > 300 || b.linked > 0 || l.nodes[b.near].heading > 0 || b.hints&(hintByline|hintDate|hintDek) != 0 {
			return false
		}
		if caption, _, credit := splitCredit(strings.ReplaceAll(b.text, "\n", " ")); caption == "" && credit != "" && b.size < 80 {
			credits++
		}
	}
	return credits == 1
}

// apart tells a block that is slanted or small for the most part.
func (b *block) apart() bool {
	n := 0
	for _, m := range b.inlines {
		switch m.tag {
		case atom.I, atom.Em, atom.Small, atom.Cite:
			n = max(n, m.end-m.start)
		}
	}
	return n*2 > len(b.text)
}

// namedWithin tells whether an inline element within a block is named so.
func (l *layout) namedWithin(b *block, h hint) bool {
	for i := b.node + 1; i < l.nodes[b.node].end; i++ {
		if l.nodes[i].own&h != 0 && l.nodes[i].near == b.near {
			return true
		}
	}
	return false
}

// imagesIn counts the pictures below a node, up to two.
func (l *layout) imagesIn(i int32) int {
	n := 0
	for k := range l.images {
		if im := &l.images[k]; l.under(im.node, i) || im.node == i {
			if d := dimension(im.n, "width"); d > 0 && d < 40 {
				continue
			}
			if n++; n > 1 {
				break
			}
		}
	}
	return n
}

// takeCaption reads the blocks of a box as caption and credit and takes them out of the running text.
func (d *document) takeCaption(c *captioned, box int32) {
	l := d.layout
	e := &l.nodes[box]
	var captions, credits []string
	for k := int(e.firstBlock); k < min(int(e.endBlock), len(l.blocks)); k++ {
		b := &l.blocks[k]
		if b.hints&(hintShare|hintAd|hintHidden|hintRelated|hintPromo) != 0 || b.size > 900 || b.drop != "" && b.drop != "caption" || b.size > 600 && b.hints&hintCaption == 0 && l.nodes[b.near].figure < 0 {
			continue
		}
		text := strings.ReplaceAll(b.text, "\n", " ")
		lower := strings.ToLower(firstRunes(text, 60))
		if b.size < 60 && d.rules.isLine("furniture", lower) && !namesAgency(text) || !hasLetter(text) {
			b.drop = "caption"
			continue
		}
		if looksLikeByline(text) {
			if _, dated := d.rules.readMoment(text, dayFirst); dated || l.nodes[b.near].figure < 0 {
				c.portrait = true
				continue
			}
		}
		if l.nodes[b.near].figure < 0 && looksLikeDate(text) {
			continue
		}
		if len(captions) > 0 && captions[len(captions)-1] == text {
			b.drop, b.weight = "caption", 0
			continue // once for each width of screen
		}
		if isCreditLabel(text) && k+1 < min(int(e.endBlock), len(l.blocks)) { // the name stands in the next
			next := &l.blocks[k+1]
			credits = append(credits, text+" "+next.text)
			b.drop, b.weight = "caption", 0
			next.drop, next.weight = "caption", 0
			k++
			continue
		}
		if caption, _, credit := splitCredit(text); caption == "" && credit != "" && b.size < 80 && e.endBlock-e.firstBlock > 1 {
			credits = append(credits, text)
		} else if b.hints&hintCredit != 0 && b.size < 120 || b.size < 60 && e.endBlock-e.firstBlock > 1 && namesAgency(text) && strings.Contains(text, "/") {
			credits = append(credits, text)
		} else if marked := d.creditWithin(b, k); marked != "" {
			credits = append(credits, marked)
			if rest := cleanLine(strings.Replace(text, marked, "", 1)); rest != "" {
				captions = append(captions, rest)
			}
		} else {
			captions = append(captions, text)
		}
		b.drop, b.weight = "caption", 0
	}
	text := cleanLine(strings.Join(captions, " "))
	if len(credits) > 0 {
		c.raw = strings.Join(credits, " ")
		c.credit = bareCredit(c.raw)
		c.caption = text
		if head, ok := strings.CutPrefix(text, c.raw+" "); ok { // the same once more
			c.caption = head
		}
		if i := strings.LastIndexByte(text, '/'); i >= 0 && (i == 0 || text[i-1] == ' ') || i > 0 && strings.HasPrefix(text, "/") {
			if j := strings.Index(text, " /"); j >= 0 {
				i = j + 1
			} else {
				i = strings.IndexByte(text, '/')
			}
			if tail := text[i:]; len(tail) < 60 && len(tail) > 2 && tail[1] != ' ' && !strings.ContainsAny(tail, ".!?") { // "Ann Lee /Agency", the name alone marked
				c.caption = strings.TrimSpace(text[:i])
				c.raw += " " + tail
				c.credit += tail
				return
			}
		}
		if rest, raw, credit := splitCredit(text); credit != "" && (strings.EqualFold(credit, c.credit) || strings.Contains(credit, c.credit)) {
			c.caption, c.raw = rest, raw
		}
	} else {
		c.caption, c.raw, c.credit = splitCredit(text)
	}
}

// creditWithin is the text of the inline element within a block that holds its credit: one named so, else a cite or small
// element at its end.
func (d *document) creditWithin(b *block, k int) string {
	l := d.layout
	for i := b.node + 1; i < l.nodes[b.node].end; i++ {
		e := &l.nodes[i]
		named := e.own&hintCredit != 0 || namesPhotographer(e.n)
		if !named && e.n.DataAtom != atom.Cite && e.n.DataAtom != atom.Small || e.firstBlock > int32(k) {
			continue
		}
		t := cleanLine(nodeText(e.n))
		if t == "" || len(t) >= len(b.text) || !strings.Contains(b.text, t) || isCreditLabel(t) {
			continue
		}
		if named || len(t) < 80 && strings.HasSuffix(b.text, t) && isCredit(bareCredit(t)) && !isCreditLabel(t) {
			return t
		}
	}
	return ""
}

// namesPhotographer tells an element within a caption whose class says who made the picture.
func namesPhotographer(n *html.Node) bool {
	class := strings.ToLower(attr(n, "class"))
	for _, w := range [...]string{"author", "copyright", "photographer", "agency", "credit"} {
		if strings.Contains(class, w) {
			return true
		}
	}
	return false
}

func isCreditLabel(s string) bool {
	return slices.Contains(creditLabels[:], strings.ToLower(strings.Trim(s, " :")))
}

// creditLabels begin a credit.
var creditLabels = [...]string{
	"photo credit", "photo credits", "photo courtesy of", "photo courtesy", "photograph by", "photograph", "photos by", "photo by", "photo from", "photo", "photos", "image credit", "image courtesy of", "image source", "image by", "image from", "image", "picture by", "picture", "pictures", "pic", "credit", "credits", "courtesy of", "courtesy", "source", "illustration by", "illustration", "screenshot",
	"foto von", "foto", "fotos", "bild", "bildquelle", "bildnachweis", "bildrechte", "quelle", "grafik", "symbolbild", "symbolfoto", "archivbild", "archivfoto", "photographie", "crédit photo", "crédits photo", "crédit", "crédits", "©", "(c)", "copyright", "fotografía", "imagen", "fuente", "crédito", "créditos", "fonte", "imagem", "reprodução", "divulgação", "fotó", "zdjęcie", "fot.", "zdroj", "kuva", "bilde", "sursa foto", "фото", "источник", "коллаж", "колаж", "иллюстрация", "collage", "montage", "사진제공", "사진", "그래픽", "写真提供", "写真", "撮影", "图源", "图片来源", "图", "圖", "تصوير", "صورة", "المصدر",
}

// splitCredit parts the credit at the end of a caption from it: raw is the credit with the marks that set it off.
func splitCredit(text string) (caption, raw, credit string) {
	if text == "" {
		return "", "", ""
	}
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		lower = text
	}
	// A label before the end: "… Photo: X", "… © X", "… (Foto: X)".
	best := -1
	for _, label := range creditLabels {
		for from := len(lower); from > 0; {
			i := strings.LastIndex(lower[:from], label)
			if i < 0 {
				break
			}
			from = i
			if len(text)-i > 120 {
				break
			}
			if !startsCredit(lower, i, label) {
				continue
			}
			if best < 0 || i < best {
				best = i
			}
		}
	}
	if best >= 0 {
		start := best
		for start > 0 && strings.IndexByte(" ([/|-=", lower[start-1]) >= 0 {
			start--
		}
		for _, dash := range [...]string{"–", "—", "·", "•", "＝", "／", "（", "【"} {
			if head, ok := strings.CutSuffix(strings.TrimRight(text[:start], " "), dash); ok {
				start = len(head)
			}
		}
		raw = strings.TrimSpace(text[start:])
		if credit = bareCredit(raw); credit != "" {
			return strings.TrimSpace(text[:start]), raw, credit
		}
	}
	if caption, raw, credit = splitEasternCredit(text); credit != "" {
		return caption, raw, credit
	}
	// "… (AP Photo/Name)", "… [Name/AFP]", "… AFP"
	if end := text[len(text)-1]; end == ')' || end == ']' {
		// … after a whole sentence any name will do.
		open := byte('(')
		if end == ']' {
			open = '['
		}
		if i := strings.LastIndexByte(text, open); i >= 0 {
			inner := text[i+1 : len(text)-1]
			head := strings.TrimRight(text[:i], " ")
			sentence := head == "" || strings.IndexByte(".!?\"", head[len(head)-1]) >= 0
			if len(inner) < 80 && (namesAgency(inner) || sentence && isCredit(inner)) {
				return strings.TrimSpace(text[:i]), text[i:], inner
			}
		}
	}
	// "… / Agency" and "… | Agency"
	for _, sep := range [...]string{" / ", " | ", " // "} {
		if i := strings.LastIndex(text, sep); i > 0 {
			tail := strings.TrimSpace(text[i+len(sep):])
			if n := len(strings.Fields(tail)); n > 0 && n <= 6 && len(tail) < 70 && !strings.ContainsAny(tail, ".!?") {
				return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i:]), tail
			}
		}
	}
	if i := strings.LastIndexAny(text, ".!?"); i > 0 && i < len(text)-1 {
		tail := strings.TrimSpace(text[i+1:])
		if label, name, ok := strings.Cut(tail, ": "); ok && len(tail) < 60 && !strings.Contains(label, " ") && isCredit(label) && isCredit(name) {
			return strings.TrimSpace(text[:i+1]), tail, name // in whatever language
		}
		if len(tail) < 60 && (namesAgency(tail) || len(strings.Fields(tail)) <= 3 && isCredit(tail)) {
			return strings.TrimSpace(text[:i+1]), tail, strings.Trim(tail, " -–—/")
		}
	}
	if len(text) < 60 && len(strings.Fields(text)) <= 5 && namesAgency(text) {
		return "", text, text
	}
	return text, "", ""
}

// easternCredits end a credit in Korean, Japanese and Chinese: reporter, provided by, photographed by.
var easternCredits = [...]string{" 기자", "기자", " 인턴기자", " 객원기자", " 특파원", " 작가", " 제공", "제공", " 촬영", "撮影", "提供", "氏撮影", "摄", "攝"}

// easternAgencies are the agencies that sign a picture with their name alone.
var easternAgencies = [...]string{"연합뉴스", "뉴시스", "뉴스1", "로이터", "게티이미지", "게티이미지뱅크", "신화", "共同", "共同通信", "時事", "時事通信", "ロイター", "新华社", "新華社", "中新社", "视觉中国"}

// splitEasternCredit parts the credit from a caption in scripts without capitals: what follows its last sentence, or a bar,
// stroke or equals sign, and is signed as photographers and agencies sign. raw is with the sign that sets it off.
func splitEasternCredit(text string) (caption, raw, credit string) {
	for _, end := range [...]string{"=", "＝", "/", "／", "|", "。", ". ", "▲", "(", "（", "[", "【", "다."} {
		i := strings.LastIndex(text, end)
		if i <= 0 {
			continue
		}
		at := i // where the raw credit begins
		if end == "。" || end == ". " || end == "다." {
			at += len(end)
		}
		raw = strings.TrimSpace(text[at:])
		credit = strings.Trim(raw, " =＝/／|▲()（）[]【】")
		if n := utf8.RuneCountInString(credit); n < 2 || n > 24 || !isEasternCredit(credit) {
			continue
		}
		return strings.TrimSpace(text[:at]), raw, credit
	}
	return text, "", ""
}

func isEasternCredit(s string) bool {
	for _, a := range easternAgencies {
		if s == a {
			return true
		}
	}
	for _, end := range easternCredits {
		name, ok := strings.CutSuffix(s, end)
		if n := utf8.RuneCountInString(name); ok && n >= 2 && n <= 12 && isWideText(name) {
			return true
		}
	}
	return false
}

func isWideText(s string) bool {
	for _, r := range s {
		if !isWide(r) && r != ' ' && r != '·' && r != '・' {
			return false
		}
	}
	return true
}

// isCredit tells a name of a person or agency from other words in brackets: every word has a capital, no digits.
func isCredit(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		part = strings.TrimSpace(part)
		if r, _ := utf8.DecodeRuneInString(part); !unicode.IsUpper(r) || !isName(part) {
			return false
		}
		for f := range strings.FieldsSeq(part) {
			if r, _ := utf8.DecodeRuneInString(f); unicode.IsLower(r) && !isParticle(f) {
				return false
			}
		}
	}
	return true
}

// startsCredit tells whether a label at i of a caption begins its credit, and is not a word of it.
func startsCredit(lower string, i int, label string) bool {
	before := byte(' ')
	if i > 0 {
		before = lower[i-1]
	}
	mark := label == "©" || label == "(c)"
	if !mark && (isWordByte(before) || before >= 0x80 && label[0] < 0xe0) { // scripts without spaces begin anywhere
		return false
	}
	rest := lower[i+len(label):]
	if rest == "" {
		return false
	}
	t := strings.TrimLeft(rest, " ")
	switch {
	case mark:
		return true
	case strings.HasPrefix(t, ":") || strings.HasPrefix(t, "：") || strings.HasPrefix(t, "©") || strings.HasPrefix(t, "=") || strings.HasPrefix(t, "＝"):
		return true
	case strings.HasSuffix(label, " by") || strings.HasSuffix(label, " of") || label == "courtesy" || strings.HasSuffix(label, " von"):
		return rest[0] == ' ' && (i == 0 || before == '(' || before == '[' || before == ' ' && i > 1 && strings.IndexByte(".!?)|/-\"", lower[i-2]) >= 0)
	case before == '(' || before == '[':
		return label != "picture" && label != "image" && label != "source" || strings.HasPrefix(t, "/")
	}
	return false
}

// bareCredit takes labels, brackets and bars off a credit.
func bareCredit(raw string) string {
	s := raw
	for range 4 {
		s = strings.Trim(s, " /|-–—:;,[]·•\u00a0：=＝／（）【】")
		if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
			s = s[1 : len(s)-1]
			continue
		}
		if strings.HasSuffix(s, ")") && !strings.Contains(s, "(") {
			s = strings.TrimSuffix(s, ")")
		}
		if strings.HasPrefix(s, "(") && !strings.Contains(s, ")") {
			s = s[1:]
		}
		lower := strings.ToLower(s)
		cut := 0
		for _, label := range creditLabels {
			if len(label) > cut && strings.HasPrefix(lower, label) && len(lower) == len(s) {
				rest := s[len(label):]
				if rest != "" && (strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, " :") || strings.HasPrefix(rest, "：") || strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "＝") || label[0] >= 0xd8 && rest[0] == ' ' || label == "©" || label == "(c)" || strings.HasSuffix(label, " by") || strings.HasSuffix(label, " of") || strings.HasSuffix(label, " von") || strings.HasPrefix(strings.TrimSpace(rest), "©")) {
					cut = len(label)
				}
			}
		}
		if cut == 0 {
			break
		}
		s = s[cut:]
	}
	return strings.TrimRight(strings.Trim(s, " /|-–—:;,"), " ")
}

// photoAgencies are words that mark a credit.
var photoAgencies = [...]string{"getty", "reuters", "afp", "ap photo", "associated press", "shutterstock", "istock", "alamy", "dpa", "imago", "unsplash", "pixabay", "pexels", "flickr", "wikimedia", "epa", "efe", "ap/", "/ap", "zuma", "bloomberg", "keystone", "picture alliance", "picture-alliance", "depositphotos", "adobe stock", "stock.adobe", "handout", "xinhua", "yonhap", "pa images", "pa wire", "rex ", "ansa", "lapresse", "belga", "anp", "scanpix", "ntb", "tass", "courtesy", "via ", "file photo", "staff", "sipa", "mti", "apa", "agerpres", "inquam", "anadolu", "press association", "wikipedia", "creative commons", "canva", "dreamstime", "fotolia", "123rf", "twitter/", "instagram/", "screengrab"}

func namesAgency(s string) bool {
	l := strings.ToLower(s)
	for part := range strings.SplitSeq(l, "/") {
		switch strings.TrimSpace(part) {
		case "ap", "afp", "pa", "pti", "ani", "cna", "spa":
			return true
		}
	}
	for _, a := range photoAgencies {
		if i := strings.Index(l, a); i >= 0 && (i == 0 || !isWordByte(l[i-1]) || !isWordByte(a[0])) {
			if end := i + len(a); end == len(l) || !isWordByte(l[end]) || !isWordByte(a[len(a)-1]) || len(a) > 5 {
				return true
			}
		}
	}
	return false
}

// readImages keeps the pictures that belong to the article: those within its body, the one between headline and body,
// and the one that the page names as its picture.
func (d *document) readImages(first bool) {
	l := d.layout
	var stated []found
	seen := map[string]bool{}
	state := func(ref, from string) {
		if abs := d.pictureURL(ref); abs != "" && !seen[abs] && !isLogo(abs) {
			seen[abs] = true
			stated = append(stated, found{abs, from})
		}
	}
	for _, name := range [...]string{"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"} {
		for _, v := range d.meta.names[name] {
			state(v, "meta:"+name)
		}
	}
	linked := map[string]*ldImage{}
	for i := range d.meta.ld.images {
		im := &d.meta.ld.images[i]
		state(im.url, "json-ld")
		if abs := d.pictureURL(im.url); abs != "" && linked[abs] == nil {
			linked[abs] = im
		}
	}
	from, last := d.pictureRange()
	lead, leadStated := -1, false
	kept := map[string]bool{}
	for i := range d.body.pictures { // of the parts before
		kept[d.body.pictures[i].image.URL] = true
	}
	for i := range d.pictures {
		c := &d.pictures[i]
		e := &l.nodes[c.ref.node]
		at := int(c.ref.block)
		isStated := matchesAny(c.url, stated)
		switch {
		case kept[c.url] || len(d.body.pictures) >= maxImages || c.portrait && !isStated:
			continue
		case isStated && (at <= last && at >= from-12 || c.boxed) && e.all&(hintRelated|hintFooter|hintComment|hintNav) == 0:
		case c.boxed && c.caption != "" && at >= from-6 && at < from && e.all&hintFurniture&^hintHeader == 0: // above the headline
		case at < from || at > last:
			continue
		case e.all&(hintFurniture&^(hintHeader|hintMeta)|hintByline) != 0:
			continue
		case !d.inBody(at) && !c.boxed && !isStated:
			continue
		case e.link >= 0 && !c.boxed && d.isTeaserLink(e.link):
			continue
		}
		kept[c.url] = true
		im := feedmill.Image{URL: c.url, Width: dimension(c.ref.n, "width"), Height: dimension(c.ref.n, "height"), Alt: cleanLine(attr(c.ref.n, "alt")), Caption: c.caption, Credit: c.credit, CreditRaw: c.raw}
		complete(&im, d.linkedImage(c.url, linked))
		d.body.pictures = append(d.body.pictures, picture{im, -1 - at})
		k := len(d.body.pictures) - 1
		if first && (isStated && !leadStated || lead < 0 && d.beforeBody(at)) {
			lead, leadStated = k, isStated
		}
	}
	if !first {
		return
	}
	if lead < 0 && len(stated) > 0 {
		im := feedmill.Image{URL: stated[0].Value}
		if strings.HasPrefix(stated[0].From, "meta:og:") {
			im.Width, im.Height = ldPixels(d.metaValue("og:image:width")), ldPixels(d.metaValue("og:image:height"))
		}
		complete(&im, d.linkedImage(im.URL, linked))
		im.Alt = plainText(d.metaValue("og:image:alt"))
		d.body.pictures = append([]picture{{im, 0}}, d.body.pictures...)
		lead = 0
		d.set("image", im.URL, stated[0].From, stated[1:]...)
	} else if lead < 0 && len(d.body.pictures) > 0 {
		lead = 0
	}
	if lead >= 0 {
		im := &d.body.pictures[lead].image
		im.Lead = true
		complete(im, d.onlyCredit(im.URL))
		if d.article.Provenance.Fields["image"] == "" {
			d.set("image", d.body.pictures[lead].image.URL, "body", stated...)
		}
	}
}

// linkedImage is what JSON-LD says of a picture, or of the same in another size; nil where that is nothing.
func (d *document) linkedImage(u string, exact map[string]*ldImage) *ldImage {
	if im := exact[unwrapped(u)]; im != nil {
		return im
	}
	key := pictureKey(unwrapped(u))
	if len(key) < 10 {
		return nil
	}
	for i := range d.meta.ld.images {
		if im := &d.meta.ld.images[i]; (im.caption != "" || im.credit != "") && pictureKey(unwrapped(im.url)) == key {
			return &ldImage{caption: im.caption, credit: im.credit}
		}
	}
	return nil
}

// onlyCredit is what JSON-LD says of the article's picture where all that it says of any is the same; nil elsewhere. The
// caption is of that picture alone, and is left out where u is another.
func (d *document) onlyCredit(u string) *ldImage {
	var only *ldImage
	var urls []found
	for i := range d.meta.ld.images {
		im := &d.meta.ld.images[i]
		if only != nil && (im.caption != only.caption || im.credit != only.credit) {
			return nil
		}
		only = &ldImage{caption: im.caption, credit: im.credit}
		urls = append(urls, found{d.pictureURL(im.url), "json-ld"})
	}
	if only != nil && !matchesAny(unwrapped(u), urls) {
		only.caption = ""
	}
	return only
}

// pictureURL is the absolute URL of a picture that is stated, its own where a service makes sizes of it; "" where there is
// none.
func (d *document) pictureURL(ref string) string {
	abs, ok := absoluteURL(plainText(ref), d.base)
	if !ok {
		return ""
	}
	return unwrapped(abs)
}

// unwrapped is the picture's own URL where the one that is stated leads through a service that makes sizes of it.
func unwrapped(u string) string {
	if !strings.Contains(u, "=http") {
		return u
	}
	p, err := url.Parse(u)
	if err != nil {
		return u
	}
	for _, key := range [...]string{"image", "url", "src"} {
		inner := p.Query().Get(key)
		abs, ok := absoluteURL(inner, nil)
		if !ok || !strings.HasPrefix(abs, "http") {
			continue
		}
		if q, err := url.Parse(abs); err == nil {
			switch strings.ToLower(path.Ext(q.Path)) {
			case ".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif":
				return abs
			}
		}
	}
	return u
}

// complete adds what JSON-LD states of a picture to what the page shows of it.
func complete(im *feedmill.Image, stated *ldImage) {
	if stated == nil {
		return
	}
	if im.Width == 0 && im.Height == 0 {
		im.Width, im.Height = stated.width, stated.height
	}
	if im.Caption == "" && im.Credit == "" && stated.caption != "" {
		im.Caption, im.CreditRaw, im.Credit = splitCredit(stated.caption)
	}
	if im.Credit == "" && stated.credit != "" {
		im.CreditRaw, im.Credit = stated.credit, bareCredit(stated.credit)
	}
}

func (d *document) metaValue(name string) string {
	v, _ := d.meta.first(name)
	return v
}

// pictureRange is the range of blocks that the article's pictures stand before.
func (d *document) pictureRange() (first, last int) {
	l := d.layout
	if len(d.body.kept) == 0 {
		return 0, -1
	}
	first, last = d.body.kept[0], d.body.kept[len(d.body.kept)-1]+1
	if c := d.body.container; c >= 0 {
		first = min(first, int(l.nodes[c].firstBlock))
	}
	if h := d.headline; h >= 0 && h < first {
		first = h
	} else if h < 0 {
		first = max(first-6, 0)
	}
	return first, last
}

// inBody tells whether a picture at that place stands among the kept blocks.
func (d *document) inBody(at int) bool {
	k := d.body.kept
	return len(k) > 0 && at >= k[0] && at <= k[len(k)-1]
}

// beforeBody tells whether a picture stands before the second paragraph.
func (d *document) beforeBody(at int) bool {
	k := d.body.kept
	return len(k) > 0 && at <= k[min(2, len(k)-1)]
}

// isTeaserLink tells a picture that links to another page of the site and not to a larger picture.
func (d *document) isTeaserLink(link int32) bool {
	href := attr(d.layout.nodes[link].n, "href")
	if i := strings.IndexAny(href, "?#"); i >= 0 {
		href = href[:i]
	}
	switch strings.ToLower(path.Ext(href)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif":
		return false
	}
	abs, ok := absoluteURL(href, d.base)
	return ok && feedmill.Host(abs) == feedmill.Host(d.page.BaseURL()) && abs != d.page.BaseURL()
}

// isLogo tells a stated picture that is the site's and not the article's.
func isLogo(u string) bool {
	file := strings.ToLower(path.Base(u))
	for _, w := range [...]string{"logo", "favicon", "default-image", "default_image", "placeholder", "og-default", "share-default", "default-share", "fallback"} {
		if strings.Contains(file, w) {
			return true
		}
	}
	return false
}

// matchesAny tells whether a picture is one of the stated ones, perhaps in another size.
func matchesAny(u string, stated []found) bool {
	key := pictureKey(u)
	for _, s := range stated {
		if s.Value == u || key != "" && pictureKey(s.Value) == key {
			return true
		}
	}
	return false
}

// pictureKey is what the sizes of one picture have in common: the file's name without size and extension.
func pictureKey(u string) string {
	p, err := url.Parse(u)
	if err != nil {
		return ""
	}
	file := path.Base(p.Path)
	file = strings.TrimSuffix(file, path.Ext(file))
	file, _, _ = strings.Cut(file, "=") // "…=s750"
	// name-1024x683, name_640, name-scaled
	for {
		i := strings.LastIndexAny(file, "-_")
		if i < 6 {
			break
		}
		tail := strings.Trim(file[i+1:], "0123456789xXwhpWHMCo")
		if tail != "" && tail != "scaled" && tail != "large" && tail != "medium" && tail != "small" && tail != "thumb" {
			break
		}
		if len(file[i+1:]) > 24 {
			break
		}
		file = file[:i]
	}
	if len(file) < 6 {
		return ""
	}
	return strings.ToLower(file)
}
