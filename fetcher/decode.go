package fetcher

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding names what decoder takes off.
const acceptEncoding = "gzip, br, zstd, deflate"

const (
	// maxCodings is how many content codings one body may have, one upon the other.
	maxCodings = 3
	// maxZstdWindow is the window that a zstd content coding may ask for (RFC 9659 §3).
	maxZstdWindow = 8 << 20
)

// contentCodings reads Content-Encoding. The coding "gzip" has an old name.
func contentCodings(header []string) ([]string, error) {
	var codings []string
	for c := range strings.SplitSeq(strings.Join(header, ","), ",") {
		switch c = strings.ToLower(strings.TrimSpace(c)); c {
		case "", "identity":
		case "x-gzip":
			codings = append(codings, "gzip")
		default:
			codings = append(codings, c)
		}
	}
	if len(codings) > maxCodings {
		return nil, &Error{ClassDecode, fmt.Errorf("%d content codings", len(codings))}
	}
	return codings, nil
}

// decoder returns a reader of r without its content codings (RFC 9110 §8.4), and a function that frees what the reader
// holds. A body that is labelled gzip or zstd but does not begin as one is taken as it is: servers and proxies forget to
// drop the label.
func decoder(r io.Reader, codings []string, maxDecoded int64) (io.Reader, func(), error) {
	var closers []func()
	closeAll := func() {
		for _, c := range closers {
			c()
		}
	}
	for i := len(codings) - 1; i >= 0; i-- {
		d, closeOne, err := decodeOne(bufio.NewReader(r), codings[i], maxDecoded)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		closers = append(closers, closeOne)
		r = &codedReader{r: d, coding: codings[i]}
	}
	return r, closeAll, nil
}

func decodeOne(r *bufio.Reader, coding string, maxDecoded int64) (io.Reader, func(), error) {
	nothing := func() {}
	head, err := r.Peek(4)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return r, nothing, nil // no body, nothing to decode
		}
		return nil, nil, err
	}
	switch coding {
	case "gzip":
		if !bytes.HasPrefix(head, gzipMagic) {
			return r, nothing, nil
		}
		d, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, codingError(coding, err)
		}
		return &gzipReader{d: d}, nothing, nil
	case "deflate":
		// RFC 9110 §8.4.1.2 means zlib; some servers send the bare stream.
		if len(head) >= 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			d, err := zlib.NewReader(r)
			if err != nil {
				return nil, nil, codingError(coding, err)
			}
			return d, nothing, nil
		}
		return flate.NewReader(r), nothing, nil
	case "br":
		return brotli.NewReader(r), nothing, nil
	case "zstd":
		if !isZstd(head) {
			return r, nothing, nil
		}
		// A frame may ask for a larger window than it has data, so that the memory limit is not below the window's.
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(uint64(max(maxDecoded, maxZstdWindow))+1))
		if err != nil {
			return nil, nil, codingError(coding, err)
		}
		return d, d.Close, nil
	}
	return nil, nil, &Error{ClassDecode, fmt.Errorf("unknown content coding %q", coding)}
}

var gzipMagic = []byte{0x1f, 0x8b}

// isZstd tells whether head begins a zstd frame or a skippable one (RFC 8878 §3.1).
func isZstd(head []byte) bool {
	if len(head) < 4 || head[2] == 0 {
		return false
	}
	return bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}

// gzipReader reads gzip members and ends at what follows the last one: padding after it is common and harmless.
type gzipReader struct {
	d      *gzip.Reader
	any    bool
	padded bool
}

func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.d.Read(p)
	g.any = g.any || n > 0
	if errors.Is(err, gzip.ErrHeader) && g.any {
		g.padded, err = true, io.EOF
	}
	return n, err
}

// codedReader names the coding in the errors of its decoder.
type codedReader struct {
	r      io.Reader
	coding string
}

func (c *codedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = codingError(c.coding, err)
	}
	return n, err
}

// codingError gives a decoder's error its class. What already has one, from below, keeps it.
func codingError(coding string, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{ClassTruncated, fmt.Errorf("%s body ended early", coding)}
	case errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &Error{ClassTooLarge, fmt.Errorf("decode %s: %w", coding, err)}
	}
	return &Error{ClassDecode, fmt.Errorf("decode %s: %w", coding, err)}
}
