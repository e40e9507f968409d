package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

// replayFlags are the flags of replay start.
type replayFlags struct {
	stage, since, until, subject, host, feed, id string
	rate                                         rate
	dryRun                                       bool
	form                                         *form
}

func replayStartCommand(a *app) *cobra.Command {
	f := &replayFlags{}
	stages := slices.Sorted(maps.Keys(daemon.ReplayStages()))
	c := &cobra.Command{
		Use:   "start --stage STAGE",
		Short: "Send stored messages through a stage again",
		Long: `Send what the streams still hold through a stage again: article pages through the parser, articles through the
enricher, records into the stores. What comes out goes the ordinary way, and replaces in the stores what was made of the
same source before. Nothing is fetched, and live work goes first. What is stored after the start is not replayed.

The command ends when all messages are sent, which with --rate may be long; the daemon handles them meanwhile and after.
If it is cut short, 'feedmill replay resume' goes on with it.

All conditions must hold; without any, the whole stream is replayed. --dry-run does the work in this process, compares
with the database, says by field what would change, and changes nothing.`,
		Example: `  feedmill replay start --stage parser --host www.example.com --dry-run
  feedmill replay start --stage enricher --since 7d --rate 50/s
  feedmill replay start --stage parser --subject 'page.article.www-example-com' --dry-run -o json | jq .fields`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.replayStart(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.stage, "stage", "", "the `STAGE` to go through again: "+strings.Join(stages, ", "))
	flags.StringVar(&f.since, "since", "", "only what was stored from this `TIME` on: 2026-01-31, RFC 3339, or 24h, 7d before now")
	flags.StringVar(&f.until, "until", "", "only what was stored before this `TIME`")
	flags.StringVar(&f.subject, "subject", "", "only this `SUBJECT`, or a pattern of subjects with * and >")
	flags.StringVar(&f.host, "host", "", "only articles of this `HOST`")
	flags.StringVar(&f.feed, "feed", "", "only articles that came by this feed (`URL|ID`)")
	flags.StringVar(&f.id, "id", "", "only this article (`ID|URL`)")
	flags.Var(&f.rate, "rate", "at most so many messages a second (default: as fast as it goes)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would change, and change nothing")
	f.form = outputFlag(c, formTable, formJSON)
	a.busFlags(c)
	a.sinkFlag(c)
	cobra.CheckErr(c.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions(stages, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) replayStart(ctx context.Context, f *replayFlags) error {
	stages := daemon.ReplayStages()
	stream, ok := stages[f.stage]
	switch {
	case f.stage == "":
		return usageError{fmt.Errorf("replay start needs --stage: one of %s", strings.Join(slices.Sorted(maps.Keys(stages)), ", "))}
	case f.stage == daemon.StageFetcher:
		return usageError{fmt.Errorf("--stage fetcher: what was fetched is replayed with --stage parser; to ask the sites again is no replay")}
	case !ok:
		return usageError{fmt.Errorf("--stage %q: want one of %s", f.stage, strings.Join(slices.Sorted(maps.Keys(stages)), ", "))}
	case f.subject != "" && f.host != "":
		return usageError{fmt.Errorf("--subject and --host both choose subjects; use one of them")}
	}
	now := time.Now()
	sel := bus.Selection{Stream: stream, Host: f.host}
	var err error
	if sel.Since, err = parseTime("--since", f.since, now); err != nil {
		return err
	}
	if sel.Until, err = parseTime("--until", f.until, now); err != nil {
		return err
	}
	return a.withClient(ctx, func(client *daemon.Client, cfg *config.Config) error {
		if sel.Subject, err = replaySubject(f.subject, client.Bus.Prefix(), stream); err != nil {
			return err
		}
		if f.feed != "" {
			sel.Feed = feedID(ctx, client, f.feed)
		}
		if f.id != "" {
			if sel.ID, err = articleID(ctx, client, f.id); err != nil {
				return err
			}
		}
		n, err := a.selected(ctx, client, sel)
		if err != nil {
			return err
		}
		if f.dryRun {
			return a.dryReplay(ctx, client, f, sel, n)
		}
		return a.startReplay(ctx, client, cfg, f, sel, n)
	})
}

// replaySubject checks that a subject can stand on the stream, and cuts the prefix from it where it was given.
func replaySubject(subject, prefix, stream string) (string, error) {
	if subject == "" {
		return "", nil
	}
	subject = strings.TrimPrefix(subject, prefix)
	begin := map[string]string{bus.StreamPage: "page.article.", bus.StreamArticle: "article.", bus.StreamRecord: "record."}[stream]
	if !strings.HasPrefix(subject, begin) || strings.ContainsAny(subject, " \t") || slices.Contains(strings.Split(subject, "."), "") {
		return "", usageError{fmt.Errorf("--subject %q: want one that begins with %s, such as %swww-example-com, or a pattern such as '%s>'", subject, begin, begin, begin)}
	}
	return subject, nil
}

// feedID is the id of a feed that is named by id or URL, whether it is subscribed to still or not.
func feedID(ctx context.Context, client *daemon.Client, name string) string {
	if st, err := client.Registry.Find(ctx, name); err == nil {
		return st.ID
	}
	if isURL(name) {
		return feedmill.FeedID(name)
	}
	return name
}

// articleID is the id of an article that is named by id or by one of its URLs.
func articleID(ctx context.Context, client *daemon.Client, name string) (string, error) {
	if !isURL(name) {
		return name, nil
	}
	canonical, err := feedmill.CanonicalURL(name)
	if err != nil {
		return "", usageError{err}
	}
	id, ok, err := client.Registry.Resolve(ctx, canonical)
	if err != nil {
		return "", err
	}
	if !ok {
		id = feedmill.ArticleIDFromURL(canonical)
	}
	return id, nil
}

// selected counts the messages that are to be replayed. None is an error that says what there is.
func (a *app) selected(ctx context.Context, client *daemon.Client, sel bus.Selection) (int, error) {
	st, err := client.Bus.Stream(ctx, sel.Stream)
	if err != nil {
		return 0, err
	}
	if st.Messages == 0 {
		return 0, fmt.Errorf("%w: nothing to replay: %s is empty", errNotFound, sel.Stream)
	}
	n := 0
	if err := client.Bus.Select(ctx, sel, false, func(*bus.Stored) bool { n++; return true }); err != nil {
		return 0, err
	}
	if n == 0 {
		const layout = "2006-01-02 15:04:05"
		return 0, fmt.Errorf("%w: nothing to replay: none of the %s in %s matches; they are from %s to %s", errNotFound,
			count(int64(st.Messages), "message"), sel.Stream, st.FirstTime.Local().Format(layout), st.LastTime.Local().Format(layout))
	}
	return n, nil
}

func (a *app) startReplay(ctx context.Context, client *daemon.Client, cfg *config.Config, f *replayFlags, sel bus.Selection, n int) error {
	p := a.progress(n, "messages")
	r, err := client.StartReplay(ctx, f.stage, sel, int(f.rate), p.at)
	p.end()
	if err != nil {
		a.sayBrokenOff(r, err, cfg)
		if ctx.Err() != nil {
			return errors.New("stopped before all messages were sent")
		}
		return err
	}
	if f.form.value == formJSON {
		if r, err = client.Bus.Replay(ctx, r.ID); err != nil {
			return err
		}
		return encoder(a.out, true).Encode(r)
	}
	fmt.Fprintf(a.out, "started  %s  %s\n", r.ID, count(int64(r.Published), "message"))
	a.tellWhen(client, cfg, "the work is done")
	a.say("to see how far it is: feedmill replay show %s%s", r.ID, a.dataHint(cfg))
	return nil
}

// sayBrokenOff says how to go on with a replay of which not all was sent.
func (a *app) sayBrokenOff(r *bus.Replay, err error, cfg *config.Config) {
	if r == nil || errors.Is(err, bus.ErrReplayCancelled) || errors.Is(err, bus.ErrReplayHeld) {
		return
	}
	hint := r.ID + a.dataHint(cfg)
	a.say("replay %s was broken off after %s; to go on: feedmill replay resume %s, to drop what is not handled yet: feedmill replay cancel %s",
		r.ID, count(int64(r.Published), "message"), hint, hint)
}

func (a *app) dryReplay(ctx context.Context, client *daemon.Client, f *replayFlags, sel bus.Selection, n int) error {
	var sum *daemon.DryReplay
	err := a.withStore(ctx, func(store daemon.Store, _ *config.Config) (err error) {
		p := a.progress(n, "messages")
		defer p.end()
		sum, err = client.DryReplay(ctx, f.stage, sel, store, p.at)
		return err
	})
	if err != nil {
		return err
	}
	if f.form.value == formJSON {
		return encoder(a.out, true).Encode(sum)
	}
	return a.showDryReplay(sum)
}

// showDryReplay says by field what would change, the most frequent first, each with examples.
func (a *app) showDryReplay(sum *daemon.DryReplay) error {
	var d details
	d.add("messages", strconv.Itoa(sum.Messages))
	d.add("unchanged", strconv.Itoa(sum.Unchanged))
	d.add("would change", strconv.Itoa(sum.Changed))
	d.add("not stored yet", strconv.Itoa(sum.New))
	d.add("rejected", strconv.Itoa(sum.Failed))
	if sum.Repeated > 0 {
		d.add("the same page again", strconv.Itoa(sum.Repeated))
	}
	if sum.Withdrawn > 0 {
		d.add("withdrawn", strconv.Itoa(sum.Withdrawn))
	}
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	examples := map[string][]string{}
	t := newTable("FIELD", "RECORDS", "SUCH AS")
	rejected := newTable("REJECTED", "WHY")
	const most = 3
	for _, c := range sum.Changes {
		for _, field := range c.Fields {
			if len(examples[field]) < most {
				examples[field] = append(examples[field], cmp.Or(c.URL, c.ID))
			}
		}
		if c.Error != "" && len(rejected.rows) <= most {
			rejected.add(c.ID, c.Error)
		}
	}
	fields := slices.Sorted(maps.Keys(sum.Fields))
	slices.SortStableFunc(fields, func(x, y string) int { return sum.Fields[y] - sum.Fields[x] })
	for _, field := range fields {
		for i, example := range examples[field] {
			if i == 0 {
				t.add(field, strconv.Itoa(sum.Fields[field]), example)
			} else {
				t.rows = append(t.rows, []string{"", "", oneLine(example)})
			}
		}
	}
	for _, t := range []*table{t, rejected} {
		if len(t.rows) == 1 {
			continue
		}
		fmt.Fprintln(a.out)
		if err := t.write(a.out, a.term); err != nil {
			return err
		}
	}
	return nil
}

// rate is the value of a flag: so many a second, as "50/s" or "50"; 0 is no limit.
type rate int

func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.Itoa(int(*r)) + "/s"
}

func (r *rate) Type() string { return "N/s" }

// Set reads a number with or without "/s".
func (r *rate) Set(s string) error {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "/s"))
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of messages a second, such as 50/s")
	}
	*r = rate(n)
	return nil
}
