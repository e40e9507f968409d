package sinktest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// RunPlain checks that sinks which do not merge keep the contract of package sink: each record that was written is there
// as it was written, in the order of the batches. Open is called as for [Run], but never twice at once with one name; read
// returns, after the sink was closed, what the sink of that test holds.
func RunPlain(t *testing.T, open func(t *testing.T) sink.Sink, read func(t *testing.T) []*feedmill.Record) {
	for _, area := range []struct {
		name string
		test func(*testing.T, plain)
	}{
		{"EmptyBatch", plainEmptyBatch},
		{"AsWritten", plainAsWritten},
		{"Repeated", plainRepeated},
		{"Cancelled", plainCancelled},
		{"BadRecord", plainBadRecord},
		{"Reopen", plainReopen},
		{"CloseTwice", func(t *testing.T, p plain) { testCloseTwice(t, p.open) }},
		{"WriteAfterClose", func(t *testing.T, p plain) { testWriteAfterClose(t, p.open) }},
		{"ConcurrentWriters", plainConcurrentWriters},
	} {
		t.Run(area.name, func(t *testing.T) {
			t.Parallel()
			area.test(t, plain{open, read})
		})
	}
}

// plain is how a sink under test is opened and read.
type plain struct {
	open func(*testing.T) sink.Sink
	read func(*testing.T) []*feedmill.Record
}

// closed closes the sink and returns what it holds.
func (p plain) closed(t *testing.T, s sink.Sink) []*feedmill.Record {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return p.read(t)
}

// diffJSON compares records by their JSON, which is all that a plain sink keeps.
func diffJSON(t *testing.T, want, got []*feedmill.Record) string {
	t.Helper()
	lines := func(recs []*feedmill.Record) []string {
		out := make([]string, len(recs))
		for i, r := range recs {
			b, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = string(b)
		}
		return out
	}
	return diff(lines(want), lines(got))
}

func plainEmptyBatch(t *testing.T, p plain) {
	s := p.open(t)
	write(t, s)
	write(t, s, []*feedmill.Record{}...)
	if got := p.closed(t, s); len(got) != 0 {
		t.Errorf("an empty sink holds %d records", len(got))
	}
}

func plainAsWritten(t *testing.T, p plain) {
	s := p.open(t)
	recs := story()
	for i, text := range []string{
		"nul \x00 in the middle, and at the end \x00", "line\u2028paragraph\u2029 <b>&amp;</b> \r\n \"quoted\" \\ back", "", "שלום \u202eעולם\u202c",
	} {
		recs = append(recs, Record(fmt.Sprintf("text-%d", i), text, text, text, hour(i), pipe(1)))
	}
	recs = append(recs,
		Record("large", "Large", body(1, 1<<20/60), "large", hour(0), pipe(1)),
		Record("undated", "No dates", body(1, 1), "undated", time.Time{}, pipe(1)))
	seoul := Record("seoul", "Dates", body(1, 1), "seoul", hour(0), pipe(1))
	seoul.Feeds[0].Published = time.Date(2026, 3, 1, 9, 0, 0, 123, time.FixedZone("", 9*3600))
	recs = append(recs, seoul)
	for batch := range slices.Chunk(recs, 7) {
		write(t, s, batch...)
	}
	if d := diffJSON(t, recs, p.closed(t, s)); d != "" {
		t.Errorf("written and read (-want +got):\n%s", d)
	}
}

func plainRepeated(t *testing.T, p plain) {
	s := p.open(t)
	recs := story()
	write(t, s, recs...)
	write(t, s, recs[3:9]...)
	write(t, s, append([]*feedmill.Record{recs[0], recs[0]}, recs[5:]...)...)
	if d := diffJSON(t, recs, p.closed(t, s)); d != "" {
		t.Errorf("written again, records are there twice (-want +got):\n%s", d)
	}
}

func plainCancelled(t *testing.T, p plain) {
	s := p.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := Record("a", "A", body(1, 1), "a", hour(0), pipe(1))
	if err := s.Write(ctx, []*feedmill.Record{rec}); !errors.Is(err, context.Canceled) || feedmill.IsPermanent(err) {
		t.Errorf("Write with a cancelled context: %v, want a plain context.Canceled", err)
	}
	write(t, s, rec)
	if d := diffJSON(t, []*feedmill.Record{rec}, p.closed(t, s)); d != "" {
		t.Errorf("after a cancelled write and another (-want +got):\n%s", d)
	}
}

func plainBadRecord(t *testing.T, p plain) {
	s := p.open(t)
	good := Record("good", "Good", body(1, 1), "good", hour(0), pipe(1))
	for name, spoil := range map[string]func(*feedmill.Record){
		"no id":         func(r *feedmill.Record) { r.ID = "" },
		"newer schema":  func(r *feedmill.Record) { r.Schema = "feedmill.record/2" },
		"unknown state": func(r *feedmill.Record) { r.State.Value = "lost" },
		"no number":     func(r *feedmill.Record) { r.Quality.Score = math.NaN() },
		"no year":       func(r *feedmill.Record) { r.SeenAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		bad := Record("bad", "Bad", body(1, 1), "bad", hour(0), pipe(1))
		spoil(bad)
		if err := s.Write(t.Context(), []*feedmill.Record{good, bad}); !feedmill.IsPermanent(err) {
			t.Errorf("%s: %v, want an error that blames the record", name, err)
		}
	}
	if err := s.Write(t.Context(), []*feedmill.Record{nil}); !feedmill.IsPermanent(err) {
		t.Errorf("a nil record: %v, want an error that blames it", err)
	}
	if got := p.closed(t, s); len(got) != 0 {
		t.Errorf("of refused batches %d records are stored", len(got))
	}
}

func plainReopen(t *testing.T, p plain) {
	recs := story()
	var s sink.Sink
	for batch := range slices.Chunk(recs, 10) {
		s = p.open(t)
		write(t, s, batch...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// What was last delivered is delivered again, as after a death before the acknowledgement.
	s = p.open(t)
	write(t, s, recs[len(recs)-15:]...)
	if d := diffJSON(t, recs, p.closed(t, s)); d != "" {
		t.Errorf("opened again (-want +got):\n%s", d)
	}
}

func plainConcurrentWriters(t *testing.T, p plain) {
	s := p.open(t)
	const writers, batches, size = 4, 5, 10
	var want []*feedmill.Record
	var wg sync.WaitGroup
	for w := range writers {
		recs := make([]*feedmill.Record, batches*size)
		for i := range recs {
			name := fmt.Sprintf("w%d-%d", w, i)
			recs[i] = Record(name, name, body(i, 300), name, hour(i), pipe(1))
		}
		want = append(want, recs...)
		wg.Go(func() {
			for batch := range slices.Chunk(recs, size) {
				if err := s.Write(t.Context(), batch); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	got := p.closed(t, s)
	for i := 0; i+size <= len(got); i += size { // whole batches
		for _, r := range got[i : i+size] {
			if r.Title[:2] != got[i].Title[:2] {
				t.Errorf("records of %s and %s are mixed within a batch", got[i].Title, r.Title)
			}
		}
	}
	byURL := func(a, b *feedmill.Record) int { return cmp.Compare(a.URL, b.URL) }
	slices.SortFunc(want, byURL)
	slices.SortFunc(got, byURL)
	if d := diffJSON(t, want, got); d != "" {
		t.Errorf("written by %d at once (-want +got):\n%s", writers, d)
	}
}
