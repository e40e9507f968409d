// Package sqlite stores records in one SQLite file and answers queries from it, with full-text search.
//
// A [Store] is a sink.Sink, a sink.Querier and a sink.Statter; how it merges is said in package sink. Each Write is one
// transaction on one connection. The file is in WAL mode: readers, in this process or another, neither block the writer
// nor wait for it, and see whole batches. What Write has stored survives the death of the process; a power cut may take
// the last transactions (synchronous=NORMAL), never the file's consistency. Texts have no length limit below SQLite's
// own of a gigabyte for a record.
//
// One process at a time should write. A second one is waited for, for Options.BusyTimeout, and then named in a plain
// error. A full disk or database, a lock and an I/O error are plain errors that say what to do; nothing of the batch is
// stored then, and the caller writes it again.
//
// The schema is in migrations/ and is brought up to date by Open; a file of a newer feedmill is refused.
package sqlite
