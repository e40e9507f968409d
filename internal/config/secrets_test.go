package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secretFile writes a file of secrets of that mode, and returns a configuration that names it.
func secretFile(t *testing.T, mode os.FileMode, text string) *Config {
	t.Helper()
	c := Default()
	c.Secrets = filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(c.Secrets, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.Secrets, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return c
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	c := secretFile(t, 0o600, `
login: {user: jan, password: "a:b"}
tok: abc
paper: {cookie: "s=1; t=2", headers: {X-Key: "k", Accept-Language: ko}}
`)
	env := []string{`FEEDMILL_SECRET_TOK=fromenv`, `FEEDMILL_SECRET_MY_API={token: t, headers: {X-A: b}}`, "FEEDMILL_SECRETS=" + c.Secrets}
	c, err := Load("", env)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"login", "my-api", "paper", "tok"}, all.Names()); d != "" {
		t.Error(d)
	}
	got := map[string]string{}
	for _, name := range []string{"login", "tok", "paper", "my-api", "my_api"} {
		s, err := all.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, f := range slices.Sorted(maps.Keys(s.Fields())) {
			fields = append(fields, f+": "+s.Fields()[f])
		}
		got[name] = strings.Join(fields, ", ") + " from " + filepath.Base(s.From())
	}
	want := map[string]string{
		"login":  "Authorization: Basic amFuOmE6Yg== from s.yaml:2:1",
		"tok":    "Authorization: Bearer fromenv from env FEEDMILL_SECRET_TOK",
		"paper":  "Accept-Language: ko, Cookie: s=1; t=2, X-Key: k from s.yaml:4:1",
		"my-api": "Authorization: Bearer t, X-A: b from env FEEDMILL_SECRET_MY_API",
		"my_api": "Authorization: Bearer t, X-A: b from env FEEDMILL_SECRET_MY_API",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	s, _ := all.Get("login")
	text, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := c.ShowOrigins(&shown); err != nil {
		t.Fatal(err)
	}
	everything := fmt.Sprintf("%v %+v %#v %s", s, s, s, &s) + string(text) + shown.String() + fmt.Sprintf("%v", c.Changed(Default()))
	for _, value := range []string{"a:b", "amFu", "fromenv"} {
		if strings.Contains(everything, value) {
			t.Errorf("%s is shown: %s", value, everything)
		}
	}
}

// No error holds what was written for a secret.
func TestSecretsThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mode       os.FileMode
		text, want string
	}{
		"open to all":     {0o644, "a: hunter2", "secrets s.yaml: its mode is 0644, so that others than its owner may use it; chmod 600 s.yaml"},
		"open to group":   {0o620, "a: hunter2", "secrets s.yaml: its mode is 0620, so that others than its owner may use it; chmod 600 s.yaml"},
		"no YAML":         {0o600, "a: hunter2: x", "s.yaml:1:11: not YAML; quote values that hold : # { or other signs"},
		"a list":          {0o600, "[hunter2]", "s.yaml:1:1: not secrets; write a name and what it stands for, such as paper-login: {user: jan, password: …}"},
		"key":             {0o600, "a: {user: b, passwort: hunter2}", `s.yaml:1:14: secret a: this is no key; did you mean "password"?`},
		"forgotten keys":  {0o600, "a: {jan, hunter2pw}", "s.yaml:1:5: secret a: this is no key; known here: user, password, token, cookie, headers"},
		"text with colon": {0o600, "a:\n  hunter2: x", "s.yaml:2:3: secret a: this is no key; known here: user, password, token, cookie, headers"},
		"two logins":      {0o600, "a: {user: b, password: hunter2, token: hunter2}", "s.yaml:1:4: secret a: user and password, or token: both cannot be sent"},
		"nothing":         {0o600, "a: {}", "s.yaml:1:4: secret a: it says nothing; write user, password, token, cookie, headers"},
		"line break":      {0o600, `a: "hunter2\nx"`, "s.yaml:1:4: secret a: a line break or another control character cannot be sent"},
		"name":            {0o600, "hunter2!: x", "s.yaml:1:1: this is no name of a secret: write up to 64 of a-z, 0-9, -, _ and ."},
		"colon in a user": {0o600, "a: {user: 'hunter2:x'}", "s.yaml:1:11: secret a: a user has no colon (RFC 7617 §2)"},
		"unknown":         {0o600, "paper-login: hunter2", `default: settings[0].secret: there is no secret "paper-logn"; did you mean "paper-login"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := secretFile(t, tt.mode, tt.text)
			c.Settings = []Setting{{For: []string{"a.example"}, Secret: "paper-logn"}}
			_, err := c.OpenSecrets()
			if err == nil {
				t.Fatal("no error")
			}
			first, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), c.Secrets, "s.yaml"), "\n")
			if d := cmp.Diff(tt.want, first); d != "" {
				t.Error(d)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

// What a variable holds is a token as it stands, unless it is a group.
func TestSecretsOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ value, want string }{
		"token":            {"hunter2", "Bearer hunter2"},
		"comment":          {"hunter2 #x", "Bearer hunter2 #x"},
		"colon":            {"hunter2: x", "Bearer hunter2: x"},
		"quote":            {`"hunter2`, `Bearer "hunter2`},
		"tilde":            {"~", "Bearer ~"},
		"null":             {"null", "Bearer null"},
		"alias":            {"*hunter2", "Bearer *hunter2"},
		"line break after": {"hunter2\n", "Bearer hunter2"},
		"group":            {" {token: hunter2}", "Bearer hunter2"},
		"empty":            {"", "env FEEDMILL_SECRET_A: neither a token nor a group such as {user: jan, password: …}"},
		"white space":      {" \t", "env FEEDMILL_SECRET_A: neither a token nor a group such as {user: jan, password: …}"},
		"line break":       {"hunter2\nx", "env FEEDMILL_SECRET_A: secret a: a line break or another control character cannot be sent"},
		"no group":         {"{hunter2", "env FEEDMILL_SECRET_A: neither a token nor a group such as {user: jan, password: …}"},
		"forgotten keys":   {"{jan, hunter2}", "env FEEDMILL_SECRET_A: secret a: this is no key; known here: user, password, token, cookie, headers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			c.secretVariables = map[string]string{"FEEDMILL_SECRET_A": tt.value}
			all, err := c.OpenSecrets()
			if err != nil {
				first, _, _ := strings.Cut(err.Error(), "\n")
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the error shows the secret: %v", err)
				}
				if d := cmp.Diff(tt.want, first); d != "" {
					t.Error(d)
				}
				return
			}
			s, err := all.Get("a")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(map[string]string{"Authorization": tt.want}, s.Fields()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestUnknownSecret(t *testing.T) {
	t.Parallel()
	c := Default()
	all, err := c.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	_, err = all.Get("paper.login")
	if want := `there is no secret "paper.login"; name a file of secrets under secrets in the configuration, or set FEEDMILL_SECRET_PAPER_LOGIN`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
