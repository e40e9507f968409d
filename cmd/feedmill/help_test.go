package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// walk calls f for every command of ours.
func walk(c *cobra.Command, f func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			f(sub)
			walk(sub, f)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	a, _, _ := testApp(t)
	var paths []string
	walk(a.root(), func(c *cobra.Command) {
		paths = append(paths, c.CommandPath())
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q, want a phrase without a full stop", c.CommandPath(), c.Short)
		}
		if !c.HasSubCommands() && !strings.Contains(c.Example, "feedmill "+strings.TrimPrefix(c.CommandPath(), "feedmill ")) {
			t.Errorf("%s: no example shows it: %q", c.CommandPath(), c.Example)
		}
		for line := range strings.SplitSeq(c.Long+"\n"+c.Example, "\n") {
			if len([]rune(line)) > 130 {
				t.Errorf("%s: a line of help is %d characters long: %s", c.CommandPath(), len([]rune(line)), line)
			}
		}
	})
	if len(paths) < 25 {
		t.Errorf("only %d commands: %v", len(paths), paths)
	}
	for _, path := range paths {
		a, out, messages := testApp(t)
		args := append(strings.Fields(path)[1:], "--help")
		if code := a.execute(t.Context(), args); code != exitOK || messages.Len() > 0 {
			t.Errorf("%v: exit code %d, messages %q", args, code, messages)
		}
		examples, flags := strings.Index(out.String(), "\nExamples:"), strings.Index(out.String(), "\nFlags:")
		if examples < 0 || flags < examples {
			t.Errorf("%v: examples at %d, flags at %d; want examples first", args, examples, flags)
		}
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, want string }{
		{"recrods", `did you mean "feedmill records"?`},
		{"feeds lst", `did you mean "feedmill feeds list"?`},
		{"run --onec", "did you mean --once?"},
		{"run --dmo", "did you mean --demo?"},
		{"run --conf x", "unknown flag: --conf"},
		{"run -z", "unknown shorthand flag"},
		{"xyzzy", `unknown command "xyzzy" for "feedmill"` + "\nRun 'feedmill --help'"},
		{"help feedz", `did you mean "feedmill feeds"?`},
	} {
		a, _, messages := testApp(t)
		code := a.execute(t.Context(), strings.Fields(test.args))
		if code != exitUsage || !strings.Contains(messages.String(), test.want) {
			t.Errorf("%s: exit code %d, message %q, want %d and %q", test.args, code, messages, exitUsage, test.want)
		}
	}
}
