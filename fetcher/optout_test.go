package fetcher

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
)

// reserving is a site with a robots.txt, a tdmrep.json and a page whose header is given.
type reserving struct {
	robots, tdm string
	header      []string
	mu          sync.Mutex
	asked       []string
}

func (s *reserving) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	s.mu.Unlock()
	switch r.URL.Path {
	case "/robots.txt":
		return answer(r, 200, s.robots), nil
	case tdmPath:
		if s.tdm == "" {
			return answer(r, 404, "no"), nil
		}
		return answer(r, 200, s.tdm), nil
	}
	return answer(r, 200, "<p>words", append([]string{"Content-Type", "text/html"}, s.header...)...), nil
}

func TestOptOut(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	const file = `[{"location": "/free/*", "tdm-reservation": 0}, {"location": "/*.pdf$", "tdm-reservation": "1"}, {"location": "/news", "tdm-reservation": 1, "tdm-policy": "https://example.org/policy.json"}, {"location": 5}]`
	good := strings.Replace(strings.Replace(file, `"1"`, `1`, 1), `, {"location": 5}`, "", 1)
	for _, tt := range []struct {
		name string
		site *reserving
		want *feedmill.OptOut
		obey bool // fetched even where opt-outs are obeyed
	}{
		{"nothing", &reserving{robots: "User-agent: *\nDisallow: /private"}, nil, true},
		{"robots.txt by name", &reserving{robots: "User-agent: GPTBot\nUser-agent: CCBot/2.0\nDisallow: /news\n\nUser-agent: Google-Extended\nDisallow: /pictures"},
			&feedmill.OptOut{AI: true, From: []string{"robots.txt: ccbot", "robots.txt: gptbot"}}, false},
		{"robots.txt of another page", &reserving{robots: "User-agent: GPTBot\nDisallow: /opinion"}, nil, true},
		{"content signal", &reserving{robots: "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /"},
			&feedmill.OptOut{AI: true, From: []string{"robots.txt: Content-Signal"}}, false},
		{"other signal", &reserving{robots: "User-agent: *\nContent-Signal: search=yes, ai-train=yes\nAllow: /"}, nil, true},
		{"header noai", &reserving{header: []string{"X-Robots-Tag", "noai, noimageai"}}, &feedmill.OptOut{AI: true, From: []string{"header X-Robots-Tag"}}, false},
		{"header reserved", &reserving{header: []string{"tdm-reservation", "1", "tdm-policy", "https://example.org/p"}, tdm: good},
			&feedmill.OptOut{TDM: &yes, Policy: "https://example.org/p", From: []string{"header TDM-Reservation"}}, false},
		{"header not reserved", &reserving{header: []string{"tdm-reservation", "0"}}, &feedmill.OptOut{TDM: &no, From: []string{"header TDM-Reservation"}}, true},
		{"header nonsense", &reserving{header: []string{"tdm-reservation", "yes"}}, nil, true},
		{"tdmrep.json", &reserving{tdm: good}, &feedmill.OptOut{TDM: &yes, Policy: "https://example.org/policy.json", From: []string{"tdmrep.json"}}, false},
		{"tdmrep.json that is none", &reserving{tdm: file}, nil, true},
		{"tdmrep.json that is HTML", &reserving{tdm: "<html>"}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, obey := range []bool{false, true} {
				site := &reserving{robots: tt.site.robots, tdm: tt.site.tdm, header: tt.site.header}
				f := New(&Options{Transport: site, TDMRep: true, ObeyOptOut: obey})
				for range 2 {
					page, err := f.Fetch(t.Context(), Request{URL: "http://example.org/news/1", Kind: KindArticle, Robots: true})
					if obey && !tt.obey {
						if v := Judge(KindArticle, page, err, clock); !errors.Is(err, ErrOptedOut) || v.Outcome != feedmill.OutcomeDisallowed || v.Class != ClassOptedOut {
							t.Errorf("obeyed: %+v, %v", v, err)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(tt.want, page.OptOut); diff != "" {
						t.Errorf("obey %t: %s", obey, diff)
					}
				}
				n := 0
				for _, path := range site.asked {
					if path == tdmPath {
						n++
					}
				}
				if n > 1 {
					t.Errorf("tdmrep.json was asked %d times", n)
				}
			}
		})
	}
}

func TestTDMRepIsAskedOnlyWhereWanted(t *testing.T) {
	t.Parallel()
	site := &reserving{tdm: `[{"location": "/", "tdm-reservation": 1}]`}
	page, err := New(&Options{Transport: site}).Fetch(t.Context(), Request{URL: "http://example.org/news/1", Kind: KindArticle, Robots: true})
	if err != nil || page.OptOut != nil || len(site.asked) != 2 {
		t.Errorf("%+v, %v after %q", page, err, site.asked)
	}
}
