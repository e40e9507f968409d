package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxErrors is how many errors of one source are told; a file of the wrong kind would have one a line.
const maxErrors = 20

// decoder lays YAML nodes over a Config and gathers every error. It is ours rather than the library's, because the
// library's errors carry neither the key nor a column, and because each value's origin is wanted.
type decoder struct {
	c *Config
	// source is the file's name or another name of where the text is from.
	source string
	// places says whether line and column mean anything to the reader.
	places bool
	errs   []error
	more   int
}

func (d *decoder) at(n *yaml.Node) string {
	if !d.places || n.Line == 0 {
		return d.source
	}
	return fmt.Sprintf("%s:%d:%d", d.source, n.Line, n.Column)
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	if len(d.errs) == maxErrors {
		d.more++
		return
	}
	d.errs = append(d.errs, fmt.Errorf("%s: %s", d.at(n), fmt.Sprintf(format, args...)))
}

func (d *decoder) err() error {
	if d.more > 0 {
		return errors.Join(append(d.errs, fmt.Errorf("%s: %d more errors", d.source, d.more))...)
	}
	return errors.Join(d.errs...)
}

// value decodes n into v, which key names. f is the struct field that v is, or is an element of.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string, f reflect.StructField) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, key)
	case reflect.Slice:
		d.list(n, v, key, f)
	default:
		d.scalar(n, v, key, f)
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	if isNull(n) {
		return // a group whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		if key == "" {
			d.fail(n, "%s is not a configuration; write keys such as poll: {min: 5m}", describe(n))
			return
		}
		d.fail(n, "%s: %s is not a group of keys; write one such as {%s: …}", key, describe(n), keysOf(v.Type())[0])
		return
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		f, ok := fieldByKey(v.Type(), name.Value)
		switch {
		case name.Kind != yaml.ScalarNode:
			d.fail(name, "a key must be a plain word")
		case name.Value == "<<":
			d.fail(name, "merge keys (<<) are not supported; write the keys out")
		case !ok:
			d.fail(name, "unknown key %q%s", name.Value, suggestKey(v.Type(), key, name.Value))
		case first[name.Value] != nil:
			d.fail(name, "%s is set twice; remove one (the other is at line %d)", join(key, name.Value), first[name.Value].Line)
		default:
			first[name.Value] = name
			d.value(child, v.FieldByIndex(f.Index), join(key, name.Value), f)
		}
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, key string, f reflect.StructField) {
	d.c.forget(key)
	if isNull(n) {
		v.SetZero()
		d.c.setOrigin(key, d.at(n))
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fail(n, "%s: %s is not a list; write one such as %s", key, describe(n), example(f))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		if child.Kind == yaml.AliasNode {
			child = child.Alias
		}
		if isNull(child) {
			d.fail(child, "%s: an element has no value; write one or remove it", key)
			continue
		}
		element := fmt.Sprintf("%s[%d]", key, i)
		d.value(child, list.Index(i), element, f)
		d.c.setOrigin(element, d.at(child))
	}
	v.Set(list)
	d.c.setOrigin(key, d.at(n))
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string, f reflect.StructField) {
	if isNull(n) {
		d.fail(n, "%s has no value; write one such as %s, or remove the key", key, example(f))
		return
	}
	if n.Kind != yaml.ScalarNode {
		d.fail(n, "%s: %s is not %s; write one such as %s", key, describe(n), kindName(v), example(f))
		return
	}
	if !setScalar(v, n.Value) {
		d.fail(n, "%s: %q is not %s; write one such as %s", key, n.Value, kindName(v), example(f))
		return
	}
	d.c.setOrigin(key, d.at(n))
}

// setScalar reads text into v and tells whether it is of v's kind.
func setScalar(v reflect.Value, text string) bool {
	switch p := v.Addr().Interface().(type) {
	case *Duration:
		return p.UnmarshalText([]byte(text)) == nil
	case *Size:
		return p.UnmarshalText([]byte(text)) == nil
	case *string:
		*p = text
		return true
	case *int:
		n, err := strconv.Atoi(text)
		*p = n
		return err == nil
	case *bool:
		*p = strings.EqualFold(text, "true")
		return *p || strings.EqualFold(text, "false")
	}
	return false
}

func kindName(v reflect.Value) string {
	switch v.Interface().(type) {
	case Duration:
		return "a duration"
	case Size:
		return "a size"
	case int:
		return "a whole number"
	case bool:
		return "true or false"
	}
	return "a text"
}

// example returns a good value for a field: the one in its tag, else its kind's.
func example(f reflect.StructField) string {
	if e, ok := f.Tag.Lookup("example"); ok {
		return e
	}
	switch reflect.Zero(f.Type).Interface().(type) {
	case Duration:
		return "30s, 5m or 7d"
	case Size:
		return "8MiB"
	case int:
		return "10"
	case bool:
		return "true"
	case []int:
		return "[80, 443]"
	}
	return `"text"`
}

// describe names a node that is of the wrong kind.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(n.Value)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
