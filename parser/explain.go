package parser

import (
	"fmt"
	"strings"

	"github.com/feedmill/feedmill"
)

// Explanation is how an article came out of its page.
type Explanation struct {
	// Candidates are the containers that the body could have been taken from, best first.
	Candidates []Candidate `json:"candidates,omitempty"`
	// Steps are what was done, in order.
	Steps []Step `json:"steps,omitempty"`
	// Fields say where each value came from and what it was preferred to.
	Fields []FieldChoice `json:"fields,omitempty"`
	// Removed is what cleaning took out of the body.
	Removed []feedmill.Removed `json:"removed,omitempty"`
}

// Candidate is a container that was considered for the body.
type Candidate struct {
	// Path leads from the body to the container: element names with id and first class.
	Path string `json:"path"`
	// Score is the sum of the weights of its blocks, in characters.
	Score  float64 `json:"score"`
	Blocks int     `json:"blocks"`
	Chosen bool    `json:"chosen,omitempty"`
}

// Step is one step of the extraction and what it found.
type Step struct {
	Name string `json:"name"`
	Note string `json:"note"`
}

// FieldChoice is one field's value, where it came from, and the values it beat.
type FieldChoice struct {
	Field string  `json:"field"`
	Value string  `json:"value"`
	From  string  `json:"from"`
	Beat  []Rival `json:"beat,omitempty"`
}

// Rival is a value that was found for a field and not taken.
type Rival struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// maxCandidates is how many containers an explanation lists.
const maxCandidates = 8

// The methods below do nothing on a nil explanation, so that callers need not ask.

func (e *Explanation) step(name, format string, args ...any) {
	if e != nil {
		e.Steps = append(e.Steps, Step{name, fmt.Sprintf(format, args...)})
	}
}

func (e *Explanation) field(name, value, from string, rivals []found) {
	if e == nil {
		return
	}
	c := FieldChoice{Field: name, Value: value, From: from}
	for _, r := range rivals {
		if r.Value != "" && (r.Value != value || r.From != from) {
			c.Beat = append(c.Beat, Rival(r))
		}
	}
	e.Fields = append(e.Fields, c)
}

func (e *Explanation) containers(l *layout, list []candidate, chosen int32) {
	if e == nil {
		return
	}
	seen := false
	for i, c := range list {
		if i >= maxCandidates && (seen || c.node != chosen) {
			continue
		}
		n := &l.nodes[c.node]
		seen = seen || c.node == chosen
		e.Candidates = append(e.Candidates, Candidate{Path: l.path(c.node), Score: float64(int(c.score)), Blocks: int(n.endBlock - n.firstBlock), Chosen: c.node == chosen})
	}
}

// path names the way from the body to an element.
func (l *layout) path(i int32) string {
	s := ""
	for ; i >= 0; i = l.nodes[i].parent {
		n := l.nodes[i].n
		name := n.Data
		if id := attr(n, "id"); id != "" {
			name += "#" + firstField(id)
		} else if class := firstField(attr(n, "class")); class != "" {
			name += "." + class
		}
		if s != "" {
			name += " > "
		}
		s = name + s
	}
	return s
}

// firstField is the first word of an attribute that holds several.
func firstField(s string) string {
	for f := range strings.FieldsSeq(s) {
		return f
	}
	return ""
}
