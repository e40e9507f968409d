package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestRemoved(t *testing.T) {
	t.Parallel()
	a := extract(t, `<html><head><title>Bridge to be rebuilt</title></head><body><div class="article-body">
<h1>Bridge to be rebuilt</h1>
<p class="standfirst">Work begins in May and ends when it ends.</p>
<p class="byline">By Ann Lee, 3 May 2020</p>
<table><tr><td><img src="/a.jpg"></td></tr><tr><td>The bridge on Monday. / Example Times</td></tr></table>
<p>|</p>`+paragraphs(2)+`<p>Read also: <a href="/other">Another bridge falls into the river</a></p>`+paragraphs(1)+
		`<div class="comments"><p>Nobody needs that bridge, said a reader, and went on at length about it.</p></div></div></body></html>`)
	want := []feedmill.Removed{
		{Text: "|", Reason: "residue"},
		{Text: "Read also: Another bridge falls into the river", Reason: "prompt", Rule: "related"},
	}
	if d := cmp.Diff(want, a.Removed); d != "" {
		t.Errorf("removed (-want +got):\n%s", d)
	}
	if im := leadImage(a); im == nil || im.Caption != "The bridge on Monday." || im.CreditRaw != "/ Example Times" {
		t.Errorf("lead image %+v", im)
	}
	if a.Byline.Raw != "By Ann Lee" || a.Subtitle == "" {
		t.Errorf("byline %q, subtitle %q", a.Byline.Raw, a.Subtitle)
	}

	// A picture that is not kept leaves its caption behind.
	a = extract(t, `<html><body><div class="article-body"><h1>Bridge to be rebuilt</h1>`+paragraphs(2)+
		`<figure><img src="/counter.gif" width="1" height="1"><figcaption>The bridge on Monday.</figcaption></figure>`+paragraphs(1)+`</div></body></html>`)
	want = []feedmill.Removed{{Text: "The bridge on Monday.", Reason: "caption", Rule: "box"}}
	if d := cmp.Diff(want, a.Removed); d != "" {
		t.Errorf("removed without the picture (-want +got):\n%s", d)
	}
}
