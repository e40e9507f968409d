package main

import (
	"strings"
	"testing"
)

func TestRoff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"", ""}, {"plain text", "plain text"}, {"a-b \\n", `a\-b \en`}, {"so…", `so\[u2026]`}, {".TH x\n'quoted'\nend.", "\\&.TH x\n\\&'quoted'\nend."},
	} {
		if got := roff(test.in); got != test.want {
			t.Errorf("roff(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// TestManual wants that every line of a page that begins with a control character is one of the macros that are used.
func TestManual(t *testing.T) {
	t.Parallel()
	a, _, _ := testApp(t)
	root := a.root()
	for _, args := range [][]string{nil, {"run"}, {"feeds", "add"}, {"replay", "start"}} {
		c, _, err := root.Find(args)
		if err != nil {
			t.Fatal(err)
		}
		page := manual(c)
		for _, head := range []string{".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXAMPLES", ".SH EXIT STATUS", ".SH SEE ALSO"} {
			if !strings.Contains(page, head) {
				t.Errorf("%v: no %s", args, head)
			}
		}
		for line := range strings.Lines(page) {
			macro, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			switch macro {
			case ".TH", ".SH", ".B", ".PP", ".TP", ".nf", ".fi":
			default:
				if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
					t.Errorf("%v: line %q", args, line)
				}
			}
		}
	}
}
