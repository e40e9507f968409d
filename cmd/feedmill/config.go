package main

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func configCheckCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration: file, environment and flags",
		Long: `Check the configuration, and the site rules and secrets that it names, and say everything that is wrong with them, each with its
place and what to do. Without FILE it is the one that other commands would take. Exit code 2 says that it is wrong.`,
		Example: "  feedmill config check feedmill.yaml\n  FEEDMILL_POLL_MIN=2s feedmill config check",
		Args:    atMostOneArg,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.configFile = args[0]
			}
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			a.tellPending(cfg)
			_, rules := daemon.Rules(cfg)
			_, overrides := daemon.NewOverrides(cfg)
			if err := errors.Join(rules, overrides); err != nil {
				return usageError{err}
			}
			file := a.configPath()
			if file == "" {
				file = "defaults and environment"
			}
			_, err = fmt.Fprintf(a.out, "%s: ok\n", file)
			return err
		},
	}
	a.dataFlag(c)
	return c
}

func configShowCommand(a *app) *cobra.Command {
	origin := false
	c := &cobra.Command{
		Use:   "show",
		Short: "Show the configuration in effect, as YAML",
		Long: `Show the configuration in effect: defaults, file, environment and flags laid over each other in this order, with
passwords masked. A configuration that is wrong is shown too; 'feedmill config check' says what is wrong with it.`,
		Example: "  feedmill config show --origin\n  feedmill config show > feedmill.yaml",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.uncheckedSettings()
			if err != nil {
				return err
			}
			if origin {
				return cfg.ShowOrigins(a.out)
			}
			return cfg.Show(a.out)
		},
	}
	c.Flags().BoolVar(&origin, "origin", false, "say behind each value where it was set")
	a.busFlags(c)
	return c
}

func atMostOneArg(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return argumentError(c, fmt.Sprintf("takes one file at most, got %d", len(args)))
	}
	return nil
}
