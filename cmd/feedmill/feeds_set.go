package main

import (
	"context"
	"os"
	"regexp"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

// assignment is an argument that sets something, as no URL and no id does.
var assignment = regexp.MustCompile(`^[a-z_]+=`)

func feedsSetCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "set KEY=VALUE... URL|ID...",
		Short: "Set what holds for single feeds: interval, login, full text and more",
		Long: `Set what holds for single feeds, in the place of what the configuration says for all. KEY= takes a setting back. The keys:

  interval       the time between two polls, whatever the feed posts, such as 15m
  min_interval   the shortest time between two polls
  user_agent     sent with requests for the feed and its pages
  secret         the name of a login, cookie or header fields, of the file of secrets or the environment
  full_text      on or off: whether pages are fetched
  revisit        on or off: whether pages are looked at again for edits
  renderer       on or off: whether the renderer is asked for pages that need scripts
  rules          the name of the site rule by which pages are read, or off
  filters        a list such as [{field: title, match: weather, action: drop}]

docs/settings.md has more on each. Settings of a feed in a feed list in YAML count again when that list is read.` + choiceHelp,
		Example: `  feedmill feeds set interval=15m secret=paper-login https://example.com/feed.xml
  feedmill feeds set full_text=off --tag podcasts
  feedmill feeds set interval= --all`,
	}
	f := choiceFlags(c, false)
	c.Args = func(c *cobra.Command, args []string) error {
		values, names := assignments(args)
		for _, name := range names {
			if key, _, ok := strings.Cut(name, "="); ok && !strings.Contains(key, ":") {
				return argumentError(c, "has "+printable(name)+", which is no feed and no KEY=VALUE; the keys are "+strings.Join(registry.SettingKeys(), ", "))
			}
		}
		if len(values) == 0 {
			return argumentError(c, "needs at least one KEY=VALUE; the keys are "+strings.Join(registry.SettingKeys(), ", "))
		}
		return f.check(c, names)
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		values, names := assignments(args)
		for _, kv := range values {
			key, value, _ := strings.Cut(kv, "=")
			if err := registry.Set(&feedmill.Settings{}, key, value); err != nil {
				return usageError{err}
			}
		}
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			a.checkSecrets(cfg, values)
			said := listedSettings(cfg)
			return a.work(c.Context(), client, cfg, f, "set", "set", names, func(ctx context.Context, st *feedmill.FeedState) (string, error) {
				listed := ""
				if place := said[st.ID]; place.list != "" && place.list == st.Origin {
					listed = "(until " + place.from + " is read again)"
				}
				return listed, client.SetFeed(ctx, st, func(s *feedmill.FeedState) error {
					settings := feedmill.Settings{}
					if s.Settings != nil {
						settings = *s.Settings
					}
					settings.From = ""
					for _, kv := range values {
						key, value, _ := strings.Cut(kv, "=")
						if err := registry.Set(&settings, key, value); err != nil {
							return err
						}
					}
					s.Settings = &settings
					return nil
				})
			})
		})
	}
	a.busFlags(c)
	return c
}

// listPlace is where a feed list under feeds in the configuration has settings for a feed.
type listPlace struct{ list, from string }

// listedSettings are the feeds for which the lists of the configuration have settings, by id. Lists that cannot be read here
// are passed over: the daemon tells what is wrong with them.
func listedSettings(cfg *config.Config) map[string]listPlace {
	all := map[string]listPlace{}
	for _, list := range cfg.Feeds {
		f, err := os.Open(list)
		if err != nil {
			continue
		}
		subs, _ := registry.ReadSubscriptions(list, f) // with what could be read
		f.Close()
		for _, s := range subs {
			if !s.Settings.IsZero() {
				all[feedmill.FeedID(s.URL)] = listPlace{list, s.Settings.From}
			}
		}
	}
	return all
}

// assignments parts what sets something from what names feeds.
func assignments(args []string) (values, names []string) {
	for _, arg := range args {
		if assignment.MatchString(arg) {
			values = append(values, arg)
		} else {
			names = append(names, arg)
		}
	}
	return values, names
}

// checkSecrets says where a secret that is set is not known here. It may be known where the daemon runs.
func (a *app) checkSecrets(cfg *config.Config, values []string) {
	for _, kv := range values {
		name, ok := strings.CutPrefix(kv, "secret=")
		if !ok || name == "" {
			continue
		}
		secrets, err := cfg.OpenSecrets()
		if err == nil {
			_, err = secrets.Get(name)
		}
		if err != nil {
			a.say("%s %s; set all the same, for the daemon may know it", a.term.yellow("warning:"), printable(err.Error()))
		}
	}
}

func feedsTagCommand(a *app) *cobra.Command {
	return tagCommand(a, "tag", "tagged", "Give feeds a tag", `Give feeds a tag, or several with commas between them. A tag may be a path, such as news/korea.`,
		`  feedmill feeds tag news/korea https://example.com/feed.xml
  feedmill feeds tag paper --url '*://*.paper.example/*'`, registry.AddTags)
}

func feedsUntagCommand(a *app) *cobra.Command {
	return tagCommand(a, "untag", "untagged", "Take a tag from feeds", `Take a tag from feeds, or several with commas between them, and the tags below it: news stands for news/korea too.`,
		`  feedmill feeds untag news/korea https://example.com/feed.xml
  feedmill feeds untag old --tag old`, registry.RemoveTags)
}

func tagCommand(a *app, do, done, short, long, example string, change func(*feedmill.FeedState, []string) error) *cobra.Command {
	c := &cobra.Command{Use: do + " TAG URL|ID...", Short: short, Long: long + choiceHelp, Example: example}
	f := choiceFlags(c, false)
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return argumentError(c, "needs a tag")
		}
		return f.check(c, args[1:])
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		tags := strings.Split(args[0], ",")
		if err := change(&feedmill.FeedState{}, tags); err != nil {
			return usageError{err}
		}
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			return a.work(c.Context(), client, cfg, f, do, done, args[1:], func(ctx context.Context, st *feedmill.FeedState) (string, error) {
				return "", client.SetFeed(ctx, st, func(s *feedmill.FeedState) error { return change(s, tags) })
			})
		})
	}
	a.busFlags(c)
	return c
}
