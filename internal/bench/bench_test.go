package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if child, err := Child(context.Background(), os.Stdin, os.Stdout); child {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestRun makes a whole benchmark, as small as it can be, and wants every figure.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := Run(t.Context(), &Options{Feeds: 4, Items: 3, Hosts: 2, PageBytes: 20_000, MaxPageBytes: 30_000, Rounds: 1,
		Enrich: true, Large: 16, Idle: 3, BusItems: 20, RestartLook: time.Second, Dir: dir, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.pipelines() {
		want := 12
		if p.Pipeline == r.Large {
			want = 16
		}
		s := p.Score
		if p.Articles != want || s.Articles != want || s.Missing+s.Twice+s.Foreign > 0 || s.F1 < 0.5 || p.Partial != "" {
			t.Errorf("%s: %d articles, %+v, %s", p.name, p.Articles, s, p.Partial)
		}
		if p.CPU <= 0 || p.Ratio <= 0 || p.PerSecond <= 0 || p.PeakMB <= 0 || p.Start <= 0 {
			t.Errorf("%s: a figure is missing: %+v", p.name, p.Pipeline)
		}
	}
	var names []string
	for _, f := range r.Floors {
		if names = append(names, f.Name); f.CPU <= 0 || f.PerSecond <= 0 {
			t.Errorf("a figure is missing: %+v", f)
		}
	}
	if want := []string{floorGet, floorTokenise, floorGoquery}; !slices.Equal(names, want) {
		t.Errorf("floors %q, want %q", names, want)
	}
	if r.PageKB < 20 || r.PageKB > 32 {
		t.Errorf("pages of %.1f kB, want 20 to 30", r.PageKB)
	}
	if r.Bus.CPU <= 0 || r.Bus.MessageKB < 8 || r.Bus.MessageKB > 9 {
		t.Errorf("bus: %+v, want messages of 8 KB", r.Bus)
	}
	if f := r.Bus.Floor; f.CPU <= 0 || f.PerSecond <= 0 || len(f.Runs) != 1 {
		t.Errorf("floor of the bus: %+v", f)
	}
	if r.Idle.CPU <= 0 || r.Idle.Floor <= 0 || r.Idle.Unchanged != 3 {
		t.Errorf("idle polls: %+v", r.Idle)
	}
	if len(r.Plain.Stages) == 0 || len(r.Bars) != 11 {
		t.Errorf("stages %v, bars %v", r.Plain.Stages, r.Bars)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"floor: GET, goquery", "floor: five hops of a bare client", "the same with enrichment", "pipeline, 16 articles", "idle poll (304), 3 feeds", "worst template", "bars"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 5 {
		t.Errorf("left behind: %v, %v; want four profiles of time and one of memory", left, err)
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), &Options{Command: []string{filepath.Join(t.TempDir(), "nothing")}}); err == nil {
		t.Error("no error where the program cannot be started")
	}
	if _, err := Run(t.Context(), &Options{Command: []string{"false"}}); err == nil {
		t.Error("no error where the server ends at once")
	}
	if _, err := Run(t.Context(), &Options{Hosts: 1 << 20}); err == nil || !strings.Contains(err.Error(), "hosts") {
		t.Errorf("error %v for a million hosts", err)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.values, got, tt.want)
		}
	}
}
