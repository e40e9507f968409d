package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
)

// Status is what feedmill holds and does, for people and programs.
type Status struct {
	Bus     string            `json:"bus"`
	Feeds   FeedCounts        `json:"feeds"`
	Streams []bus.StreamState `json:"streams"`
	// Retries counts the article pages that wait for their next try, Slots those that wait for their host's turn.
	Retries int `json:"retries"`
	Slots   int `json:"slots"`
	// Drifting are the sites that are read otherwise than before.
	Drifting []SiteDrift `json:"drifting,omitempty"`
}

// FeedCounts counts subscriptions by state.
type FeedCounts struct {
	All     int `json:"all"`
	Failing int `json:"failing"`
	Paused  int `json:"paused"`
	Gone    int `json:"gone"`
	Overdue int `json:"overdue"`
}

// Status looks at the registry and the bus.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s := &Status{Bus: c.Bus.Where()}
	now := time.Now()
	for st, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return nil, err
		}
		s.Feeds.All++
		switch {
		case st.Gone:
			s.Feeds.Gone++
		case st.Paused:
			s.Feeds.Paused++
		case st.Failures > 0:
			s.Feeds.Failing++
		}
		if !st.Gone && !st.Paused && !st.Due.IsZero() && now.Sub(st.Due) > time.Duration(c.cfg.Poll.Spread) {
			s.Feeds.Overdue++
		}
	}
	var err error
	if s.Streams, err = c.Bus.Backlog(ctx); err != nil {
		return nil, err
	}
	retries, err := c.Bus.Scheduled(ctx, bus.ScheduleRetries)
	if err != nil {
		return nil, err
	}
	slots, err := c.Bus.Scheduled(ctx, bus.ScheduleSlots)
	if err != nil {
		return nil, err
	}
	s.Retries, s.Slots = len(retries), len(slots)
	s.Drifting, err = c.Drifting(ctx)
	return s, err
}

// StoreState is how a sink does.
type StoreState struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Where is its file, directory or database; no password is in it.
	Where string `json:"where"`
	// Stats is what it holds, nil where it does not answer, or nothing was ever stored.
	Stats *sink.Stats `json:"stats,omitempty"`
	// Bytes is the space that it takes, on this machine's disk or in the database.
	Bytes int64 `json:"bytes"`
	// Retention is how long a record is kept after it was last seen, in nanoseconds; 0: for ever.
	Retention time.Duration `json:"retention"`
	// Waiting counts the records before it on the bus, Oldest is when the first of them was put there. Both are only told
	// where its worker has run.
	Waiting uint64    `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero"`
	// Error says why it does not answer.
	Error string `json:"error,omitempty"`
}

// storeTimeout is how long a look at one store may take.
const storeTimeout = 10 * time.Second

// Stores looks at every sink of the configuration. Streams are those of a Status. A store that does not answer is told
// as such.
func (c *Client) Stores(ctx context.Context, streams []bus.StreamState) []StoreState {
	all := make([]StoreState, 0, len(c.cfg.Sinks))
	for i := range c.cfg.Sinks {
		s := &c.cfg.Sinks[i]
		st := StoreState{Name: s.Name, Type: s.Type, Where: WhereOf(c.cfg, s)}
		if err := c.lookAt(ctx, s, &st); err != nil {
			st.Error = err.Error()
		}
		for _, stream := range streams {
			for _, w := range stream.Consumers {
				if stream.Name == bus.StreamRecord && w.Name == sinkWorker+s.Name {
					st.Waiting, st.Oldest = w.Pending+uint64(w.Unacked), w.Oldest
				}
			}
		}
		all = append(all, st)
	}
	return all
}

func (c *Client) lookAt(ctx context.Context, s *config.Sink, st *StoreState) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	var err error
	switch s.Type {
	case "sqlite":
		if st.Bytes, err = sizeOf(st.Where, st.Where+"-wal", st.Where+"-shm"); err != nil {
			return err
		}
	case "postgres":
	case "file":
		st.Bytes, err = sizeOf(s.Dir)
		return err
	default:
		return nil
	}
	st.Retention = time.Duration(c.cfg.Retention.Records)
	store, err := OpenStore(ctx, c.cfg, s, c.log)
	if errors.Is(err, sink.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	defer store.Close()
	stats, err := store.Stats(ctx)
	if err != nil {
		return err
	}
	st.Stats = &stats
	if s.Type == "postgres" {
		st.Bytes = stats.Bytes
	}
	return nil
}

// DiskUse is what the data directory takes, in bytes.
type DiskUse struct {
	Dir string `json:"dir"`
	// Free is what is left on its disk; 0 where that cannot be told.
	Free int64 `json:"free"`
	// Total is all of the directory; Bus is the part of the embedded server, nil where the server is elsewhere.
	Total int64        `json:"total"`
	Bus   *bus.DiskUse `json:"bus,omitempty"`
}

// DiskUse measures the data directory.
func (c *Client) DiskUse() (*DiskUse, error) {
	d := &DiskUse{Dir: c.cfg.Data}
	d.Free, _ = bus.Disk(c.cfg.Data)
	var err error
	if d.Bus, err = c.Bus.DiskUse(); err != nil {
		return nil, err
	}
	d.Total, err = sizeOf(c.cfg.Data)
	return d, err
}

// sizeOf adds up the bytes of files, and of all files below directories. What is not there has none.
func sizeOf(paths ...string) (total int64, err error) {
	for _, path := range paths {
		err := filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // files come and go
			}
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			total += info.Size()
			return nil
		})
		if err != nil {
			return total, fmt.Errorf("measure %s: %w", path, err)
		}
	}
	return total, nil
}
