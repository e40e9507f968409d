package daemon_test

import (
	"io"
	"net/http"
	"strings"
)

// What sites of tests answer.

func send(w http.ResponseWriter, kind, body string) bool {
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, body)
	return true
}

func feedDoc(parts ...string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title>` + strings.Join(parts, "\n") + "</channel></rss>"
}

func guidItem(name string) string {
	return "<item><guid>" + name + "</guid><title>" + name + "</title></item>"
}

func linkItem(name, link string) string {
	return "<item><link>" + link + "</link><title>" + name + "</title></item>"
}
