package siterule

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Encode writes a rule file. Comments are lines that begin it; Parse reads the rest back as it was.
func (s *Site) Encode(comments ...string) ([]byte, error) {
	var b strings.Builder
	for _, c := range comments {
		for line := range strings.Lines(c) {
			fmt.Fprintf(&b, "# %s\n", strings.TrimSpace(line))
		}
	}
	root := mapping()
	root.add("hosts", texts(s.Hosts, true))
	rules := &yaml.Node{Kind: yaml.SequenceNode}
	for _, r := range s.Rules {
		m := mapping()
		for _, at := range []struct {
			key  string
			time time.Time
		}{{"from", r.From}, {"until", r.Until}} {
			switch {
			case at.time.IsZero():
			case at.time.Equal(at.time.Truncate(24 * time.Hour)):
				m.add(at.key, text(at.time.Format(time.DateOnly)))
			default:
				m.add(at.key, text(at.time.Format(time.RFC3339)))
			}
		}
		if len(r.Paths) > 0 {
			m.add("paths", texts(r.Paths, false))
		}
		for _, field := range Fields() {
			var list []string
			for _, sel := range r.Fields[field] {
				list = append(list, sel.text)
			}
			if len(list) > 0 {
				m.add(field, texts(list, false))
			}
		}
		if r.Keep {
			m.add("keep", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		}
		if r.Zone != nil {
			m.add("zone", text(r.Zone.String()))
		}
		if r.Dates != "" {
			m.add("dates", text(r.Dates))
		}
		rules.Content = append(rules.Content, m.node)
	}
	root.add("rules", rules)
	out, err := yaml.Marshal(root.node)
	if err != nil {
		return nil, fmt.Errorf("write rules of %s: %w", s.Name, err)
	}
	b.Write(out)
	return []byte(b.String()), nil
}

type mappingNode struct{ node *yaml.Node }

func mapping() mappingNode { return mappingNode{&yaml.Node{Kind: yaml.MappingNode}} }

func (m mappingNode) add(key string, value *yaml.Node) {
	m.node.Content = append(m.node.Content, text(key), value)
}

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// texts is a list, or the one text that stands for a list of one.
func texts(list []string, always bool) *yaml.Node {
	if len(list) == 1 && !always {
		return text(list[0])
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range list {
		n.Content = append(n.Content, text(s))
	}
	return n
}
