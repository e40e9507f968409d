package postgres_test

import (
	"testing"

	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// BenchmarkWrite stores batches of 200 new records with texts of some 6 KB, on a server that does not wait for its disk.
func BenchmarkWrite(b *testing.B) {
	s := open(b, pgtest.New(b), nil)
	const batch = 200
	rows, bytes := 0, 0
	for b.Loop() {
		b.StopTimer()
		recs := articles(rows, batch, 750)
		b.StartTimer()
		if err := s.Write(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
		rows += batch
		bytes += batch * len(recs[0].Text)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(bytes)/float64(rows), "text-bytes/row")
}

// BenchmarkWriteAgain stores a batch of 200 records that are there already, as a redelivery does.
func BenchmarkWriteAgain(b *testing.B) {
	s := open(b, pgtest.New(b), nil)
	recs := articles(0, 200, 750)
	for b.Loop() {
		if err := s.Write(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(recs))/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkExport reads 2,000 records, as an export does.
func BenchmarkExport(b *testing.B) {
	s := open(b, pgtest.New(b), nil)
	const rows = 2000
	for i := range rows / 200 {
		if err := s.Write(b.Context(), articles(200*i, 200, 750)); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		for _, err := range s.Query(b.Context(), sink.Query{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
