package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxFileBytes bounds the file; no configuration comes near it.
const maxFileBytes = 1 << 20

// Load returns the defaults with the file and then the environment laid over them. path is the file, YAML or JSON;
// where it is empty FEEDMILL_CONFIG names it, and where that is empty too there is none. env is in the form of
// os.Environ; variables that do not begin with FEEDMILL_ are passed over. Every error of the file and the environment
// is reported, one a line. Ranges are not checked here: flags may follow ([Config.Set]), then [Config.Validate].
func Load(path string, env []string) (*Config, error) {
	c := Default()
	vars := ourVariables(env)
	if path == "" {
		path = vars[envConfig]
	}
	var errs []error
	if path != "" {
		data, err := readFile(path)
		if err != nil {
			return nil, err
		}
		errs = append(errs, c.decodeFile(path, data))
	}
	errs = append(errs, c.decodeEnv(vars))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("config %s: there is no such file; check the path, or run without it to take the defaults", path)
	}
	if err != nil {
		return nil, fmt.Errorf("config %s: %w; the file must be readable by the user that runs feedmill", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("config %s: %w; name the file itself", path, err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("config %s: larger than %s; this is hardly a configuration, check the path", path, Size(maxFileBytes))
	}
	return data, nil
}

// decodeFile lays one YAML document over c. An empty document changes nothing.
func (c *Config) decodeFile(name string, data []byte) error {
	root, err := parseYAML(name, data)
	if err != nil || root == nil {
		return err
	}
	d := &decoder{c: c, source: name, places: true}
	d.value(root, reflect.ValueOf(c).Elem(), "", reflect.StructField{})
	return d.err()
}

// parseYAML returns the root node of the one document in data, nil where there is none.
func parseYAML(name string, data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var doc, next yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(name, data, err)
	}
	if err := loader.Load(&next); err == nil {
		return nil, fmt.Errorf("%s:%d:%d: a second document begins here; one file holds one configuration, remove the ---", name, next.Line, next.Column)
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, data, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// syntaxError tells where the text stops being YAML, and the usual reason where that can be seen.
func syntaxError(name string, data []byte, err error) error {
	e, ok := errors.AsType[*yaml.LoadError](err)
	if i := bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && !unicode.IsSpace(r) || r == utf8.RuneError }); i >= 0 {
		return fmt.Errorf("%s:%d: not YAML: it holds bytes that are no text; is it another kind of file?", name, 1+bytes.Count(data[:i], []byte("\n")))
	}
	if !ok || e.Mark.Line == 0 {
		return fmt.Errorf("%s: not YAML: %w", name, err)
	}
	hint := ""
	if lines := bytes.Split(data, []byte("\n")); e.Mark.Line <= len(lines) {
		line := lines[e.Mark.Line-1]
		if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; bytes.ContainsRune(indent, '\t') {
			hint = "; indent with spaces, not tabs"
		}
	}
	if e.ContextMsg != "" && e.ContextMark.Line > 0 && e.ContextMark.Line != e.Mark.Line {
		hint = fmt.Sprintf(" %s that begins at line %d%s", e.ContextMsg, e.ContextMark.Line, hint)
	}
	return fmt.Errorf("%s:%d:%d: not YAML: %s%s", name, e.Mark.Line, e.Mark.Column, e.Message, hint)
}

// Set lays one value over c, whatever set it before: text is what a flag or a variable holds, a list's elements are
// separated by commas, a list of groups is JSON or YAML in one line. origin is what [Config.Origin] will say and what
// an error begins with, such as "flag --poll-min".
func (c *Config) Set(key, text, origin string) error {
	v, f, err := c.lookup(key)
	if err != nil {
		return fmt.Errorf("%s: %w", origin, err)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if v.Kind() == reflect.Slice {
		if n, err = listNode(v.Type(), text); err != nil {
			return fmt.Errorf("%s: %s: %q is not a list; write one such as %s", origin, key, text, example(f))
		}
	}
	d := &decoder{c: c, source: origin}
	d.value(n, v, key, f)
	return d.err()
}

func listNode(t reflect.Type, text string) (*yaml.Node, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	if strings.TrimSpace(text) == "" {
		return list, nil
	}
	if strings.HasPrefix(strings.TrimSpace(text), "[") || t.Elem().Kind() == reflect.Struct {
		root, err := parseYAML("", []byte(text))
		if err == nil && root == nil {
			return list, nil
		}
		return root, err
	}
	for part := range strings.SplitSeq(text, ",") {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(part)})
	}
	return list, nil
}
