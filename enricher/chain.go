package enricher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/enricher/ner"
)

// Version is the number of this package's rules. It grows whenever the same record would be annotated differently.
const Version = 10

const defaultTimeout = 10 * time.Second

// Enricher adds one kind of annotation to a record.
//
// Enrich changes only the annotations and the language, gives up when ctx ends, keeps nothing of r, and may be called
// by several goroutines with different records. Its error says why the annotation is missing; what it wrote until then
// is thrown away.
type Enricher interface {
	// Name is a short word, unique in a chain, that warnings are signed with.
	Name() string
	Enrich(ctx context.Context, r *feedmill.Record) error
}

// Options configure a chain. The zero value runs every step.
type Options struct {
	// Steps are the names of the steps to run; their order is always that of [Steps]. Nil means all of them.
	Steps []string
	// Extra are enrichers to run after the steps, in the given order. They see the steps' annotations. One that has a method
	// Budget() time.Duration may take that long instead of Timeout.
	Extra []Enricher
	// Model is the entity model: the name of a built-in one (see [ner.Builtin]) or a file; empty means the default.
	Model string
	// Entities are the persons and organizations that names are linked to; nil: none. The chain does not close them.
	Entities *entityfile.File
	// Timeout is the longest that one step may take, 10 s if zero.
	Timeout time.Duration
	// Logger is told of steps that panic; nil means slog.Default.
	Logger *slog.Logger
}

// Chain runs enrichment steps in their declared order. It is safe for use by several goroutines.
type Chain struct {
	steps   []step
	extra   []Enricher
	model   *ner.Model
	known   *entityfile.File
	timeout time.Duration
	log     *slog.Logger
}

// step is a built-in enricher. It works on a document, which the steps share so that a text is tokenised only once.
type step struct {
	name string
	run  func(ctx context.Context, d *document) error
}

// builtin is the chain in its order: each step may use what the ones before it found.
func builtin() []step {
	return []step{
		{"language", detectLanguage},
		{"sentences", markSentences},
		{"entities", findEntities},
		{"coreference", joinMentions},
		{"roles", findRoles},
		{"links", linkEntities},
		{"dates", findDates},
		{"amounts", findAmounts},
		{"quotes", findQuotes},
		{"topics", findTopics},
		{"keyphrases", rankPhrases},
		{"fingerprint", fingerprint},
	}
}

// Steps returns the names of the built-in steps in the order they run in.
func Steps() []string {
	var names []string
	for _, s := range builtin() {
		names = append(names, s.name)
	}
	return names
}

// NewChain makes a chain. It fails if o names a step that does not exist or a model that cannot be read.
func NewChain(o *Options) (*Chain, error) {
	if o == nil {
		o = &Options{}
	}
	c := &Chain{steps: builtin(), extra: slices.Clone(o.Extra), known: o.Entities, timeout: o.Timeout, log: o.Logger}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if o.Steps == nil || slices.Contains(o.Steps, "entities") {
		m, err := ner.Open(o.Model)
		if err != nil {
			return nil, err
		}
		c.model = m
	}
	if o.Steps == nil {
		return c, nil
	}
	known := Steps()
	for _, name := range o.Steps {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown enrichment step %q; the steps are %s", name, strings.Join(known, ", "))
		}
	}
	c.steps = slices.DeleteFunc(c.steps, func(s step) bool { return !slices.Contains(o.Steps, s.name) })
	return c, nil
}

// Model names what the chain annotates with: the entity model, by name and hash, a hash of the lists, and one of the imported
// entities if there are some. Two builds with the same [Version] and the same Model annotate alike.
func (c *Chain) Model() string {
	name := "lists-" + listsHash()
	if c.model != nil {
		name = c.model.Version() + "+" + name
	}
	if c.known != nil {
		name += "+entities-" + c.known.Hash()
	}
	return name
}

// Name returns "chain".
func (c *Chain) Name() string { return "chain" }

// Enrich annotates r, replacing whatever annotations of its steps r has. It returns an error only if ctx ends, and then
// r holds what was finished.
func (c *Chain) Enrich(ctx context.Context, r *feedmill.Record) error {
	d := newDocument(r)
	d.model, d.known = c.model, c.known
	r.Warnings, r.External = nil, nil
	for _, s := range c.steps {
		saved, ents := *r, cloneEntities(d.ents)
		err := c.run(ctx, c.timeout, s.name, r.ID, func(ctx context.Context) error { return s.run(ctx, d) })
		if err != nil {
			warnings := append(slices.Clip(saved.Warnings), s.name+": "+err.Error())
			*r, d.ents = saved, ents
			r.Warnings = warnings
		}
		if ctx.Err() != nil {
			d.publish()
			return fmt.Errorf("enrich %s: %w", r.ID, ctx.Err())
		}
	}
	if d.found {
		d.publish()
	}
	for _, e := range c.extra {
		saved := *r
		saved.Entities = cloneAnnotated(r.Entities)
		budget := c.timeout
		if b, ok := e.(interface{ Budget() time.Duration }); ok && b.Budget() > 0 {
			budget = b.Budget()
		}
		if err := c.run(ctx, budget, e.Name(), r.ID, func(ctx context.Context) error { return e.Enrich(ctx, r) }); err != nil {
			*r = saved
			r.Warnings = append(slices.Clip(r.Warnings), e.Name()+": "+err.Error())
		}
		if ctx.Err() != nil {
			return fmt.Errorf("enrich %s: %w", r.ID, ctx.Err())
		}
	}
	return nil
}

// run gives f its budget and turns lateness and panics into errors.
func (c *Chain) run(ctx context.Context, budget time.Duration, name, id string, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, "enrichment step panicked", "step", name, "item", id, "panic", p)
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := f(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not done within %s", budget)
	}
	return ctx.Err()
}

func cloneAnnotated(in []feedmill.Entity) []feedmill.Entity {
	out := slices.Clone(in)
	for i := range out {
		out[i].Roles = slices.Clone(out[i].Roles)
		out[i].Mentions = slices.Clone(out[i].Mentions)
	}
	return out
}
