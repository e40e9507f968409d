package fetcher

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestValidatorsOf(t *testing.T) {
	t.Parallel()
	const hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // SHA-256 of "x"
	h := map[string][]string{"Etag": {` W/"1 `}, "Last-Modified": {"yesterday"}}
	tests := []struct {
		name string
		page feedmill.Page
		want feedmill.Validators
	}{
		{"both", feedmill.Page{URL: "http://a/", Status: 200, Header: h, Body: []byte("x")},
			feedmill.Validators{URL: "http://a/", ETag: ` W/"1 `, LastModified: "yesterday", BodyHash: hash}},
		{"of the url that answered", feedmill.Page{URL: "http://a/", FinalURL: "http://b/", Status: 200, Header: h, Body: []byte("x")},
			feedmill.Validators{URL: "http://b/", ETag: ` W/"1 `, LastModified: "yesterday", BodyHash: hash}},
		{"none sent, none invented", feedmill.Page{URL: "http://a/", Status: 200, Body: []byte("x")}, feedmill.Validators{URL: "http://a/", BodyHash: hash}},
		{"too long to keep", feedmill.Page{URL: "http://a/", Status: 200, Header: map[string][]string{"Etag": {strings.Repeat("e", 5000)}}, Body: []byte("x")},
			feedmill.Validators{URL: "http://a/", BodyHash: hash}},
		{"error answer", feedmill.Page{URL: "http://a/", Status: 500, Header: h, Body: []byte("x")}, feedmill.Validators{}},
		{"304", feedmill.Page{URL: "http://a/", Status: 304, Header: h}, feedmill.Validators{}},
		{"no body", feedmill.Page{URL: "http://a/", Status: 200, Header: h}, feedmill.Validators{}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, ValidatorsOf(&tt.page)); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestRefreshValidators(t *testing.T) {
	t.Parallel()
	old := feedmill.Validators{URL: "http://a/", ETag: "1", LastModified: "then", BodyHash: "h"}
	tests := []struct {
		name string
		page feedmill.Page
		want feedmill.Validators
	}{
		{"nothing new", feedmill.Page{URL: "http://a/", Status: 304}, old},
		{"new etag", feedmill.Page{URL: "http://a/", Status: 304, Header: map[string][]string{"Etag": {"2"}}},
			feedmill.Validators{URL: "http://a/", ETag: "2", LastModified: "then", BodyHash: "h"}},
		{"both new", feedmill.Page{URL: "http://z/", FinalURL: "http://a/", Status: 304, Header: map[string][]string{"ETag": {"2"}, "last-modified": {"now"}}},
			feedmill.Validators{URL: "http://a/", ETag: "2", LastModified: "now", BodyHash: "h"}},
		{"of another url", feedmill.Page{URL: "http://b/", Status: 304, Header: map[string][]string{"Etag": {"2"}}}, old},
		{"no 304", feedmill.Page{URL: "http://a/", Status: 500, Header: map[string][]string{"Etag": {"2"}}}, old},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, RefreshValidators(old, &tt.page)); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestPermanentTarget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hops []int
		want string
	}{
		{nil, ""}, {[]int{301}, "http://b/"}, {[]int{308, 301}, "http://b/"}, {[]int{302}, ""}, {[]int{303}, ""}, {[]int{307}, ""},
		{[]int{301, 302}, ""}, {[]int{307, 308}, ""},
	} {
		p := &feedmill.Page{URL: "http://a/", FinalURL: "http://b/"}
		for _, s := range tt.hops {
			p.Redirects = append(p.Redirects, feedmill.Redirect{Status: s})
		}
		if got := PermanentTarget(p); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.hops, got, tt.want)
		}
	}
}
