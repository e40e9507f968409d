package registry

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/feedmill/feedmill"
)

// ReadYAML reads a feed list in YAML: a list of URLs, and of groups with the key url and, where wanted, title, tags and the
// SettingKeys.
//
//   - https://example.com/feed.xml
//   - url: https://example.org/atom
//     tags: [news, news/korea]
//     interval: 15m
//     secret: example-login
//
// Elements that are wrong are left out and described in the error, each as name:line:col, beside the subscriptions of all
// the others, and so are second settings of a feed that stands there twice: the first count. Null says nothing. Every
// subscription has Settings, which say where they stand.
func ReadYAML(name string, r io.Reader) ([]Subscription, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxList+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxList {
		return nil, fmt.Errorf("%s: larger than %d MiB", name, maxList>>20)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		if e, ok := errors.AsType[*yaml.LoadError](err); ok && e.Mark.Line > 0 {
			return nil, fmt.Errorf("%s:%d:%d: not YAML: %s", name, e.Mark.Line, e.Mark.Column, e.Message)
		}
		return nil, fmt.Errorf("%s: not YAML: %w", name, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%s:%d:%d: not a list; write one element a feed, such as - {url: https://example.com/feed.xml, interval: 15m}", name, root.Line, root.Column)
	}
	var list merged
	var bad []error
	bads := 0
	for _, n := range root.Content {
		sub, err := yamlFeed(name, n)
		if err == nil {
			list.add(sub.URL, sub.Title, sub.Tags)
			first := &list.subs[list.at[sub.URL]]
			if first.Settings.IsZero() && (first.Settings == nil || !sub.Settings.IsZero()) {
				first.Settings = sub.Settings
			}
			if sub.Settings.IsZero() || Same(first.Settings, sub.Settings) {
				continue
			}
			err = fmt.Errorf("%s:%d:%d: %s has other settings at %s, which count; remove one", name, n.Line, n.Column, sub.URL, first.Settings.From)
		}
		if bads++; bads <= maxBadLines {
			bad = append(bad, err)
		}
	}
	if bads > maxBadLines {
		bad = append(bad, fmt.Errorf("%s: and %d more bad feeds", name, bads-maxBadLines))
	}
	return list.subs, errors.Join(bad...)
}

func yamlFeed(name string, n *yaml.Node) (sub Subscription, err error) {
	at := func(n *yaml.Node, format string, args ...any) error {
		return fmt.Errorf("%s:%d:%d: %s", name, n.Line, n.Column, fmt.Sprintf(format, args...))
	}
	sub.Settings = &feedmill.Settings{From: fmt.Sprintf("%s:%d", name, n.Line)}
	n = named(n)
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		if sub.URL, err = cleanURL(n.Value); err != nil {
			return sub, at(n, "%v", err)
		}
		return sub, nil
	}
	if n.Kind != yaml.MappingNode {
		return sub, at(n, "no feed; write a URL, or a group of keys such as {url: https://example.com/feed.xml, interval: 15m}")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], named(n.Content[i+1])
		text := value.Value
		if key.Value == "<<" {
			return sub, at(key, "merge keys (<<) are not read; write the keys out")
		}
		if isNull(value) && (key.Value == "url" || key.Value == "title" || key.Value == "tags" || slices.Contains(SettingKeys(), key.Value)) {
			continue // nothing is said
		}
		if key.Value == "filters" {
			b, err := yaml.Marshal(value)
			if err != nil {
				return sub, at(value, "%v", err)
			}
			text = string(b)
		} else if key.Value != "tags" && value.Kind != yaml.ScalarNode {
			return sub, at(value, "%s: want a text", key.Value)
		}
		switch key.Value {
		case "url":
			if sub.URL, err = cleanURL(text); err != nil {
				return sub, at(value, "%v", err)
			}
		case "title":
			sub.Title = strings.Join(strings.Fields(text), " ")
		case "tags":
			tags := []*yaml.Node{value}
			if value.Kind == yaml.SequenceNode {
				tags = value.Content
			}
			for _, tag := range tags {
				if tag = named(tag); tag.Kind != yaml.ScalarNode {
					return sub, at(tag, "tags: want a text, or a list of texts")
				} else if !isNull(tag) {
					sub.Tags = append(sub.Tags, tag.Value)
				}
			}
		default:
			if err := Set(sub.Settings, key.Value, text); err != nil {
				place := value
				if strings.HasPrefix(err.Error(), "unknown") {
					place = key
				}
				return sub, at(place, "%v", err)
			}
		}
	}
	if sub.URL == "" {
		return sub, at(n, "a feed without url")
	}
	return sub, nil
}

// named is what an alias stands for, and any other node itself.
func named(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// isNull tells whether a node says that there is nothing.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// isYAML tells whether a list is YAML: its first line that is no comment begins an element.
func isYAML(head []byte) bool {
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line == "---" {
			continue
		}
		return strings.HasPrefix(line, "- ") || line == "-" || strings.HasPrefix(line, "[")
	}
	return false
}
