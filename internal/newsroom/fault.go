package newsroom

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is how a path misbehaves. Its zero value is good behaviour. The fields are applied in their order; from Hang on,
// the first that is set is the answer, or its end, except where they say that they only change it.
type Fault struct {
	// Times is how many requests meet the fault before the path is healed; 0 is all.
	Times int
	// Delay passes before anything else.
	Delay time.Duration
	// HeaderBytes adds a header field of this length.
	HeaderBytes int
	// RetryAfter is sent as the field of that name.
	RetryAfter string

	// Hang sends nothing until the client or the newsroom closes.
	Hang bool
	// Reset closes the connection without an answer.
	Reset bool
	// Redirect is sent as Location, with RedirectStatus or 302.
	Redirect       string
	RedirectStatus int
	// Status is sent with a short text, or with Body.
	Status int
	// Body and ContentType are sent instead of the page, without validators; with Status 0 as 200.
	Body        []byte
	ContentType string
	// Endless sends markup until the client or the newsroom closes.
	Endless bool
	// GzipBomb sends about a megabyte that is a gibibyte when decompressed.
	GzipBomb bool
	// BadGzip calls the plain page gzip.
	BadGzip bool

	// NoValidators leaves ETag and Last-Modified out and sends the whole page each time.
	NoValidators bool
	// WrongCharset is named in Content-Type; the bytes stay what they are.
	WrongCharset string
	// Truncate announces the whole page and sends half of it.
	Truncate bool
	// Drip is the pause after every 64 bytes.
	Drip time.Duration
}

// SetFault lets path misbehave from the next request on; the zero Fault heals it. The path need not exist otherwise, so
// that a fault with a Body can stand for a page of one's own.
func (n *Newsroom) SetFault(path string, f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults[path] = &plannedFault{Fault: f, left: f.Times}
}

type plannedFault struct {
	Fault
	left int
}

// takeFault returns the fault that the present request to path meets, the zero Fault if none.
func (n *Newsroom) takeFault(path string) Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.faults[path]
	switch {
	case p == nil:
		return Fault{}
	case p.Times > 0 && p.left == 0:
		delete(n.faults, path)
		return Fault{}
	}
	p.left--
	return p.Fault
}

// wait pauses unless the client or the newsroom goes first.
func (n *Newsroom) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-n.closing:
	}
	return false
}

// misbehave applies what comes before the page and tells whether that was the whole answer.
func (n *Newsroom) misbehave(w http.ResponseWriter, r *http.Request, f Fault) bool {
	if f.Delay > 0 && !n.wait(r.Context(), f.Delay) {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	if f.HeaderBytes > 0 {
		h.Set("X-Padding", strings.Repeat("x", f.HeaderBytes))
	}
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-n.closing:
		}
		panic(http.ErrAbortHandler)
	case f.Reset:
		panic(http.ErrAbortHandler)
	case f.Redirect != "":
		h.Set("Location", f.Redirect)
		w.WriteHeader(cmp.Or(f.RedirectStatus, http.StatusFound))
	case f.Status != 0 || f.Body != nil:
		status := cmp.Or(f.Status, http.StatusOK)
		body := f.Body
		if body == nil {
			body = []byte(http.StatusText(status) + "\n")
		}
		h.Set("Content-Type", cmp.Or(f.ContentType, "text/plain; charset=utf-8"))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	case f.Endless:
		h.Set("Content-Type", "text/html; charset=utf-8")
		n.pour(w, r.Context(), bytes.Repeat([]byte("<div><p>and so on"), 1<<10), -1)
	case f.GzipBomb:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", "gzip")
		n.pour(w, r.Context(), gzippedSpaces(), 1<<10)
	default:
		return false
	}
	return true
}

// pour writes piece the given number of times, for ever below 0.
func (n *Newsroom) pour(w io.Writer, ctx context.Context, piece []byte, times int) {
	for i := 0; i != times; i++ {
		if _, err := w.Write(piece); err != nil || ctx.Err() != nil {
			return
		}
		select {
		case <-n.closing:
			return
		default:
		}
	}
}

// gzippedSpaces is a mebibyte of spaces as one gzip member; members may follow one another (RFC 1952, section 2.2).
func gzippedSpaces() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 1<<20)) // a bytes.Buffer takes all
	_ = z.Close()
	return b.Bytes()
}

// send answers with d, changed by the rest of the fault.
func (n *Newsroom) send(w http.ResponseWriter, r *http.Request, d *document, f Fault) {
	if f.NoValidators || f.BadGzip || f.Truncate || f.Drip > 0 || f.WrongCharset != "" {
		contentType := d.contentType
		if f.WrongCharset != "" {
			media, _, _ := mime.ParseMediaType(contentType)
			contentType = media + "; charset=" + f.WrongCharset
		}
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", d.cacheControl)
		h.Set("Content-Length", strconv.Itoa(len(d.body)))
		if f.BadGzip {
			h.Set("Content-Encoding", "gzip")
		}
		if !f.NoValidators {
			h.Set("ETag", `"`+d.tag+`"`)
			h.Set("Last-Modified", d.modified.UTC().Format(http.TimeFormat))
		}
		n.sendSlowly(w, r, d.body, f)
		return
	}
	d.ServeHTTP(w, r)
}

func (n *Newsroom) sendSlowly(w http.ResponseWriter, r *http.Request, body []byte, f Fault) {
	whole := len(body)
	if f.Truncate {
		body = body[:whole/2]
	}
	if f.Drip == 0 {
		_, _ = w.Write(body)
	}
	for f.Drip > 0 && len(body) > 0 {
		piece := body[:min(64, len(body))]
		body = body[len(piece):]
		if _, err := w.Write(piece); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		if !n.wait(r.Context(), f.Drip) {
			panic(http.ErrAbortHandler)
		}
	}
	if f.Truncate {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
