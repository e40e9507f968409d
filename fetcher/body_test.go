package fetcher

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// encode puts content codings on, the first named first.
func encode(t *testing.T, data []byte, codings ...string) []byte {
	t.Helper()
	for _, c := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		var err error
		switch c {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&b)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "raw deflate":
			w, err = flate.NewWriter(&b, 9)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, err = zstd.NewWriter(&b)
		default:
			t.Fatalf("no writer of %s", c)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = b.Bytes()
	}
	return data
}

// fetchCoded fetches a body that is sent under a Content-Encoding.
func fetchCoded(t *testing.T, o Options, coding string, sent []byte) ([]byte, error) {
	t.Helper()
	o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, string(sent), "Content-Encoding", coding), nil
	})
	page, err := New(&o).Fetch(t.Context(), Request{URL: "http://example.org/"})
	if err == nil && page.Truncated {
		err = &Error{ClassTruncated, errors.New("the body ended early")}
	}
	if err != nil {
		return nil, err
	}
	return page.Body, nil
}

func TestContentCodings(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("The bytes of a feed, 뉴스, \xb4\xba\xbd\xba. ", 3000))
	// Nothing of what is no text is changed either.
	binary := make([]byte, 100_000)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(binary)
	for _, tt := range []struct {
		header  string
		codings []string
	}{
		{"", nil}, {"identity", nil}, {"gzip", []string{"gzip"}}, {"X-GZIP", []string{"gzip"}}, {"br", []string{"br"}},
		{"zstd", []string{"zstd"}}, {"deflate", []string{"deflate"}}, {"deflate", []string{"raw deflate"}},
		{"gzip, br", []string{"gzip", "br"}}, {" identity , zstd,", []string{"zstd"}},
		{"gzip", nil}, {"zstd", nil}, // labelled only
	} {
		for _, want := range [][]byte{text, binary, []byte("x"), nil} {
			if tt.header == "deflate" && len(want) == 0 && len(tt.codings) == 0 {
				continue
			}
			got, err := fetchCoded(t, Options{}, tt.header, encode(t, want, tt.codings...))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%q (%v): %d bytes, want %d; error %v", tt.header, tt.codings, len(got), len(want), err)
			}
		}
	}
}

func TestBrokenCodings(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("The bytes of a feed. ", 3000))
	random := make([]byte, 60_000)
	rng := rand.NewChaCha8([32]byte{2})
	rng.Read(random)
	gz := encode(t, random, "gzip")
	broken := bytes.Clone(gz)
	broken[len(broken)-5] ^= 1 // checksum
	for _, tt := range []struct {
		name, coding string
		sent         []byte
		class        string // "" where the text is had
	}{
		{"padding after gzip", "gzip", append(encode(t, text, "gzip"), make([]byte, 500)...), ""},
		{"two members", "gzip", append(encode(t, text[:1000], "gzip"), encode(t, text[1000:], "gzip")...), ""},
		{"checksum", "gzip", broken, ClassDecode},
		{"unknown", "compress", text, ClassDecode},
		{"too many", "gzip, gzip, gzip, gzip", encode(t, text, "gzip", "gzip", "gzip", "gzip"), ClassDecode},
		{"truncated gzip", "gzip", gz[:len(gz)/2], ClassTruncated},
		{"truncated gzip trailer", "gzip", gz[:len(gz)-4], ClassTruncated},
		{"truncated deflate", "deflate", encode(t, random, "deflate")[:30_000], ClassTruncated},
		{"truncated br", "br", encode(t, random, "br")[:30_000], ClassTruncated},
		{"truncated zstd", "zstd", encode(t, random, "zstd")[:30_000], ClassTruncated},
		{"no br", "br", random, ClassDecode},
		{"no deflate", "deflate", []byte("\x78\x9cnot deflated"), ClassDecode},
		{"no zstd inside", "zstd", append([]byte{0x28, 0xb5, 0x2f, 0xfd}, random...), ClassDecode},
		{"zstd with a window of 2 GiB", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0}, ClassDecode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := fetchCoded(t, Options{}, tt.coding, tt.sent)
			if Class(err) != tt.class {
				t.Fatalf("%v (class %q), want class %q", err, Class(err), tt.class)
			}
			if err == nil && !bytes.Equal(got, text) {
				t.Errorf("%d bytes, want the text of %d", len(got), len(text))
			}
		})
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 10<<20)
	fewer := zeros[:3<<20]
	text := []byte(strings.Repeat("x", 1000))
	for _, tt := range []struct {
		name, coding  string
		sent          []byte
		body, decoded int64
		ok            bool
	}{
		{"just within", "", text, 1000, 1000, true},
		{"one byte over as sent", "", text, 999, 5000, false},
		{"one byte over decoded", "", text, 5000, 999, false},
		{"gzip just within", "gzip", encode(t, text, "gzip"), 100, 1000, true},
		{"gzip one byte over", "gzip", encode(t, text, "gzip"), 100, 999, false},
		{"gzip bomb", "gzip", encode(t, zeros, "gzip"), 0, 1 << 20, false},
		{"br bomb", "br", encode(t, fewer, "br"), 0, 1 << 20, false},
		{"zstd bomb", "zstd", encode(t, fewer, "zstd"), 0, 1 << 20, false},
		{"deflate bomb", "deflate", encode(t, fewer, "deflate"), 0, 1 << 20, false},
		{"gzip in gzip bomb", "gzip, gzip", encode(t, zeros, "gzip", "gzip"), 0, 1 << 20, false},
		{"ratio alone", "gzip", encode(t, zeros, "gzip"), 0, 1 << 30, false},
		{"ratio of a nested bomb", "br", encode(t, fewer, "br"), 0, 1 << 30, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := fetchCoded(t, Options{MaxBodyBytes: tt.body, MaxDecodedBytes: tt.decoded}, tt.coding, tt.sent)
			if tt.ok && err != nil || !tt.ok && Class(err) != ClassTooLarge {
				t.Errorf("%v (class %q), want ok %t", err, Class(err), tt.ok)
			}
		})
	}
}

// What compresses well and is no bomb is read whole.
func TestRatioLetsTextPass(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for i := range 12_000 {
		fmt.Fprintf(&b, "<item><title>Item %d</title><link>https://example.org/%d</link><description>The same words each time.</description></item>\n", i, i)
	}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		sent := encode(t, b.Bytes(), coding)
		if _, err := fetchCoded(t, Options{}, coding, sent); err != nil {
			t.Errorf("%s, ratio %d: %v", coding, b.Len()/len(sent), err)
		}
	}
}

func TestStatedLengthOverTheLimit(t *testing.T) {
	t.Parallel()
	read := false
	f := New(&Options{MaxBodyBytes: 100, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 200, "")
		resp.ContentLength = 101
		resp.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
		return resp, nil
	})})
	if _, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"}); Class(err) != ClassTooLarge || read {
		t.Errorf("%v, body read %t; want it refused unread", err, read)
	}
}

// An endless error page costs a little and hides nothing.
func TestEndlessErrorPage(t *testing.T) {
	t.Parallel()
	n := 0
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 404, "")
		resp.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) { n += len(p); return len(p), nil }))
		return resp, nil
	})})
	page, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"})
	if err != nil || page.Status != 404 || len(page.Body) != maxErrorBody || n > 2*maxErrorBody {
		t.Errorf("error %v, read %d; want status 404 with %d bytes", err, n, maxErrorBody)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// drip sends n bytes every second, for ever.
func drip(n int) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 200, "")
		resp.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
			select {
			case <-r.Context().Done():
				return 0, r.Context().Err()
			case <-time.After(time.Second):
				return copy(p, make([]byte, n)), nil
			}
		}))
		return resp, nil
	})
}

func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		o     Options
		class string
		after time.Duration
	}{
		{"drip", Options{Transport: drip(1)}, ClassSlow, 5 * time.Second},
		{"just too slow", Options{MinRate: 100, RateWindow: 10 * time.Second, Transport: drip(99)}, ClassSlow, 10 * time.Second},
		{"fast enough, and endless", Options{MinRate: 50, Timeout: 20 * time.Second, Transport: drip(100)}, ClassTimeout, 20 * time.Second},
		{"no least rate", Options{MinRate: -1, Timeout: 30 * time.Second, Transport: drip(1)}, ClassTimeout, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := New(&tt.o).Fetch(t.Context(), Request{URL: "http://example.org/"})
				if Class(err) != tt.class || time.Since(start) != tt.after {
					t.Errorf("%v (class %q) after %s, want class %q after %s", err, Class(err), time.Since(start), tt.class, tt.after)
				}
			})
		})
	}
}

func TestDripOverTheNetwork(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "<rss>")
		w.(http.Flusher).Flush()
		<-r.Context().Done() // and never another byte
	})
	_, err := local(t, Options{RateWindow: 30 * time.Millisecond}).Fetch(t.Context(), Request{URL: base})
	if Class(err) != ClassSlow {
		t.Errorf("%v (class %q), want it cut as slow", err, Class(err))
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	addrs := map[string]bool{}
	body := encode(t, []byte(feedXML), "gzip")
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addrs[r.RemoteAddr] = true
		if r.URL.Path == "/304" {
			w.WriteHeader(304)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(body)
	})
	f := local(t, Options{})
	for range 3 {
		page, err := f.Fetch(t.Context(), Request{URL: base})
		if err != nil {
			t.Fatal(err)
		}
		v := ValidatorsOf(page)
		v.URL, v.ETag = base+"/304", "1"
		if _, err := f.Fetch(t.Context(), Request{URL: base + "/304", Validators: v}); err != nil {
			t.Fatal(err)
		}
	}
	if len(addrs) != 1 {
		t.Errorf("%d connections for 6 requests one after the other, want 1", len(addrs))
	}
}

// decoded takes a coding off with a decoder that knows nothing of ours.
func decoded(coding string, b []byte) ([]byte, error) {
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(nil)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return z.DecodeAll(b, nil)
	}
	return nil, fmt.Errorf("unexpected coding %q", coding)
}

// TestCodedBodyIsKept holds that the bytes as sent are kept where, and only where, they are in one coding and nothing else.
func TestCodedBodyIsKept(t *testing.T) {
	t.Parallel()
	var text []byte // over gzipAhead when not compressed
	for r := rand.New(rand.NewPCG(1, 2)); len(text) < 1<<20; {
		text = fmt.Appendf(text, "<p>The council met on Tuesday %x.</p>", r.Uint32())
	}
	zip := func(level int, parts ...[]byte) []byte {
		var b bytes.Buffer
		for _, part := range parts {
			z, err := gzip.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := z.Write(part); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, coding string
		sent         []byte
		kept         string
	}{
		{"gzip", "gzip", zip(9, text), "gzip"},
		{"old name", "x-gzip", zip(9, text), "gzip"},
		{"larger than is read ahead", "gzip", zip(0, text), "gzip"},
		{"two members", "gzip", zip(9, text[:1000], text[1000:]), "gzip"},
		{"padding", "gzip", append(zip(9, text), make([]byte, 16)...), ""},
		{"a size that lies", "gzip, identity", zip(9, text[:len(text)-40], text[:40]), "gzip"},
		{"zstd", "zstd", e.EncodeAll(text, nil), "zstd"},
		{"no gzip at all", "gzip", text, ""},
		{"no zstd at all", "zstd", text, ""},
		{"none", "", text, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := &sentReader{ctx: t.Context(), body: bytes.NewReader(tt.sent), max: 4 << 20}
			got, err := new(decoders).all(src, []string{tt.coding}, int64(len(tt.sent)), limits{sent: 4 << 20, decoded: 4 << 20, ratio: 500})
			if err != nil || len(got.body) != len(text) {
				t.Fatalf("%d bytes of %d, %v", len(got.body), len(text), err)
			}
			if got.coding != tt.kept || (tt.kept != "") != bytes.Equal(got.coded, tt.sent) {
				t.Errorf("kept %d bytes of %d as %q, want %q", len(got.coded), len(tt.sent), got.coding, tt.kept)
			}
		})
	}
}

// FuzzDecode holds that any bytes under any Content-Encoding end in at most the allowed size or an error with a class.
func FuzzDecode(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"))
	f.Add("br", []byte("\x8b\x02\x80words\x03"))
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x09, 0x00, 0x00, 'x'})
	f.Add("deflate, gzip", []byte("\x78\x9c\x03\x00\x00\x00\x00\x01"))
	f.Add("gzip,,x", []byte("x"))
	f.Fuzz(func(t *testing.T, coding string, sent []byte) {
		src := &sentReader{ctx: t.Context(), body: bytes.NewReader(sent), max: 1 << 20}
		got, err := new(decoders).all(src, []string{coding}, -1, limits{sent: 1 << 20, decoded: 64 << 10})
		body := got.body
		if len(body) > 64<<10 {
			t.Errorf("%d bytes", len(body))
		}
		if got.coded != nil {
			if text, err := decoded(got.coding, got.coded); err != nil || !bytes.Equal(text, body) {
				t.Errorf("%s kept of %d bytes decodes to %d bytes, %v", got.coding, len(body), len(text), err)
			}
		}
		if err != nil {
			switch c := Class(err); c {
			case ClassDecode, ClassTruncated, ClassTooLarge:
			default:
				t.Errorf("%v: class %q", err, c)
			}
		}
	})
}
