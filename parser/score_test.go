package parser

import (
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

func TestScoreWeights(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for line := range strings.Lines(scoreWeights) {
		name, _, _ := strings.Cut(line, "\t")
		names[name] = true
	}
	for _, n := range scoreFeatures {
		if !names[n] {
			t.Errorf("no weight for %q", n)
		}
	}
	if len(names) != len(scoreFeatures) {
		t.Errorf("%d weights for %d features", len(names), len(scoreFeatures))
	}
}

// TestScore holds that a plain article is trusted, a page of scraps less, and that nothing is said where nothing is known.
func TestScore(t *testing.T) {
	t.Parallel()
	score := func(body string, item *feedmill.Item) float64 {
		a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://a.example/x", Body: []byte(body), Item: item})
		if err != nil {
			t.Fatal(err)
		}
		return a.Quality.Score
	}
	good := score("<html><body><article><h1>Bridge open again</h1>"+paragraphs(12)+"</article></body></html>", nil)
	scraps := score("<html><body><h1>Bridge</h1>"+strings.Repeat("<div><p>Bridge news <a href=/b>all of it</a></p></div><div>Weather today and more</div>", 12)+"</body></html>", nil)
	if good < 0.8 || scraps >= good {
		t.Errorf("an article has %v, scraps %v", good, scraps)
	}
	if s := score("", &feedmill.Item{Link: "https://a.example/x", Title: "Bridge", Summary: "The bridge is open."}); s != 0 {
		t.Errorf("an entry of a feed alone has %v", s)
	}
}
