package fetcher

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
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
func (f *Fetcher) readBody(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response, lim limits) (body content, sent int64, err error) {
	if resp.ContentLength > lim.sent && !lim.cut {
		return content{}, 0, tooLarge("body of %d bytes is over the limit of %d", resp.ContentLength, lim.sent)
	}
	src := &sentReader{ctx: ctx, body: resp.Body, max: lim.sent}
	if f.opts.MinRate > 0 {
		least := int64(float64(f.opts.MinRate) * f.opts.RateWindow.Seconds())
		src.rate = watchRate(f.opts.RateWindow, max(1, least), cancel)
		defer src.rate.stop()
	}
	body, err = f.decoders.all(src, resp.Header.Values("Content-Encoding"), resp.ContentLength, lim)
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
		return content{body: body.body}, src.n, err
	}
	if lim.cut {
		if e, ok := errors.AsType[*Error](err); ok && e.Class == ClassTooLarge {
			return body, src.n, nil
		}
		return body, src.n, err
	}
	return content{}, src.n, err
}

// content is a body without its content codings, and with its one coding, where it has one that is worth keeping.
type content struct {
	body   []byte
	coded  []byte
	coding string
}

// decoders take content codings off. They keep what a decoder needs for the next one.
type decoders struct{ gzip sync.Pool }

// all reads src to its end and takes its codings off. Size is how many bytes src is said to have, -1 where nobody says.
func (d *decoders) all(src *sentReader, header []string, size int64, lim limits) (content, error) {
	codings, err := contentCodings(header)
	if err != nil {
		return content{}, err
	}
	if len(codings) == 1 && codings[0] == "gzip" && !lim.cut {
		return d.gunzip(src, size, lim)
	}
	in := io.Reader(src)
	var kept *recorder
	if len(codings) == 1 && codings[0] == "zstd" && !lim.cut {
		kept = &recorder{src: src}
		in = kept
	}
	r, closeDecoder, err := decoder(in, codings, lim.decoded)
	if err != nil {
		return content{}, err
	}
	defer closeDecoder()
	body, err := readDecoded(r, src, 0, lim)
	if kept != nil && err == nil && isZstd(kept.all[:min(4, len(kept.all))]) {
		return content{body, kept.all, "zstd"}, nil
	}
	return content{body: body}, err
}

// gzipAhead is how much of a gzip body is read before it is decoded. One that ends within it, as nearly all do, says at
// its end how large it is when decoded.
const gzipAhead = 512 << 10

func (d *decoders) gunzip(src *sentReader, size int64, lim limits) (content, error) {
	kept := &recorder{src: src}
	kept.ahead(gzipAhead, size)
	if !bytes.HasPrefix(kept.all, gzipMagic) {
		body, err := readDecoded(kept, src, int64(len(kept.all)), lim)
		return content{body: body}, err
	}
	z, _ := d.gzip.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer d.gzip.Put(z)
	r := &gzipReader{d: z}
	var hint int64
	if n := len(kept.all); kept.ended() && n >= 18 {
		// RFC 1952 §2.3.1: the last four bytes. What they say beyond the usual is not believed.
		hint = min(int64(binary.LittleEndian.Uint32(kept.all[n-4:])), 24*int64(n))
	}
	if err := z.Reset(bufio.NewReaderSize(kept, 4<<10)); err != nil {
		return content{}, codingError("gzip", err)
	}
	body, err := readDecoded(&codedReader{r: r, coding: "gzip"}, src, hint, lim)
	if err != nil || r.padded {
		return content{body: body}, err
	}
	return content{body, kept.all, "gzip"}, nil
}

// readDecoded reads r to its end within lim. Hint is how much that may be.
func readDecoded(r io.Reader, src *sentReader, hint int64, lim limits) ([]byte, error) {
	var body []byte
	if hint > 0 {
		body = make([]byte, 0, min(hint, lim.decoded)+1)
	}
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

// recorder keeps what is read of src.
type recorder struct {
	src io.Reader
	all []byte
	off int // read by the caller
	err error
}

// ahead reads up to n bytes that the caller has not asked for yet; an error comes when they are read. Size is how many
// there are said to be, or -1.
func (r *recorder) ahead(n int, size int64) {
	if size < 0 || size >= int64(n) {
		size = 32 << 10
	}
	r.all = make([]byte, 0, size+1)
	for len(r.all) < n && r.err == nil {
		if len(r.all) == cap(r.all) {
			r.all = slices.Grow(r.all, len(r.all))
		}
		var got int
		got, r.err = r.src.Read(r.all[len(r.all):cap(r.all)])
		r.all = r.all[:len(r.all)+got]
	}
}

// ended tells whether all of src has been read.
func (r *recorder) ended() bool { return errors.Is(r.err, io.EOF) }

func (r *recorder) Read(p []byte) (int, error) {
	if r.off < len(r.all) {
		n := copy(p, r.all[r.off:])
		r.off += n
		return n, nil
	}
	if r.err != nil {
		return 0, r.err
	}
	var n int
	n, r.err = r.src.Read(p)
	r.all = append(r.all, p[:n]...)
	r.off += n
	return n, r.err
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
