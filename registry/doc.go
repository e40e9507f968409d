// Package registry keeps the subscriptions: which feeds are read, when each is polled next, which of its items were seen,
// and which URLs are other names of an article.
//
// It promises that concurrent writers, in one process or many, lose none of each other's changes (every write is a
// compare-and-set, see [Store]); that a removed feed is not brought back by a late update; that [SeenSet.Unseen] and [Next]
// are pure, so the same state gives the same answer everywhere; and that what it stores is bounded, a value as well as a
// feed's history. It starts no goroutines and keeps nothing in the process, so two processes on one store never disagree.
//
// It leaves to its caller the store ([Store]: mem for tests and one-shot commands, kv for JetStream), the polling itself,
// and the order of commits: the messages made from new items are published before the seen set that names them is put.
//
// Its files: registry.go (feeds), host.go (hosts on hold), alias.go (article URLs), denied.go (withdrawn articles), store.go (the contract of a
// store), seen.go and seencode.go (new and changed items), schedule.go and posting.go (the next poll; simulate.go tries it), opml.go and list.go (feed lists).
package registry
