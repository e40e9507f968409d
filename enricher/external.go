package enricher

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
		return errors.New(cutBytes(reply.Error, maxErrorBytes))
	case reply.Schema != ExternalSchema:
		return fmt.Errorf("the answer from %s has the schema %q, want %q", e.subject, cutBytes(reply.Schema, maxVersionBytes), ExternalSchema)
	case reply.Version == "":
		return fmt.Errorf("the answer from %s has no version", e.subject)
	case len(reply.Version) > maxVersionBytes:
		return fmt.Errorf("the answer from %s has a version of %d bytes, and %d are taken at most", e.subject, len(reply.Version), maxVersionBytes)
	}
	if err := reply.check(r); err != nil {
		return fmt.Errorf("the answer from %s: %w", e.subject, err)
	}
	reply.add(r)
	r.External = append(slices.Clip(r.External), feedmill.ExternalEnricher{Name: e.name, Version: reply.Version})
	return nil
}

// Bounds of an answer: annotations of one list, and bytes of the words that say which version answered and why it did not.
const (
	maxListed       = 10_000
	maxVersionBytes = 100
	maxErrorBytes   = 1_000
)

// The words that an annotation may have, as the record's schema lists them.
var (
	entityTypes = []string{
		feedmill.TypePerson, feedmill.TypeOrganization, feedmill.TypePlace, feedmill.TypeGroup, feedmill.TypeEvent,
		feedmill.TypeWork, feedmill.TypeProduct, feedmill.TypeLaw, feedmill.TypeOther,
	}
	mentionKinds   = []string{feedmill.MentionName, feedmill.MentionShort, feedmill.MentionAcronym, feedmill.MentionAlias, feedmill.MentionMetonym}
	datePrecisions = []string{
		precisionDay, precisionWeek, precisionMonth, precisionQuarter, precisionSeason, precisionYear, precisionDecade, precisionCentury,
	}
	amountKinds = []string{"money", "percent", "quantity"}
)

// check tells what is wrong with the first annotation that is not right.
func (a *externalReply) check(r *feedmill.Record) error {
	c := &replyChecker{r: r, texts: map[string][]rune{}}
	c.count("topics", len(a.Topics))
	c.count("entities", len(a.Entities))
	c.count("dates", len(a.Dates))
	c.count("amounts", len(a.Amounts))
	c.count("quotes", len(a.Quotes))
	c.count("keyphrases", len(a.Keyphrases))
	c.count("key_sentences", len(a.KeySentences))
	if c.err != nil {
		return c.err
	}
	ids := map[string]bool{}
	for i := range r.Entities {
		ids[r.Entities[i].ID] = true
	}
	delete(ids, "") // without an id an entity is always new, and nobody's speaker
	for i, e := range a.Entities {
		what := fmt.Sprintf("entities[%d]", i)
		if !ids[e.ID] {
			if e.Type == "" || e.Name == "" || len(e.Mentions) == 0 {
				c.fail("%s: a new entity needs type, name and mentions", what)
			}
			c.word(what, "type", e.Type, entityTypes)
		}
		c.count(what+".mentions", len(e.Mentions))
		c.count(what+".roles", len(e.Roles))
		if c.err != nil {
			return c.err
		}
		for k, m := range e.Mentions {
			what := fmt.Sprintf("entities[%d].mentions[%d]", i, k)
			c.span(what, m.Span, &m.Text)
			c.word(what, "kind", m.Kind, mentionKinds)
		}
		for k, role := range e.Roles {
			c.span(fmt.Sprintf("entities[%d].roles[%d]", i, k), role.Span, nil)
		}
		if e.ID != "" {
			ids[e.ID] = true
		}
	}
	for i, d := range a.Dates {
		what := fmt.Sprintf("dates[%d]", i)
		c.span(what, d.Span, &d.Text)
		c.word(what, "precision", d.Precision, datePrecisions)
	}
	for i, d := range a.Amounts {
		what := fmt.Sprintf("amounts[%d]", i)
		c.span(what, d.Span, &d.Text)
		c.word(what, "kind", d.Kind, amountKinds)
	}
	for i, q := range a.Quotes {
		c.span(fmt.Sprintf("quotes[%d]", i), q.Span, &q.Text)
		if q.Speaker != nil && !ids[*q.Speaker] {
			c.fail("quotes[%d]: no entity has the id %q", i, *q.Speaker)
		}
	}
	for i, s := range a.KeySentences {
		c.span(fmt.Sprintf("key_sentences[%d]", i), s, nil)
	}
	for i, t := range a.Topics {
		if t.Code == "" {
			c.fail("topics[%d]: no code", i)
		}
	}
	for i, k := range a.Keyphrases {
		if k.Text == "" {
			c.fail("keyphrases[%d]: no text", i)
		}
	}
	return c.err
}

// replyChecker keeps what is wrong first.
type replyChecker struct {
	r     *feedmill.Record
	texts map[string][]rune
	err   error
}

func (c *replyChecker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *replyChecker) count(what string, n int) {
	if n > maxListed {
		c.fail("%s: %d of them, and %d are taken at most", what, n, maxListed)
	}
}

func (c *replyChecker) word(what, field, value string, words []string) {
	if !slices.Contains(words, value) {
		c.fail("%s: the %s is %q, want one of %s", what, field, cutBytes(value, maxVersionBytes), strings.Join(words, ", "))
	}
}

func (c *replyChecker) span(what string, s feedmill.Span, text *string) {
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
		c.fail("%s: %d to %d is no part of the field's %d code points", what, s.Start, s.End, len(field))
	case text != nil && *text != string(field[s.Start:s.End]):
		c.fail("%s: the text is %q, but %q stands there", what, *text, string(field[s.Start:s.End]))
	}
}

// cutBytes returns what fits into n bytes of s, whole characters.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// add appends the annotations. Lists are made anew, so that what the record shared with a copy of it stays as it was.
func (a *externalReply) add(r *feedmill.Record) {
	r.Entities = slices.Clone(r.Entities)
	index := map[string]int{}
	for i := range r.Entities {
		index[r.Entities[i].ID] = i
	}
	taken := map[string]bool{} // by a later entity of the answer too
	for _, e := range a.Entities {
		taken[e.ID] = true
	}
	next := len(r.Entities)
	for _, e := range a.Entities {
		i, known := index[e.ID]
		if e.ID == "" || !known {
			for e.ID == "" {
				next++
				id := fmt.Sprintf("x%d", next)
				if _, used := index[id]; !used && !taken[id] {
					e.ID = id
				}
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
		old.Links.Wikidata = cmp.Or(old.Links.Wikidata, e.Links.Wikidata)
		old.Links.GeoNames = cmp.Or(old.Links.GeoNames, e.Links.GeoNames)
		old.Links.ISOCountry = cmp.Or(old.Links.ISOCountry, e.Links.ISOCountry)
		old.Key = cmp.Or(old.Key, e.Key)
	}
	for i := range a.Topics {
		a.Topics[i].Name = cmp.Or(a.Topics[i].Name, topicData().nameOf(a.Topics[i].Code))
	}
	r.Topics = append(slices.Clip(r.Topics), a.Topics...)
	r.Dates = append(slices.Clip(r.Dates), a.Dates...)
	r.Amounts = append(slices.Clip(r.Amounts), a.Amounts...)
	r.Quotes = append(slices.Clip(r.Quotes), a.Quotes...)
	r.Keyphrases = append(slices.Clip(r.Keyphrases), a.Keyphrases...)
	r.KeySentences = append(slices.Clip(r.KeySentences), a.KeySentences...)
}
