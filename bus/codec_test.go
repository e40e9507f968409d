package bus

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
)

// codec is a bus without a server: enough for values that fit into a message.
func codec(tb testing.TB) *Bus {
	tb.Helper()
	b := &Bus{}
	var err error
	if b.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
		tb.Fatal(err)
	}
	if b.dec, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxValue), zstd.WithDecoderConcurrency(0)); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.dec.Close)
	return b
}

func words(n int) []byte {
	var b []byte
	for r := rand.New(rand.NewPCG(1, 2)); len(b) < n; {
		b = fmt.Appendf(b, "<p>Paragraph %x.</p>\n", r.Uint32())
	}
	return b[:n]
}

func zip(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestPagesAreEncodedOnce(t *testing.T) {
	t.Parallel()
	b := codec(t)
	body := words(60_000)
	page := func(change func(*feedmill.Page)) *feedmill.Page {
		p := &feedmill.Page{ID: "1", URL: "https://news.example/1", Status: 200, FetchedAt: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
			Header: map[string][]string{"Content-Type": {"text/html"}}, Body: body}
		change(p)
		return p
	}
	frame := b.enc.EncodeAll(body, nil)
	tests := []struct {
		name     string
		page     *feedmill.Page
		encoding string
		tail     []byte // what the payload ends with
	}{
		{"small", page(func(p *feedmill.Page) { p.Body = body[:300] }), "", body[:300]},
		{"no body", page(func(p *feedmill.Page) { p.Body = nil }), "", []byte("\n")},
		{"large", page(func(*feedmill.Page) {}), "zstd", frame},
		{"from gzip", page(func(p *feedmill.Page) { p.Coding, p.Coded = "gzip", zip(t, body) }), "gzip", zip(t, body)},
		{"from zstd", page(func(p *feedmill.Page) { p.Coding, p.Coded = "zstd", frame }), "zstd", frame},
		{"from gzip, with a long line before it", page(func(p *feedmill.Page) {
			p.Coding, p.Coded, p.Parts = "gzip", zip(t, body), []*feedmill.Page{{URL: "https://news.example/1?page=2", Body: body}}
		}), "zstd", frame},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, h, _, err := b.encode(t.Context(), tt.page)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Get(headerEncoding); got != tt.encoding {
				t.Errorf("encoding %q, want %q", got, tt.encoding)
			}
			if !bytes.HasSuffix(data, tt.tail) {
				t.Errorf("%d bytes do not end with the body's %d", len(data), len(tt.tail))
			}
			want := *tt.page
			want.Coded, want.Coding = nil, ""
			var got *feedmill.Page
			if err := b.decode(t.Context(), h, data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("page changed on its way (-want +got):\n%s", diff)
			}
			if tt.encoding != "gzip" {
				return
			}
			// What any reader of gzip makes of it.
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			if line, rest, _ := bytes.Cut(all, []byte{'\n'}); !bytes.HasPrefix(line, []byte(`{"id":"1"`)) || !bytes.Equal(rest, body) {
				t.Errorf("gzip reads %.40q and %d bytes", line, len(rest))
			}
		})
	}
}

func TestOtherValuesAreCompressedWhereItPays(t *testing.T) {
	t.Parallel()
	b := codec(t)
	for _, size := range []int{100, compressAbove * 2} {
		a := &feedmill.Article{ID: "1", Title: "Title", Text: string(words(size))}
		data, h, _, err := b.encode(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if compressed := h.Get(headerEncoding) == encodingZstd; compressed != (size > compressAbove) || compressed && len(data) > size {
			t.Errorf("%d bytes become %d, encoded %q", size, len(data), h.Get(headerEncoding))
		}
		var got *feedmill.Article
		if err := b.decode(t.Context(), h, data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("article changed on its way (-want +got):\n%s", diff)
		}
	}
}

// TestABodyTakenOutDoesNotTravel: a page whose body was not news keeps its head alone, whatever coding it came in.
func TestABodyTakenOutDoesNotTravel(t *testing.T) {
	t.Parallel()
	b := codec(t)
	coded := zip(t, []byte("the whole text"))
	for _, coding := range []string{"gzip", "zstd"} {
		p := &feedmill.Page{ID: "1", URL: "http://a.example/", Coded: coded, Coding: coding}
		data, h, _, err := b.encode(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		var got *feedmill.Page
		if err := b.decode(t.Context(), h, data, &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Body) != 0 {
			t.Errorf("%s: %q travelled", coding, got.Body)
		}
	}
}

// FuzzDecodePage holds that any payload under any encoding gives a page or a permanent error.
func FuzzDecodePage(f *testing.F) {
	b := codec(f)
	f.Add("", []byte("{}\nbody"))
	f.Add("gzip", zip(f, []byte("{\"url\":\"x\"}\nbody")))
	f.Add("gzip", []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff})
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x19, 0x00, 0x00, '{', '}', '\n'})
	f.Add("br", []byte("x"))
	f.Fuzz(func(t *testing.T, encoding string, data []byte) {
		h := nats.Header{}
		if encoding != "" {
			h.Set(headerEncoding, encoding)
		}
		var p *feedmill.Page
		if err := b.decode(t.Context(), h, data, &p); err == nil && p == nil || err != nil && !feedmill.IsPermanent(err) {
			t.Errorf("page %v, error %v", p, err)
		}
	})
}
