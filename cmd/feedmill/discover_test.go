package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/google/go-cmp/cmp"
)

// TestDiscover finds the feeds of sites that name them in different ways.
func TestDiscover(t *testing.T) {
	t.Parallel()
	const rss = `<rss version="2.0"><channel><title>A feed</title><item><title>x</title><link>http://example.com/x</link></item></channel></rss>`
	const news = `<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/x</loc><news:news><news:publication><news:name>The News</news:name></news:publication><news:title>x</news:title></news:news></url></urlset>`
	const page = "<!doctype html><title>A site</title><p>Welcome."
	for _, test := range []struct {
		name  string
		pages map[string]string
		want  []foundFeed // URLs are paths
	}{
		{"named in the page", map[string]string{"/": `<link rel=alternate type=application/rss+xml title=News href=/a><link rel=alternate type=application/rss+xml title="Comments on News" href=/comments/feed>`, "/a": rss},
			[]foundFeed{{URL: "/a", Title: "A feed", Format: "RSS", Items: 1, From: "link"}}},
		{"under a usual path", map[string]string{"/": page, "/rss.xml": rss}, []foundFeed{{URL: "/rss.xml", Title: "A feed", Format: "RSS", Items: 1, From: "path"}}},
		{"a news sitemap in robots.txt, below an index", map[string]string{"/": page, "/robots.txt": "Sitemap: /all.xml\nSitemap: /pages.xml", "/all.xml": `<sitemapindex><sitemap><loc>/p.xml</loc></sitemap><sitemap><loc>/news.xml</loc></sitemap></sitemapindex>`, "/news.xml": news, "/p.xml": "<urlset/>"},
			[]foundFeed{{URL: "/news.xml", Title: "The News", Format: "news sitemap", Items: 1, From: "sitemap"}}},
		{"a news sitemap that nothing names", map[string]string{"/": page, "/sitemap-news.xml": news}, []foundFeed{{URL: "/sitemap-news.xml", Title: "The News", Format: "news sitemap", Items: 1, From: "sitemap"}}},
		{"itself", map[string]string{"/": news}, []foundFeed{{URL: "/", Title: "The News", Format: "news sitemap", Items: 1, From: "itself"}}},
		{"none", map[string]string{"/": page}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, ok := test.pages[r.URL.Path]
				if !ok {
					http.NotFound(w, r)
					return
				}
				fmt.Fprint(w, body)
			}))
			defer server.Close()
			cfg := config.Default()
			cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts, cfg.Fetch.HostDelay = []string{"127.0.0.0/8"}, []int{0}, 0
			k := (&app{err: io.Discard}).asker(cfg)
			defer k.close()
			got, err := k.discover(t.Context(), server.URL+"/")
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				got[i].URL = got[i].URL[len(server.URL):]
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
