package feedmill_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/feedmill/feedmill"

// TestImports holds the rule of the tree: who may import whom, and why. Test files are free.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	stages := []string{"registry", "fetcher", "parser", "enricher", "sink"}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imp := range p.Imports {
			if why := breach(stages, from, imp); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imp, why)
			}
		}
	}
	if seen < 2 {
		t.Fatalf("go list named %d packages, want the whole module", seen)
	}
}

func breach(stages []string, from, imp string) string {
	to, ours := strings.CutPrefix(imp, module)
	to = strings.TrimPrefix(to, "/")
	std := !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".")
	nats := strings.HasPrefix(imp, "github.com/nats-io/")
	top := func(p string) string { return strings.SplitN(p, "/", 2)[0] }
	isStage := func(p string) bool {
		for _, s := range stages {
			if top(p) == s {
				return true
			}
		}
		return false
	}
	switch {
	case from == "":
		if !std {
			return "the vocabulary imports only the standard library"
		}
	case isStage(from):
		switch {
		case ours && to != "" && top(to) != top(from):
			return "a stage imports the vocabulary and its own packages, nothing else of ours"
		case nats && from != "registry/kv":
			return "a stage knows no NATS; only registry/kv holds it"
		}
	case top(from) == "bus":
		if ours && to != "" && top(to) != "bus" {
			return "the bus knows no stage"
		}
	case from == "internal/web":
		if ours && (isStage(to) || top(to) == "bus") {
			return "the web sees stages only through interfaces that it declares"
		}
	}
	return ""
}
