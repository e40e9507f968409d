package web

import "net/http"

// Handler serves a process, and its metrics where they are not nil. Every path answers GET (and HEAD) only.
func Handler(p Process, m *Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", health(p.Stalled))
	mux.Handle("GET /readyz", health(p.NotReady))
	if m != nil {
		mux.Handle("GET /metrics", m.handler())
	}
	return strict(mux)
}

// strict sets the headers that keep a browser from doing anything with an answer but showing it.
func strict(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}
