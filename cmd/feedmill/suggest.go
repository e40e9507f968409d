package main

import (
	"fmt"
	"strings"

	"github.com/hbollon/go-edlib"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// checkCommand finds words in args that should be a command and are none, before flags are looked at.
func checkCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil // asked by a shell
	}
	c, rest, err := root.Find(args)
	// Where a flag comes first, its own error is clearer.
	if (err != nil || c.HasSubCommands()) && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return unknownCommand(c, rest[0])
	}
	return nil
}

// unknownCommand says that c has no command of that name, and which was meant.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	msg := fmt.Sprintf("unknown command %q for %q", name, c.CommandPath())
	if near := c.SuggestionsFor(name); len(near) > 0 {
		msg += fmt.Sprintf("; did you mean %q?", c.CommandPath()+" "+near[0])
	}
	return usageError{fmt.Errorf("%s\nRun '%s --help' for the commands that there are", msg, c.CommandPath())}
}

// flagError says what is wrong with a flag, and which was meant.
func flagError(c *cobra.Command, err error) error {
	msg := err.Error()
	if unknown, ok := err.(*pflag.NotExistError); ok {
		best, bestDistance := "", 3
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if d := edlib.OSADamerauLevenshteinDistance(unknown.GetSpecifiedName(), f.Name); d < bestDistance && len(unknown.GetSpecifiedName()) > 1 {
				best, bestDistance = f.Name, d
			}
		})
		if best != "" {
			msg += fmt.Sprintf("; did you mean --%s?", best)
		}
	}
	return usageError{fmt.Errorf("%s\nRun '%s --help' for the flags that there are", msg, c.CommandPath())}
}
