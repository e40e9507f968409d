package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func feedsPauseCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "pause URL|ID...",
		Short: "Poll feeds no more until they are resumed",
		Long:  "Poll feeds no more until they are resumed. What is known of them stays, and so do their records." + choiceHelp,
		Example: `  feedmill feeds pause https://example.com/feed.xml
  feedmill feeds pause --tag sport --state failing --dry-run`,
	}
	f := choiceFlags(c, false)
	c.Args = f.check
	c.RunE = func(c *cobra.Command, names []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			return a.work(c.Context(), client, cfg, f, "pause", "paused", names, func(ctx context.Context, st *feedmill.FeedState) (string, error) {
				return "", client.Pause(ctx, st)
			})
		})
	}
	a.busFlags(c)
	return c
}

func feedsResumeCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "resume URL|ID...",
		Short: "Poll paused or gone feeds again, at once",
		Long: `Poll feeds again that were paused, or that said that they are gone (410). The next poll is due at once, unless the
server asked for a pause that is not over yet.` + choiceHelp,
		Example: `  feedmill feeds resume https://example.com/feed.xml
  feedmill feeds resume --state paused --url '*://example.com/*'`,
	}
	f := choiceFlags(c, false)
	c.Args = f.check
	c.RunE = func(c *cobra.Command, names []string) error {
		return a.soon(c, f, "resume", "resumed", names, func(ctx context.Context, client *daemon.Client, st *feedmill.FeedState) (time.Time, error) {
			return client.Resume(ctx, st)
		})
	}
	a.busFlags(c)
	return c
}

func feedsPollCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "poll URL|ID...",
		Short: "Poll feeds now",
		Long: `Poll feeds now, whenever they are due: by the daemon, as soon as their hosts' turn comes, unless the server asked for a
pause that is not over yet. Paused feeds stay paused.` + choiceHelp,
		Example: `  feedmill feeds poll https://example.com/feed.xml
  feedmill feeds poll --state login_refused`,
	}
	f := choiceFlags(c, false)
	c.Args = f.check
	c.RunE = func(c *cobra.Command, names []string) error {
		return a.soon(c, f, "poll", "due", names, func(ctx context.Context, client *daemon.Client, st *feedmill.FeedState) (time.Time, error) {
			return client.PollNow(ctx, st)
		})
	}
	a.busFlags(c)
	return c
}

// soon does something that makes feeds due at once.
func (a *app) soon(c *cobra.Command, f *choice, do, done string, names []string, act func(context.Context, *daemon.Client, *feedmill.FeedState) (time.Time, error)) error {
	return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
		now := time.Now()
		var soon atomic.Int64
		err := a.work(c.Context(), client, cfg, f, do, done, names, func(ctx context.Context, st *feedmill.FeedState) (string, error) {
			if do == "poll" && (st.Paused || st.Gone) {
				return "(" + feedOutcome(st) + ": not polled until it is resumed)", nil
			}
			at, err := act(ctx, client, st)
			switch {
			case err != nil:
				return "", err
			case at.After(now.Add(time.Minute)):
				return "(its server asks to wait until " + moment(at, now) + ")", nil
			}
			soon.Add(1)
			return "", nil
		})
		if soon.Load() > 0 {
			a.tellWhen(client, cfg, "the next poll comes")
		}
		return err
	})
}
