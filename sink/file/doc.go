// Package file stores records in files of JSON lines: one record a line, as it stands on the subject.
//
// A [Store] is a sink.Sink that does not merge. Each record is a line of its own: revisions, results of newer pipelines
// and records that only say that an article was seen in one more feed, or that its state changed, come as they were
// written, in the order in which they were written. What is assembled from several records (revision, change, cursor) is
// absent.
//
// The files of a store named records are
//
//	records-20260302T080000.000000000Z.jsonl       finished; never touched again
//	records-20260302T090000.000000000Z.jsonl.part  being written
//
// by the time when they were begun, in UTC, so that names sort by time. A file is finished when it has reached its size or
// age, and by Close: it is synced to disk and renamed, so that under its last name it is whole. There is no timer: a
// store that gets nothing to write finishes a file that has reached its age at an empty Write, which a caller should make
// from time to time.
//
// What Write has stored survives the death of the process; a power cut may take lines that the system had not written to
// disk, of a file being written only. A file that a killed process left unfinished is finished by the next Open; a line
// that is not whole is cut off.
//
// Of the last 10,000 records none is written twice, after a crash neither: Open reads them again from the files that it
// finds. So what is delivered again because the process died before it could say that a batch was stored makes no second
// line, unless the files were moved away, or more than that many records came between. A batch is written as a whole or
// not at all; if the process dies while it is being written, the lines that were written stay, and the rest follows when
// the batch is delivered again.
//
// One process writes the files of a name in a directory; a second one is refused.
package file
