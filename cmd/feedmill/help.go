package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// shortHelp is what feedmill says when it is not told what to do.
const shortHelp = `feedmill: news feeds in, clean annotated article records out

  feedmill run --demo                      see it work, on a small news site of its own
  feedmill try https://example.com/story   one page through all stages, nothing stored
  feedmill feeds add https://example.com/feed.xml && feedmill run

'feedmill --help' lists the commands, 'feedmill COMMAND --help' explains one with examples.
`

const usageTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Flags of all commands:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

'{{.CommandPath}} COMMAND --help' explains a command.{{end}}
`

// setHelp makes help show examples before flags.
func setHelp(root *cobra.Command) {
	root.SetHelpTemplate("{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}")
	root.SetUsageTemplate(usageTemplate)
	root.Example = `  feedmill run --demo
  feedmill try https://example.com/story --explain
  feedmill records search "defense minister" -o jsonl`
	root.Long = `feedmill turns news feeds into clean, annotated article records: headline, byline, dates, body, picture with
caption and credit, people and places and what was said, each with where it came from.

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 failure, 2 wrong usage or
configuration, 3 done in part, 4 not found.`
}

// group is a command that only holds others.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(commands...)
	var examples []string
	for _, sub := range commands {
		first, _, _ := strings.Cut(sub.Example, "\n")
		examples = append(examples, first)
	}
	c.Example = strings.Join(examples, "\n")
	return c
}

// helpCommand is help as a command: feedmill help feeds add.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Example: "  feedmill help feeds add",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkCommand(root, args); err != nil {
				return err
			}
			c, _, err := root.Find(args)
			if err != nil {
				return err
			}
			return c.Help()
		},
	}
}

// noArgs, minArgs and exactArgs check the number of arguments; what names them in the error.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return argumentError(c, fmt.Sprintf("takes no arguments, got %q", args[0]))
	}
	return nil
}

func minArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return argumentError(c, "needs "+what)
		}
		return nil
	}
}

func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return argumentError(c, fmt.Sprintf("needs %s, got %d arguments", what, len(args)))
		}
		return nil
	}
}

func argumentError(c *cobra.Command, msg string) error {
	return usageError{fmt.Errorf("%s %s\nRun '%s --help' for examples", c.CommandPath(), msg, c.CommandPath())}
}
