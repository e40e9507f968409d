package parser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

func TestReadMoment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		order dayOrder
		want  string // the timestamp's value, "?" after an ambiguous one, "" for none
	}{
		{"2011-01-10T19:41:05+09:00", orderUnknown, "2011-01-10T19:41:05+09:00"},       // RFC 3339 §5.8 form
		{"1985-04-12T23:20:50.52Z", orderUnknown, "1985-04-12T23:20:50Z"},              // RFC 3339 §5.8
		{"1996-12-19T16:39:57-08:00", orderUnknown, "1996-12-19T16:39:57-08:00"},       // RFC 3339 §5.8
		{"20110110T194105Z", orderUnknown, "2011-01-10T19:41:05Z"},                     // ISO 8601 basic format
		{"Sun, 06 Nov 1994 08:49:37 GMT", orderUnknown, "1994-11-06T08:49:37Z"},        // RFC 9110 §5.6.7
		{"Fri, 21 Nov 1997 09:55:06 -0600", orderUnknown, "1997-11-21T09:55:06-06:00"}, // RFC 5322 A.1.1
		{"01-10-2011 19:41", orderUnknown, "2011-01-10T19:41?"},
		{"01-10-2011 19:41", monthFirst, "2011-01-10T19:41"},
		{"01-10-2011 19:41", dayFirst, "2011-10-01T19:41"},
		{"13/01/2011", orderUnknown, "2011-01-13"},
		{"01/13/2011", orderUnknown, "2011-01-13"},
		{"10.01.2011", orderUnknown, "2011-01-10"},
		{"January 10, 2011 at 7:41 p.m. EST", orderUnknown, "2011-01-10T19:41-05:00"},
		{"Published: Mon 10 Jan 2011, 12:05 am", orderUnknown, "2011-01-10T00:05"},
		{"10. Januar 2011, 19.41 Uhr", orderUnknown, "2011-01-10T19:41"},
		{"10 de enero de 2011", orderUnknown, "2011-01-10"},
		{"le 10 janvier 2011 à 19h41", orderUnknown, "2011-01-10T19:41"},
		{"10 января 2011 г.", orderUnknown, "2011-01-10"},
		{"2011年1月10日 19:41", orderUnknown, "2011-01-10T19:41"},
		{"2011. január 10.", orderUnknown, "2011-01-10"},
		{"2011년 1월 10일", orderUnknown, "2011-01-10"},
		{"31.02.2011", orderUnknown, ""},
		{"call 555-01-2011", orderUnknown, ""},
		{"version 1.2.3", orderUnknown, ""},
		{"in May we met 10 people", orderUnknown, ""},
		{"", orderUnknown, ""},
	}
	for _, tt := range tests {
		m, ok := loadRules().readMoment(tt.in, tt.order)
		got := ""
		if ok {
			got = m.timestamp("", "").Value
			if m.ambiguous {
				got += "?"
			}
		}
		if got != tt.want {
			t.Errorf("%q gives %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestURLDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example/2011/01/10/x":       "2011-01-10",
		"https://a.example/2011/01/205_1.html": "2011-01",
		"https://a.example/news/20110110/x":    "2011-01-10",
		"https://a.example/x-2011-01-10-y":     "2011-01-10",
		"https://a.example/2011/jan/10/x":      "2011-01-10",
		"https://a.example/article/20119999":   "",
		"https://a.example/2011-model/10":      "",
	} {
		got := ""
		if m, _, ok := urlDate(in); ok {
			got = m.timestamp("", "").Value
		}
		if got != want {
			t.Errorf("%s gives %q, want %q", in, got, want)
		}
	}
}

// TestChosenDate holds the order of trust, and that an ambiguous date is never guessed.
func TestChosenDate(t *testing.T) {
	t.Parallel()
	feed := time.Date(2011, 1, 10, 19, 41, 0, 0, time.FixedZone("", 9*3600))
	tests := []struct {
		name, url, head, line string
		feed                  time.Time
		value, from           string
	}{
		{"ambiguous, nothing else", "https://a.example/x", "", "01-10-2011 19:41", time.Time{}, "", ""},
		{"ambiguous, the URL decides", "https://a.example/2011/10/x", "", "01-10-2011 19:41", time.Time{}, "2011-10-01T19:41", "text"},
		{"ambiguous, British site", "https://a.uk/x", "", "01-10-2011 19:41", time.Time{}, "2011-10-01T19:41", "text"},
		{"ambiguous, feed agrees", "https://a.uk/x", "", "01-10-2011 19:41", time.Time{}, "2011-10-01T19:41", "text"},
		{"feed has the same minute and a zone", "https://a.example/x", "", "01-10-2011 19:41", feed, "2011-01-10T19:41:00+09:00", "feed"},
		{"page has only the day", "https://a.example/x", "", "January 10, 2011", feed, "2011-01-10T19:41:00+09:00", "feed"},
		{"meta with a zone is surer", "https://a.example/x", `<meta property="article:published_time" content="2011-01-10T12:00:00Z">`, "January 10, 2011", feed, "2011-01-10T12:00:00Z", "meta:article:published_time"},
		{"nothing on the page", "https://a.example/x", "", "", feed, "2011-01-10T19:41:00+09:00", "feed"},
		{"nothing at all", "https://a.example/x", "", "", time.Time{}, "", ""},
		{"UTC, and the clock that the page shows", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z">`, "January 10, 2011 9:25 pm", time.Time{}, "2011-01-10T21:25:54-05:00", "meta:article:published_time"},
		{"UTC, and another time on the page", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z">`, "January 10, 2011 9:31 pm", time.Time{}, "2011-01-11T02:25:54Z", "meta:article:published_time"},
		{"UTC, and another second on the page", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z">`, "January 10, 2011 9:25:10 pm", time.Time{}, "2011-01-11T02:25:54Z", "meta:article:published_time"},
		{"UTC, and a clock at no place's offset", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z">`, "January 10, 2011 9:10 pm", time.Time{}, "2011-01-11T02:25:54Z", "meta:article:published_time"},
		{"UTC, and a change on the page", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z">`, "January 10, 2011 9:25 pm (updated)", time.Time{}, "2011-01-11T02:25:54Z", "meta:article:published_time"},
		{"UTC, and the same instant at its offset", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z"><meta name="date" content="2011-01-10T21:25-05:00">`, "", time.Time{}, "2011-01-10T21:25:54-05:00", "meta:article:published_time"},
		{"UTC, and another instant at its offset", "https://a.example/x", `<meta property="article:published_time" content="2011-01-11T02:25:54Z"><meta name="date" content="2011-01-10T21:25-06:00">`, "", time.Time{}, "2011-01-11T02:25:54Z", "meta:article:published_time"},
		{"the URL before a date of something else", "https://a.example/2011/01/10/x", "", "April 11, 2009", time.Time{}, "2011-01-10", "url"},
		{"set aside", "https://a.example/x", "", `<aside><time datetime="2011-01-10">10 January</time></aside>`, time.Time{}, "2011-01-10", "time:far"},
		{"RDFa", "https://a.example/x", "", `<span property="schema:dateCreated" content="2011-01-10T12:00:00Z"></span>`, time.Time{}, "2011-01-10T12:00:00Z", "itemprop:dateCreated"},
		{"beginning the text", "https://a.example/x", "", "<p>10.01.2011 – " + sentence + "</p>", time.Time{}, "2011-01-10", "text:start"},
		{"the last change alone: its day, and so said", "https://a.example/x", `<meta property="article:modified_time" content="2011-01-10T12:00:00Z">`, "", time.Time{}, "2011-01-10", "modified:meta:article:modified_time"},
		{"the last change alone, as readers are told", "https://a.example/x", "", "Last updated on 10 January 2011", time.Time{}, "2011-01-10", "modified:text"},
		{"the last change alone, and the feed", "https://a.example/x", `<meta property="article:modified_time" content="2012-01-10T12:00:00Z">`, "", feed, "2011-01-10T19:41:00+09:00", "feed"},
		{"a change is announced in the line before", "https://a.example/x", "", `<p>Last updated:</p><p>January 10, 2011</p>`, time.Time{}, "2011-01-10", "modified:text"},
		{"a change is announced before the element", "https://a.example/x", `<meta name="pubdate" content="2010-01-01">`, `<span>Updated</span> <time datetime="2011-01-10">10 January</time>`, time.Time{}, "2010-01-01", "meta:pubdate"},
		{"announced to readers as that of the publication", "https://a.example/x", `<meta property="article:published_time" content="2011-03-01T12:00:00Z">`, "Published on January 10, 2011", time.Time{}, "2011-01-10", "text"},
		{"announced, but the URL is with what is stated", "https://a.example/2011/03/01/x", `<meta property="article:published_time" content="2011-03-01T12:00:00Z">`, "Published on January 10, 2011", time.Time{}, "2011-03-01T12:00:00Z", "meta:article:published_time"},
		{"a date of any kind, and one near the headline", "https://a.example/x", `<meta name="date" content="2011-03-01">`, "January 10, 2011", time.Time{}, "2011-01-10", "text"},
		{"a date of any kind alone", "https://a.example/x", `<meta name="date" content="2011-03-01">`, "", time.Time{}, "2011-03-01", "meta:date"},
		{"two against the first", "https://a.example/x", `<meta property="article:published_time" content="2011-01-10T12:00:00Z"><script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","datePublished":"2009-05-01"}</script>`, "January 10, 2011", time.Time{}, "2011-01-10T12:00:00Z", "meta:article:published_time"},
		{"one against one", "https://a.example/x", `<meta property="article:published_time" content="2011-01-10T12:00:00Z"><script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","datePublished":"2009-05-01"}</script>`, "", time.Time{}, "2009-05-01", "json-ld"},
		{"the title ends with it", "https://a.example/x", `<title>Bridge to be rebuilt | Gazette | 10.01.2011</title>`, "", time.Time{}, "2011-01-10", "title"},
		{"data in a script", "https://a.example/x", `<script>load({"page":{"publishedAt":"2011-01-10T12:00:00Z"}})</script>`, "", time.Time{}, "2011-01-10T12:00:00Z", "script:publishedAt"},
		{"data within data in a script", "https://a.example/x", `<script>load("{\"datePublished\":\"2011-01-10T12:00:00Z\"}")</script>`, "", time.Time{}, "2011-01-10T12:00:00Z", "script:datePublished"},
		{"data in a script, of several articles", "https://a.example/x", `<script>load([{"title":"Other","datePublished":"2009-01-01"},` + strings.Repeat(" ", 500) + `{"title":"Bridge to be rebuilt","datePublished":"2011-01-10"}])</script>`, "", time.Time{}, "2011-01-10", "script:datePublished"},
		{"data in a script, all of other articles", "https://a.example/x", `<script>load([{"title":"Other","datePublished":"2009-01-01"},{"title":"Another","datePublished":"2011-01-10"}])</script>` + strings.Repeat(" ", scriptReach), "", time.Time{}, "", ""},
		{"data in a script, and the page says another", "https://a.example/x", `<script>load({"datePublished":"2009-01-01"})</script>`, "January 10, 2011", time.Time{}, "2011-01-10", "text"},
		{"ambiguous, another element is not", "https://a.example/x", "", `01-10-2011 <aside><time datetime="2011-01-10">10 January</time></aside>`, time.Time{}, "2011-01-10", "text"},
		{"ambiguous, the page's habit", "https://a.example/x", "", `<p>01/10/2011</p><p>Read also: Levee breached (13/10/2011)</p>`, time.Time{}, "2011-10-01", "text"},
		{"ambiguous, the page has no habit", "https://a.example/x", "", `<p>01/10/2011</p><p>Read also: Levee breached (13/10/2011)</p><p>Read also: Levee repaired (10/14/2011)</p>`, time.Time{}, "", ""},
		{"copyright is no date", "https://a.example/x", "", "© 2011-01-10 Example", time.Time{}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf("<html><head>%s</head><body><h1>Bridge to be rebuilt</h1><div>%s</div>%s</body></html>", tt.head, tt.line, paragraphs(5))
			p := &feedmill.Page{URL: tt.url, Body: []byte(body), FetchedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
			if !tt.feed.IsZero() {
				p.Item = &feedmill.Item{Link: tt.url, Published: tt.feed}
			}
			a, err := NewExtractor(nil).Extract(p)
			if err != nil {
				t.Fatal(err)
			}
			if a.Published.Value != tt.value || a.Published.From != tt.from {
				t.Errorf("published %q from %q, want %q from %q", a.Published.Value, a.Published.From, tt.value, tt.from)
			}
			if (a.Published.Zone == "stated") != !a.Published.UTC.IsZero() {
				t.Errorf("zone %q with UTC %v", a.Published.Zone, a.Published.UTC)
			}
		})
	}
}

func TestDateLabel(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]dateLabel{
		"January 10, 2011":                         labelNone,
		"By Ann Lee, January 10, 2011":             labelNone,
		"Published: January 10, 2011":              labelPublished,
		"Erschienen am 10.01.2011":                 labelPublished,
		"Опубликовано 10 января 2011":              labelPublished,
		"公開 2011年1月10日":                            labelPublished,
		"Updated January 10, 2011":                 labelUpdated,
		"Zuletzt geändert am 10.01.2011":           labelUpdated,
		"最終更新 2011年1月10日":                          labelUpdated,
		"Published Jan 10, 2011, updated Jan 11":   labelPublished,
		"Published by Ann Lee, last updated Jan 1": labelUpdated,
	} {
		if got := labelIn(in); got != want {
			t.Errorf("%q: label %d, want %d", in, got, want)
		}
	}
}

// TestDayOfReading: what sites show of the present day is not the article's date, but where it is said to be.
func TestDayOfReading(t *testing.T) {
	t.Parallel()
	fetched := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ name, head, before, after, value string }{
		{"in the masthead", "", `<header><div class="today">Monday, March 2, 2026</div></header>`, "", ""},
		{"in a bar at the top", "", `<div id="topbar"><span>Monday, March 2, 2026</span></div>`, "", ""},
		{"in a time element at the top", "", `<div><time datetime="2026-03-02">Monday</time></div>`, "", ""},
		{"where it is tomorrow already", "", `<div class="date">Tuesday, March 3, 2026</div>`, "", ""},
		{"as that of an answer", `<meta name="last-modified" content="2026-03-02T11:59:00Z">`, "", "", ""},
		{"above an older article", "", `<div class="date">Monday, March 2, 2026</div>`, `<p class="date">February 27, 2026</p>`, "2026-02-27"},
		{"in a byline above the headline", "", `<div class="meta"><span class="author">By Ann Lee</span> <time datetime="2026-03-02T08:15:00+01:00">3 hours ago</time></div>`, "", "2026-03-02T08:15:00+01:00"},
		{"with a clock, above the headline", "", `<div class="date">2 March 2026, 08:17</div>`, "", "2026-03-02T08:17"},
		{"with the clock of the answer", "", `<div class="clock">Monday, March 2, 2026 7:01 am</div>`, "", ""},
		{"below the headline", "", "", `<p class="date">March 2, 2026</p>`, "2026-03-02"},
		{"said to be the publication's", "", `<div>Published on March 2, 2026</div>`, "", "2026-03-02"},
		{"the day before yesterday, at the top", "", `<div class="date">February 28, 2026</div>`, "", "2026-02-28"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf("<html><head>%s</head><body>%s<h1>Bridge to be rebuilt</h1>%s%s</body></html>", tt.head, tt.before, tt.after, paragraphs(5))
			a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://a.example/x", Body: []byte(body), FetchedAt: fetched})
			if err != nil {
				t.Fatal(err)
			}
			if a.Published.Value != tt.value {
				t.Errorf("published %q from %q, want %q", a.Published.Value, a.Published.From, tt.value)
			}
		})
	}
}
