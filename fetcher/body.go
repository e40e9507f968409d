package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ratioFloor is the decoded size above which a body's ratio to what was sent is looked at.
const ratioFloor = 1 << 20

// limits bound one body.
type limits struct {
	sent    int64 // bytes as sent
	decoded int64 // bytes after content decoding
	ratio   int64 // of the two, above ratioFloor
	// cut keeps what was read up to a limit instead of failing.
	cut bool
}

// readBody reads the body of resp within lim and takes its content coding off; sent is its size before that. With
// lim.cut, or where the body ended early, the bytes had before an error are returned beside it.
func (f *Fetcher) readBody(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response, lim limits) (body []byte, sent int64, err error) {
	if resp.ContentLength > lim.sent && !lim.cut {
		return nil, 0, tooLarge("body of %d bytes is over the limit of %d", resp.ContentLength, lim.sent)
	}
	src := &sentReader{ctx: ctx, body: resp.Body, max: lim.sent}
	if f.opts.MinRate > 0 {
		least := int64(float64(f.opts.MinRate) * f.opts.RateWindow.Seconds())
		src.rate = watchRate(f.opts.RateWindow, max(1, least), cancel)
		defer src.rate.stop()
	}
	body, err = decodeAll(src, resp.Header.Values("Content-Encoding"), lim)
	if err == nil {
		// What follows the end of the coded data is read too, so that a truncated message is noticed and the connection
		// can be used again.
		_, err = io.Copy(io.Discard, src)
	}
	if src.err != nil && !errors.Is(src.err, io.EOF) {
		err = src.err // the cause, whatever a decoder made of it
	}
	if err == nil {
		return body, src.n, nil
	}
	if Class(err) == ClassTruncated {
		return body, src.n, err
	}
	if lim.cut {
		if e, ok := errors.AsType[*Error](err); ok && e.Class == ClassTooLarge {
			return body, src.n, nil
		}
		return body, src.n, err
	}
	return nil, src.n, err
}

// decodeAll reads src to its end through the decoders of its content codings.
func decodeAll(src *sentReader, codings []string, lim limits) ([]byte, error) {
	r, closeDecoder, err := decoder(src, codings, lim.decoded)
	if err != nil {
		return nil, err
	}
	defer closeDecoder()
	var body []byte
	for {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(max(2*cap(body), 8<<10), int(lim.decoded)+1))
			copy(grown, body)
			body = grown
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch size := int64(len(body)); {
		case size > lim.decoded:
			return body[:lim.decoded], tooLarge("decoded body is over the limit of %d bytes", lim.decoded)
		case size > ratioFloor && size > lim.ratio*src.n:
			return body, tooLarge("decoded body is over %d times what was sent", lim.ratio)
		}
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}

func tooLarge(format string, args ...any) error {
	return &Error{ClassTooLarge, fmt.Errorf(format, args...)}
}

// sentReader reads a body as it is sent, up to max bytes and no longer than its context lives.
type sentReader struct {
	ctx  context.Context
	body io.Reader
	max  int64
	n    int64 // bytes read
	rate *rateWatch
	err  error // the first error, io.EOF included
}

func (s *sentReader) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.ctx.Err() != nil {
		s.err = context.Cause(s.ctx)
		return 0, s.err
	}
	if room := s.max - s.n + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := s.body.Read(p)
	s.n += int64(n)
	s.rate.add(n)
	switch {
	case s.n > s.max:
		n, err = n-1, tooLarge("body is over the limit of %d bytes", s.max)
	case err != nil && !errors.Is(err, io.EOF) && s.ctx.Err() != nil:
		err = context.Cause(s.ctx)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &Error{ClassTruncated, errors.New("body ended before its stated length")}
	case err != nil && !errors.Is(err, io.EOF) && s.n > 0:
		err = &Error{ClassTruncated, fmt.Errorf("connection broke within the body: %w", err)}
	}
	s.err = err
	return n, err
}

// rateWatch cuts a body that comes slower than a number of bytes per window.
type rateWatch struct {
	mu    sync.Mutex
	timer *time.Timer
	n     int64
	over  bool
}

func watchRate(window time.Duration, least int64, cancel context.CancelCauseFunc) *rateWatch {
	w := &rateWatch{}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(window, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case w.over:
		case w.n < least:
			cancel(&Error{ClassSlow, fmt.Errorf("body came slower than %d bytes in %s", least, window)})
		default:
			w.n = 0
			w.timer.Reset(window)
		}
	})
	return w
}

// add counts bytes that came. A nil watch counts nothing.
func (w *rateWatch) add(n int) {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.n += int64(n)
	w.mu.Unlock()
}

func (w *rateWatch) stop() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.timer.Stop()
}
