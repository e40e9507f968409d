package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

// busReport is what bus info tells.
type busReport struct {
	Bus     string         `json:"bus"`
	Prefix  string         `json:"prefix"`
	Streams []streamReport `json:"streams"`
	// Changes are the differences from the configuration.
	Changes []bus.Change `json:"changes"`
}

// streamReport is one stream as the server has it.
type streamReport struct {
	Name     string        `json:"name"`
	Subjects []string      `json:"subjects"`
	MaxAge   time.Duration `json:"max_age"` // nanoseconds; 0: no limit
	MaxBytes int64         `json:"max_bytes"`
	Replicas int           `json:"replicas"`
	Leader   string        `json:"leader,omitempty"` // in a cluster
	Messages uint64        `json:"messages"`
	Bytes    uint64        `json:"bytes"`
}

func busInfoCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "info",
		Short: "Show where the bus is, and its streams as the server has them",
		Long: `Show where the bus is, its streams with their limits as the server has them, and how they differ from what the
configuration asks for. How far work is behind is shown by 'feedmill status'.`,
		Example: "  feedmill bus info\n  feedmill bus info --nats nats://n1:4222 -o json | jq '.changes'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withTopology(c.Context(), func(t *daemon.Topology, cfg *config.Config) error {
			r, err := inspectBus(c.Context(), t)
			if err != nil {
				return err
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(r)
			}
			if err := a.showBus(r); err != nil {
				return err
			}
			if n := len(r.Changes); n > 0 {
				a.say("%s from the configuration; to see: feedmill bus apply --dry-run%s", count(int64(n), "difference"), a.dataHint(cfg))
			}
			return nil
		})
	}
	a.busFlags(c)
	return c
}

func inspectBus(ctx context.Context, topology *daemon.Topology) (*busReport, error) {
	b := topology.Bus
	r := &busReport{Bus: b.Where(), Prefix: b.Prefix(), Streams: []streamReport{}}
	list := b.JetStream().ListStreams(ctx)
	for info := range list.Info() {
		if !slices.ContainsFunc(info.Config.Subjects, func(s string) bool { return strings.HasPrefix(s, b.Prefix()) }) {
			continue // somebody else's, or a bucket
		}
		s := streamReport{
			Name: info.Config.Name, Subjects: info.Config.Subjects, MaxAge: info.Config.MaxAge, MaxBytes: info.Config.MaxBytes,
			Replicas: max(1, info.Config.Replicas), Messages: info.State.Msgs, Bytes: info.State.Bytes,
		}
		if info.Cluster != nil {
			s.Leader = info.Cluster.Leader
		}
		r.Streams = append(r.Streams, s)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	slices.SortFunc(r.Streams, func(x, y streamReport) int { return strings.Compare(x.Name, y.Name) })
	var err error
	if r.Changes, err = topology.Plan(ctx, 0); err != nil {
		return nil, err
	}
	if r.Changes == nil {
		r.Changes = []bus.Change{}
	}
	return r, nil
}

func (a *app) showBus(r *busReport) error {
	var d details
	d.add("bus", r.Bus)
	d.add("prefix", r.Prefix)
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	t := newTable("STREAM", "AGE", "LIMIT", "REPLICAS", "MESSAGES", "SIZE", "LEADER", "SUBJECTS")
	for _, s := range r.Streams {
		age, limit := "", ""
		if s.MaxAge > 0 {
			age = config.Duration(s.MaxAge).String()
		}
		if s.MaxBytes > 0 {
			limit = humanize.IBytes(uint64(s.MaxBytes))
		}
		t.add(s.Name, age, limit, strconv.Itoa(s.Replicas), strconv.FormatUint(s.Messages, 10), humanize.IBytes(s.Bytes), s.Leader, strings.Join(s.Subjects, " "))
	}
	return t.write(a.out, a.term)
}
