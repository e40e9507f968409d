package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/feedmill/feedmill"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	title := func(s string) string { return "<head><title>" + s + "</title></head><body><h1>" + s + "</h1>" }
	short := "<p>The old bridge over the river will be open to traffic again on Tuesday, said the council.</p>"
	ld := func(s string) string {
		return `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge open again",` + s + `}</script>`
	}
	tests := []struct {
		name, html string
		status     int
		want       []string
	}{
		{"a whole article", title("Bridge open again") + paragraphs(4), 200, nil},
		{"short", title("Bridge open again") + short, 200, []string{feedmill.WarnShort}},
		{"soft 404", title("Page not found | Gazette") + "<p>The page that you asked for is not here. It may have moved to another address.</p>", 200, []string{feedmill.WarnShort, feedmill.WarnSoft404}},
		{"soft 404 in German", title("Seite nicht gefunden") + "<p>Leider ist hier nichts zu finden, was Ihnen weiterhelfen könnte.</p>", 200, []string{feedmill.WarnShort, feedmill.WarnSoft404}},
		{"an article on what is not found", title("Lost ring not found after long search") + short, 200, []string{feedmill.WarnShort}},
		{"an article on what is gone", title("Gone with the wind: roof lands in garden") + short, 200, []string{feedmill.WarnShort}},
		{"consent wall", title("We value your privacy") + "<p>We and our partners store information on your device and read it, for which we need your consent.</p>" + paragraphs(1), 200, []string{feedmill.WarnConsentWall}},
		{"robot check", title("Just a moment...") + "<p>Please wait while we look whether your browser is one that we know.</p>", 200, []string{feedmill.WarnShort, feedmill.WarnConsentWall}},
		{"an article on consent", title("Consent law passes second reading") + short, 200, []string{feedmill.WarnShort}},
		{"script only", `<head><title>Gazette</title></head><body><div id="app"></div><script>start()</script><noscript>Please turn on JavaScript.</noscript>`, 200, []string{feedmill.WarnShort, feedmill.WarnScriptOnly}},
		{"script only, not said", `<head><title>Gazette</title></head><body><div id="app"></div><script src="app.js"></script>`, 200, []string{feedmill.WarnShort, feedmill.WarnScriptOnly}},
		{"nothing, and no script", `<head><title>Gazette</title></head><body><div></div>`, 200, []string{feedmill.WarnShort}},
		{"truncated", title("Bridge open again") + paragraphs(3) + "<p>When the first cars had crossed, the mayor turned to the crowd and said that […]</p>", 200, []string{feedmill.WarnTruncated}},
		{"goes on for subscribers", title("Bridge open again") + paragraphs(3) + "<p>Il vous reste 57.09% de cet article à lire. La suite est réservée aux abonnés.</p>", 200, []string{feedmill.WarnTruncated}},
		{"ends in dots before a wall", title("Bridge open again") + "<article>" + paragraphs(3) + "<p>When the first cars had crossed, the mayor turned to the crowd and said that all of them…</p></article><div>Subscribe to continue. It is only 3 a month.</div>", 200, []string{feedmill.WarnTruncated}},
		{"ends in dots, not free", title("Bridge open again") + ld(`"isAccessibleForFree":false`) + paragraphs(3) + "<p>When the first cars had crossed, the mayor turned to the crowd and said that all of them...</p>", 200, []string{feedmill.WarnPaywalled, feedmill.WarnTruncated}},
		{"ends in dots", title("Bridge open again") + paragraphs(3) + "<p>When the first cars had crossed, the mayor turned to the crowd, and what did he say then…</p>", 200, nil},
		{"whole, and a wall for other articles", title("Bridge open again") + "<article>" + paragraphs(3) + "</article><div>Subscribe to continue. It is only 3 a month.</div>", 200, nil},
		{"dots within", title("Bridge open again") + "<p>The mayor said that […] it was done.</p>" + paragraphs(3), 200, nil},
		{"paywalled", title("Bridge open again") + ld(`"isAccessibleForFree":false`) + paragraphs(3), 200, []string{feedmill.WarnPaywalled}},
		{"paywalled, as a text", title("Bridge open again") + ld(`"isAccessibleForFree":"False"`) + paragraphs(3), 200, []string{feedmill.WarnPaywalled}},
		{"a part is paywalled", title("Bridge open again") + ld(`"hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".rest"}`) + paragraphs(3), 200, []string{feedmill.WarnPaywalled}},
		{"free", title("Bridge open again") + ld(`"isAccessibleForFree":true`) + paragraphs(3), 200, nil},
		{"asks for subscribers, says nothing to machines", title("Bridge open again") + paragraphs(3) + "<div class=paywall>This article is for subscribers.</div>", 200, nil},
		{"payment required", title("Bridge open again") + paragraphs(3), 402, []string{feedmill.WarnPaywalled}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://news.example/2020/02/03/bridge", Status: tt.status, Body: []byte("<html>" + tt.html + "</body></html>")})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, a.Quality.Warnings, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("warnings (-want +got):\n%s\n%q", d, a.Text)
			}
		})
	}
}
