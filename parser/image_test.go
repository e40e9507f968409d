package parser

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestSplitCredit(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, caption, raw, credit string }{
		{"Two men shake hands, Monday. / Korea Times", "Two men shake hands, Monday.", "/ Korea Times", "Korea Times"},
		{"The bridge. Photo: Ann Lee / Example Press", "The bridge.", "Photo: Ann Lee / Example Press", "Ann Lee / Example Press"},
		{"The bridge © AFP", "The bridge", "© AFP", "AFP"},
		{"The bridge. (Foto: dpa)", "The bridge.", "(Foto: dpa)", "dpa"},
		{"The bridge (AP Photo/Ann Lee)", "The bridge", "(AP Photo/Ann Lee)", "AP Photo/Ann Lee"},
		{"The bridge. Reuters", "The bridge.", "Reuters", "Reuters"},
		{"The bridge. (Ann Lee)", "The bridge.", "(Ann Lee)", "Ann Lee"},
		{"Ann Lee (left) and Bo Ek (right)", "Ann Lee (left) and Bo Ek (right)", "", ""},
		{"A photo of the bridge", "A photo of the bridge", "", ""},
		{"He gave credit to the team", "He gave credit to the team", "", ""},
		{"16일 저녁 열람실에서 시민들이 책을 읽고 있다. 박준호 기자", "16일 저녁 열람실에서 시민들이 책을 읽고 있다.", "박준호 기자", "박준호 기자"},
		{"시민들이 책을 읽고 있다. 사진=연합뉴스", "시민들이 책을 읽고 있다.", "사진=연합뉴스", "연합뉴스"},
		{"시민들이 책을 읽고 있다. [사진 연합뉴스]", "시민들이 책을 읽고 있다.", "[사진 연합뉴스]", "연합뉴스"},
		{"시민들이 책을 읽고 있다. /뉴시스", "시민들이 책을 읽고 있다.", "/뉴시스", "뉴시스"},
		{"시민들이 책을 읽고 있다 © 강변신문", "시민들이 책을 읽고 있다", "© 강변신문", "강변신문"},
		{"기자 회견을 하는 시장.", "기자 회견을 하는 시장.", "", ""},
		{"改修を終えた港の倉庫。=森田和也撮影", "改修を終えた港の倉庫。", "=森田和也撮影", "森田和也撮影"},
		{"改修を終えた港の倉庫。写真：森田和也", "改修を終えた港の倉庫。", "写真：森田和也", "森田和也"},
		{"改修を終えた港の倉庫（撮影：森田和也）", "改修を終えた港の倉庫", "（撮影：森田和也）", "森田和也"},
		{"متطوعون ينظفون مجرى القناة. تصوير: يوسف النجار", "متطوعون ينظفون مجرى القناة.", "تصوير: يوسف النجار", "يوسف النجار"},
		{"The bridge (Ann Lee / AP)", "The bridge", "(Ann Lee / AP)", "Ann Lee / AP"},
		{"(Example Press)", "", "(Example Press)", "Example Press"},
		{"The bridge. Isithombe: Ann Lee", "The bridge.", "Isithombe: Ann Lee", "Ann Lee"},
		{"The bridge. Bildrechte: MDR/Ann Lee", "The bridge.", "Bildrechte: MDR/Ann Lee", "MDR/Ann Lee"},
		{"The bridge. [Ann Lee]", "The bridge.", "[Ann Lee]", "Ann Lee"},
		{"Getty Images", "", "Getty Images", "Getty Images"},
		{"", "", "", ""},
	}
	for _, tt := range tests {
		caption, raw, credit := splitCredit(tt.in)
		if caption != tt.caption || raw != tt.raw || credit != tt.credit {
			t.Errorf("%q gives %q, %q, %q; want %q, %q, %q", tt.in, caption, raw, credit, tt.caption, tt.raw, tt.credit)
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	long := paragraphs(2)
	tests := []struct {
		name, html string
		want       []feedmill.Image
	}{
		{
			"figure", `<figure><img src="/a.jpg" width="640" height="480" alt="A bridge"><figcaption>The bridge. <span class="credit">Photo: Ann Lee</span></figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Width: 640, Height: 480, Alt: "A bridge", Caption: "The bridge.", Credit: "Ann Lee", CreditRaw: "Photo: Ann Lee", Lead: true}},
		},
		{
			"cell under the picture", `<table><tr><td><img src="/a.jpg"></td></tr><tr><td>The bridge on Monday. / Example Times</td></tr></table>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge on Monday.", Credit: "Example Times", CreditRaw: "/ Example Times", Lead: true}},
		},
		{
			"caption by name", `<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">The bridge © AFP</p></div>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge", Credit: "AFP", CreditRaw: "© AFP", Lead: true}},
		},
		{
			"caption and credit by their words alone", `<div><div><img src="/a.jpg"></div><div class="x1">The bridge at dawn</div><div class="x2">Getty Images</div></div>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge at dawn", Credit: "Getty Images", CreditRaw: "Getty Images", Lead: true}},
		},
		{
			"slanted line", `<div class="p"><img src="/a.jpg"><br><i>The bridge at dawn</i> (Ann Lee)</div>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge at dawn (Ann Lee)", Lead: true}},
		},
		{
			"inner names", `<div class="c-media"><img src="/a.jpg"><div><span class="c-media__caption">The bridge.</span> <span class="c-media__credit">Picture: Ann Lee</span></div></div>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge.", Credit: "Ann Lee", CreditRaw: "Picture: Ann Lee", Lead: true}},
		},
		{
			"cite", `<figure><img src="/a.jpg"><figcaption><span>The bridge.</span><cite>Ann Lee</cite></figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge.", Credit: "Ann Lee", CreditRaw: "Ann Lee", Lead: true}},
		},
		{
			"name marked, agency not", `<figure><img src="/a.jpg"><figcaption>The bridge. <span class="credit">Ann Lee</span> /Example News</figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge.", Credit: "Ann Lee/Example News", CreditRaw: "Ann Lee /Example News", Lead: true}},
		},
		{
			"stated alone", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":{"@type":"ImageObject","url":"/a.jpg","width":640,"height":"480px","caption":"The bridge.","creditText":"Ann Lee"}}</script>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Width: 640, Height: 480, Caption: "The bridge.", Credit: "Ann Lee", CreditRaw: "Ann Lee", Lead: true}},
		},
		{
			"stated as a list", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":["/a.jpg","/b.jpg"]}</script>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Lead: true}},
		},
		{
			"of AMP", `<figure><amp-img src="/a.jpg" width="640" height="480"></amp-img><figcaption>The bridge. Ann Lee</figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Width: 640, Height: 480, Caption: "The bridge.", Credit: "Ann Lee", CreditRaw: "Ann Lee", Lead: true}},
		},
		{
			"later one, waiting for a script", long + `<figure><img src="data:image/gif;base64,R0" data-src="/b.jpg"></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/b.jpg", Lead: true, Block: 2}},
		},
		{
			"figcaption without a figure", `<picture><img src="/a.jpg"></picture><figcaption>The bridge, Foto: Ann Lee</figcaption>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge,", Credit: "Ann Lee", CreditRaw: "Foto: Ann Lee", Lead: true}},
		},
		{
			"who made it, by the element's name", `<figure><img src="/a.jpg"><figcaption><span>The bridge</span> <span class="cap--author">Example Views</span></figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge", Credit: "Example Views", CreditRaw: "Example Views", Lead: true}},
		},
		{
			"credit of JSON-LD for another size", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":[{"@type":"ImageObject","url":"/img/river-bridge-1200x800.jpg","author":"Ann Lee"},{"@type":"ImageObject","url":"/img/river-bridge-800x800.jpg","author":"Ann Lee"}]}</script><figure><img src="/img/river-bridge-640x480.jpg"></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/img/river-bridge-640x480.jpg", Credit: "Ann Lee", CreditRaw: "Ann Lee", Lead: true}},
		},
		{
			"portrait with the byline", `<figure><img src="/ann.jpg"><figcaption>Von Ann Lee, Redakteurin 09.09.2025, 09:58 Uhr</figcaption></figure><figure><img src="/a.jpg"><figcaption>The bridge</figcaption></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Caption: "The bridge", Lead: true}},
		},
		{
			"through a service that makes sizes", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":"https://sizes.example/i?image=https%3A%2F%2Fnews.example%2Fa.jpg%3Fs%3D1"}</script>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg?s=1", Lead: true}},
		},
		{
			"caption of JSON-LD through a service that makes sizes", `<meta property="og:image" content="/a.jpg"><script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":{"@type":"ImageObject","url":"https://sizes.example/i?image=https%3A%2F%2Fnews.example%2Fa.jpg","width":640,"height":480,"caption":"The bridge."}}</script>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Width: 640, Height: 480, Caption: "The bridge.", Lead: true}},
		},
		{
			"another picture in JSON-LD", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge to be rebuilt","image":{"@type":"ImageObject","url":"/img/mayor-of-torby.jpg","caption":"The mayor.","creditText":"Ann Lee"}}</script><figure><img src="/img/river-bridge.jpg"></figure>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/img/river-bridge.jpg", Credit: "Ann Lee", CreditRaw: "Ann Lee", Lead: true}},
		},
		{
			"behind a noscript", `<div><img src="/transparent.gif"><span class="i"></span><noscript><img src="/a.jpg"></noscript></div>` + long,
			[]feedmill.Image{{ID: "i1", URL: "https://news.example/a.jpg", Lead: true}},
		},
		{"icons and counters", `<img src="/logo.png"><img src="/c.gif" width="1" height="1"><img src="/x.svg">` + long, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := extract(t, "<html><body><article><h1>Bridge to be rebuilt</h1>"+tt.html+"</article></body></html>")
			if d := cmp.Diff(tt.want, a.Images); d != "" {
				t.Errorf("images (-want +got):\n%s", d)
			}
			for _, s := range []string{"AFP", "Photo:", "on Monday", "Example Times"} {
				if strings.Contains(a.Text, s) {
					t.Errorf("text holds %q", s)
				}
			}
		})
	}
}
