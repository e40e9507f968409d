package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Change is one difference between the streams as they are and as feedmill wants them.
type Change struct {
	Stream string `json:"stream"` // its name on the server
	// Action is "create", "update" or "refuse".
	Action string `json:"action"`
	Field  string `json:"field,omitempty"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	// Reason says why a change is refused, and what to do instead.
	Reason string `json:"reason,omitempty"`
}

// AllowShrink has Plan and Apply lower limits of age and size too, which deletes what is beyond them. It is refused while
// a worker has messages of the stream before it.
func (b *Bus) AllowShrink() { b.shrink.Store(true) }

// Plan compares the streams and buckets on the server with those that feedmill wants, at the given number of replicas
// (0: as they are, and those of the options for new ones). It changes nothing. Connecting creates what is missing, unless
// [Options.AsIs] is set.
func (b *Bus) Plan(ctx context.Context, replicas int) ([]Change, error) {
	var all []Change
	for _, p := range plans(b.opts.Retention) {
		s, err := b.js.Stream(ctx, b.streamName(p.name))
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			all = append(all, create(b.newConfig(p, replicas)))
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look up stream %s: %w", b.streamName(p.name), err)
		}
		found := differences(s.CachedInfo().Config, b.config(p, replicas, b.opts.MaxStore), replicas)
		if b.shrink.Load() {
			if err := b.allowShrink(ctx, p.name, found); err != nil {
				return nil, err
			}
		}
		all = append(all, found...)
	}
	buckets, err := b.buckets(ctx)
	if err != nil {
		return nil, err
	}
	bodies := b.bodiesConfig(cmp.Or(replicas, b.opts.Replicas))
	if i := slices.IndexFunc(buckets, func(c jetstream.StreamConfig) bool { return c.Name == bodiesStream+bodies.Bucket }); i < 0 {
		all = append(all, create(jetstream.StreamConfig{Name: bodiesStream + bodies.Bucket, MaxAge: bodies.TTL, Replicas: bodies.Replicas}))
	} else if have := buckets[i].MaxAge; longer(int64(bodies.TTL), int64(have)) {
		all = append(all, Change{Stream: buckets[i].Name, Action: "update", Field: "max_age", From: age(have), To: age(bodies.TTL)})
	}
	for _, cfg := range buckets {
		if replicas > 0 && cfg.Replicas != replicas {
			all = append(all, Change{Stream: cfg.Name, Action: "update", Field: "replicas", From: fmt.Sprint(cfg.Replicas), To: fmt.Sprint(replicas)})
		}
	}
	return all, nil
}

// bodiesStream begins the name of the stream underneath an object bucket.
const bodiesStream = "OBJ_"

// create is the making of a stream, with what matters of it.
func create(cfg jetstream.StreamConfig) Change {
	kept := "without a limit of age"
	if cfg.MaxAge > 0 {
		kept = fmt.Sprintf("kept %gd", cfg.MaxAge.Hours()/24)
	}
	to := strings.Join(cfg.Subjects, " ") + ", " + kept
	if len(cfg.Subjects) == 0 {
		to = "a bucket, " + kept
	}
	return Change{Stream: cfg.Name, Action: "create", To: fmt.Sprintf("%s, replicas %d", to, max(1, cfg.Replicas))}
}

// allowShrink turns refusals to lower a limit into updates, unless a worker has not handled all that the stream holds.
func (b *Bus) allowShrink(ctx context.Context, stream string, found []Change) error {
	for i := range found {
		c := &found[i]
		if c.Reason != shrink {
			continue
		}
		st, err := b.Stream(ctx, stream)
		if err != nil {
			return err
		}
		c.Action, c.Reason = "update", ""
		for _, w := range st.Consumers {
			if n := w.Pending + uint64(w.Unacked); n > 0 {
				c.Action, c.Reason = "refuse", fmt.Sprintf("%s has not handled %d of its messages; let it finish first", w.Name, n)
			}
		}
	}
	return nil
}

// Apply makes the changes that Plan finds, unless one of them is refused: then it makes none. It returns the plan.
func (b *Bus) Apply(ctx context.Context, replicas int) ([]Change, error) {
	changes, err := b.Plan(ctx, replicas)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if c.Action == "refuse" {
			return changes, fmt.Errorf("%s: %s: %s; nothing was changed", c.Stream, c.Field, c.Reason)
		}
	}
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.Stream] = true
	}
	for _, p := range plans(b.opts.Retention) {
		if !changed[b.streamName(p.name)] {
			continue
		}
		cfg := b.newConfig(p, replicas)
		if s, err := b.js.Stream(ctx, cfg.Name); err == nil {
			cfg = merged(s.CachedInfo().Config, b.config(p, replicas, b.opts.MaxStore), replicas)
		}
		if _, err := b.js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return changes, fmt.Errorf("apply %s: %w", cfg.Name, explain(err))
		}
	}
	bodies := b.bodiesConfig(cmp.Or(replicas, b.opts.Replicas))
	if _, err := b.js.ObjectStore(ctx, bodies.Bucket); errors.Is(err, jetstream.ErrBucketNotFound) {
		if _, err := b.js.CreateObjectStore(ctx, bodies); err != nil {
			return changes, fmt.Errorf("create bucket %s: %w", bodies.Bucket, explain(err))
		}
	}
	buckets, err := b.buckets(ctx)
	if err != nil {
		return changes, err
	}
	for _, cfg := range buckets {
		if changed[cfg.Name] {
			if replicas > 0 {
				cfg.Replicas = replicas
			}
			if cfg.Name == bodiesStream+bodies.Bucket && longer(int64(bodies.TTL), int64(cfg.MaxAge)) {
				cfg.MaxAge = bodies.TTL
			}
			if _, err := b.js.UpdateStream(ctx, cfg); err != nil {
				return changes, fmt.Errorf("apply %s: %w", cfg.Name, explain(err))
			}
		}
	}
	return changes, nil
}

// newConfig is the configuration of a stream that is missing.
func (b *Bus) newConfig(p plan, replicas int) jetstream.StreamConfig {
	return b.config(p, cmp.Or(replicas, b.opts.Replicas), cmp.Or(b.opts.MaxStore, b.opts.NewStore))
}

// buckets returns the streams underneath our key-value and object buckets.
func (b *Bus) buckets(ctx context.Context) ([]jetstream.StreamConfig, error) {
	var all []jetstream.StreamConfig
	list := b.js.ListStreams(ctx)
	for info := range list.Info() {
		for _, kind := range []string{"KV_", "OBJ_"} {
			if strings.HasPrefix(info.Config.Name, kind+b.bucketName("")) {
				all = append(all, info.Config)
			}
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	slices.SortFunc(all, func(x, y jetstream.StreamConfig) int { return strings.Compare(x.Name, y.Name) })
	return all, nil
}

// shrink is why a limit is not lowered.
const shrink = "a smaller limit deletes messages; raise it in the configuration, or let it be lowered with feedmill bus apply --shrink"

// differences lists what would change in a stream. Retention is not shrunk: that would delete messages.
func differences(have, want jetstream.StreamConfig, replicas int) []Change {
	if !strings.HasPrefix(have.Description, "feedmill ") {
		return []Change{{Stream: have.Name, Action: "refuse", Field: "description", From: have.Description,
			Reason: "the stream is not feedmill's; choose another nats.prefix"}}
	}
	var all []Change
	add := func(action, field string, from, to any, reason string) {
		all = append(all, Change{Stream: have.Name, Action: action, Field: field, From: fmt.Sprint(from), To: fmt.Sprint(to), Reason: reason})
	}
	if have.Retention != want.Retention {
		add("refuse", "retention", have.Retention, want.Retention, "this cannot be changed on a stream; it was made by something else")
	}
	if !slices.Equal(have.Subjects, want.Subjects) {
		add("update", "subjects", have.Subjects, want.Subjects, "")
	}
	switch {
	case have.MaxAge == want.MaxAge:
	case longer(int64(want.MaxAge), int64(have.MaxAge)):
		add("update", "max_age", age(have.MaxAge), age(want.MaxAge), "")
	default:
		add("refuse", "max_age", age(have.MaxAge), age(want.MaxAge), shrink)
	}
	switch {
	case have.MaxBytes == want.MaxBytes || want.MaxBytes <= 0:
	case longer(want.MaxBytes, have.MaxBytes):
		add("update", "max_bytes", have.MaxBytes, want.MaxBytes, "")
	default:
		add("refuse", "max_bytes", have.MaxBytes, want.MaxBytes, shrink)
	}
	if replicas > 0 && have.Replicas != replicas {
		add("update", "replicas", have.Replicas, replicas, "")
	}
	return all
}

// longer compares limits of which zero and less are none.
func longer(a, b int64) bool { return b > 0 && (a <= 0 || a > b) }

func age(d time.Duration) string {
	if d == 0 {
		return "no limit"
	}
	return d.String()
}

// merged is the configuration that a stream is updated to: what we want, and what somebody else has set beside it.
func merged(have, want jetstream.StreamConfig, replicas int) jetstream.StreamConfig {
	have.Subjects, have.MaxAge = want.Subjects, want.MaxAge
	if have.MaxAge > 0 && have.Duplicates > have.MaxAge {
		have.Duplicates = have.MaxAge
	}
	if want.MaxBytes > 0 {
		have.MaxBytes = want.MaxBytes
	}
	if replicas > 0 {
		have.Replicas = replicas
	}
	return have
}
