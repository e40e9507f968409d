package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/feedmill/feedmill"
)

// Secret is a login: user and password, a token, a cookie, header fields. It shows its name and nothing else, whatever
// prints, logs or encodes it.
type Secret struct {
	name, from                    string
	user, password, token, cookie string
	headers                       map[string]string
}

// Name is what the secret is called, and From where it stands.
func (s Secret) Name() string { return s.name }

// From is where the secret stands: file:line:col, or a variable of the environment.
func (s Secret) From() string { return s.from }

// String returns the name alone.
func (s Secret) String() string { return s.name }

// GoString returns the name alone.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.name) }

// LogValue returns the name alone.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.name) }

// MarshalText returns the name alone.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.name), nil }

// Token returns the token, "" where there is none.
func (s Secret) Token() string { return s.token }

// Fields returns the header fields by which an HTTP server is shown the secret.
func (s Secret) Fields() map[string]string {
	fields := maps.Clone(s.headers)
	if fields == nil {
		fields = map[string]string{}
	}
	switch {
	case s.user != "" || s.password != "":
		fields["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.password)) // RFC 7617
	case s.token != "":
		fields["Authorization"] = "Bearer " + s.token // RFC 6750 §2.1
	}
	if s.cookie != "" {
		fields["Cookie"] = s.cookie
	}
	return fields
}

// Secrets are all secrets that a configuration has.
type Secrets struct {
	byName map[string]Secret
	byEnv  map[string]Secret // by the variable
	file   string
}

// OpenSecrets reads the secrets: those of the file that the configuration names, which nobody but its owner may read, and
// those of the environment, which count more. What is wrong with them, and the names in settings that none of them has, are
// the error; no error holds a value.
func (c *Config) OpenSecrets() (*Secrets, error) {
	all := &Secrets{byName: map[string]Secret{}, byEnv: map[string]Secret{}, file: c.Secrets}
	var errs []error
	if c.Secrets != "" {
		errs = append(errs, all.read(c.Secrets))
	}
	for _, variable := range slices.Sorted(maps.Keys(c.secretVariables)) {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, envSecret)), "_", "-")
		from := "env " + variable
		root, err := variableNode(from, c.secretVariables[variable])
		if err != nil || root == nil {
			errs = append(errs, fmt.Errorf("%s: neither a token nor a group such as {user: jan, password: …}", from))
			continue
		}
		s := Secret{name: name, from: from}
		errs = append(errs, s.decode(root, from, false))
		all.byEnv[variable] = s
	}
	if err := errors.Join(errs...); err != nil {
		return all, err
	}
	for i := range c.Settings {
		key := fmt.Sprintf("settings[%d].secret", i)
		if name := c.Settings[i].Secret; name != "" {
			if _, err := all.Get(name); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", c.Origin(key), key, err))
			}
		}
	}
	return all, errors.Join(errs...)
}

// Get returns the secret of a name. The error says where it could stand.
func (s *Secrets) Get(name string) (Secret, error) {
	variable := envSecret + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
	if found, ok := s.byEnv[variable]; ok {
		found.name = name
		return found, nil
	}
	if found, ok := s.byName[name]; ok {
		return found, nil
	}
	names := s.Names()
	if near := nearest(name, names); near != "" {
		return Secret{}, fmt.Errorf("there is no secret %q; did you mean %q?", name, near)
	}
	where := "name a file of secrets under secrets in the configuration"
	if s.file != "" {
		where = "write it into " + s.file
	}
	return Secret{}, fmt.Errorf("there is no secret %q; %s, or set %s", name, where, variable)
}

// Names are the names of all secrets, sorted.
func (s *Secrets) Names() []string {
	names := slices.Collect(maps.Keys(s.byName))
	for _, v := range s.byEnv {
		names = append(names, v.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// read reads the file.
func (s *Secrets) read(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secrets %s: there is no such file; make it (chmod 600), or take it out of the configuration", path)
	}
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("secrets %s: its mode is %04o, so that others than its owner may use it; chmod 600 %s", path, mode, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return fmt.Errorf("secrets %s: %w; name the file itself", path, err)
	}
	if len(data) > maxFileBytes {
		return fmt.Errorf("secrets %s: larger than %s; check the path", path, Size(maxFileBytes))
	}
	root, err := parseYAML(path, data)
	if err != nil {
		return secretSyntax(err)
	}
	if root == nil {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d:%d: not secrets; write a name and what it stands for, such as paper-login: {user: jan, password: …}", path, root.Line, root.Column)
	}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		place := fmt.Sprintf("%s:%d:%d", path, name.Line, name.Column)
		switch _, twice := s.byName[name.Value]; {
		case name.Kind != yaml.ScalarNode || !feedmill.IsSecretName(name.Value):
			errs = append(errs, fmt.Errorf("%s: this is no name of a secret: write up to 64 of a-z, 0-9, -, _ and .", place))
			continue
		case twice:
			errs = append(errs, fmt.Errorf("%s: the secret %s is written twice; remove one", place, name.Value))
			continue
		}
		one := Secret{name: name.Value, from: place}
		if err := one.decode(value, path, true); err != nil {
			errs = append(errs, err)
			continue
		}
		s.byName[name.Value] = one
	}
	return errors.Join(errs...)
}

// variableNode is what a variable of the environment holds: a group, if it begins with a brace, else the text of a token as
// it stands, without white space around it. It is nil where there is nothing.
func variableNode(from, text string) (*yaml.Node, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, "{"):
		return parseYAML(from, []byte(text))
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, nil
}

// secretSyntax is a syntax error without the text that it may quote.
func secretSyntax(err error) error {
	place, _, ok := strings.Cut(err.Error(), ": not YAML")
	if !ok {
		return err
	}
	return fmt.Errorf("%s: not YAML; quote values that hold : # { or other signs", place)
}

// secretKeys are the keys of a secret that is a group.
var secretKeys = []string{"user", "password", "token", "cookie", "headers"}

// decode reads a secret: a token, or a group of keys. No error holds a value.
func (s *Secret) decode(n *yaml.Node, source string, places bool) error {
	var errs []error
	fail := func(n *yaml.Node, format string, args ...any) {
		place := source
		if places {
			place = fmt.Sprintf("%s:%d:%d", source, n.Line, n.Column)
		}
		errs = append(errs, fmt.Errorf("%s: secret %s: %s", place, s.name, fmt.Sprintf(format, args...)))
	}
	text := func(n *yaml.Node) string {
		if n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "" {
			fail(n, "a text is needed here")
			return ""
		}
		if strings.ContainsFunc(n.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			fail(n, "a line break or another control character cannot be sent")
		}
		return n.Value
	}
	if n.Kind != yaml.MappingNode {
		s.token = text(n)
		return errors.Join(errs...)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "user":
			if s.user = text(value); strings.Contains(s.user, ":") {
				fail(value, "a user has no colon (RFC 7617 §2)")
			}
		case "password":
			s.password = text(value)
		case "token":
			s.token = text(value)
		case "cookie":
			s.cookie = text(value)
		case "headers":
			if value.Kind != yaml.MappingNode {
				fail(value, "headers is a group of names and values, such as {X-Api-Key: …}")
				continue
			}
			s.headers = map[string]string{}
			for j := 0; j+1 < len(value.Content); j += 2 {
				s.headers[value.Content[j].Value] = text(value.Content[j+1])
			}
		default:
			// What stands here may be a part of the secret: {jan, p4ss} has two keys.
			if near := nearest(key.Value, secretKeys); near != "" {
				fail(key, "this is no key; did you mean %q?", near)
			} else {
				fail(key, "this is no key; known here: %s", strings.Join(secretKeys, ", "))
			}
		}
	}
	if (s.user != "" || s.password != "") && s.token != "" {
		fail(n, "user and password, or token: both cannot be sent")
	}
	if len(errs) == 0 && len(s.Fields()) == 0 {
		fail(n, "it says nothing; write %s", strings.Join(secretKeys, ", "))
	}
	return errors.Join(errs...)
}
