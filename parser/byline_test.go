package parser

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestSplitNames(t *testing.T) {
	t.Parallel()
	type people = []feedmill.Author
	tests := []struct {
		in   string
		want people
	}{
		{"By Lee Tae-hoon", people{{Name: "Lee Tae-hoon"}}},
		{"By Ann Lee and Bo Ek in Seoul", people{{Name: "Ann Lee"}, {Name: "Bo Ek"}}},
		{"Abby Jones", people{{Name: "Abby Jones"}}},
		{"BY ANN LEE", people{{Name: "ANN LEE"}}},
		{"Von Jörg Müller und Änne de Vries", people{{Name: "Jörg Müller"}, {Name: "Änne de Vries"}}},
		{"By Ann Lee, Staff Writer", people{{Name: "Ann Lee", Role: "Staff Writer"}}},
		{"By Ann Lee | The Daily Example", people{{Name: "Ann Lee"}}},
		{"By Ann Lee, ann.lee@news.example", people{{Name: "Ann Lee"}}},
		{"Ann Lee, MS, Ph.D.", people{{Name: "Ann Lee"}}},
		{"by the river", nil},
		{"By 2020, all was over", nil},
		{"기자 김철수", people{{Name: "김철수"}}},
		{"김철수 기자", people{{Name: "김철수"}}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, splitNames(stripByline(tt.in))); d != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, d)
		}
	}
}

func TestOrganizationInTheAuthorsPlace(t *testing.T) {
	t.Parallel()
	a := extract(t, `<html><head><meta property="og:site_name" content="News Example"><meta name="author" content="News Example"></head><body><article><h1>Bridge to be rebuilt</h1>`+paragraphs(3)+`</article></body></html>`)
	want := []feedmill.Author{{Name: "News Example", Organization: "News Example"}}
	if d := cmp.Diff(want, a.Byline.Authors); d != "" {
		t.Errorf("authors (-want +got):\n%s", d)
	}
}

// TestSignature reads names at the end of the body, and in a box about who wrote.
func TestSignature(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<p><b>Ann Lee</b></p>`:             "Ann Lee",
		`<p>Ann Lee</p>`:                    "",
		`<p>Autoren: Ann Lee und Bo Ek</p>`: "Ann Lee, Bo Ek",
		`<p>(责编：牛镛、岳弘彬)</p>`:                "牛镛, 岳弘彬",
		`<div class="author-box"><h4 class="author-name">Ann Lee</h4></div>`: "Ann Lee",
		`<div class="comments"><h4 class="author-name">Ann Lee</h4></div>`:   "",
	} {
		a := extract(t, "<html><body><article><h1>Bridge to be rebuilt</h1>"+paragraphs(3)+in+"</article></body></html>")
		if got := joinAuthors(a.Byline.Authors); got != want {
			t.Errorf("%s gives %q, want %q", in, got, want)
		}
	}
}

func TestCutBylineWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"By Ann": true, "BY: Ann": true, "Abby Ann": false, "Byron Ann": false, "By-law Ann": false, "Vonnegut": false, "ByAnn Lee": true, "vonAnn Lee": true, "Veröffentlicht vonAnn Lee": true, "Vonda Lee": false, "DiMaggio Lee": false, "von Ann": true, "Written by Ann": true} {
		if _, ok := cutBylineWord(in); ok != want {
			t.Errorf("cutBylineWord(%q) is %t, want %t", in, ok, want)
		}
	}
}

func TestBareByline(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"By Owen Pritchard, 18 March 2025, 11:20, updated 18 March 2025, 12:30": "By Owen Pritchard",
		"By Owen Pritchard":                                    "By Owen Pritchard",
		"By Ann Lee and Bo Ek in Seoul | 4 min read":           "By Ann Lee and Bo Ek in Seoul",
		"By Ann Lee, Staff Writer | Updated Jan. 3, 2020":      "By Ann Lee, Staff Writer",
		"By Ann Lee, ann.lee@news.example":                     "By Ann Lee",
		"By Ann Lee · Monday, 3 May 2021":                      "By Ann Lee",
		"By Ann Lee May 3, 2021 10:15 am":                      "By Ann Lee",
		"By Ann Lee on May 3, 2021":                            "By Ann Lee",
		"By May Lee and Ann Reader":                            "By May Lee and Ann Reader",
		"Von Jörg Müller | Aktualisiert am 3.5.2021":           "Von Jörg Müller",
		"| By Ann Lee |":                                       "By Ann Lee",
		"김서연 기자 | 입력 2025.03.17 09:30":                         "김서연 기자",
		"By Ann Lee (Reuters) - Published 11:20 GMT, 3 May":    "By Ann Lee (Reuters)",
		"By Ann Lee for The Elmer Courier, Sunday 3 May, 9:15": "By Ann Lee for The Elmer Courier",
	} {
		if got := bareByline(in, loadRules()); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestNamesBesideDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"January 2, 2006 - by Ann Lee and Bo Ek": "Ann Lee, Bo Ek",
		"Ann Lee | 3 May 2020":                   "Ann Lee",
		"3 May 2020 • Ann Lee":                   "Ann Lee",
		"Monday, 3 May 2020":                     "",
		"Ann Lee":                                "",
	} {
		names, _ := namesBesideDate(in, loadRules())
		if got := joinAuthors(names); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestAuthors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, head, line, want string }{
		{"name and date without a mark", "", `<p>By Ann Lee December 2, 2025</p>`, "Ann Lee"},
		{"set close", "", `<div><span>By</span><span>Ann Lee</span></div>`, "Ann Lee"},
		{"in an element that says so", "", `<p>3 May 2020 <span class="reporter">Ann Lee</span></p>`, "Ann Lee"},
		{"a line of its own beside the date", "", `<div>Ann Lee</div><div>May 3, 2020</div>`, "Ann Lee"},
		{"a place of its own beside the date", "", `<div>New York</div><p>` + sentence + `</p>`, ""},
		{"with a role", "", `<p class="byline">By Ann Lee, Founder</p>`, "Ann Lee"},
		{"with a role and no comma", `<meta name="author" content="Ann Lee Writer">`, "", "Ann Lee"},
		{"the label alone", "", `<h3>Author</h3><p>Ann Lee</p>`, "Ann Lee"},
		{"staff, where nobody is named", `<meta name="author" content="Gazette Staff">`, "", "Gazette Staff"},
		{"a person before the staff", `<meta name="author" content="Gazette Staff">`, `<p>By Ann Lee</p>`, "Ann Lee"},
		{"an account", `<meta name="author" content="admin">`, "", ""},
		{"an account with a number", "", `<p class="byline">von <a rel="author" href="/u/1">annlee42</a></p>`, "annlee42"},
		{"an account beside the name", `<meta name="author" content="annlee"><meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Ann Lee">`, "", "Ann Lee"},
		{"an account of parts of the name", `<meta name="author" content="ann.l">`, `<p class="byline">By Ann Lee</p>`, "Ann Lee"},
		{"an account of another's", `<meta name="author" content="bo.e">`, `<p class="byline">By Ann Lee</p>`, "bo.e"},
		{"the site's name alone", `<meta property="og:site_name" content="News Example">`, "", ""},
		{"the site in the author's place", `<meta name="author" content="News Example"><meta property="og:site_name" content="News Example">`, "", "News Example"},
		{"a person before the site", `<meta name="author" content="News Example"><meta property="og:site_name" content="News Example">`, `<p>By Ann Lee</p>`, "Ann Lee"},
		{"an organisation", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","author":{"@type":"Organization","name":"Center for Bridges and Roads"}}</script>`, "", "Center for Bridges and Roads"},
		{"who reviewed", "", `<p class="byline">Medically reviewed by Bo Ek</p>`, ""},
		{"a sentence", "", `<p>A report by Ann Lee of the institute in Torby found 34 cracks in the old bridge.</p>`, ""},
		{"the last name first", `<meta name="citation_author" content="Lee, Ann"><meta name="citation_author" content="Ek, Bo">`, "", "Ann Lee, Bo Ek"},
		{"a host", `<meta name="author" content="news.example">`, `<p class="byline">Ann Lee</p>`, "Ann Lee"},
		{"a nickname", `<meta name="author" content="Ann &quot;Spark&quot; Lee">`, "", `Ann "Spark" Lee`},
		{"before what follows", "", `<div class="author">3 May 2020 · Ann Lee on behalf of the Board of Roads</div>`, "Ann Lee"},
		{"the person whose site it is", `<script type="application/ld+json">{"@type":"BlogPosting","headline":"Bridge to be rebuilt","author":{"@type":"Person","name":"Ann Lee"},"publisher":{"@type":["Person","Organization"],"name":"Ann Lee"}}</script>`, "", "Ann Lee"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := extract(t, "<html><head>"+tt.head+"</head><body><article><h1>Bridge to be rebuilt</h1>"+tt.line+paragraphs(3)+"</article></body></html>")
			if got := joinAuthors(a.Byline.Authors); got != tt.want {
				t.Errorf("authors %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBoxedAuthor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, box, want string }{
		{"the name alone", `<div class="author-name">Ann Lee</div>`, "Ann Lee"},
		{"before what she is", `<div class="author-box"><div>Ann Lee</div><p>` + sentence + `</p></div>`, "Ann Lee"},
		{"of pieces", `<div class="author-name"><span>Ann</span>` + strings.Repeat(" ", 900) + `<span>Lee</span></div>`, "Ann Lee"},
		{"many elements with one text", strings.Repeat(`<span class="author-name">`, 300) + strings.Repeat(sentence+" ", 2000), ""},
	} {
		a := extract(t, "<html><body><article><h1>Bridge to be rebuilt</h1>"+paragraphs(4)+"</article>"+tt.box+"</body></html>")
		if got := joinAuthors(a.Byline.Authors); got != tt.want {
			t.Errorf("%s: authors %q, want %q", tt.name, got, tt.want)
		}
	}
}
