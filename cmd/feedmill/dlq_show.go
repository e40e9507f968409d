package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func dlqShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "show SEQ",
		Short:   "Show a dead letter with its payload",
		Long:    "Show one dead letter by its number, with what was given up as JSON.",
		Example: "  feedmill dlq show 3\n  feedmill dlq show 3 -o json | jq .payload",
		Args:    exactArgs(1, "the number of a dead letter"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		seq, err := sequence(args[0])
		if err != nil {
			return err
		}
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			d, err := client.Bus.DeadLetter(c.Context(), seq)
			if err != nil {
				return unknownLetter(err, a.dataHint(cfg))
			}
			payload, body, _ := bytes.Cut(d.Payload, []byte("\n"))
			if len(body) > 0 && json.Valid(d.Payload) {
				payload = d.Payload // not a page's head and body
			}
			if !json.Valid(payload) {
				if payload, err = json.Marshal(string(d.Payload)); err != nil {
					return err
				}
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(struct {
					bus.DeadLetter
					Payload json.RawMessage `json:"payload"`
				}{d, payload})
			}
			var t details
			t.add("seq", strconv.FormatUint(d.Seq, 10))
			t.add("time", moment(d.Time, time.Now()))
			t.add("stage", d.Stage)
			t.add("class", d.Class)
			t.add("reason", d.Reason)
			t.add("attempts", strconv.Itoa(d.Attempts))
			t.add("origin", d.Origin)
			t.add("subject", d.Subject)
			if err := t.write(a.out, a.term); err != nil {
				return err
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, payload, "", "  "); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "\n%s\n", printable(pretty.String()))
			return err
		})
	}
	a.busFlags(c)
	return c
}
