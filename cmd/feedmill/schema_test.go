package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/internal/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaOf compiles a schema of the tree.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, ok := schema.Get(name)
	if !ok {
		t.Fatalf("no schema %s", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:"+name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validLines wants that each line is a document of the schema, and that there are so many.
func validLines(t *testing.T, s *jsonschema.Schema, lines string, atLeast int) {
	t.Helper()
	n := 0
	for line := range strings.Lines(lines) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = s.Validate(v)
		}
		if err != nil {
			t.Errorf("%.200s: %v", line, err)
		}
		n++
	}
	if n < atLeast {
		t.Errorf("%d lines, want %d", n, atLeast)
	}
}

// do runs one command and returns its output.
func do(t *testing.T, in string, environ []string, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	if code := newApp(strings.NewReader(in), &out, &messages, environ).execute(t.Context(), args); code != exitOK {
		t.Fatalf("%v: exit code %d: %s", args, code, &messages)
	}
	return out.String()
}

func TestRecordsKeepTheirSchema(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	do(t, "", nil, "run", "--once", "--demo", "--data", data, "--demo-listen", "127.0.0.1:0")
	validLines(t, schemaOf(t, "record"), do(t, "", nil, "records", "export", "--revisions", "all", "--data", data), 15)
}

func TestLinesKeepTheirSchemas(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(newsroom.New(nil).Handler())
	defer site.Close()
	environ := []string{"FEEDMILL_FETCH_ALLOW_CIDRS=127.0.0.0/8", "FEEDMILL_FETCH_ALLOW_PORTS=0", "FEEDMILL_FETCH_HOST_DELAY=0"}
	pages := do(t, "", environ, "fetch", site.URL+"/www/rss/nation.xml")
	validLines(t, schemaOf(t, "page"), pages, 1)
	validLines(t, schemaOf(t, "item"), do(t, pages, environ, "parse"), 1)
	validLines(t, schemaOf(t, "item"), do(t, `{"url":"https://example.com/empty","body":"PHJzcz48Y2hhbm5lbC8+PC9yc3M+"}`, nil, "parse"), 1)
	articles := do(t, do(t, "", environ, "fetch", site.URL+"/"), nil, "parse")
	validLines(t, schemaOf(t, "record"), articles, 1)
	validLines(t, schemaOf(t, "record"), do(t, articles, nil, "enrich"), 1)
}

func TestFeedTestKeepsItsSchema(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(newsroom.New(nil).Handler())
	defer site.Close()
	environ := []string{
		"FEEDMILL_FETCH_ALLOW_CIDRS=127.0.0.0/8", "FEEDMILL_FETCH_ALLOW_PORTS=0", "FEEDMILL_FETCH_HOST_DELAY=0",
		`FEEDMILL_FILTERS=[{field: title, match: Defense, action: drop}]`,
	}
	for _, what := range []string{site.URL + "/www/rss/nation.xml", "testdata/parse/every-field.xml"} {
		var line bytes.Buffer
		if err := json.Compact(&line, []byte(do(t, "", environ, "feeds", "test", what, "-o", "json"))); err != nil {
			t.Fatal(err)
		}
		validLines(t, schemaOf(t, "feed-test"), line.String(), 1)
		// Every field that is there is described.
		var got map[string]any
		if err := json.Unmarshal(line.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		var schema struct{ Properties map[string]any }
		if err := json.Unmarshal([]byte(do(t, "", nil, "schema", "feed-test")), &schema); err != nil {
			t.Fatal(err)
		}
		for name := range got {
			if schema.Properties[name] == nil {
				t.Errorf("%s is not described", name)
			}
		}
	}
}
