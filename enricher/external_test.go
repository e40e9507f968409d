package enricher

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/schema"
)

// answer is an asker made of a function.
type answer func(ctx context.Context, subject string, request []byte) ([]byte, error)

func (a answer) Ask(ctx context.Context, subject string, request []byte) ([]byte, error) {
	return a(ctx, subject, request)
}

func TestExternalAdds(t *testing.T) {
	t.Parallel()
	asker := answer(func(_ context.Context, subject string, request []byte) ([]byte, error) {
		var got struct {
			Schema, Name string
			Record       struct {
				Text     string
				Entities []feedmill.Entity
			}
		}
		if err := json.Unmarshal(request, &got); err != nil {
			return nil, err
		}
		if subject != "enrich.topics" || got.Schema != ExternalSchema || got.Name != "topics" || len(got.Record.Entities) == 0 {
			return nil, errors.New("another request than is documented: " + string(request))
		}
		return []byte(`{"schema": "feedmill.enrich/1", "version": "7", "unknown": 1,
			"topics": [{"code": "medtop:11000000", "confidence": 0.5, "method": "test"}],
			"entities": [{"id": "` + got.Record.Entities[0].ID + `", "links": {"wikidata": "Q76"}},
			             {"type": "product", "name": "Zürichsee", "mentions": [{"start": 29, "end": 38, "text": "Zürichsee", "kind": "name"}]}],
			"dates": [{"start": 39, "end": 44, "text": "today", "value": "2011-01-10", "precision": "day"}]}`), nil
	})
	r := &feedmill.Record{}
	r.Text, r.Language.Tag = "Barack Obama praised a boat, Zürichsee today.", "en"
	c := newChain(t, &Options{Steps: []string{"entities", "coreference"}, Extra: []Enricher{NewExternal("topics", "enrich.topics", 0, asker)}})
	if err := c.Enrich(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		t.Fatalf("warnings %q", r.Warnings)
	}
	if len(r.Topics) != 1 || len(r.Dates) != 1 || r.Entities[0].Links.Wikidata != "Q76" {
		t.Errorf("topics %+v, dates %+v, entities %+v", r.Topics, r.Dates, r.Entities)
	}
	last := r.Entities[len(r.Entities)-1]
	if last.Name != "Zürichsee" || last.ID == "" || !strings.HasPrefix(last.Key, "local:") {
		t.Errorf("the new entity is %+v", last)
	}
	if d := cmp.Diff([]feedmill.ExternalEnricher{{Name: "topics", Version: "7"}}, r.External); d != "" {
		t.Errorf("external (-want +got):\n%s", d)
	}
	checkSpans(t, r)
}

// TestExternalNames holds that ids are given that nobody has, and that what the record says of an entity stays.
func TestExternalNames(t *testing.T) {
	t.Parallel()
	const mention = `"type": "person", "name": "Bara", "mentions": [{"start": 0, "end": 4, "text": "Bara", "kind": "name"}]`
	asker := answer(func(context.Context, string, []byte) ([]byte, error) {
		return []byte(`{"schema": "feedmill.enrich/1", "version": "1", "entities": [
			{"id": "e1", "key": "local:1", "type": "place", "name": "Y", "links": {"wikidata": "Q1", "geonames": 1, "iso_country": "FR"}},
			{` + mention + `}, {"id": "x4", ` + mention + `}, {` + mention + `}]}`), nil
	})
	r := &feedmill.Record{}
	r.Text = "Barack Obama spoke."
	r.Entities = []feedmill.Entity{
		{ID: "e1", Key: "wikidata:Q76", Type: "person", Name: "X", Links: feedmill.Links{Wikidata: "Q76"}},
		{ID: "x3", Key: "local:0", Type: "person", Name: "Z"},
	}
	for range 2 {
		if err := NewExternal("ext", "s", 0, asker).Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	want := feedmill.Entity{ID: "e1", Key: "wikidata:Q76", Type: "person", Name: "X", Links: feedmill.Links{Wikidata: "Q76", GeoNames: 1, ISOCountry: "FR"}}
	if d := cmp.Diff(want, r.Entities[0]); d != "" {
		t.Errorf("the known entity (-want +got):\n%s", d)
	}
	var ids []string
	for _, e := range r.Entities {
		ids = append(ids, e.ID)
	}
	if d := cmp.Diff([]string{"e1", "x3", "x5", "x4", "x6", "x7", "x8"}, ids); d != "" {
		t.Errorf("ids (-want +got):\n%s", d)
	}
}

// TestExternalRefused holds that an answer that is wrong in one place adds nothing and costs a warning alone.
func TestExternalRefused(t *testing.T) {
	t.Parallel()
	const ok = `"schema": "feedmill.enrich/1", "version": "1", "topics": [{"code": "medtop:1"}]`
	for _, tt := range []struct{ name, reply, want string }{
		{"no JSON", `boom`, "read the answer"},
		{"an error", `{"schema": "feedmill.enrich/1", "version": "1", "error": "the model is not loaded"}`, "ext: the model is not loaded"},
		{"another schema", `{"schema": "feedmill.enrich/2", "version": "1"}`, `want "feedmill.enrich/1"`},
		{"no version", `{"schema": "feedmill.enrich/1"}`, "no version"},
		{"another text", `{` + ok + `, "dates": [{"start": 0, "end": 4, "text": "Obama"}]}`, `the text is "Obama", but "Bara" stands there`},
		{"beyond the end", `{` + ok + `, "key_sentences": [{"start": 0, "end": 400}]}`, "key_sentences[0]: 0 to 400 is no part"},
		{"no such field", `{` + ok + `, "key_sentences": [{"start": 0, "end": 4, "in": "kicker"}]}`, "no part of the field's 0 code points"},
		{"a speaker that is not there", `{` + ok + `, "quotes": [{"start": 0, "end": 4, "text": "Bara", "speaker": "e99"}]}`, `no entity has the id "e99"`},
		{"an entity without mentions", `{` + ok + `, "entities": [{"type": "person", "name": "X"}]}`, "needs type, name and mentions"},
		{"a second one without mentions", `{` + ok + `, "entities": [{"type": "person", "name": "X", "mentions": [{"start": 0, "end": 4, "text": "Bara", "kind": "name"}]}, {"type": "person", "name": "Y"}]}`, "entities[1]: a new entity needs"},
		{"an entity without name", `{` + ok + `, "entities": [{"type": "person", "mentions": [{"start": 0, "end": 4, "text": "Bara", "kind": "name"}]}]}`, "needs type, name and mentions"},
		{"a speaker without id", `{` + ok + `, "entities": [{"type": "person", "name": "X", "mentions": [{"start": 0, "end": 4, "text": "Bara", "kind": "name"}]}], "quotes": [{"start": 0, "end": 4, "text": "Bara", "speaker": ""}]}`, `no entity has the id ""`},
		{"another type", `{` + ok + `, "entities": [{"type": "ship", "name": "X", "mentions": [{"start": 0, "end": 4, "text": "Bara", "kind": "name"}]}]}`, `entities[0]: the type is "ship", want one of person`},
		{"another kind of mention", `{` + ok + `, "entities": [{"type": "person", "name": "X", "mentions": [{"start": 0, "end": 4, "text": "Bara"}]}]}`, `entities[0].mentions[0]: the kind is "", want one of name`},
		{"another precision", `{` + ok + `, "dates": [{"start": 0, "end": 4, "text": "Bara", "value": "2011", "precision": "about"}]}`, `dates[0]: the precision is "about", want one of day`},
		{"another kind of amount", `{` + ok + `, "amounts": [{"start": 0, "end": 4, "text": "Bara", "kind": "area", "value": 1}]}`, `amounts[0]: the kind is "area", want one of money`},
		{"too many", `{` + ok + `, "key_sentences": [` + strings.Repeat(`{"start": 0, "end": 4},`, 10_000) + `{"start": 0, "end": 4}]}`, "key_sentences: 10001 of them"},
		{"too long a version", `{"schema": "feedmill.enrich/1", "version": "` + strings.Repeat("1", 101) + `"}`, "a version of 101 bytes"},
		{"too long an error", `{"schema": "feedmill.enrich/1", "error": "` + strings.Repeat("ä", 600) + `"}`, "ext: " + strings.Repeat("ä", 500) + "…"},
		{"a topic without code", `{"schema": "feedmill.enrich/1", "version": "1", "topics": [{"name": "Politics"}]}`, "topics[0]: no code"},
	} {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = "Barack Obama spoke.", "en"
		asker := answer(func(context.Context, string, []byte) ([]byte, error) { return []byte(tt.reply), nil })
		c := newChain(t, &Options{Steps: []string{"entities"}, Extra: []Enricher{NewExternal("ext", "s", 0, asker)}})
		if err := c.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], tt.want) {
			t.Errorf("%s: warnings %q, want one with %q", tt.name, r.Warnings, tt.want)
		}
		if r.Topics != nil || r.Dates != nil || r.Quotes != nil || r.KeySentences != nil || r.External != nil || len(r.Entities) != 1 {
			t.Errorf("%s: something was taken: %+v", tt.name, r.Annotations)
		}
	}
}

// TestExternalWords holds that an answer may have the words of the record's schema, and no others.
func TestExternalWords(t *testing.T) {
	t.Parallel()
	text, _ := schema.Get("record")
	var record struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Enum []string `json:"enum"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		def, field string
		words      []string
	}{
		{"entity", "type", entityTypes},
		{"entityMention", "kind", mentionKinds},
		{"date", "precision", datePrecisions},
		{"amount", "kind", amountKinds},
	} {
		if d := cmp.Diff(record.Defs[tt.def].Properties[tt.field].Enum, tt.words); d != "" {
			t.Errorf("%s.%s (-schema +here):\n%s", tt.def, tt.field, d)
		}
	}
}

// TestExternalLate holds that each external enricher has its own budget, and that the next one is asked all the same.
func TestExternalLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := answer(func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(20 * time.Second):
				return []byte(`{"schema": "feedmill.enrich/1", "version": "1", "topics": [{"code": "medtop:1"}]}`), nil
			}
		})
		r := &feedmill.Record{}
		r.Text = "Nothing."
		c := newChain(t, &Options{Steps: []string{}, Timeout: 5 * time.Second, Extra: []Enricher{
			NewExternal("impatient", "a", time.Second, slow), NewExternal("usual", "a", 0, slow), NewExternal("patient", "a", time.Minute, slow),
		}})
		start := time.Now()
		if err := c.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		want := []string{"impatient: not done within 1s", "usual: not done within 5s"}
		if d := cmp.Diff(want, r.Warnings); d != "" {
			t.Errorf("warnings (-want +got):\n%s", d)
		}
		if len(r.Topics) != 1 || len(r.External) != 1 || r.External[0].Name != "patient" || time.Since(start) != 26*time.Second {
			t.Errorf("topics %v, external %v after %v", r.Topics, r.External, time.Since(start))
		}
	})
}
