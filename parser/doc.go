// Package parser turns documents into values: a feed document into its items, a page into its article.
//
// It does no I/O, starts no goroutines and keeps no state: the same input gives the same output. Whatever the input is,
// it ends in bounded time and memory with a value or an error, and nothing active comes out of it: HTML is made anew
// from text and links, never copied. It leaves to the caller to fetch, to decide what is new, and to store.
//
// # Articles
//
// [Extractor.Extract] takes these steps, each in the file named:
//
//	decode      decode.go      bytes to UTF-8: byte-order mark, valid UTF-8, declared charset, guess
//	strip       strip.go       scripts, styles, drawings and comments left out, which no step reads: JSON-LD stays
//	parse       tree.go        one parse with x/net/html; by tags alone where the nesting or the size is beyond bounds
//	metadata    meta.go        meta elements, links, microdata; jsonld.go: JSON-LD
//	lay out     block.go       the page as a reader sees it: blocks of text in order, pictures, and what names around say
//	source      source.go      publisher, language, other URLs
//	title       title.go       the headline that is shown, reconciled with the titles that are stated; dek and kicker
//	pictures    image.go       pictures with caption and credit apart, taken out of the running text
//	candidates  candidates.go  blocks weighed, containers ranked
//	clean       clean.go       start, end and prompts trimmed, copies and further articles dropped; candidates guard each other
//	classify    classify.go    the block classifier overrules the rules where it is sure; features.go: what it is asked
//	byline      byline.go      authors, agency
//	dates       date.go        published and modified; dateshown.go, datelabel.go, datescript.go: where they stand;
//	                           pagedate.go: reading dates
//	labels      labels.go      description, section, tags, rights
//	output      output.go      text, blocks with offsets, HTML; sanitize.go: the last gate
//	quality     quality.go     words and warnings; score.go: how likely the body is right
//
// An article that is set on several pages is read as one: [NextPart] (part.go) finds the next of them for the caller to
// fetch, and Extract joins the page's Parts.
//
// [Markdown] writes an article as CommonMark (markdown.go, markdowntext.go).
//
// What cannot be had from the page comes from the feed's item (item.go), and each field says where it came from.
// [Extractor.Explain] gives the same article with an account of every choice. The word lists are in rules/, [Rules] is the
// hash of them and of the classifier's weights (blockmodel/, with a model card), [Version] the version of the code.
//
// # Feeds
//
// [ParseFeed] reads a feed document of any common kind; its files begin with "feed". [CheckFeed] says what is odd about
// one (feedcheck.go), [FeedLinks] finds the feeds that a page names (discover.go).
package parser
