package fetcher

import (
	"net/http"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestDelta asks for what is new alone only where the server has given an ETag and a feed is asked for, and takes a 226 that
// says it holds that, and no other.
func TestDelta(t *testing.T) {
	t.Parallel()
	var asked, im string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("A-IM")
		w.Header().Set("Content-Type", "application/rss+xml")
		if im != "" {
			w.Header().Set("IM", im)
		}
		w.WriteHeader(http.StatusIMUsed)
		_, _ = w.Write([]byte(feedXML))
	})
	f := local(t, Options{})
	url := base + "/feed"
	for _, test := range []struct {
		name    string
		kind    Kind
		known   feedmill.Validators
		im      string
		asked   string
		outcome feedmill.Outcome
	}{
		{"known", KindFeed, feedmill.Validators{URL: url, ETag: `"a"`}, "feed", "feed", feedmill.OutcomeFetched},
		{"known, gzipped as a manipulation", KindFeed, feedmill.Validators{URL: url, ETag: `"a"`}, "feed, gzip", "feed", feedmill.OutcomeFailed},
		{"known, another manipulation", KindFeed, feedmill.Validators{URL: url, ETag: `"a"`}, "vcdiff", "feed", feedmill.OutcomeFailed},
		{"known, none named", KindFeed, feedmill.Validators{URL: url, ETag: `"a"`}, "", "feed", feedmill.OutcomeFailed},
		{"a time alone", KindFeed, feedmill.Validators{URL: url, LastModified: "yesterday"}, "feed", "", feedmill.OutcomeFetched},
		{"unknown", KindFeed, feedmill.Validators{}, "feed", "", feedmill.OutcomeFetched},
		{"an article", KindArticle, feedmill.Validators{URL: url, ETag: `"a"`}, "feed", "", feedmill.OutcomeFailed},
	} {
		im = test.im
		page, err := f.Fetch(t.Context(), Request{URL: url, Kind: test.kind, Validators: test.known})
		v := Judge(test.kind, page, err, time.Now())
		if asked != test.asked || v.Outcome != test.outcome {
			t.Errorf("%s: A-IM %q and outcome %s, want %q and %s", test.name, asked, v.Outcome, test.asked, test.outcome)
		}
	}
}
