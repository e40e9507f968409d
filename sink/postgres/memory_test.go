package postgres_test

import (
	"runtime"
	"testing"

	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// TestQueryIsFlat reads some 10 MB of records and looks at what is held meanwhile. It has the process to itself.
func TestQueryIsFlat(t *testing.T) {
	s := open(t, pgtest.New(t), nil)
	const records, words = 24, 30_000
	for i := range records {
		if err := s.Write(t.Context(), articles(i, 1, words)); err != nil {
			t.Fatal(err)
		}
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, read := 0, 0
	for rec, err := range s.Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		read += len(rec.Text) + len(rec.HTML)
		if n++; n%6 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if held := int64(now.HeapAlloc) - int64(before.HeapAlloc); held > 4<<20 {
				t.Errorf("after %d records %d bytes are held", n, held)
			}
		}
	}
	if n != records || read < 9<<20 {
		t.Errorf("read %d records of %d bytes", n, read)
	}
}
