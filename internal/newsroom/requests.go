package newsroom

import (
	"net/http"
	"time"
)

// rememberedRequests is how many requests are remembered in full.
const rememberedRequests = 50_000

// Request is one request that the newsroom was asked.
type Request struct {
	Method string
	// Path is the path of the URL, with its query where there is one.
	Path   string
	Host   string
	Header http.Header
	// Time is when the request came.
	Time time.Time
	// Status is what was answered, 0 while there is no answer yet or the connection was closed without one.
	Status int
}

// Requests returns the requests so far, in the order in which they came; of very many, the last 50,000.
func (n *Newsroom) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]Request, len(n.requests))
	for i := range n.requests {
		list[i] = *n.requests[(n.oldest+i)%len(n.requests)]
	}
	return list
}

// Count returns how many requests for path came, whatever their query, method and outcome.
func (n *Newsroom) Count(path string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[path]
}

// noted remembers a request and answers through a writer that notes the status.
func (n *Newsroom) noted(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	req := &Request{Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host, Header: r.Header.Clone(), Time: time.Now()}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counts[r.URL.Path]++
	if len(n.requests) < n.remember {
		n.requests = append(n.requests, req)
	} else {
		n.requests[n.oldest] = req
		n.oldest = (n.oldest + 1) % n.remember
	}
	return &notingWriter{ResponseWriter: w, n: n, req: req}
}

type notingWriter struct {
	http.ResponseWriter
	n   *Newsroom
	req *Request
}

func (w *notingWriter) WriteHeader(status int) {
	w.note(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *notingWriter) Write(p []byte) (int, error) {
	w.note(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (w *notingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *notingWriter) note(status int) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	if w.req.Status == 0 {
		w.req.Status = status
	}
}
