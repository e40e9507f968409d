package config

import _ "embed"

//go:embed example.yaml
var exampleYAML string

// Example returns a configuration file in which every key stands with its default and what it means, commented out, so
// that the file changes nothing until a line is freed.
func Example() string { return exampleYAML }
