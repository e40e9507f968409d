package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// choice says which feeds a command works on: those that are named, or all that the flags choose.
type choice struct {
	tag, state, url string
	all, dryRun     bool
	yes             bool
	needsYes        bool // where the flags choose
}

// The states beside problems and outcomes.
const (
	stateActive = "active" // neither paused nor gone
	statePaused = "paused"
)

// feedStates are the words that --state knows.
func feedStates() []string {
	words := []string{stateActive, statePaused}
	for _, p := range registry.Problems() {
		words = append(words, string(p))
	}
	for _, o := range []feedmill.Outcome{feedmill.OutcomeFetched, feedmill.OutcomeUnchanged, feedmill.OutcomeFailed, feedmill.OutcomeNotFeed, feedmill.OutcomeRefused,
		feedmill.OutcomeRateLimited, feedmill.OutcomeLoginRefused} {
		words = append(words, string(o))
	}
	return words
}

const choiceHelp = `

In the place of URLs and ids, flags choose the feeds: --tag (which stands for the tags below it too), --state and --url
together, or --all. How many there are is said first; --dry-run names them and does nothing.`

func choiceFlags(c *cobra.Command, needsYes bool) *choice {
	f := &choice{needsYes: needsYes}
	flags := c.Flags()
	flags.StringVar(&f.tag, "tag", "", "the feeds with this `TAG`")
	flags.StringVar(&f.state, "state", "", "the feeds in this `STATE`: "+strings.Join(feedStates(), ", "))
	flags.StringVar(&f.url, "url", "", "the feeds whose URL is of this `PATTERN`, in which * stands for any text and ? for one character")
	flags.BoolVar(&f.all, "all", false, "all feeds")
	flags.BoolVar(&f.dryRun, "dry-run", false, "name the feeds and do nothing")
	if needsYes {
		flags.BoolVar(&f.yes, "yes", false, "confirm it where flags choose the feeds")
	}
	cobra.CheckErr(c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(feedStates(), cobra.ShellCompDirectiveNoFileComp)))
	return f
}

func (f *choice) chooses() bool { return f.tag != "" || f.state != "" || f.url != "" || f.all }

// check says what is wrong with the arguments and flags of a command.
func (f *choice) check(c *cobra.Command, names []string) error {
	switch {
	case f.chooses() && len(names) > 0:
		return argumentError(c, "has feeds by name ("+printable(names[0])+") and flags that choose feeds; leave out one of the two")
	case f.all && (f.tag != "" || f.state != "" || f.url != ""):
		return argumentError(c, "has --all, which stands alone; leave it out, or --tag, --state and --url")
	case !f.chooses() && len(names) == 0:
		return argumentError(c, "needs feeds, by URL or id, or flags that choose them: --tag, --state, --url or --all")
	case f.state != "" && !slices.Contains(feedStates(), f.state):
		return usageError{fmt.Errorf("--state: unknown state %q; the states are %s", f.state, strings.Join(feedStates(), ", "))}
	}
	return nil
}

// matches tells whether the flags choose a feed, its tag aside.
func (f *choice) matches(st *feedmill.FeedState, pattern *regexp.Regexp, now time.Time) bool {
	if pattern != nil && !pattern.MatchString(st.URL) {
		return false
	}
	switch f.state {
	case "":
		return true
	case stateActive:
		return !st.Paused && !st.Gone
	case statePaused:
		return st.Paused
	}
	problem, _ := registry.Diagnose(st, now)
	return string(problem) == f.state || string(st.Outcome) == f.state && !st.Paused
}

// wildcard is a pattern in which * stands for any text and ? for one character.
func wildcard(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	return regexp.MustCompile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(quoted) + "$")
}

// chosen are the feeds that the flags choose, by URL.
func (f *choice) chosen(ctx context.Context, client *daemon.Client) ([]feedmill.FeedState, error) {
	feeds, err := client.Feeds(ctx, f.tag)
	if err != nil {
		return nil, err
	}
	var pattern *regexp.Regexp
	if f.url != "" {
		pattern = wildcard(f.url)
	}
	now := time.Now()
	feeds = slices.DeleteFunc(feeds, func(st feedmill.FeedState) bool { return !f.matches(&st, pattern, now) })
	slices.SortFunc(feeds, func(x, y feedmill.FeedState) int { return cmp.Compare(x.URL, y.URL) })
	return feeds, nil
}

// atOnce is how many feeds are worked on at a time.
const atOnce = 16

// work does something with each feed that is named or chosen. Do is what it does in a word ("pause"), and f does it and
// returns what to say of the feed behind id and URL. A named feed that is not there stops nothing, and makes the result
// partial, or not found where none is there.
func (a *app) work(ctx context.Context, client *daemon.Client, cfg *config.Config, c *choice, do, done string, names []string, f func(context.Context, *feedmill.FeedState) (string, error)) error {
	var feeds []feedmill.FeedState
	missing := 0
	var last error
	if c.chooses() {
		var err error
		if feeds, err = c.chosen(ctx, client); err != nil {
			return err
		}
		if len(feeds) == 0 {
			return fmt.Errorf("%w: no feed is chosen; feedmill feeds list%s shows those that there are", errNotFound, a.dataHint(cfg))
		}
		if c.needsYes && !c.yes && !c.dryRun {
			return usageError{fmt.Errorf("this would %s %s; add --yes to do it, or --dry-run to see them", do, count(int64(len(feeds)), "feed"))}
		}
		a.say("%s", count(int64(len(feeds)), "feed"))
	}
	for _, name := range names {
		st, err := client.Registry.Find(ctx, name)
		switch {
		case errors.Is(err, registry.ErrNotFound):
			missing++
			last = unknownFeed(err, name, a.dataHint(cfg))
			if len(names) > 1 {
				a.say("%v", last)
			}
		case err != nil:
			return err
		default:
			feeds = append(feeds, st)
		}
	}
	if len(names) > 0 && missing == len(names) {
		return last
	}
	if c.dryRun {
		for i := range feeds {
			fmt.Fprintf(a.out, "would %s  %s  %s\n", do, feeds[i].ID, printable(feeds[i].URL))
		}
		return nil
	}
	p := a.progress(len(feeds), "feeds")
	defer p.end()
	for part := range slices.Chunk(feeds, atOnce) {
		said := make([]string, len(part))
		ok := make([]bool, len(part))
		group, ctx := errgroup.WithContext(ctx)
		for i := range part {
			group.Go(func() (err error) {
				said[i], err = f(ctx, &part[i])
				if ok[i] = err == nil; errors.Is(err, registry.ErrNotFound) {
					return nil // removed meanwhile
				}
				return err
			})
		}
		err := group.Wait()
		for i := range part {
			if !ok[i] {
				continue
			}
			fmt.Fprintf(a.out, "%s  %s  %s%s\n", done, part[i].ID, printable(part[i].URL), strings.TrimSuffix("  "+said[i], "  "))
		}
		if err != nil {
			return err
		}
		p.at(p.now + len(part))
	}
	return someFailed("feeds "+do, len(names), missing, "feed")
}
