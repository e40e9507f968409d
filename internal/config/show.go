package config

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

var elementIndex = regexp.MustCompile(`\[[0-9]+\]`)

// eachLeaf calls fn for every single value, those inside lists too: sinks[0].name.
func (c *Config) eachLeaf(fn func(key string, v reflect.Value)) {
	eachLeaf(reflect.ValueOf(c).Elem(), "", fn)
}

func eachLeaf(v reflect.Value, key string, fn func(key string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for f, child := range v.Fields() {
			if f.IsExported() {
				eachLeaf(child, join(key, f.Tag.Get("yaml")), fn)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachLeaf(v.Index(i), fmt.Sprintf("%s[%d]", key, i), fn)
		}
	default:
		fn(key, v)
	}
}

func leafText(v reflect.Value) string {
	if s, ok := v.Interface().(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprint(v.Interface())
}

// Show writes the effective configuration as YAML that [Load] accepts, with passwords masked.
func (c *Config) Show(w io.Writer) error { return c.show(w, false) }

// ShowOrigins writes what [Config.Show] writes, with each value's origin as a comment behind it.
func (c *Config) ShowOrigins(w io.Writer) error { return c.show(w, true) }

func (c *Config) show(w io.Writer, origins bool) error {
	root := c.node(reflect.ValueOf(c).Elem(), "", origins)
	// Lines are not wrapped: a value and its comment stay together.
	text, err := yaml.Dump(root, yaml.WithLineWidth(-1))
	if err != nil {
		return fmt.Errorf("show configuration: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// node builds the YAML of v. Inside lists of groups, keys that are not set are left out.
func (c *Config) node(v reflect.Value, key string, origins bool) *yaml.Node {
	var n *yaml.Node
	switch v.Kind() {
	case reflect.Struct:
		n = &yaml.Node{Kind: yaml.MappingNode}
		for f, child := range v.Fields() {
			if !f.IsExported() || strings.Contains(key, "[") && child.IsZero() {
				continue
			}
			name := f.Tag.Get("yaml")
			n.Content = append(n.Content, stringNode(name), c.node(child, join(key, name), origins))
		}
		return n
	case reflect.Slice:
		n = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		if v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct {
			n.Style = 0
		}
		block := n.Style != yaml.FlowStyle
		for i := range v.Len() {
			n.Content = append(n.Content, c.node(v.Index(i), fmt.Sprintf("%s[%d]", key, i), origins && block))
		}
		if block {
			return n // the keys of its elements carry the comments
		}
	case reflect.String:
		n = stringNode(maskText(v.String()))
	default:
		n = &yaml.Node{Kind: yaml.ScalarNode, Value: leafText(v)}
	}
	if origins {
		n.LineComment = "# " + c.Origin(key)
	}
	return n
}

// stringNode quotes what YAML would take for something else.
func stringNode(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if text == "" || strings.ContainsAny(text, "\n\r\t") {
		n.Style = yaml.DoubleQuotedStyle
	} else if _, err := strconv.ParseFloat(text, 64); err == nil {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
