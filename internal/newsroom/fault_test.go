package newsroom

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  Fault
		status int
		field  string
		value  string
		body   string
	}{
		"status":            {Fault{Status: 503, RetryAfter: "120"}, 503, "Retry-After", "120", "Service Unavailable\n"},
		"redirect":          {Fault{Redirect: "/elsewhere"}, 302, "Location", "/elsewhere", ""},
		"permanent":         {Fault{Redirect: "http://a.test/", RedirectStatus: 301}, 301, "Location", "http://a.test/", ""},
		"own body":          {Fault{Body: []byte("{}"), ContentType: "application/json"}, 200, "Content-Type", "application/json", "{}"},
		"own body, status":  {Fault{Body: []byte("gone"), Status: 410}, 410, "Content-Type", "text/plain; charset=utf-8", "gone"},
		"empty body":        {Fault{Body: []byte{}}, 200, "ETag", "", ""},
		"large header":      {Fault{HeaderBytes: 5, Status: 404}, 404, "X-Padding", "xxxxx", "Not Found\n"},
		"wrong charset":     {Fault{WrongCharset: "shift_jis"}, 200, "Content-Type", "text/html; charset=shift_jis", "page"},
		"no validators":     {Fault{NoValidators: true}, 200, "ETag", "", "page"},
		"plain called gzip": {Fault{BadGzip: true}, 200, "Content-Encoding", "gzip", "page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := New(nil)
			base := open(t, n)
			want := get(t, base+SharedPath)
			n.SetFault(SharedPath, tt.fault)
			body := tt.body
			if body == "page" {
				body = want.body
			}
			a := get(t, base+SharedPath)
			if a.status != tt.status || a.header.Get(tt.field) != tt.value || a.body != body {
				t.Errorf("answer %d, %s %q, %.60q; want %d, %q, %.60q", a.status, tt.field, a.header.Get(tt.field), a.body, tt.status, tt.value, body)
			}
			n.SetFault(SharedPath, Fault{})
			if a := get(t, base+SharedPath); a.status != 200 || a.body != want.body || a.header.Get("Etag") == "" {
				t.Errorf("healed: %d", a.status)
			}
		})
	}
}

func TestFaultHeals(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	n.SetFault(SharedPath, Fault{Status: 500, Times: 2})
	n.SetFault("/made-up", Fault{Body: []byte("x")})
	var got []int
	for range 4 {
		got = append(got, get(t, base+SharedPath).status)
	}
	if got[0] != 500 || got[1] != 500 || got[2] != 200 || got[3] != 200 {
		t.Errorf("statuses %v, want 500, 500, 200, 200", got)
	}
	for range 3 {
		if a := get(t, base+"/made-up"); a.body != "x" {
			t.Errorf("a path that is there by its fault: %d %q", a.status, a.body)
		}
	}
}

func TestFaultTruncate(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	whole := get(t, base+SharedPath)
	n.SetFault(SharedPath, Fault{Truncate: true})
	a, err := try(t.Context(), base+SharedPath)
	if !errors.Is(err, io.ErrUnexpectedEOF) || a.body != whole.body[:len(whole.body)/2] {
		t.Errorf("%d of %d bytes, %v", len(a.body), len(whole.body), err)
	}
}

func TestFaultGzipBomb(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	n.SetFault(SharedPath, Fault{GzipBomb: true})
	a := get(t, base+SharedPath)
	if len(a.body) > 2<<20 || a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d bytes sent as %q", len(a.body), a.header.Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	const some = 40 << 20 // enough to see that members follow one another
	if got, err := io.CopyN(io.Discard, z, some); got != some || err != nil {
		t.Errorf("%d bytes decompressed, %v", got, err)
	}
}

func TestFaultEndless(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	n.SetFault("/", Fault{Endless: true})
	resp, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.CopyN(io.Discard, bufio.NewReader(resp.Body), 4<<20); err != nil {
		t.Errorf("the end came after %d bytes: %v", got, err)
	}
}

func TestFaultHang(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	n.SetFault("/", Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a, err := try(ctx, base+"/"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("answer %d, error %v; want none before the deadline", a.status, err)
	}
}

func TestFaultTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New(nil)
		size := len(n.demo.index())
		for name, tt := range map[string]struct {
			fault Fault
			want  time.Duration
		}{
			"delay": {Fault{Delay: 7 * time.Second}, 7 * time.Second},
			"drip":  {Fault{Drip: time.Second}, time.Duration((size+63)/64) * time.Second},
		} {
			n.SetFault("/", tt.fault)
			start, w := time.Now(), httptest.NewRecorder()
			n.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if got := time.Since(start); got != tt.want || w.Body.Len() != size {
				t.Errorf("%s: %d bytes in %v, want %d in %v", name, w.Body.Len(), got, size, tt.want)
			}
		}
	})
}
