// Package siterule reads site rules: files by which a person says where the parts of a site's pages stand. The parser
// asks a [Set] for the rule of a page and takes what its selectors find; this package says what a rule file may hold,
// checks it, and finds elements. It does no I/O and keeps no state.
//
// A rule file is YAML, one for each site:
//
//	hosts: [news.example.com, "*.news.example.com"]
//	rules:
//	  - until: 2024-03-01          # of pages fetched before that day
//	    body: "#story"
//	  - paths: [/news/*]           # the first rule that holds for a page is taken
//	    title: h1.headline
//	    byline: [.byline a, .byline]
//	    published: time::attr(datetime)
//	    body: .story-body
//	    strip: [.ad, .related]
//
// docs/rules.md describes it in full.
package siterule
