package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/registry/kv"
)

// Topology is the streams and buckets on a server, for who looks at them and changes them.
type Topology struct {
	Bus *bus.Bus
	cfg *config.Config
}

// OpenTopology connects to the bus that cfg names. On a server of somebody else's nothing is created by that.
func OpenTopology(ctx context.Context, cfg *config.Config, log *slog.Logger) (*Topology, error) {
	o := busOptions(cfg, log)
	o.AsIs = cfg.NATS.External()
	b, err := bus.Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	t := &Topology{Bus: b, cfg: cfg}
	if !o.AsIs {
		if err := t.openBuckets(ctx, cfg.NATS.Replicas); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	return t, nil
}

// openBuckets makes the buckets of the registry that are missing.
func (t *Topology) openBuckets(ctx context.Context, replicas int) error {
	if _, err := kv.Open(ctx, t.Bus.JetStream(), bucketOptions(t.Bus, replicas)); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// Close ends the connection.
func (t *Topology) Close() error { return t.Bus.Close() }

// Plan lists what Apply would change; replicas 0 leaves them as they are.
func (t *Topology) Plan(ctx context.Context, replicas int) ([]bus.Change, error) {
	changes, err := t.Bus.Plan(ctx, replicas)
	if err != nil {
		return nil, err
	}
	missing, err := kv.Missing(ctx, t.Bus.JetStream(), bucketOptions(t.Bus, 0))
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	for _, name := range missing {
		changes = append(changes, bus.Change{Stream: "KV_" + name, Action: "create",
			To: fmt.Sprintf("a bucket, replicas %d", max(1, cmp.Or(replicas, t.cfg.NATS.Replicas)))})
	}
	return changes, nil
}

// Apply makes the changes that Plan finds, unless one of them is refused: then it makes none.
func (t *Topology) Apply(ctx context.Context, replicas int) error {
	if _, err := t.Bus.Apply(ctx, replicas); err != nil {
		return err
	}
	return t.openBuckets(ctx, cmp.Or(replicas, t.cfg.NATS.Replicas))
}
