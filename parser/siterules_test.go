package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/siterule"
	"github.com/google/go-cmp/cmp"
)

// ruledPage is written so that every field that the parser would find by itself is another than the one that the rules
// of the tests point to.
const ruledPage = `<!DOCTYPE html><html lang="de"><head><title>Wrong title - Site</title>
<meta property="og:title" content="Wrong title"><meta name="author" content="Wrong Author">
<meta property="article:published_time" content="2019-01-01T00:00:00Z"><meta property="og:image" content="/wrong.jpg">
<meta name="section" content="Wrong"><meta name="keywords" content="wrong">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Wrong title","isAccessibleForFree":true}</script></head>
<body><h1>Wrong title</h1>
<div class="over">Overline</div><div class="head">The bridge is open</div><div class="lead">After nine years of work.</div>
<div class="who">Text: <a>Qx</a> und <a>Ann Lee</a></div><div class="when">03/04/2020 19:41</div><div class="mod">05.04.2020</div>
<ul class="tags"><li>Bridges</li><li>Rivers</li></ul><span class="sect">Local</span>
<aside class="sidebar"><div id="story">
<p>The first paragraph of the story says that the bridge over the river is open, after nine years of work.</p>
<div class="ad">Buy a car, buy a house, buy whatever you like, but buy it now, and buy it here.</div>
<div class="pic"><img src="/wrong.jpg"><i>Old picture</i></div>
<div class="pic"><img src="/right.jpg" width="640"><i>The bridge at dawn</i><b>Kim / Agency</b></div>
<p>The second paragraph of the story says how many people came to see it, and what they said.</p>
<p class="note">Buy our newsletter</p>
<p>The third paragraph of the story ends it, with a sentence that is long enough to be read as one.</p>
</div></aside>
<div class="paywall">Subscribe</div><div class="foot">© 2020 Example Press</div>
<p>` + "This page says more here, in sentences that are no part of the story, and there are many of them. " + `</p>
</body></html>`

func ruledBy(t *testing.T, rules string) *siterule.Set {
	t.Helper()
	site, err := siterule.Parse("example.yaml", []byte("hosts: [news.example]\nrules:\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	set, err := siterule.NewSet(site)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func extractRuled(t *testing.T, rules, body string) (*feedmill.Article, *Explanation) {
	t.Helper()
	x := NewExtractor(&Options{Rules: ruledBy(t, rules)})
	a, e, err := x.Explain(&feedmill.Page{URL: "https://news.example/a", FetchedAt: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return a, e
}

func TestSiteRuleForEveryField(t *testing.T) {
	t.Parallel()
	a, e := extractRuled(t, `
  - title: .head
    subtitle: .lead
    kicker: .over
    byline: .who a
    published: .when
    modified: .mod
    dates: day-first
    zone: Europe/Berlin
    language: =en
    section: .sect
    tags: .tags li
    source: =The Example
    copyright: .foot
    license: =https://creativecommons.org/licenses/by/4.0/
    paywalled: .paywall
    description: .lead
    body: "#story"
    strip: [.ad, .note]
    image: .pic:nth-of-type(3) img
    caption: .pic i
    credit: .pic b
`, ruledPage)
	yes := true
	want := feedmill.Article{
		Title: "The bridge is open", Subtitle: "After nine years of work.", Kicker: "Overline",
		Byline:    feedmill.Byline{Raw: "Qx, Ann Lee", Authors: []feedmill.Author{{Name: "Qx"}, {Name: "Ann Lee"}}},
		Published: feedmill.Timestamp{Value: "2020-04-03T19:41+02:00", UTC: time.Date(2020, 4, 3, 17, 41, 0, 0, time.UTC), Precision: "minute", Zone: "source", From: "rule:example", Raw: "03/04/2020 19:41"},
		Modified:  feedmill.Timestamp{Value: "2020-04-05", Precision: "day", Zone: "none", From: "rule:example", Raw: "05.04.2020"},
		Language:  feedmill.Language{Tag: "en", From: "rule:example"}, Section: "Local", Tags: []string{"Bridges", "Rivers"},
		Source:      feedmill.Source{ID: "news.example", Name: "The Example", Domain: "news.example", Language: "de"},
		Rights:      feedmill.Rights{Copyright: "© 2020 Example Press", License: "https://creativecommons.org/licenses/by/4.0/", From: "rule:example"},
		Access:      feedmill.Access{Paywalled: &yes, From: "rule:example"},
		Description: feedmill.Description{Text: "After nine years of work.", From: "rule:example"},
		Text: "The first paragraph of the story says that the bridge over the river is open, after nine years of work.\n\n" +
			"The second paragraph of the story says how many people came to see it, and what they said.\n\n" +
			"The third paragraph of the story ends it, with a sentence that is long enough to be read as one.",
		Images: []feedmill.Image{
			{ID: "i1", URL: "https://news.example/wrong.jpg", Caption: "Old picture", Block: 1},
			{ID: "i2", URL: "https://news.example/right.jpg", Width: 640, Caption: "The bridge at dawn", Credit: "Kim / Agency", CreditRaw: "Kim / Agency", Lead: true, Block: 1},
		},
		Removed: []feedmill.Removed{
			{Text: "Buy a car, buy a house, buy whatever you like, but buy it now, and buy it here.", Reason: "rule", Rule: ".ad"},
			{Text: "Buy our newsletter", Reason: "rule", Rule: ".note"},
		},
	}
	got := feedmill.Article{Title: a.Title, Subtitle: a.Subtitle, Kicker: a.Kicker, Byline: a.Byline, Published: a.Published, Modified: a.Modified,
		Language: a.Language, Section: a.Section, Tags: a.Tags, Source: a.Source, Rights: a.Rights, Access: a.Access, Description: a.Description,
		Text: a.Text, Images: a.Images, Removed: a.Removed}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("article (-want +got):\n%s", d)
	}
	for _, field := range []string{"title", "subtitle", "kicker", "byline", "published", "published.zone", "modified", "language", "section", "tags", "source.name", "copyright", "license", "access", "description", "text", "image"} {
		if from := a.Provenance.Fields[field]; from != "rule:example" {
			t.Errorf("%s comes from %q, want the rule", field, from)
		}
	}
	if a.Quality.Method != "rule" {
		t.Errorf("method %q", a.Quality.Method)
	}
	if rules, hash, _ := strings.Cut(a.Provenance.Pipeline.Rules, "+"); rules != Rules() || len(hash) != 12 {
		t.Errorf("pipeline %+v", a.Provenance.Pipeline)
	}
	for _, f := range e.Fields {
		if f.From == "rule:example" && f.Field == "title" && (len(f.Beat) == 0 || f.Beat[0].Value != "Wrong title") {
			t.Errorf("the account does not say what the rule's title beat: %+v", f)
		}
	}
}

// TestSiteRuleThatFindsNothing: a rule whose site was rebuilt leaves the page to the parser, and the account says so.
func TestSiteRuleThatFindsNothing(t *testing.T) {
	t.Parallel()
	plain, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://news.example/a", FetchedAt: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Body: []byte(ruledPage)})
	if err != nil {
		t.Fatal(err)
	}
	a, e := extractRuled(t, "  - {title: .none, byline: .none, published: [.none, h1], body: '#none', strip: .none, image: .none, caption: .none, tags: .none}", ruledPage)
	a.Provenance.Pipeline = plain.Provenance.Pipeline
	if d := cmp.Diff(plain, a); d != "" {
		t.Errorf("the article is another than without a rule (-without +with):\n%s", d)
	}
	said := 0
	for _, s := range e.Steps {
		if s.Name == "site rule" && (strings.Contains(s.Note, "finds nothing") || strings.Contains(s.Note, "is no date")) {
			said++
		}
	}
	if said != 8 {
		t.Errorf("%d selectors are said to find nothing, want 8: %+v", said, e.Steps)
	}
}

// TestSiteRuleOfAnotherPage: a rule that does not hold changes nothing, not even the name of the pipeline.
func TestSiteRuleOfAnotherPage(t *testing.T) {
	t.Parallel()
	page := &feedmill.Page{URL: "https://news.example/a", FetchedAt: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Body: []byte(ruledPage)}
	plain, err := NewExtractor(nil).Extract(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, rules := range []string{"  - {until: 2020-06-01, title: .head}", "  - {from: 2020-06-02, title: .head}", "  - {paths: /b, title: .head}"} {
		a, _ := extractRuled(t, rules, ruledPage)
		if d := cmp.Diff(plain, a); d != "" {
			t.Errorf("%s (-without +with):\n%s", rules, d)
		}
	}
}

func TestSiteRuleKeepsAll(t *testing.T) {
	t.Parallel()
	page := `<body><h1>The bridge is open</h1><div class="related"><div class="a">Share this</div><p>Read more: none.</p><ul><li><a href="/x">A list of links only</a></li></ul></div><div class="b">Tail</div></body>`
	a, _ := extractRuled(t, "  - {body: '.related, .b', keep: true}", page)
	if want := "Share this\n\nRead more: none.\n\nA list of links only\n\nTail"; a.Text != want {
		t.Errorf("text %q, want %q", a.Text, want)
	}
}

// TestSiteRuleStripsNoMetadata: elements that show nothing stay, whatever a selector says.
func TestSiteRuleStripsNoMetadata(t *testing.T) {
	t.Parallel()
	page := `<html><head><title>T</title><script type="application/ld+json">{"@type":"NewsArticle","headline":"The bridge is open","datePublished":"2020-04-03"}</script></head><body><h1>The bridge is open</h1><p>A paragraph of some length that says that it is open now, and what people say.</p></body></html>`
	a, _ := extractRuled(t, "  - {strip: ['//script', '//head', 'meta', 'body', 'html', 'h1']}", page)
	if a.Title != "The bridge is open" || a.Published.Value != "2020-04-03" || a.Provenance.Fields["title"] != "json-ld" {
		t.Errorf("title %q from %s, published %q", a.Title, a.Provenance.Fields["title"], a.Published.Value)
	}
}

// TestSiteRuleInParts: body and strip hold for every part of an article, fields for the first.
func TestSiteRuleInParts(t *testing.T) {
	t.Parallel()
	part := func(n string) *feedmill.Page {
		return &feedmill.Page{URL: "https://news.example/a?page=" + n, Body: []byte(`<body><h1 class=t>Part ` + n + `</h1><div class=s><p>Text of part ` + n + `, which is long enough to stand.</p><p class=x>Page ` + n + ` of 2, which is not.</p></div><p>And what else there is to say on this page, in long sentences.</p></body>`)}
	}
	first := part("1")
	first.Parts = []*feedmill.Page{part("2")}
	a, err := NewExtractor(&Options{Rules: ruledBy(t, "  - {title: .t, body: .s, strip: .x}")}).Extract(first)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Text of part 1, which is long enough to stand.\n\nText of part 2, which is long enough to stand."; a.Title != "Part 1" || a.Text != want {
		t.Errorf("%q: %q", a.Title, a.Text)
	}
}

// FuzzSiteRule: whatever page and selectors meet, it ends in an article.
func FuzzSiteRule(f *testing.F) {
	f.Add("p", ruledPage)
	f.Add("//*", ruledPage)
	f.Add("//div/@class", "<p><table><svg><a><p>")
	f.Add("*", "<frameset><img src=x>")
	f.Fuzz(func(t *testing.T, selector, body string) {
		s, err := siterule.ParseSelector(selector)
		if err != nil {
			t.Skip()
		}
		r := &siterule.Rule{Name: "f", Fields: map[string][]*siterule.Selector{}}
		for _, field := range siterule.Fields() {
			r.Fields[field] = []*siterule.Selector{s}
		}
		set, err := siterule.NewSet(&siterule.Site{Name: "f", Hosts: []string{"news.example"}, Rules: []*siterule.Rule{r}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewExtractor(&Options{Rules: set}).Extract(&feedmill.Page{URL: "http://news.example/", Item: &feedmill.Item{}, Body: []byte(body)}); err != nil {
			t.Error(err)
		}
	})
}

// TestSuggestNamesThings holds that no rule is made of kinds of elements that stand anywhere.
func TestSuggestNamesThings(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]bool{
		"div": false, "td div": false, "font": false, "h1": true, "article": true, "article p": false, "#story div": true, "p.byline": true, "span[itemprop=author]": true, "header h1": true,
	} {
		if got := namesThing(selector); got != want {
			t.Errorf("%q: %v, want %v", selector, got, want)
		}
	}
	page := &feedmill.Page{URL: "https://a.example/x", Body: []byte("<html><head><title>Bridge to be rebuilt</title></head><body><table><tr><td><div><b>Bridge to be rebuilt</b></div>" + paragraphs(5) + "</td></tr></table></body></html>")}
	got, err := NewExtractor(nil).Suggest(page)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) > 0 {
		t.Errorf("suggests %v", got)
	}
}
