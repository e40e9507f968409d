package parser

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readable writes a tree down without what stripInert may drop; rest is that of stripInert.
func readable(n *html.Node, rest bool) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.CommentNode:
			return
		case html.TextNode:
			if !rest { // else the layout is compared
				b.WriteString(n.Data)
			}
			return
		case html.ElementNode:
			b.WriteString("<" + n.Namespace + ":" + n.Data)
			for _, a := range n.Attr {
				if !rest || !kindOf([]byte(n.Data)).is(plainTag) || isReadAttribute([]byte(a.Key), []byte(a.Val)) {
					b.WriteString(" " + a.Key + "=" + a.Val)
				}
			}
			b.WriteString(">")
			if n.DataAtom == atom.Script && !strings.Contains(attr(n, "type"), "ld+json") || n.DataAtom == atom.Style || n.DataAtom == atom.Svg || rest && n.DataAtom == atom.Select {
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode {
			b.WriteString("</>")
		}
	}
	walk(n)
	if rest {
		for _, x := range segment(findBody(n), loadRules()).blocks {
			b.WriteString("\n" + x.text)
		}
	}
	return b.String()
}

// checkStripped fails where a document reads otherwise after stripInert.
func checkStripped(t testing.TB, name string, body []byte) {
	t.Helper()
	before, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return // nested too deep for the parser
	}
	for _, rest := range []bool{false, true} {
		stripped := stripInert(body, nil, rest)
		if len(stripped) > len(body) {
			t.Fatalf("%s: it grew", name)
		}
		after, err := html.Parse(bytes.NewReader(stripped))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := readable(after, rest), readable(before, rest); got != want {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: reads otherwise at %d, the rest %t: got %.120q, want %.120q", name, i, rest, got[max(i-20, 0):], want[max(i-20, 0):])
		}
	}
}

func TestStripInert(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"<p>a<script>var x = '<p>no</p>'; // twenty characters</script>b",
		`<p title="<script>not one of them, really">a</p><p>b</p><script>document.write('x')</script>c`,
		"<SCRIPT type='text/javascript'>twenty characters at least</SCRIPT >d",
		`<script type="application/ld+json">{"@type":"NewsArticle","name":"x"}</script>e`,
		"<script><!-- <script> document.write('</script>') --></script>f",
		"<style>p > a { content: '</p>' ; color: red }</style>g",
		"<svg width=1><title>A drawing</title><path d='M0 0 0 0 0 0 0 0'/></svg>h",
		"<svg width=1 /><p>i, after an empty drawing of no content</p></svg>",
		"<svg><foreignObject><p>j, markup within the drawing</p></foreignObject></svg>k",
		"<!-- a comment of some length, with <p>markup</p> -->l<!--> m <!---> n <!-- -- > o --!> p --> q<!--!> r --> s<!----!> t --> u <!---!> v --> w",
		"<title>a <script>b</title><p>q",
		"<textarea><script>not a script of the page</textarea><p>r</script>",
		"<noscript><img src=x><style>no rule of the page</noscript><p>s</style>",
		"<p class=a<script>t</p><script>an end that never comes",
		"<a href='unclosed><script>some twenty characters</script>u",
		"<p>1 < 2 and 3 <4 </ p><script >some twenty characters</script\n>v",
		"<script src=x></script><script src=y/>an unclosed empty one",
		`<div DATA-x=1 class='a' onclick="f('<p>')" Id=b/><p data-y class data-z = "1" =b>w</p>`,
		"<p data-x/>x<p/data-y=z>y<p class=a data-z/ >z<p class=a data-z=/>a<p data-a/=b>b<p =c data-c=d>c",
		"<div>\n <p>d <b>e</b> f</p>\n <!-- of some length, too --> <span>g</span> <span>h</span> </div> i <div>j</div>",
		"<p>our<!-- a comment of some length --> <a href=x>own</a> <!-- a comment of some length --> <b>one</b></p>",
		"<pre> <p> k\n </p> <b>l</b> </pre> <p>m",
		"<html> <head>\n<meta name=a content=b>\n <title>c</title>\n<link rel=d href=e> <script>f</script>\n <span>g</span> <meta name=h> <span>i</span> </head> j",
		"<span>m</span><head> <link rel=a> <span>n</span>", "<head>o <link rel=a> <span>p</span> <link> <span>q</span>",
		"<head> <meta name=a></head> <link rel=b> <b>k</b> <meta name=c> <b>l</b>",
		"<p><b>n</p> <div>o</div> <p>p</b> <p>q",
		"<select name=r><option value=1>s<option>t</select> <select><optgroup><option>u</select><select><p>v</select>",
	} {
		checkStripped(t, s, []byte(s))
	}
}

// TestCorpusStripInert holds the same on every tenth page of the corpus.
func TestCorpusStripInert(t *testing.T) {
	t.Parallel()
	pages := readCorpus(t)
	before, after := 0, 0
	for i := range pages {
		if i%10 == 0 {
			body := readCorpusPage(t, &pages[i])
			before += len(body)
			after += len(stripInert(body, nil, true))
			checkStripped(t, pages[i].ID, body)
		}
	}
	t.Logf("%d %% of the bytes are left", after*100/before)
}

func FuzzStripInert(f *testing.F) {
	f.Add([]byte("<script>a</script><p>b<!-- c --><svg><path/></svg>"))
	f.Add([]byte("<p title='<script>'>x</p><style>y</style"))
	f.Add([]byte("<div data-x='1' class=a/> <p/data-y=z> <b>c <select><option>d</select></b> <pre> e </pre>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		checkStripped(t, "fuzzed", body)
	})
}
