package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func manCommand(a *app) *cobra.Command {
	dir := ""
	c := &cobra.Command{
		Use:   "man --dir DIR",
		Short: "Write the manual pages",
		Long:  "Write a manual page of each command into a directory: feedmill.1, feedmill-run.1 and so on. What is there is replaced.",
		Example: `  feedmill man --dir /usr/local/share/man/man1
  feedmill man --dir man && man ./man/feedmill-run.1`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return argumentError(c, "needs --dir")
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			n, err := writeManuals(dir, c.Root())
			if err == nil {
				a.say("%s in %s", count(int64(n), "manual page"), dir)
			}
			return err
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`DIR`ectory of the pages")
	cobra.CheckErr(c.MarkFlagDirname("dir"))
	return c
}

// writeManuals writes the page of a command and of those below it.
func writeManuals(dir string, c *cobra.Command) (n int, err error) {
	path := filepath.Join(dir, manualName(c)+".1")
	if err := os.WriteFile(path, []byte(manual(c)), 0o644); err != nil {
		return 0, err
	}
	n = 1
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() || sub.Name() == "help" {
			continue
		}
		below, err := writeManuals(dir, sub)
		if n += below; err != nil {
			return n, err
		}
	}
	return n, nil
}

func manualName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manual is a command's page in roff, with the macros of man(7). It has no date, so that the same version gives the
// same page.
func manual(c *cobra.Command) string {
	var b strings.Builder
	name := manualName(c)
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q \"feedmill\"\n", strings.ToUpper(name), "feedmill "+buildVersion())
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	usage := c.UseLine()
	if c.HasAvailableSubCommands() {
		usage = c.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(usage))
	if c.Long != "" {
		b.WriteString(".SH DESCRIPTION\n")
		for i, paragraph := range strings.Split(c.Long, "\n\n") {
			if i > 0 {
				b.WriteString(".PP\n")
			}
			b.WriteString(roff(paragraph) + "\n")
		}
	}
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(sub.Name()), roff(sub.Short))
			}
		}
	}
	c.InitDefaultHelpFlag()
	manualFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manualFlags(&b, "OPTIONS OF ALL COMMANDS", c.InheritedFlags())
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	b.WriteString(".SH EXIT STATUS\n0 done, 1 failure, 2 wrong usage or configuration, 3 done in part, 4 not found.\n")
	var also []string
	if c.HasParent() {
		also = append(also, manualName(c.Parent()))
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			also = append(also, manualName(sub))
		}
	}
	for i, other := range also {
		also[i] = `\fB` + roff(other) + `\fP(1)`
	}
	if len(also) > 0 {
		b.WriteString(".SH SEE ALSO\n" + strings.Join(also, ", ") + "\n")
	}
	return b.String()
}

func manualFlags(b *strings.Builder, head string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	b.WriteString(".SH " + head + "\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		names := "--" + f.Name
		if f.Shorthand != "" {
			names = "-" + f.Shorthand + ", " + names
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fP", roff(names))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fP", roff(value))
		}
		b.WriteString("\n" + roff(usage))
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && d != "0" {
			b.WriteString(roff(" (default " + d + ")"))
		}
		b.WriteByte('\n')
	})
}

// roff makes text safe to stand in a page: backslashes and hyphens are literal, what is not ASCII is named by its code,
// and no line is taken for a request.
func roff(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
