package web_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/web"
	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var update = flag.Bool("update", false, "write the table of docs/metrics.md")

// The stages of the tests, each with one worker of the name w-<stage>.
var stages = []string{"fetcher", "parser", "enricher", "sink"}

func stageOf(worker string) string {
	s, ok := strings.CutPrefix(worker, "w-")
	if !ok {
		return ""
	}
	return s
}

// whole is a look at a bus on which there is something of everything.
func whole(context.Context) (*web.State, error) {
	s := &web.State{
		Streams: []web.StreamState{
			{Stream: "PAGE", Messages: 10, Bytes: 250, MaxBytes: 1000},
			{Stream: "WORK", Messages: 1, Bytes: 20, MaxBytes: -1},
		},
		Dead:       []web.DeadLetters{{Worker: "w-parser", Class: "parse", Messages: 3}},
		Partitions: 64,
	}
	for _, stage := range stages {
		s.Workers = append(s.Workers, web.WorkerState{Worker: "w-" + stage, Stream: "PAGE", Pending: 5, InHand: 4, Redelivered: 1, Lost: 2, Oldest: time.Now().Add(-time.Minute)})
	}
	s.Workers = append(s.Workers,
		web.WorkerState{Worker: "w-parser", Stream: "REPLAY"},
		web.WorkerState{Worker: "somebody's", Stream: "PAGE", Pending: 99})
	return s, nil
}

// scrape returns the metrics that a handler gives, as a server of Prometheus reads them.
func scrape(t *testing.T, h http.Handler) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return parse(t, w.Body)
}

func parse(t *testing.T, r io.Reader) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(r)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value returns a metric's value, or the count of a histogram; -1 where there is none. Labels are as in worker="w".
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	f := families[name]
	for _, m := range f.GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			have = append(have, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
		if !slices.Equal(have, labels) {
			continue
		}
		switch f.GetType() {
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		case dto.MetricType_HISTOGRAM:
			return float64(m.GetHistogram().GetSampleCount())
		default:
			return m.GetGauge().GetValue()
		}
	}
	return -1
}

func TestMetricsCount(t *testing.T) {
	t.Parallel()
	m := web.NewMetrics(stages, stageOf, whole)
	m.Expect("w-parser")
	m.Expect("leases") // of no stage
	m.Handled("w-parser", "ok", 3*time.Millisecond, 2, false)
	m.Handled("w-parser", "ok", 3*time.Millisecond, 1, true)
	m.Handled("w-parser", "dead", time.Second, 0, false)
	m.Handled("somebody", "ok", time.Second, 1, true)
	m.Polled(feedmill.OutcomeUnchanged)
	m.PollBegun(-time.Second) // clocks differ
	m.PollBegun(20 * time.Second)
	m.PageFetched(feedmill.OutcomeFetched)
	got := scrape(t, web.Handler(&process{}, m))
	for _, test := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{2, "feedmill_parser_messages_total", []string{`result="ok"`, `worker="w-parser"`}},
		{1, "feedmill_parser_messages_total", []string{`result="dead"`, `worker="w-parser"`}},
		{0, "feedmill_parser_messages_total", []string{`result="retry"`, `worker="w-parser"`}},
		{3, "feedmill_parser_published_total", []string{`worker="w-parser"`}},
		{1, "feedmill_parser_redeliveries_total", []string{`worker="w-parser"`}},
		{3, "feedmill_parser_handling_seconds", []string{`worker="w-parser"`}},
		{-1, "feedmill_fetcher_published_total", []string{`worker="w-fetcher"`}},
		{1, "feedmill_registry_polls_total", []string{`outcome="unchanged"`}},
		{2, "feedmill_registry_poll_lateness_seconds", nil},
		{1, "feedmill_fetcher_pages_total", []string{`outcome="fetched"`}},
		{1, "feedmill_bus_up", nil},
		{0.25, "feedmill_bus_stream_fullness_ratio", []string{`stream="PAGE"`}},
		{-1, "feedmill_bus_stream_fullness_ratio", []string{`stream="WORK"`}},
		{20, "feedmill_bus_stream_bytes", []string{`stream="WORK"`}},
		{3, "feedmill_bus_dead_letters", []string{`class="parse"`, `worker="w-parser"`}},
		{64, "feedmill_fetcher_partitions_held", nil},
		{5, "feedmill_sink_pending_messages", []string{`stream="PAGE"`, `worker="w-sink"`}},
		{0, "feedmill_parser_oldest_age_seconds", []string{`stream="REPLAY"`, `worker="w-parser"`}},
	} {
		if v := value(got, test.name, test.labels...); v != test.want {
			t.Errorf("%s %v is %v, want %v", test.name, test.labels, v, test.want)
		}
	}
	if age := value(got, "feedmill_sink_oldest_age_seconds", `stream="PAGE"`, `worker="w-sink"`); age < 60 || age > 120 {
		t.Errorf("oldest age %v, want a minute", age)
	}
	for name, f := range got {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if strings.HasPrefix(l.GetValue(), "somebody") {
					t.Errorf("%s counts a worker that is not ours", name)
				}
			}
		}
	}
}

// TestABusThatDoesNotAnswer scrapes while every look takes as long as it may: no scrape takes much longer, several share
// one look, and what the process itself counts is there.
func TestABusThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	var looks atomic.Int32
	m := web.NewMetrics(stages, stageOf, func(ctx context.Context) (*web.State, error) {
		looks.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	m.Expect("w-sink")
	h := web.Handler(&process{}, m)
	start := time.Now()
	done := make(chan map[string]*dto.MetricFamily)
	for range 3 {
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			p := expfmt.NewTextParser(model.LegacyValidation)
			families, err := p.TextToMetricFamilies(w.Body)
			if err != nil || w.Code != 200 {
				t.Errorf("status %d, %v", w.Code, err)
			}
			done <- families
		}()
	}
	for range 3 {
		got := <-done
		if up := value(got, "feedmill_bus_up"); up != 0 {
			t.Errorf("up is %v, want 0", up)
		}
		if v := value(got, "feedmill_sink_messages_total", `result="ok"`, `worker="w-sink"`); v != 0 {
			t.Errorf("own counter %v, want 0", v)
		}
		if _, ok := got["feedmill_sink_pending_messages"]; ok {
			t.Error("what the bus did not tell is there")
		}
	}
	if took := time.Since(start); took > 4*time.Second || looks.Load() != 1 {
		t.Errorf("three scrapes took %v and %d looks; want two seconds and one look", took, looks.Load())
	}
}

func TestAnErrorOfTheBusIsNoErrorOfTheScrape(t *testing.T) {
	t.Parallel()
	m := web.NewMetrics(stages, stageOf, func(context.Context) (*web.State, error) { return nil, errors.New("no") })
	if up := value(scrape(t, web.Handler(&process{}, m)), "feedmill_bus_up"); up != 0 {
		t.Errorf("up is %v, want 0", up)
	}
}

const (
	metricsDoc = "../../docs/metrics.md"
	tableHead  = "| metric | type | labels | meaning |\n|---|---|---|---|\n"
)

// TestDocumentation holds the table of docs/metrics.md against a scrape in which every metric is. With -update it writes
// the table.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	m := web.NewMetrics(stages, stageOf, whole)
	for _, stage := range stages {
		m.Expect("w-" + stage)
	}
	m.Polled(feedmill.OutcomeFetched)
	m.PageFetched(feedmill.OutcomeFetched)
	m.ItemDropped("filters[0]")
	m.Feeds(map[string]int{"failing": 1})
	want := table(t, scrape(t, web.Handler(&process{}, m)))
	raw, err := os.ReadFile(metricsDoc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), tableHead)
	if !ok {
		t.Fatalf("%s has no table that begins with\n%s", metricsDoc, tableHead)
	}
	got, after := rest, ""
	if i := strings.Index(rest, "\n\n"); i >= 0 {
		got, after = rest[:i+1], rest[i+1:]
	}
	if *update {
		if err := os.WriteFile(metricsDoc, []byte(before+tableHead+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is not what /metrics gives; run this test with -update (-metrics +document):\n%s", metricsDoc, diff)
	}
}

// table is the metrics of ours, a line each, those of every stage once.
func table(t *testing.T, families map[string]*dto.MetricFamily) string {
	t.Helper()
	lines := map[string]int{}
	for name, f := range families {
		rest, ok := strings.CutPrefix(name, "feedmill_")
		if !ok {
			continue
		}
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels["`"+l.GetName()+"`"] = true
			}
		}
		stage, noun, _ := strings.Cut(rest, "_")
		shown := name
		if slices.Contains(stages, stage) && families["feedmill_sink_"+noun] != nil {
			shown = "feedmill_<stage>_" + noun
		}
		lines[fmt.Sprintf("| `%s` | %s | %s | %s |", shown, strings.ToLower(f.GetType().String()),
			strings.Join(slices.Sorted(maps.Keys(labels)), ", "), f.GetHelp())]++
	}
	for line, n := range lines {
		if strings.Contains(line, "<stage>") && n != len(stages) {
			t.Errorf("%d stages have %s", n, line)
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(lines)), "\n") + "\n"
}
