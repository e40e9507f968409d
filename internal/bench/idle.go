package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
)

// idleTask is a daemon over feeds that have nothing new, subscribed to as they are after a first poll. All are due, again
// and again; or, after a night off, all were due a day ago, and their intervals are the usual ones.
type idleTask struct {
	Dir         string
	Tags        map[string]string // feed URL to ETag
	NightOff    bool
	Concurrency int
	Profile     string
}

// idleResult is of as many polls as there are feeds, after each feed has been polled once. Of a restart, it is what the
// first seconds bring.
type idleResult struct {
	measured
	Import    measured // of all feeds
	Unchanged int
}

// restartLook is how long after a restart is looked for polls: long enough for a burst to show, short before the first
// feed is due again.
const restartLook = 5 * time.Second

// idleInterval is short enough for feeds to be always due.
const idleInterval = config.Duration(2 * time.Second)

func runIdle(ctx context.Context, t *idleTask) (*idleResult, error) {
	cfg := settings(&pipelineTask{Dir: t.Dir, Concurrency: t.Concurrency})
	cfg.HTTP.Listen = ""
	if !t.NightOff {
		cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = idleInterval, idleInterval, idleInterval
	}
	res := &idleResult{}
	client, err := daemon.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	err = res.subscribe(ctx, client, t)
	if err = errors.Join(err, client.Close()); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var polls atomic.Int64
	var m meter
	var measureErr error
	endProfile := func() error { return nil }
	end := func() {
		var err error
		if res.measured, err = m.stop(); err != nil {
			measureErr = errors.Join(measureErr, err)
		}
		stop()
	}
	_, err = daemon.Run(ctx, daemon.Options{
		Config: cfg,
		Stages: []string{daemon.StageFetcher, daemon.StageParser},
		OnReady: func(*daemon.Client) {
			if t.NightOff {
				m, measureErr = startMeter()
				time.AfterFunc(restartLook, end)
			}
		},
		OnEvent: func(e feedmill.Event) {
			if e.Outcome != feedmill.OutcomeUnchanged {
				return
			}
			switch polls.Add(1) {
			case int64(len(t.Tags)):
				var err error
				if endProfile, err = startProfile(t.Profile); err != nil {
					measureErr = err
					endProfile = func() error { return nil }
				}
				if m, err = startMeter(); err != nil {
					measureErr = errors.Join(measureErr, err)
				}
			case int64(2 * len(t.Tags)):
				end()
			}
		},
	})
	if err = errors.Join(err, endProfile(), measureErr); err != nil {
		return nil, err
	}
	if res.Unchanged = int(polls.Load()); !t.NightOff {
		res.Unchanged = min(res.Unchanged-len(t.Tags), len(t.Tags))
	}
	return res, nil
}

// subscribe subscribes to the feeds and stores what a first poll leaves behind.
func (r *idleResult) subscribe(ctx context.Context, c *daemon.Client, t *idleTask) error {
	var feeds []registry.NewFeed
	for url := range t.Tags {
		feeds = append(feeds, registry.NewFeed{URL: url})
	}
	if t.NightOff {
		return nightOff(ctx, c, feeds, t.Tags)
	}
	m, err := startMeter()
	if err != nil {
		return err
	}
	added, err := c.SubscribeAll(ctx, feeds, nil)
	if err != nil {
		return err
	}
	if r.Import, err = m.stop(); err != nil {
		return err
	}
	var versions []registry.Version
	for i := range added {
		v, err := c.Registry.Version(ctx, added[i].State.ID)
		if err != nil {
			return err
		}
		st := &v.State
		st.Title, st.Link, st.Language, st.Items = "The paper of this place", st.URL, "en", 20
		st.Outcome, st.Status = feedmill.OutcomeUnchanged, 304
		st.Validators = feedmill.Validators{URL: st.URL, ETag: t.Tags[st.URL]}
		versions = append(versions, v)
	}
	for _, w := range c.Registry.PutVersions(ctx, versions) {
		if w.Err != nil {
			return fmt.Errorf("benchmark: %w", w.Err)
		}
	}
	return nil
}

// nightOff subscribes to feeds whose next poll was due a day ago: half of them stand on the calendar so, half nowhere.
func nightOff(ctx context.Context, c *daemon.Client, feeds []registry.NewFeed, tags map[string]string) error {
	due := time.Now().AddDate(0, 0, -1)
	for part := range slices.Chunk(feeds, 1000) {
		added := c.Registry.AddAll(ctx, part)
		var versions []registry.Version
		for i := range added {
			v, err := c.Registry.Version(ctx, added[i].State.ID)
			if err != nil {
				return err
			}
			v.State.Due, v.State.LastPoll = due, due.Add(-time.Hour)
			v.State.Validators = feedmill.Validators{URL: v.State.URL, ETag: tags[v.State.URL]}
			versions = append(versions, v)
		}
		for _, w := range c.Registry.PutVersions(ctx, versions) {
			if w.Err != nil {
				return fmt.Errorf("benchmark: %w", w.Err)
			}
		}
		err := c.Bus.Send(ctx, "bench", "", func(o *bus.Outbox) {
			for i := range added[:len(added)/2] {
				st := &added[i].State
				bus.At(o, due, bus.Polls, feedmill.Poll{Feed: st.ID, URL: st.URL, Host: fetcher.HostKey(st.URL), Due: due})
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
