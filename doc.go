// Package feedmill is the vocabulary of feedmill: the values that travel from a feed to a stored record, their
// identity and their errors. It imports only the standard library, and everything may import it.
//
//	feed ───► item ───► page ───► article ───► record ───► storage
//	   parser    fetcher    parser      enricher      sink           (the registry says which feed, when)
//
// A [Feed] is what a feed document says of itself, an [Item] one entry of it as the feed states it, an [Entry] that
// item on its way to its article page. A [Page] is one fetched document, whatever its kind. An [Article] is what was
// taken out of a page (or, where no page can be had, out of the item), and a [Record] is an article with its
// annotations: the form that sinks store and consumers read.
//
// Identity is in [CanonicalURL], [ArticleID], [ContentHash] and [RenditionID]: the same input gives the same id, for
// ever. Errors come in three classes: plain (try again with back-off), [RetryAfter] (try again at a given time) and
// [Permanent] (never try again).
//
// Offsets everywhere are counted in Unicode code points, end exclusive; [Text] converts them to bytes.
package feedmill
