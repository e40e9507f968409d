package enricher

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
)

func TestNewChainUnknownStep(t *testing.T) {
	t.Parallel()
	_, err := NewChain(&Options{Steps: []string{"entities", "entites"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range append(Steps(), `"entites"`) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
}

func TestStepsSelected(t *testing.T) {
	t.Parallel()
	r := &feedmill.Record{}
	r.Text = "Barack Obama visited Seoul on March 26, 2010. He met three ministers."
	if err := newChain(t, &Options{Steps: []string{"fingerprint", "dates"}}).Enrich(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Dates) != 1 || r.Fingerprint == "" {
		t.Errorf("dates %v, fingerprint %q: want one date and a fingerprint", r.Dates, r.Fingerprint)
	}
	if r.Entities != nil || r.Sentences != nil || r.Language.Tag != "" {
		t.Errorf("steps that were not asked for ran: %+v", r)
	}
}

// fake is an enricher made of a function.
type fake struct {
	name string
	f    func(context.Context, *feedmill.Record) error
}

func (f fake) Name() string                                         { return f.name }
func (f fake) Enrich(ctx context.Context, r *feedmill.Record) error { return f.f(ctx, r) }

func TestExtraFailures(t *testing.T) {
	t.Parallel()
	spoil := func(r *feedmill.Record) {
		r.Entities[0].Mentions[0].Text = "spoilt"
		r.Topics = []feedmill.Topic{{Code: "spoilt"}}
	}
	for _, tt := range []struct {
		name string
		f    func(context.Context, *feedmill.Record) error
		want string
	}{
		{"error", func(_ context.Context, r *feedmill.Record) error { spoil(r); return errors.New("no answer") }, "x: no answer"},
		{"panic", func(_ context.Context, r *feedmill.Record) error { spoil(r); panic("oh") }, "x: panic: oh"},
		{"late", func(ctx context.Context, r *feedmill.Record) error { spoil(r); <-ctx.Done(); return ctx.Err() }, "x: not done within 1s"},
		{"late in silence", func(ctx context.Context, r *feedmill.Record) error { spoil(r); <-ctx.Done(); return nil }, "x: not done within 1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gazetteerData() // read outside the bubble: its cost is not the step's
			synctest.Test(t, func(t *testing.T) {
				after := false
				c := newChain(t, &Options{Timeout: time.Second, Extra: []Enricher{
					fake{"x", tt.f},
					fake{"y", func(context.Context, *feedmill.Record) error { after = true; return nil }},
				}})
				r := &feedmill.Record{}
				r.Text = "North Korea and Japan agreed."
				if err := c.Enrich(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(r.Warnings, []string{tt.want}) {
					t.Errorf("warnings %q, want %q", r.Warnings, tt.want)
				}
				if r.Topics != nil || r.Entities[0].Mentions[0].Text != "North Korea" {
					t.Errorf("what the failed step wrote stayed: %+v", r.Annotations)
				}
				if !after {
					t.Error("the enricher behind the failed one did not run")
				}
			})
		})
	}
}

// TestBuiltinFailure breaks a step in the middle: its part is absent, what came before and after is there.
func TestBuiltinFailure(t *testing.T) {
	t.Parallel()
	c := newChain(t, nil)
	for i := range c.steps {
		if c.steps[i].name == "coreference" {
			c.steps[i].run = func(_ context.Context, d *document) error {
				d.ents[0].mentions = nil
				panic("broken")
			}
		}
	}
	r := &feedmill.Record{}
	r.Text = "North Korea tested a missile on March 26, 2010."
	if err := c.Enrich(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if want := []string{"coreference: panic: broken"}; !slices.Equal(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
	if len(r.Entities) != 1 || len(r.Entities[0].Mentions) != 1 || len(r.Dates) != 1 {
		t.Errorf("entities %+v, dates %+v: want one of each", r.Entities, r.Dates)
	}
}

func TestEnrichEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &feedmill.Record{}
	r.ID, r.Text = "id7", "Seoul"
	err := newChain(t, nil).Enrich(ctx, r)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "id7") {
		t.Errorf("error %v, want a cancellation that names id7", err)
	}
}

// TestEnrichAgain holds that a record can be enriched anew: the second run gives what the first gave.
func TestEnrichAgain(t *testing.T) {
	t.Parallel()
	r := &feedmill.Record{}
	r.Title = "Merkel meets Obama"
	r.Text = "German Chancellor Angela Merkel met U.S. President Barack Obama in Berlin. “We agreed on much,” Merkel said."
	enrich(t, r)
	first := *r
	enrich(t, r)
	if diff := diffRecords(&first, r); diff != "" {
		t.Error(diff)
	}
}
