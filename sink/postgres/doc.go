// Package postgres stores records in a PostgreSQL database and answers queries from it, with full-text search.
//
// A [Store] is a sink.Sink, a sink.Querier and a sink.Statter; how it merges is said in package sink. Each Write is one
// transaction of four round trips, whatever the number of records. Any number of stores, in any number of processes, may
// write to one database at the same time, the same articles too: a batch holds the rows of its articles, locked in the
// order of their ids, and a batch that merges ids waits for all others to end. Cursors are given out as the last thing in
// a transaction, one transaction after the other, so that a reader who has seen a cursor has seen all below it.
//
// What feedmill keeps is in the schema "feedmill" of the database that the DSN names. Records are columns of type json:
// nothing of them is lost, and SQL reaches them. These columns are there for others to read:
//
//	article   id, url, host, title, language, published, sort_at, state, root (the article that it was merged into, ''),
//	          revisions (number of the newest, 0: seen in feeds only), cursor, shown (JSON of state, feeds, other URLs)
//	revision  article, number, source, seen_at, shown (JSON of what it changed)
//	rendition article, source, record (JSON)
//	mention   feed, article
//
// For instance, the newest revision of all that is listed:
//
//	SELECT a.id, a.title, r.record FROM feedmill.article a
//	  JOIN feedmill.revision v ON v.article = a.id AND v.number = a.revisions
//	  JOIN feedmill.rendition r ON r.article = a.id AND r.source = v.source
//	  WHERE a.root = '' ORDER BY a.sort_at DESC;
//
// Words are found as package sqlite finds them, whatever the locale of the database; of each text some 900 KB are searched,
// and phrases, and parts of words of more than two characters in Chinese, Japanese and Korean, among its first 16,383
// words. Times are sorted and bounded to the microsecond.
//
// An error that is not marked feedmill.Permanent blames the server or the way to it, and says what to do next; no error
// holds the password. The schema is brought up to date by Open; that of a newer feedmill is refused. PostgreSQL 13 or
// newer is needed.
package postgres
