package main

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func dlqListCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		Short:   "List what was given up, oldest first",
		Long:    "List the dead letters, oldest first: what a stage gave up, why, and after how many attempts.",
		Example: "  feedmill dlq list\n  feedmill dlq list -o jsonl | jq -r .class | sort | uniq -c",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			var letters []bus.DeadLetter
			var urls []string
			err := client.Bus.DeadLetters(c.Context(), func(d bus.DeadLetter) bool {
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
				a.say("no dead letters")
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
	a.busFlags(c)
	return c
}

// payloadURL is the URL of what was given up, "" where it names none.
func payloadURL(payload []byte) string {
	var v struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(payload, &v) != nil {
		return ""
	}
	return v.URL
}
