// Package schema holds the JSON Schemas (draft 2020-12) of what feedmill reads and writes: records, pages, feed
// documents and the configuration.
//
// A schema's $id ends with the version of its contract. Under one version members are only added; whoever reads passes
// over those that it does not know. The configuration is read strictly, so its schema admits no others. The package
// leaves it to the caller to check documents: the schemas are for whoever works with feedmill's output.
package schema

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// Names returns the names of all schemas, in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded: it cannot fail
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names)
	return names
}

// Get returns the schema of a name; ok is false where there is none.
func Get(name string) (text []byte, ok bool) {
	text, err := files.ReadFile(name + ".json")
	return text, err == nil
}
