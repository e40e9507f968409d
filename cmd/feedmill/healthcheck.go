package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/feedmill/feedmill/internal/web"
	"github.com/spf13/cobra"
)

// healthWait bounds the time of a health check, below that of those who run it at intervals.
const healthWait = 4 * time.Second

func healthcheckCommand(a *app) *cobra.Command {
	var asked string
	c := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running daemon whether it is ready, for container health checks",
		Long: `Ask a daemon on this machine whether it is ready: connected to NATS, every stage reading, every sink open.

The exit code is 0 where it is ready, and 1 where it is not or does not answer; the message says what is missing. The
daemon is found at http.listen of the configuration, which must be the same as the daemon's.`,
		Example: "  feedmill healthcheck\n  feedmill healthcheck --url http://127.0.0.1:8686/livez      only whether it goes on",
		Args:    noArgs,
	}
	c.Flags().StringVar(&asked, "url", "", "`URL` to ask (default /readyz at http.listen)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		address, err := a.healthURL(asked)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.Context(), healthWait)
		defer cancel()
		if err := web.Ask(ctx, address); err != nil {
			return fmt.Errorf("not healthy: %w", err)
		}
		_, err = fmt.Fprintln(a.out, "ok")
		return err
	}
	return c
}

// healthURL is the URL to ask: the one that was asked for, or that of the daemon that the configuration describes.
func (a *app) healthURL(asked string) (string, error) {
	if asked != "" {
		u, err := url.Parse(asked)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return "", usageError{fmt.Errorf("--url %q is no URL; write one such as http://127.0.0.1:8686/readyz", asked)}
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/readyz"
		}
		return u.String(), nil
	}
	cfg, err := a.settings()
	if err != nil {
		return "", err
	}
	if cfg.HTTP.Listen == "" {
		return "", usageError{errors.New("http.listen is off, so that no daemon can be asked; set it, or name a URL with --url")}
	}
	base := web.LocalURL(cfg.HTTP.Listen)
	if base == "" {
		return "", usageError{fmt.Errorf("http.listen is %s, a port that only the daemon knows; name its URL with --url", cfg.HTTP.Listen)}
	}
	return base + "/readyz", nil
}
