package parser

import (
	"bytes"
	"cmp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// render is what a Markdown processor makes of Markdown that lets raw HTML and any link through.
func render(t testing.TB, markdown string) string {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithRendererOptions(html.WithUnsafe()))
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// renderedText is the text of rendered Markdown without white space and the bars of tables; pictures' paragraphs, which hold
// captions, are left out.
func renderedText(t testing.TB, markup string) string {
	t.Helper()
	root, err := nethtml.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != nethtml.TextNode {
			continue
		}
		for p := n.Parent; p != nil; p = p.Parent {
			if p.DataAtom == atom.P {
				if c := p.FirstChild; c != nil && c.DataAtom == atom.Img {
					n = nil
				}
				break
			}
		}
		if n != nil {
			b.WriteString(n.Data)
		}
	}
	return bare(b.String())
}

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '|' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, html, want string }{
		{"paragraphs", "<p>One.</p>\n<p>Two<br>lines.</p>", "One.\n\nTwo\\\nlines."},
		{"headings", "<h2>Why #1</h2><h3>C#</h3><p># no heading</p>", "## Why #1\n\n### C\\#\n\n\\# no heading"},
		{"marks", "<p><strong>Bold</strong>, <em> thin </em>and<b>in</b>word, <s>gone</s>, <code>a*b`c</code> and H<sub>2</sub>O.</p>", "**Bold**, *thin* and**in**word, ~~gone~~, ``a*b`c`` and H2O."},
		{"marks that would not be read", `<p>say<strong>“so”</strong>now, <strong>a</strong><em>b</em></p>`, "say“so”now, a*b*"},
		{"marks within marks", "<p><strong>so <em>it</em> is</strong></p>", "**so it is**"},
		{"code beside code", "<p><code>a</code><code>b_</code></p>", "`a`b\\_"},
		{"literal markup", "<p>*a* _b_ snake_case `c` [d](e) &lt;b&gt; &amp;amp; a \\ b ~c~ ![x](y)</p>", "\\*a\\* \\_b\\_ snake_case \\`c\\` \\[d\\](e) \\<b\\> \\&amp; a \\\\ b \\~c\\~ !\\[x\\](y)"},
		{"line starts", "<p>1. no list<br>- nor here<br>+ or here<br>&gt; no quote<br>=== no line<br>2020 was</p>", "1\\. no list\\\n\\- nor here\\\n\\+ or here\\\n\\> no quote\\\n\\=== no line\\\n2020 was"},
		{"links", `<p>See <a href="https://a.example/x_(y)?a=1&amp;copy;=2"> the [report] </a>of <a href="mailto:a@b.example">Ann</a>.</p>`, "See [the \\[report\\]](https://a.example/x_%28y%29?a=1&amp;copy;=2) of [Ann](mailto:a@b.example)."},
		{"links that run", `<p><a href="javascript:alert(1)">a</a> <a href="data:text/html,x">b</a> <a href="vbscript:x">c</a> <a>d</a></p><img src="javascript:x">`, "a b c d"},
		{"quote", "<blockquote><p>One.</p><p>Two.</p></blockquote>", "> One.\n>\n> Two."},
		{"lists", "<ul><li>One</li><li>Two<ol><li>a</li><li>b</li></ol></li><li></li></ul><ul><li>Other</li></ul>", "- One\n- Two\n  1. a\n  2. b\n\n* Other"},
		{"lists of which one is in a box", "<ul><li>One</li></ul><div><ul><li>Two</li></ul></div><ul><li>Three</li></ul>", "- One\n\n* Two\n\n- Three"},
		{"list right in a list", "<ul><ul><li>One</li></ul><li>Two</li></ul>", "- - One\n- Two"},
		{"code beside code in a mark that is left out", "<p><code>a</code><em><code>` &lt;img src=x&gt; c</code>z)</em>xyz</p>", "`a`\\` \\<img src=x\\> cz)xyz"},
		{"link behind an exclamation", `<p>Look at this!<a href="https://a.example/">the plan</a></p>`, "Look at this\\![the plan](https://a.example/)"},
		{"entity in two parts", "<p>AT&amp;<sub>lt;</sub></p>", "AT\\&lt;"},
		{"numbered from five", `<ol start="5"><li>Five</li><li>Six</li></ol>`, "5. Five\n6. Six"},
		{"item with paragraphs", "<ul><li><p>One.</p><p>Two.</p></li></ul>", "- One.\n\n  Two."},
		{"code", "<pre>if a &lt; b {\n\t```\n}</pre>", "````\nif a < b {\n\t```\n}\n````"},
		{"table", "<table><tr><th>A|B</th></tr><tr><td>1</td><td>2<br>3</td></tr></table>", "| A\\|B | |\n| --- | --- |\n| 1 | 2 3 |"},
		{"figure", `<figure><img src="https://a.example/a b.jpg" alt="A [bridge]"><figcaption>The bridge. <small>Ann Lee</small></figcaption></figure>`, "![A \\[bridge\\]](https://a.example/a%20b.jpg)\\\nThe bridge. (Ann Lee)"},
		{"figure without a caption", `<figure><img src="https://a.example/a.jpg" alt=""></figure>`, "![](https://a.example/a.jpg)"},
		{"active", `<p>a<script>b</script><iframe src="https://a.example">c</iframe></p><style>d</style>`, "a"},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := markdownBody(tt.html); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestMarkdownOfArticle(t *testing.T) {
	t.Parallel()
	a := &feedmill.Article{Title: "Bridge *open*", Subtitle: "1. After a year", URL: "https://a.example/x", HTML: "<p>It is.</p>"}
	a.Byline.Raw = "By Ann Lee"
	a.Published.Value = "2011-01-10T12:00:00Z"
	want := "# Bridge \\*open\\*\n\n1\\. After a year\n\nBy Ann Lee · 2011-01-10 · [https://a.example/x](https://a.example/x)\n\nIt is.\n"
	if got := Markdown(a); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Markdown(&feedmill.Article{}); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// TestMarkdownCorpus reads the Markdown of every page of the corpus with a CommonMark processor: what it shows is the
// article's text.
func TestMarkdownCorpus(t *testing.T) {
	t.Parallel()
	pages := readCorpus(t)
	every := 1
	if testing.Short() || raceEnabled {
		every = 10
	}
	x := NewExtractor(nil)
	var wg sync.WaitGroup
	for w := range max(runtime.GOMAXPROCS(0), 1) {
		wg.Go(func() {
			for i := w * every; i < len(pages); i += every * max(runtime.GOMAXPROCS(0), 1) {
				p := &pages[i]
				a, err := x.Extract(&feedmill.Page{URL: cmp.Or(p.URL, "http://unknown.invalid/"+p.ID), Body: readCorpusPage(t, p)})
				if err != nil {
					continue
				}
				rendered := render(t, markdownBody(a.HTML))
				if want, got := bare(a.Text), renderedText(t, rendered); got != want {
					k := 0
					for k < len(want) && k < len(got) && want[k] == got[k] {
						k++
					}
					t.Errorf("%s: the text %q is shown as %q", p.ID, cutAround(want, k), cutAround(got, k))
				}
				if s := activeMarkup(render(t, Markdown(a))); s != "" {
					t.Errorf("%s: the Markdown holds %s", p.ID, s)
				}
			}
		})
	}
	wg.Wait()
}

func cutAround(s string, k int) string { return s[max(min(k-40, len(s)), 0):min(k+60, len(s))] }

// TestMarkdownXSS renders the Markdown of every vector with raw HTML let through: nothing active comes of it.
func TestMarkdownXSS(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t) {
		for way, clean := range cleaned(t, v.markup) {
			md := Markdown(&feedmill.Article{Title: v.markup, Subtitle: v.markup, URL: "https://news.example/" + v.markup, HTML: clean})
			if s := activeMarkup(render(t, md)); s != "" {
				t.Errorf("%s, %s: %q becomes %q, which holds %s", v.source, way, v.markup, md, s)
			}
		}
		// As text, and as what was never cleaned.
		for _, fragment := range []string{"<p>" + nethtml.EscapeString(v.markup) + "</p>", v.markup} {
			md := Markdown(&feedmill.Article{HTML: fragment})
			if s := activeMarkup(render(t, md)); s != "" {
				t.Errorf("%s: %q becomes %q, which holds %s", v.source, fragment, md, s)
			}
		}
	}
}
