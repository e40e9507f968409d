package main

import (
	"strconv"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func dlqListCommand(a *app) *cobra.Command {
	chosen := &letterFilter{}
	c := &cobra.Command{
		Use:     "list",
		Short:   "List what was given up, oldest first",
		Long:    "List the dead letters, oldest first: what a stage gave up, why, and after how many attempts.",
		Example: "  feedmill dlq list --stage fetcher --since 24h\n  feedmill dlq list -o jsonl | jq -r .class | sort | uniq -c",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := chosen.parse(time.Now()); err != nil {
			return err
		}
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			var letters []bus.DeadLetter
			var urls []string
			err := client.Bus.DeadLetters(c.Context(), func(d bus.DeadLetter) bool {
				if !chosen.matches(&d) {
					return true
				}
				urls = append(urls, payloadURL(d.Payload))
				d.Payload = nil // shown by show
				letters = append(letters, d)
				return true
			})
			if err != nil {
				return err
			}
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(letters))
				return err
			}
			if len(letters) == 0 {
				a.say("%s", chosen.none())
				return nil
			}
			now := time.Now()
			t := newTable("SEQ", "WHEN", "STAGE", "CLASS", "TRIES", "REASON", "URL")
			for i, d := range letters {
				t.add(strconv.FormatUint(d.Seq, 10), ago(d.Time, now), d.Stage, d.Class, strconv.Itoa(d.Attempts), cut(d.Reason, 48), urls[i])
			}
			return t.write(a.out, a.term)
		})
	}
	chosen.flags(c)
	a.busFlags(c)
	return c
}
