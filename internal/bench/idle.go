package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
)

// idleTask is a daemon over feeds that have nothing new, subscribed to as they are after a first poll.
type idleTask struct {
	Dir         string
	Feeds       int               // how many there are
	Tags        map[string]string // feed URL to ETag, for the import alone: a daemon has no such list in its memory
	When        string            // the feeds are due
	Concurrency int
	Profile     string
	Look        time.Duration // at what comes after a start
}

// When idle feeds are due.
const (
	dueAlways  = "always"   // again and again
	dueRestart = "restart"  // evenly over an hour, of which a minute has passed with nobody there
	dueNight   = "of a day" // all of them a day ago; half stand on the calendar so, as an older version leaves them
)

// idleResult is of as many polls as there are feeds, after each feed has been polled once; of a restart, of what the first
// seconds bring.
type idleResult struct {
	measured
	Unchanged int
}

const (
	// idleInterval is short enough for feeds to be always due.
	idleInterval = config.Duration(2 * time.Second)
	// usualInterval is that of poll.default.
	usualInterval = time.Hour
	// awayFor is how long nobody was there before a restart.
	awayFor = time.Minute
)

func (t *idleTask) settings() *config.Config {
	cfg := settings(&pipelineTask{Dir: t.Dir, Concurrency: t.Concurrency})
	cfg.HTTP.Listen = ""
	if t.When == dueAlways {
		cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = idleInterval, idleInterval, idleInterval
	}
	return cfg
}

// runIdle runs the daemon over a registry that runImport has made.
func runIdle(ctx context.Context, t *idleTask) (*idleResult, error) {
	res := &idleResult{}
	ctx, stop := context.WithCancel(ctx)
	var held sync.WaitGroup
	defer held.Wait()
	defer stop()
	held.Go(func() { daemon.HoldMemory(ctx) })
	var polls atomic.Int64
	var m meter
	var measureErr error
	endProfile := func() error { return nil }
	end := func() {
		err := writeHeap(t.Profile)
		measureErr = errors.Join(measureErr, err)
		if res.measured, err = m.stop(); err != nil {
			measureErr = errors.Join(measureErr, err)
		}
		stop()
	}
	_, err := daemon.Run(ctx, daemon.Options{
		Config: t.settings(),
		Stages: []string{daemon.StageFetcher, daemon.StageParser},
		OnReady: func(*daemon.Client) {
			if t.When != dueAlways {
				m, measureErr = startMeter()
				time.AfterFunc(t.Look, end)
			}
		},
		OnEvent: func(e feedmill.Event) {
			if e.Outcome != feedmill.OutcomeUnchanged {
				return
			}
			n := polls.Add(1)
			switch {
			case t.When != dueAlways:
			case n == int64(t.Feeds):
				var err error
				if endProfile, err = startProfile(t.Profile); err != nil {
					measureErr = err
					endProfile = func() error { return nil }
				}
				if m, err = startMeter(); err != nil {
					measureErr = errors.Join(measureErr, err)
				}
			case n == int64(2*t.Feeds):
				end()
			}
		},
	})
	if err = errors.Join(err, endProfile(), measureErr); err != nil {
		return nil, err
	}
	if res.Unchanged = int(polls.Load()); t.When == dueAlways {
		res.Unchanged = min(res.Unchanged-t.Feeds, t.Feeds)
	}
	return res, nil
}

// runImport subscribes to the feeds, which is measured, and stores what a first poll leaves behind.
func runImport(ctx context.Context, t *idleTask) (res *idleResult, err error) {
	c, err := daemon.Open(ctx, t.settings(), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	var feeds []registry.NewFeed
	for url := range t.Tags {
		feeds = append(feeds, registry.NewFeed{URL: url})
	}
	m, err := startMeter()
	if err != nil {
		return nil, err
	}
	added, err := c.SubscribeAll(ctx, feeds, nil)
	if err != nil {
		return nil, err
	}
	res = &idleResult{}
	if res.measured, err = m.stop(); err != nil {
		return nil, err
	}
	return res, t.polledOnce(ctx, c, added)
}

// polledOnce stores what a poll of each feed would have left.
func (t *idleTask) polledOnce(ctx context.Context, c *daemon.Client, added []registry.Added) error {
	versions := make([]registry.Version, 0, len(added))
	for e, err := range c.Registry.Encoded(ctx) {
		if err != nil {
			return err
		}
		v, err := e.Version()
		if err != nil {
			return err
		}
		versions = append(versions, v)
	}
	now, n, done := time.Now(), len(versions), 0
	for part := range slices.Chunk(versions, 1000) {
		for k := range part {
			st := &part[k].State
			st.Title, st.Link, st.Language, st.Items = "The paper of this place", st.URL, "en", 20
			st.Outcome, st.Status = feedmill.OutcomeUnchanged, 304
			st.Validators = feedmill.Validators{URL: st.URL, ETag: t.Tags[st.URL]}
			switch t.When {
			case dueRestart:
				st.Due = now.Add(usualInterval*time.Duration(done)/time.Duration(n) - awayFor)
			case dueNight:
				st.Due = now.AddDate(0, 0, -1)
			}
			if !st.Due.IsZero() {
				st.LastPoll = st.Due.Add(-usualInterval)
			}
			done++
		}
		for _, w := range c.Registry.PutVersions(ctx, part) {
			if w.Err != nil {
				return fmt.Errorf("benchmark: %w", w.Err)
			}
		}
	}
	if t.When != dueNight {
		return nil
	}
	for part := range slices.Chunk(added[:len(added)/2], 1000) {
		err := c.Bus.Send(ctx, "bench", "", func(o *bus.Outbox) {
			for i := range part {
				st, due := &part[i].State, now.AddDate(0, 0, -1)
				bus.At(o, due, bus.Polls, feedmill.Poll{Feed: st.ID, URL: st.URL, Host: fetcher.HostKey(st.URL), Due: due})
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// idle polls feeds that have nothing new, each once, out of a registry that knows them; and looks at what a start over them
// brings.
func (b *bench) idle(ctx context.Context) (err error) {
	if b.Idle < 0 {
		return nil
	}
	feeds := b.feeds(idlePrefix)
	n := len(feeds)
	var floor floorResult
	if err := b.run(ctx, &task{Role: roleFloor, Floor: floorTask{Kind: floor304, URLs: feeds, Concurrency: b.Concurrency}}, &floor); err != nil {
		return err
	}
	var imported idleResult
	once := func(when, profile string, res *idleResult) (err error) {
		dir, done := b.dir("idle")
		defer func() { err = errors.Join(err, done()) }()
		t := idleTask{Dir: dir, Feeds: n, Tags: floor.Tags, When: when, Concurrency: b.Concurrency, Look: b.RestartLook}
		if err := b.run(ctx, &task{Role: roleImport, Idle: t}, &imported); err != nil {
			return err
		}
		t.Profile, t.Tags = profile, nil
		return b.run(ctx, &task{Role: roleIdle, Idle: t}, res)
	}
	var profile string
	if b.keep {
		profile = filepath.Join(b.Dir, "idle.pprof")
	}
	var res, restart, night idleResult
	err = errors.Join(once(dueAlways, profile, &res), once(dueRestart, "", &restart), once(dueNight, "", &night))
	if err != nil {
		return err
	}
	i := &b.report.Idle
	*i = Idle{Feeds: n, CPU: per(res.CPU, n), PerSecond: rate(n, res.Wall), Floor: per(floor.CPU, n),
		Capacity: rate(n, res.CPU) * float64(b.report.Machine.Cores), Unchanged: res.Unchanged, PeakMB: mega(res.Peak),
		Import: rate(n, imported.Wall), ImportCPU: per(imported.CPU, n), Restart: restart.Unchanged, Night: night.Unchanged}
	b.say("idle polls               %6.2f ms CPU, %d of %d unchanged, %.0f MB; a conditional GET %.3f ms", i.CPU, i.Unchanged, n, i.PeakMB, i.Floor)
	b.say("import                   %6.3f ms CPU, %.0f feeds/s", i.ImportCPU, i.Import)
	b.say("polls in the first %.0f s  %d after a minute off, %d after a day; usually %.0f", b.RestartLook.Seconds(), i.Restart, i.Night, i.usual(b.RestartLook))
	return nil
}

// usual is how many polls a daemon makes in as long a time as is looked at after a restart.
func (i *Idle) usual(look time.Duration) float64 {
	return float64(i.Feeds) * look.Seconds() / usualInterval.Seconds()
}
