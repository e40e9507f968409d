// Package sink says what a store of records is, and holds the rules by which stores merge.
//
// A [Sink] takes batches of records; a store that can also answer is a [Querier]. What such a store shows is a pure
// function of the set of records written to it: late, repeated and replayed records, in any order and any batches, end
// in the same rows, except for the cursor. The rules are here, for every store to use: [Prepare] checks and encodes
// records, [Merge] merges them into what the store holds of their articles and says which rows to write, and
// [Row.Assemble] makes of the rows what readers see. [Standing] says whether an article still stands, [MergeMentions] and
// [Roots] how feeds and merged ids come together, [Compare] what a revision changed, [SearchText] and [ParseText] how
// words are found in scripts that do not part them.
//
//   - A rendition is what one pipeline made of one source: of one source the newest pipeline's stays. Pipelines are
//     ordered by feedmill.Pipeline.Compare, that is by since when they are in use: what was put back into use is newer
//     than what it replaced. Of two results of the same pipeline the one seen earlier stays, then the
//     one whose JSON sorts first.
//   - A sighting is a source and the time when it was fetched. The revisions of an article are its sightings in the
//     order of time (ties by the source's hash), neighbours with equal content taken as one and shown as the last of
//     them: A, B, A are three.
//   - Feeds and URLs are merged over all records of an article and of those merged into it. A record without rendition
//     adds only these, and may come before the article does.
//
// Stores do not retry, start no goroutines and leave pacing, halving of failed batches and dead letters to the caller.
// An error that feedmill.IsPermanent reports blames a record; any other blames the store, and the same batch may be
// written again.
package sink
