// Package newsroom serves a small web of news sites and feeds of its own, for the demo, the tests and the benchmark.
//
// [New] has the demo's pages ready: a page of 2011 in layout tables and EUC-KR, a page whose text stands in JSON-LD
// alone, plain semantic HTML, a Korean page, an article that is corrected later, one whose related stories stand inside
// its text and one that never answers, in an RSS and an Atom feed. [Newsroom.Generate] adds sites of any size. Every
// page and feed has validators, answers 304 and compresses; [Newsroom.SetFault] makes any path misbehave, and
// [Newsroom.Requests] tells what was asked for.
//
// The same options, calls and host give the same bytes. What a page says is known ([Newsroom.Truth]), so that extraction
// can be scored. The text of the Korea Times article is its owner's and used with consent; all other text was written,
// or is made by a grammar, for this package. Nothing is fetched from anywhere.
package newsroom
