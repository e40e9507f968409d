package schema_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// node is a schema as far as it is looked at here.
type node struct {
	Description string           `json:"description"`
	Ref         string           `json:"$ref"`
	Properties  map[string]*node `json:"properties"`
	Items       *node            `json:"items"`
	Defs        map[string]*node `json:"$defs"`
}

func read(t *testing.T, name string) *node {
	t.Helper()
	text, ok := schema.Get(name)
	if !ok {
		t.Fatalf("no schema %s", name)
	}
	n := &node{}
	if err := json.Unmarshal(text, n); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestEveryFieldIsDescribed walks the Go types and wants that the schemas have each of their fields, with a
// description, and no other.
func TestEveryFieldIsDescribed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, tag string
		of        reflect.Type
	}{
		{"record", "json", reflect.TypeFor[feedmill.Record]()},
		{"page", "json", reflect.TypeFor[feedmill.Page]()},
		{"item", "json", reflect.TypeFor[feedmill.FeedDocument]()},
		{"config", "yaml", reflect.TypeFor[config.Config]()},
	} {
		root := read(t, test.name)
		w := &walker{t: t, tag: test.tag, root: root, seen: map[reflect.Type]bool{}}
		w.object(test.name, root, test.of)
		if len(w.seen) < 3 {
			t.Errorf("%s: only %d types were looked at", test.name, len(w.seen))
		}
	}
}

type walker struct {
	t    *testing.T
	tag  string
	root *node
	seen map[reflect.Type]bool
}

func (w *walker) object(path string, n *node, of reflect.Type) {
	if w.seen[of] {
		return
	}
	w.seen[of] = true
	known := map[string]bool{}
	w.fields(path, n, of, known)
	for name := range n.Properties {
		if !known[name] {
			w.t.Errorf("%s.%s stands in the schema but in no Go type", path, name)
		}
	}
}

func (w *walker) fields(path string, n *node, of reflect.Type, known map[string]bool) {
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get(w.tag), ",")
		switch {
		case f.Anonymous && name == "":
			w.fields(path, n, f.Type, known)
			continue
		case !f.IsExported() || name == "-" || name == "":
			continue
		}
		known[name] = true
		p := n.Properties[name]
		if p == nil {
			w.t.Errorf("%s.%s is not in the schema", path, name)
			continue
		}
		described := p.Description != ""
		p, inner := w.resolve(p), f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice && inner.Elem().Kind() != reflect.Uint8 {
			if inner.Kind() == reflect.Slice {
				if p.Items == nil {
					w.t.Errorf("%s.%s: the schema has no items", path, name)
					break
				}
				p = w.resolve(p.Items)
			}
			inner = inner.Elem()
		}
		if !described && p.Description == "" {
			w.t.Errorf("%s.%s is not described", path, name)
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			w.object(path+"."+name, p, inner)
		}
	}
}

func (w *walker) resolve(n *node) *node {
	if n.Ref == "#" {
		return w.root
	}
	if name, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
		if d := w.root.Defs[name]; d != nil {
			return d
		}
		w.t.Errorf("no definition %s", n.Ref)
	}
	return n
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, _ := schema.Get(name)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	id, _ := doc.(map[string]any)["$id"].(string)
	if !strings.HasSuffix(id, "/"+name+"/1") {
		t.Errorf("%s: $id is %q", name, id)
	}
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// yamlValue reads YAML into what JSON would give.
func yamlValue(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestConfigurationsAreValid(t *testing.T) {
	t.Parallel()
	s := compile(t, "config")
	var freed strings.Builder
	for line := range strings.Lines(config.Example()) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, "#") {
			line = rest
		}
		freed.WriteString(line)
	}
	var shown strings.Builder
	if err := config.Default().Show(&shown); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"example": freed.String(), "defaults": shown.String(),
		"sinks": "sinks: [{name: a, type: postgres, dsn: 'postgres://h/d'}, {name: b, type: file, format: jsonl, dir: ./out, rotate: {size: 256MiB, age: 1h}}]",
	} {
		if err := s.Validate(yamlValue(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"pol: {min: 5m}", "poll: {min: often}", "log: {level: loud}", "fetch: {max_body_bytes: big}", "sinks: [{type: tape}]"} {
		if s.Validate(yamlValue(t, text)) == nil {
			t.Errorf("%s is taken as valid", text)
		}
	}
}

func TestDocumentsAreChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		valid      bool
	}{
		{"record", `{"id":"x","title":"","text":""}`, true},
		{"record", `{"id":"x","title":"","text":"","new_in_a_later_version":1}`, true},
		{"record", `{"id":"x","title":""}`, false},
		{"record", `{"id":"x","title":"","text":"","seen_at":"yesterday"}`, false},
		{"record", `{"schema":"feedmill.record/2","id":"x","title":"","text":""}`, false},
		{"page", `{"url":"https://example.com/","body":"PGh0bWw+"}`, true},
		{"page", `{"url":"https://example.com/"}`, false},
		{"page", `{"url":"https://example.com/","body":"","parts":[{"url":"https://example.com/2","body":"","robots":"allowed"}]}`, true},
		{"page", `{"url":"https://example.com/","body":"","parts":[{"url":"https://example.com/2"}]}`, false},
		{"page", `{"url":"https://example.com/","body":"","parts":[{"url":"https://example.com/2","body":"","truncated":1}]}`, false},
		{"item", `{"feed":{"title":"T"},"entries":[{"title":"A","published":"2023-01-02T10:00:00Z"}]}`, true},
		{"item", `{"feed":{"title":1},"entries":[]}`, false},
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(test.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compile(t, test.name).Validate(v); (err == nil) != test.valid {
			t.Errorf("%s %s: %v, want valid %v", test.name, test.text, err, test.valid)
		}
	}
}
