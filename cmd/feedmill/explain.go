package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/spf13/cobra"
)

// explained is an article's life with what the database holds of it.
type explained struct {
	*daemon.Life
	Stored []storedRevision `json:"stored"`
	// StoreError says why the store does not answer; then Stored says nothing.
	StoreError string `json:"store_error,omitempty"`
}

// storedRevision is one revision in the database, without its text.
type storedRevision struct {
	Revision  int       `json:"revision"`
	Rendition string    `json:"rendition,omitempty"`
	SeenAt    time.Time `json:"seen_at"`
	State     string    `json:"state,omitempty"`
	Change    string    `json:"change,omitempty"`
	Title     string    `json:"title,omitempty"`
	Words     int       `json:"words"`
}

func explainCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "explain URL|ID",
		Short: "Say why an article is, or is not, stored: its life, stage by stage",
		Long: `Say what happened to an article, in the order of time: in which feeds it was found, how its page was fetched or why not,
what was made of it, what was given up, what is stored, and what comes next. It looks at the streams, which reach back as
far as their retention says, at the calendar, the registry and the database.`,
		Example: "  feedmill explain https://example.com/story\n  feedmill explain 0b1f5b1c77a04d3e9c5a2f6d8e90a1b2 -o json | jq '.steps[].what'",
		Args:    exactArgs(1, "one id or URL"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			e, err := a.explain(c.Context(), client, args[0])
			if err != nil {
				return err
			}
			if len(e.Steps) == 0 && e.StoreError == "" && len(e.Stored) == 0 && e.Waiting == "" && !e.Withdrawn {
				return fmt.Errorf("%w: nothing is known of %s: it is not stored, and no stream holds anything of it; feedmill feeds list%s shows what is read",
					errNotFound, args[0], a.dataHint(cfg))
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(e)
			}
			return a.showLife(e, time.Now())
		})
	}
	a.busFlags(c)
	a.sinkFlag(c)
	return c
}

func (a *app) explain(ctx context.Context, client *daemon.Client, name string) (*explained, error) {
	id, url := name, ""
	if isURL(name) {
		id, url = "", name
		if _, err := feedmill.CanonicalURL(name); err != nil {
			return nil, usageError{err}
		}
	}
	stored, unanswered := a.storedRevisions(ctx, sink.Query{ID: id, URL: url, Revisions: sink.RevisionsAll})
	if _, mistaken := errors.AsType[usageError](unanswered); mistaken || ctx.Err() != nil {
		return nil, unanswered
	}
	if len(stored) > 0 {
		id = stored[0].ID
		if url == "" {
			url = stored[0].URL
		}
	}
	e := &explained{Stored: []storedRevision{}}
	if unanswered != nil {
		e.StoreError = unanswered.Error()
	}
	var err error
	if e.Life, err = client.Explain(ctx, id, url); err != nil {
		return nil, err
	}
	for _, r := range stored {
		s := storedRevision{Revision: r.Revision, Rendition: r.Rendition, SeenAt: r.SeenAt, State: r.State.Value, Title: r.Title, Words: r.Quality.Words}
		if r.Change != nil {
			s.Change = r.Change.Class
		}
		e.Stored = append(e.Stored, s)
	}
	return e, nil
}

// storedRevisions are the revisions in the database, none where there is no database that can be asked.
func (a *app) storedRevisions(ctx context.Context, q sink.Query) (recs []*feedmill.Record, err error) {
	err = a.withStore(ctx, func(store daemon.Store, _ *config.Config) (err error) {
		recs, err = collect(ctx, store, q)
		return err
	})
	if errors.Is(err, errNoRecords) || errors.Is(err, daemon.ErrNoStore) {
		return nil, nil
	}
	return recs, err
}

func (a *app) showLife(e *explained, now time.Time) error {
	var d details
	d.add("id", e.ID)
	d.add("url", e.URL)
	d.add("other name", e.Other)
	if e.Withdrawn {
		d.add("withdrawn", "removed on request; neither a poll nor a replay brings it back")
	}
	for _, st := range e.Feeds {
		d.add("feed", strings.Join(nonEmpty(st.Title, st.URL, feedOutcome(&st)), ", "))
	}
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	if len(e.Steps) > 0 {
		fmt.Fprintln(a.out)
		t := newTable("TIME", "STAGE", "MESSAGE", "WHAT")
		for i := range e.Steps {
			s := &e.Steps[i]
			what := s.What
			if s.Run != "" {
				what += "  (replay " + s.Run + ")"
			}
			t.add(s.Time.Local().Format("2006-01-02 15:04:05.000"), s.Stage, strings.ToLower(s.Stream)+" "+strconv.FormatUint(s.Seq, 10), what)
		}
		if err := t.write(a.out, a.term); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.out)
	var end details
	for _, r := range e.Stored {
		text := fmt.Sprintf("revision %d, seen %s, %s", r.Revision, r.SeenAt.Local().Format(time.DateTime), count(int64(r.Words), "word"))
		end.add("stored", strings.Join(nonEmpty(text, r.Change, unusual(r.State)), ", "))
	}
	switch {
	case e.StoreError != "":
		end.add("stored", "not known: "+e.StoreError)
	case len(e.Stored) == 0:
		end.add("stored", "nothing")
	}
	switch e.Waiting {
	case "retry":
		end.add("next", strings.Join(nonEmpty("its page is tried again", moment(e.Next, now)), " at "))
	case "slot":
		end.add("next", "its page is asked for when its host's turn comes")
	}
	return end.write(a.out, a.term)
}

// unusual is a record's state where it is not the usual one.
func unusual(state string) string {
	if state == feedmill.StateLive {
		return ""
	}
	return state
}
