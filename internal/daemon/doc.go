// Package daemon joins the stages to the bus: it is the only place that knows both. A Client is a bus with its registry
// and calendar, for commands; a Daemon is a Client that runs workers.
//
// Its files: client.go (open, subscribe, status), subscriptions.go (feed lists), calendar.go (what is due, and what a
// power cut took), pipeline.go (the stages joined, on one page), poll.go, feed.go, page.go, article.go (one handler
// each), daemon.go (start and stop), once.go (one pass and its end), pause.go (pause and resume), replay.go, withdraw.go,
// explain.go (an article's life), health.go.
package daemon
