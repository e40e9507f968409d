// Package enricher annotates records: language, sentences, people, organizations, places and groups with their roles
// and ids, topics, dates, amounts, quotes, keyphrases and a fingerprint for near-duplicates.
//
// A [Chain] runs its steps in the order of [Steps]. Each step has a time budget, and a step that fails, panics or is
// late leaves its part absent and one line in the record's warnings: the record itself never fails. Everything is
// computed from the record and from what is compiled in, lists (data/README.md) and an entity model (ner/data/README.md);
// there is no network, no clock and no state but those, which are read once. The same record gives the same annotations.
//
// Offsets are code points into the field that a span names, and the annotated text is always the exact slice. Work
// grows linearly with the text.
//
// The caller provides clean text and, where known, the publication time with the source's offset (relative dates are
// counted from that day) and the language as the page states it. Authors of the byline are not annotated. English is
// read in full; for other languages only what is sure is given: names of countries, cities in Latin letters, full names
// of people whose parts are both listed, numeric dates.
package enricher
