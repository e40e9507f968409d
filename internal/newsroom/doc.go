// Package newsroom serves a small web of news sites and feeds of its own, for the demo, the tests and the benchmark.
//
// [New] has the demo's pages ready: a page of 2011 in layout tables and EUC-KR, a page whose text stands in JSON-LD
// alone, plain semantic HTML, Korean, Japanese and Arabic pages, an article that is corrected later, one whose related
// stories stand inside its text, one in three parts, one that a second source has nearly word for word, an AMP page, a
// teaser before a paywall and a page that never answers; in an RSS, an Atom and a JSON feed, and in one that is no
// well-formed XML. [Newsroom.Generate] adds sites of any size, on as many hosts as are asked for. Every page and feed
// has validators, answers 304 and compresses; [Newsroom.SetFault] makes any path misbehave, and [Newsroom.Requests]
// tells what was asked for.
//
// The same options, calls and host give the same bytes. What a page says is known ([Newsroom.Truth]), so that extraction
// can be scored. The text of the Korea Times article is its owner's and used with consent; all other text was written,
// or is made by a grammar, for this package. Nothing is fetched from anywhere.
package newsroom
