package enricher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// ExternalSchema names the form of the messages to and from external enrichers; docs/external-enrichers.md describes it.
const ExternalSchema = "feedmill.enrich/1"

// Asker sends a request to a subject and waits for one answer.
type Asker interface {
	Ask(ctx context.Context, subject string, request []byte) ([]byte, error)
}

// External is an enricher outside the process, in whatever language: it is sent the record as JSON, with what the steps
// and the enrichers before it found, and answers with annotations to add. An answer is taken whole or not at all: a span
// that lies outside its field, or whose text is another one, refuses all of it.
type External struct {
	name, subject string
	timeout       time.Duration
	asker         Asker
}

// NewExternal makes an external enricher. A timeout of 0 is that of the chain.
func NewExternal(name, subject string, timeout time.Duration, asker Asker) *External {
	return &External{name: name, subject: subject, timeout: timeout, asker: asker}
}

// Name returns the name that the enricher was given.
func (e *External) Name() string { return e.name }

// Budget is how long an answer is waited for, 0 for as long as the chain gives its steps.
func (e *External) Budget() time.Duration { return e.timeout }

type externalRequest struct {
	Schema string           `json:"schema"`
	Name   string           `json:"name"`
	Record *feedmill.Record `json:"record"`
}

// externalReply is what may be added. Entities with the id of one of the record add to it; others are new.
type externalReply struct {
	Schema       string               `json:"schema"`
	Version      string               `json:"version"`
	Error        string               `json:"error"`
	Topics       []feedmill.Topic     `json:"topics"`
	Entities     []feedmill.Entity    `json:"entities"`
	Dates        []feedmill.Date      `json:"dates"`
	Amounts      []feedmill.Amount    `json:"amounts"`
	Quotes       []feedmill.Quote     `json:"quotes"`
	Keyphrases   []feedmill.Keyphrase `json:"keyphrases"`
	KeySentences []feedmill.Span      `json:"key_sentences"`
}

// Enrich asks and adds what is answered.
func (e *External) Enrich(ctx context.Context, r *feedmill.Record) error {
	request, err := json.Marshal(externalRequest{ExternalSchema, e.name, r})
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	answer, err := e.asker.Ask(ctx, e.subject, request)
	if err != nil {
		return err
	}
	var reply externalReply
	if err := json.Unmarshal(answer, &reply); err != nil {
		return fmt.Errorf("read the answer from %s: %w", e.subject, err)
	}
	switch {
	case reply.Error != "":
		return errors.New(reply.Error)
	case reply.Schema != ExternalSchema:
		return fmt.Errorf("the answer from %s has the schema %q, want %q", e.subject, reply.Schema, ExternalSchema)
	case reply.Version == "":
		return fmt.Errorf("the answer from %s has no version", e.subject)
	}
	if err := reply.check(r); err != nil {
		return fmt.Errorf("the answer from %s: %w", e.subject, err)
	}
	reply.add(r)
	r.External = append(slices.Clip(r.External), feedmill.ExternalEnricher{Name: e.name, Version: reply.Version})
	return nil
}

// check tells what is wrong with the first annotation that is not right.
func (a *externalReply) check(r *feedmill.Record) error {
	c := &spanChecker{r: r, texts: map[string][]rune{}}
	ids := map[string]bool{}
	for i := range r.Entities {
		ids[r.Entities[i].ID] = true
	}
	for i, e := range a.Entities {
		if e.Type == "" && !ids[e.ID] || len(e.Mentions) == 0 && !ids[e.ID] {
			return fmt.Errorf("entities[%d]: a new entity needs a type and mentions", i)
		}
		for k, m := range e.Mentions {
			c.check(fmt.Sprintf("entities[%d].mentions[%d]", i, k), m.Span, &m.Text)
		}
		for k, role := range e.Roles {
			c.check(fmt.Sprintf("entities[%d].roles[%d]", i, k), role.Span, nil)
		}
		ids[e.ID] = true
	}
	for i, d := range a.Dates {
		c.check(fmt.Sprintf("dates[%d]", i), d.Span, &d.Text)
	}
	for i, d := range a.Amounts {
		c.check(fmt.Sprintf("amounts[%d]", i), d.Span, &d.Text)
	}
	for i, q := range a.Quotes {
		c.check(fmt.Sprintf("quotes[%d]", i), q.Span, &q.Text)
		if q.Speaker != nil && !ids[*q.Speaker] {
			return fmt.Errorf("quotes[%d]: no entity has the id %q", i, *q.Speaker)
		}
	}
	for i, s := range a.KeySentences {
		c.check(fmt.Sprintf("key_sentences[%d]", i), s, nil)
	}
	for i, t := range a.Topics {
		if t.Code == "" {
			return fmt.Errorf("topics[%d]: no code", i)
		}
	}
	for i, k := range a.Keyphrases {
		if k.Text == "" {
			return fmt.Errorf("keyphrases[%d]: no text", i)
		}
	}
	return c.err
}

// spanChecker keeps the first span that is wrong.
type spanChecker struct {
	r     *feedmill.Record
	texts map[string][]rune
	err   error
}

func (c *spanChecker) check(what string, s feedmill.Span, text *string) {
	if c.err != nil {
		return
	}
	field, ok := c.texts[s.In]
	if !ok {
		field = []rune(c.r.Field(s.In))
		c.texts[s.In] = field
	}
	switch {
	case s.Start < 0 || s.End <= s.Start || s.End > len(field):
		c.err = fmt.Errorf("%s: %d to %d is no part of the field's %d code points", what, s.Start, s.End, len(field))
	case text != nil && *text != string(field[s.Start:s.End]):
		c.err = fmt.Errorf("%s: the text is %q, but %q stands there", what, *text, string(field[s.Start:s.End]))
	}
}

// add appends the annotations. Lists are made anew, so that what the record shared with a copy of it stays as it was.
func (a *externalReply) add(r *feedmill.Record) {
	r.Entities = slices.Clone(r.Entities)
	index := map[string]int{}
	for i := range r.Entities {
		index[r.Entities[i].ID] = i
	}
	for _, e := range a.Entities {
		i, known := index[e.ID]
		if !known {
			if e.ID == "" {
				e.ID = fmt.Sprintf("x%d", len(r.Entities)+1)
			}
			if e.Key == "" {
				e.Key = localKey(e.Type, e.Name, "")
			}
			index[e.ID] = len(r.Entities)
			r.Entities = append(r.Entities, e)
			continue
		}
		old := &r.Entities[i]
		old.Mentions = append(slices.Clip(old.Mentions), e.Mentions...)
		old.Roles = append(slices.Clip(old.Roles), e.Roles...)
		if e.Links.Wikidata != "" {
			old.Links.Wikidata = e.Links.Wikidata
		}
		if e.Links.GeoNames != 0 {
			old.Links.GeoNames = e.Links.GeoNames
		}
		if e.Links.ISOCountry != "" {
			old.Links.ISOCountry = e.Links.ISOCountry
		}
		if e.Key != "" {
			old.Key = e.Key
		}
	}
	r.Topics = append(slices.Clip(r.Topics), a.Topics...)
	r.Dates = append(slices.Clip(r.Dates), a.Dates...)
	r.Amounts = append(slices.Clip(r.Amounts), a.Amounts...)
	r.Quotes = append(slices.Clip(r.Quotes), a.Quotes...)
	r.Keyphrases = append(slices.Clip(r.Keyphrases), a.Keyphrases...)
	r.KeySentences = append(slices.Clip(r.KeySentences), a.KeySentences...)
}
