package parser

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestSanitizeHTML(t *testing.T) {
	t.Parallel()
	base := mustURL(t, "https://example.org/a/b.html")
	tests := []struct{ name, in, want string }{
		{"text", " plain ", "plain"},
		{"relative link", `<a href="../c?x=1&amp;y=2">c</a>`, `<a href="https://example.org/c?x=1&amp;y=2">c</a>`},
		{"script URL", `<a href="javascript:alert(1)">x</a>`, `<a>x</a>`},
		{"broken script URL", "<a href=\" java\nscript:alert(1)\">x</a>", `<a>x</a>`},
		{"data URL", `<img src="data:image/png;base64,AA" alt="a">`, `<img alt="a">`},
		{"handler", `<p onclick="x()" style="color:red">t</p>`, `<p>t</p>`},
		{"script", `a<script>alert("<p>")</script>b`, `ab`},
		{"picture that waits", `<img src="/blank.gif" data-src="/p.jpg" alt="A" onerror="x()">`, `<img alt="A" src="https://example.org/p.jpg">`},
		{"frame", `<iframe src="https://example.com/"><b>in</b></iframe>t`, `<b>in</b>t`},
		{"frame without end", `a<frameset rows="*"><frame src="x"></frameset> <b>t</b>`, `a <b>t</b>`},
		{"object", `a<object data="x"><param name="y"> t`, `a t`},
		{"title", `<title>of a page</title>a<title/>b</title>`, `ab`},
		{"drawing", `<svg viewBox="0 0 9 9" onload="x()"><title>t</title><script>x()</script><path d="M0 0L9,9z" fill="#f00" style="x"/>` +
			`<use href="#a"/><circle r="1" fill="url(#a)"/><a href="javascript:x()">l</a><foreignObject><p>h</p></foreignObject></svg>u`,
			`<svg viewbox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><title>t</title><path d="M0 0L9,9z" fill="#f00"/>` +
				`<circle r="1"/><a>l</a></svg>u`},
		{"formula", `<math xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:x()"><mi mathvariant="bold">a</mi><maction actiontype="x">b</maction>` +
			`<annotation encoding="TeX">a</annotation></math>`,
			`<math xmlns="http://www.w3.org/1998/Math/MathML"><mi mathvariant="bold">a</mi>b</math>`},
		{"relative picture, link as it is", `<a href="http://x.example/?a=1&amp;b=2"><img src=p.png width=5></a>`,
			`<a href="http://x.example/?a=1&amp;b=2"><img width="5" src="https://example.org/a/p.png"></a>`},
		{"no markup", `a &lt; b &amp;amp; c &nbsp; &quot;`, "a &lt; b &amp;amp; c \u00a0 &#34;"},
		{"list and table", `<ul><li>1</li></ul><table><tr><td colspan="2">x</td></tr></table>`, `<ul><li>1</li></ul><table><tr><td colspan="2">x</td></tr></table>`},
		{"entities stay", `<p>a &lt;b&gt; &amp; c</p>`, `<p>a &lt;b&gt; &amp; c</p>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sanitizeHTML(tt.in, base); got != tt.want {
				t.Errorf("sanitizeHTML(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
	if got := sanitizeHTML(strings.Repeat("<div>", 100_000)+"x", nil); !strings.Contains(got, "x") {
		t.Error("deep markup lost its text")
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "AT&T rises", "AT&T rises"},
		{"entity once", "Fish &amp;amp; Chips", "Fish &amp; Chips"},
		{"markup", "<p>One<br>two</p><p>th<b>re</b>e</p>", "One two three"},
		{"script", "a<script>var x = '<p>';</script>b<style>p{}</style>c", "abc"},
		{"less than", "3 < 5 and 5 > 3", "3 < 5 and 5 > 3"},
		{"unfinished tag", "love <3 and <b", "love <3 and <b"},
		{"white space", " a\u00a0\n\t b ", "a b"},
		{"controls", "a\u202eb\x00c\u200bd\ufeff", "abcd"},
		{"composed", "e\u0301", "é"},
		{"joiners stay", "می\u200cخواهم", "می\u200cخواهم"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := plainText(tt.in); got != tt.want {
				t.Errorf("plainText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWidestSource(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""},
		{"a.jpg", "a.jpg"},
		{"a.jpg 320w, b,c.jpg 640w", "b,c.jpg"},
		{"a.jpg 2x, b.jpg", "a.jpg"},
		{"a.jpg, b.jpg 1.5x", "b.jpg"},
	}
	for _, tt := range tests {
		if got := widestSource(tt.in); got != tt.want {
			t.Errorf("widestSource(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// checkClean fails where a fragment is taken for clean and the sanitizer makes another of it.
func checkClean(t testing.TB, fragment string) {
	t.Helper()
	if !isClean(fragment) {
		return
	}
	if got := articlePolicy().Sanitize(fragment); got != fragment {
		t.Errorf("%q is taken for clean, but becomes %q", fragment, got)
	}
}

func TestIsClean(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "<p>a &amp; b &lt;c&gt; &#34;d&#34; &#39;e&#39;</p>\n<h2>f</h2>\n<ul>\n<li>g</li>\n</ul>\n<ol>\n<li>h<br>\ni</li>\n</ol>",
		"<blockquote><p><strong>a</strong> <em>b</em> <code>c</code> <sub>d</sub><sup>e</sup> <s>f</s> <del>g</del> <ins>h</ins> <mark>i</mark> <q>j</q> <cite>k</cite></p></blockquote>",
		"<pre>a\n b</pre>\n<table>\n<tr><td>c</td><td>d</td></tr>\n</table>\n<h3>e</h3><h4>f</h4><h5>g</h5><h6>h</h6>",
		`<p><a href="https://a-b.example/c/d_e~f/(g)*!;h=i,j@k:l+$m/%C3%BC//?n=o%20p&amp;q=r?/s">t</a> <a href="http://a.example">u</a> <a href="http://a.example?">v</a></p>`,
		`<figure><img src="https://a.example/b.jpg" alt="c &#34;d&#34; ü" width="640" height="480"><figcaption>e <small>f</small></figcaption></figure>`,
		`<figure><img src="https://a.example/b.jpg" alt=""></figure>`,
	} {
		if !isClean(s) {
			t.Errorf("%q is not taken for clean", s)
		}
		checkClean(t, s)
	}
	for _, s := range []string{
		"<p>a & b", "a > b", `"`, "'", "a\x00b", "a\r\nb", "&nbsp;", "&amp", "<P>a</P>", "<p >", "<p", "<", "<a>", "</br>", "<br/>", "<script>", "<div>", "<!-- a -->",
		`<a href="javascript:x()">`, `<a href="http://a.example/" onclick="x()">`, `<a href="http://a.example/&#34;">`, `<a href="//a.example/">`,
		`<a href="http://">`, `<a href="http:///b">`, `<a href="http://a.example:b/">`, `<a href="http://a.example/%zz">`, `<a href="http://a.example/#">`,
		`<a href="http://a.example/ b">`, `<a href="http://a.example/&#10;">`, `<a href="http://a.example/ü">`, `<a href="http://a.example/`, `<a href=http://a.example/>`,
		`<a href="http://a@b.example/">`, `<a href="http://a.example\\@b.example/">`,
		`<img src="data:image/png;base64,a" alt="">`, `<img src="http://a.example/" alt="b" onerror="x()">`, `<img src="http://a.example/" alt=""b">`,
		`<img src="http://a.example/" alt="b" width="1px">`, `<img src="http://a.example/" alt="<">`, `<img src="http://a.example/">`,
	} {
		if isClean(s) {
			t.Errorf("%q is taken for clean", s)
		}
	}
}

// FuzzSanitize checks that nothing active comes through, whatever the fragment, and that the quick look at a fragment's
// URLs agrees with the reading of it.
func FuzzSanitize(f *testing.F) {
	for _, s := range []string{
		`<p onclick="x()">a<a href="b?c&amp;d">e</a><img src=f data-src="http://g.example/h.png" srcset="i 2x">`,
		`<svg><title>a</title><path d="M0,0"/><style>*{}</style><a xlink:href="javascript:x()">b</a></svg><title>c</title>`,
		`<math><mi>a</mi><annotation-xml encoding="text/html"><script>x()</script></annotation-xml></math>`,
		`<iframe srcdoc="<script>x()</script>"><b>a</b></iframe><noembed><p title="</noembed><img src=x onerror=y>">`,
		`<A HREF = 'http://a.example/'>b</A><a href="http://a.example/&#10;b">c</a><a href=" java&Tab;script:x()">d</a>`,
		`<svg></p><style><a title="</style><img src=1 onerror=x>">`, `<math><mtext><table><mglyph><style><!--</style><img src onerror=x>`,
		`<p>a &amp; <a href="https://a.example/b%20c?d=e&amp;f">g</a><br>` + "\n" + `<img src="http://a.example" alt="&lt;" width="1" height="2"></p>`,
		`<textarea><p></textarea><xmp><b></xmp><plaintext>a<b>`, `<![CDATA[<a]]>`, `<a href="http://a.example/" href="b">`,
	} {
		f.Add(s)
	}
	base := mustURL(f, "https://example.org/a/b.html")
	f.Fuzz(func(t *testing.T, fragment string) {
		if !utf8.ValidString(fragment) {
			t.Skip() // feeds are decoded before
		}
		if urlsMayStay(fragment) {
			rewritten, asItIs := feedPolicy().Sanitize(absoluteURLs(fragment, base)), feedPolicy().Sanitize(fragment)
			if rewritten != asItIs {
				t.Errorf("URLs of %q are taken for absolute, but it becomes %q and not %q", fragment, rewritten, asItIs)
			}
		}
		checkClean(t, fragment)
		clean := sanitizeHTML(repairMarkup(fragment), base)
		if s := activeMarkup(clean); s != "" {
			t.Errorf("%q becomes %q, which holds %s", fragment, clean, s)
		}
		if again := sanitizeHTML(clean, base); activeMarkup(again) != "" {
			t.Errorf("%q becomes %q, and that %q", fragment, clean, again)
		}
	})
}
