package web

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// State is a look at the bus, which all processes share.
type State struct {
	Workers []WorkerState
	Streams []StreamState
	Dead    []DeadLetters
	// Partitions is how many of the hosts' partitions this process holds; below 0 it fetches nothing.
	Partitions int
}

// WorkerState is how far a worker is behind on a stream, in all processes together.
type WorkerState struct {
	Worker, Stream string
	Pending        uint64 // not delivered yet
	InHand         int    // delivered, not acknowledged
	Redelivered    int    // of those in hand, delivered more than once
	Lost           uint64 // dropped by the stream before they were handled
	// Oldest is when the oldest message that is not handled was stored; zero where there is none.
	Oldest time.Time
}

// StreamState is what a stream holds.
type StreamState struct {
	Stream   string
	Messages uint64
	Bytes    uint64
	MaxBytes int64 // 0 or below: no limit
}

// DeadLetters counts those of one worker and class.
type DeadLetters struct {
	Worker, Class string
	Messages      uint64
}

const (
	// lookWait bounds a look at the bus: a scrape waits no longer for one that does not answer.
	lookWait = 2 * time.Second
	// lookAge is how long one look, or its failure, serves all scrapes.
	lookAge = 2 * time.Second
)

// stateCollector looks at the bus when metrics are asked for.
type stateCollector struct {
	look    func(context.Context) (*State, error)
	stageOf func(worker string) string
	stages  map[string]*stateDescs

	up, messages, bytes, limit, fullness, dead, partitions *prometheus.Desc

	mu    sync.Mutex
	at    time.Time
	state *State // nil where the bus did not answer
}

// stateDescs are the metrics of a stage's workers.
type stateDescs struct{ pending, inHand, redelivered, oldest, lost *prometheus.Desc }

func newStateCollector(stages []string, stageOf func(string) string, look func(context.Context) (*State, error)) *stateCollector {
	c := &stateCollector{
		look:       look,
		stageOf:    stageOf,
		stages:     map[string]*stateDescs{},
		up:         desc("bus", "up", "1 where the bus answered this scrape, else 0; then the metrics that are read from it are missing."),
		messages:   desc("bus", "stream_messages", "Messages that a stream holds, handled or not.", "stream"),
		bytes:      desc("bus", "stream_bytes", "Bytes that a stream holds.", "stream"),
		limit:      desc("bus", "stream_limit_bytes", "Size at which a stream drops its oldest messages; missing where there is no limit.", "stream"),
		fullness:   desc("bus", "stream_fullness_ratio", "Bytes of a stream as a share of its limit; near 1 is usual for a stream that keeps history.", "stream"),
		dead:       desc("bus", "dead_letters", "Dead letters that are kept, those too that a handler gave up itself after all its tries (its message counts as `ok`).", "worker", "class"),
		partitions: desc("fetcher", "partitions_held", "Partitions of the hosts that this process fetches for; missing where it fetches nothing."),
	}
	for _, s := range stages {
		c.stages[s] = &stateDescs{
			pending:     desc(s, "pending_messages", "Messages that wait for the worker, whichever process takes them.", "worker", "stream"),
			inHand:      desc(s, "in_hand_messages", "Messages that the worker has in hand, in all processes.", "worker", "stream"),
			redelivered: desc(s, "redelivered_messages", "Messages in hand that were delivered more than once.", "worker", "stream"),
			oldest:      desc(s, "oldest_age_seconds", "Age of the oldest message that the worker has not handled; 0 where it has handled all.", "worker", "stream"),
			lost:        desc(s, "lost_messages", "Messages that the stream dropped, by age or size, before the worker had handled them.", "worker", "stream"),
		}
	}
	return c
}

func desc(subsystem, name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

// Describe names all metrics that there may be.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.messages, c.bytes, c.limit, c.fullness, c.dead, c.partitions} {
		ch <- d
	}
	for _, s := range c.stages {
		for _, d := range []*prometheus.Desc{s.pending, s.inHand, s.redelivered, s.oldest, s.lost} {
			ch <- d
		}
	}
}

// Collect gives the metrics of a look that is not older than lookAge.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.current()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if s == nil {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	for _, st := range s.Streams {
		gauge(c.messages, float64(st.Messages), st.Stream)
		gauge(c.bytes, float64(st.Bytes), st.Stream)
		if st.MaxBytes > 0 {
			gauge(c.limit, float64(st.MaxBytes), st.Stream)
			gauge(c.fullness, float64(st.Bytes)/float64(st.MaxBytes), st.Stream)
		}
	}
	for _, d := range s.Dead {
		gauge(c.dead, float64(d.Messages), d.Worker, d.Class)
	}
	if s.Partitions >= 0 {
		gauge(c.partitions, float64(s.Partitions))
	}
	now := time.Now()
	for _, w := range s.Workers {
		d := c.stages[c.stageOf(w.Worker)]
		if d == nil {
			continue // a consumer of somebody else
		}
		gauge(d.pending, float64(w.Pending), w.Worker, w.Stream)
		gauge(d.inHand, float64(w.InHand), w.Worker, w.Stream)
		gauge(d.redelivered, float64(w.Redelivered), w.Worker, w.Stream)
		gauge(d.lost, float64(w.Lost), w.Worker, w.Stream)
		age := 0.0
		if !w.Oldest.IsZero() {
			age = max(0, now.Sub(w.Oldest).Seconds())
		}
		gauge(d.oldest, age, w.Worker, w.Stream)
	}
}

func (c *stateCollector) current() *State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < lookAge {
		return c.state
	}
	// A collector is given no context of the request that it serves.
	ctx, cancel := context.WithTimeout(context.Background(), lookWait)
	defer cancel()
	s, err := c.look(ctx)
	if err != nil {
		s = nil // said by the metric up
	}
	c.state, c.at = s, time.Now()
	return s
}
