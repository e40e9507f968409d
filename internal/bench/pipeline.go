package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// pipelineTask is one pass of a daemon over feeds, with everything that a daemon has: bus, registry and SQLite in one
// data directory.
type pipelineTask struct {
	Dir         string
	Feeds       []string
	Enrich      bool
	Articles    bool // fetch pages; without, records are made from the feeds alone
	Concurrency int
	// Profile is the file that a CPU profile is written to; none where it is empty.
	Profile string
}

// pipelineResult counts from the moment at which all workers run: what the start costs stands apart.
type pipelineResult struct {
	measured
	Start     time.Duration // CPU before that
	Records   int           // stored
	Unchanged int           // feeds that answered 304
	// Working is the time until the last record was stored or the last feed answered 304: without the wait for the end.
	Working time.Duration
	Partial string // why the pass is not complete
	Stages  map[string]time.Duration
}

// settings are the defaults, but for what keeps a client away from loopback and what spares the hosts of others.
func settings(t *pipelineTask) *config.Config {
	cfg := config.Default()
	cfg.Data = t.Dir
	cfg.Enrich.Enabled = t.Enrich
	cfg.Stories.Enabled = false // generated articles are of one grammar, and each would be a copy of the others
	cfg.Fetch.Articles = t.Articles
	cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	cfg.Fetch.HostDelay = 0
	cfg.Fetch.Contact = "https://bench.example/"
	cfg.Fetch.Concurrency, cfg.Fetch.PerHost = t.Concurrency, t.Concurrency
	return cfg
}

func runPipeline(ctx context.Context, t *pipelineTask) (res *pipelineResult, err error) {
	w := &watch{}
	var m meter
	var startErr error
	stop := func() error { return nil }
	sum, err := daemon.Run(ctx, daemon.Options{
		Config: settings(t), Feeds: t.Feeds, Once: true, OnRecords: w.records, OnEvent: w.event,
		OnReady: func(*daemon.Client) {
			if m, startErr = startMeter(); startErr == nil {
				var started func() error
				if started, startErr = startProfile(t.Profile); startErr == nil {
					stop = started
				}
			}
		},
	})
	if err = errors.Join(err, startErr, stop()); err != nil {
		return nil, err
	}
	res = &pipelineResult{Start: m.cpu, Records: w.stored, Unchanged: w.unchanged, Working: w.last.Sub(m.began)}
	if res.measured, err = m.stop(); err != nil {
		return nil, err
	}
	if sum.Partial() || sum.DeadLetters > 0 {
		res.Partial = fmt.Sprintf("%d feeds failed, %d pages to try again, %d dead letters", len(sum.Failed), sum.Retries, sum.DeadLetters)
	}
	if t.Profile != "" {
		profile, err := os.ReadFile(t.Profile)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		res.Stages, err = stages(profile)
		return res, err
	}
	return res, nil
}

// watch counts what a pass brings.
type watch struct {
	mu                sync.Mutex
	stored, unchanged int
	last              time.Time
}

func (w *watch) records(recs []*feedmill.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stored += len(recs)
	w.last = time.Now()
}

func (w *watch) event(e feedmill.Event) {
	if e.Outcome != feedmill.OutcomeUnchanged {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unchanged++
	w.last = time.Now()
}
