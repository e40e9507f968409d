package daemon

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/web"
)

// stallAfter is how long a loop may take to come round, beside the time of a fetch: it waits for a place where all are
// taken by messages in hand.
const stallAfter = 5 * time.Minute

// health is how this process does. It is told over HTTP from before the stages run until after they have ended.
type health struct {
	limit time.Duration // for a loop to come round

	mu       sync.Mutex
	bus      *bus.Bus          // nil until it is connected
	workers  []string          // those that are to read; nil until the stages are prepared
	leases   *bus.Leases       // nil where this process fetches nothing
	sinks    map[string]string // what is wrong with each, "" for nothing
	stopping bool
}

func newHealth(cfg *config.Config, stages []string) *health {
	h := &health{limit: stallAfter + time.Duration(cfg.Fetch.Timeout), sinks: map[string]string{}}
	if slices.Contains(stages, StageSink) {
		for i := range cfg.Sinks {
			h.sinks[cfg.Sinks[i].Name] = "not open yet"
		}
	}
	return h
}

func (h *health) connected(b *bus.Bus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bus = b
}

// prepared says which workers are to read from now on, and for which hosts.
func (h *health) prepared(workers []string, leases *bus.Leases) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.workers, h.leases = append([]string{}, workers...), leases
}

// sink says what is wrong with a sink, "" for nothing.
func (h *health) sink(name, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sinks[name] = reason
}

func (h *health) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopping = true
}

// NotReady names what is missing for the stages to do their work.
func (h *health) NotReady() []web.Problem {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []web.Problem
	add := func(name, reason string) { all = append(all, web.Problem{Name: name, Reason: reason}) }
	if h.stopping {
		add("process", "stopping")
	}
	reading := map[string]bool{}
	switch {
	case h.bus == nil:
		add("nats", "not connected yet")
	case !h.bus.Connected():
		add("nats", "the connection is lost")
	default:
		for _, l := range h.bus.Loops() {
			reading[l.Worker] = true
		}
	}
	if h.bus != nil {
		if reason := h.bus.StoreProblem(); reason != "" {
			add("store of the bus", reason)
		}
	}
	if h.workers == nil {
		add("stages", "not prepared yet")
	} else if h.bus.Connected() {
		for _, w := range h.workers {
			if !reading[w] {
				add("worker "+w, "has no consumer to read from")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.sinks)) {
		if reason := h.sinks[name]; reason != "" {
			add("sink "+name, reason)
		}
	}
	return all
}

// Stalled names the loops that have not come round for too long. A bus that does not answer holds them up, which another
// process would not mend: such a time does not count.
func (h *health) Stalled() []web.Problem {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bus == nil {
		return nil
	}
	silent := h.bus.Silent()
	var all []web.Problem
	for _, l := range h.bus.Loops() {
		last := l.Turned
		if silent.After(last) {
			last = silent
		}
		if took := time.Since(last); took > h.limit {
			all = append(all, web.Problem{Name: "worker " + l.Worker, Reason: fmt.Sprintf("%s: nothing taken for %s", l.Consumer, took.Round(time.Second))})
		}
	}
	slices.SortFunc(all, func(a, b web.Problem) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// Stalled names the workers of this process that have taken nothing for too long, which /livez tells too.
func (c *Client) Stalled() []web.Problem {
	if c.own == nil {
		return nil
	}
	return c.own.Stalled()
}

// listen serves a process over HTTP where the configuration says so, else server is nil. Two feedmills on one machine
// share the default address, so it is no mistake where another has that one already: then unheard tells why there is no
// server. A pass ends too soon to be looked at unless somebody asks for it.
func listen(ctx context.Context, cfg *config.Config, once bool, h http.Handler, log *slog.Logger) (server *web.Server, unheard, err error) {
	asked := cfg.Origin("http.listen")
	if cfg.HTTP.Listen == "" || once && asked == "default" {
		return nil, nil, nil
	}
	server, err = web.Listen(ctx, cfg.HTTP.Listen, h, log)
	switch {
	case err == nil:
		return server, nil, nil
	case asked == "default":
		return nil, err, nil
	}
	return nil, nil, fmt.Errorf(`http.listen (%s): %w; stop what listens there, write another address, or "" for none`, asked, err)
}
