package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

// letterFilter are the flags that choose dead letters.
type letterFilter struct {
	stage, class, host, since, until string
	from, to                         time.Time
}

func (f *letterFilter) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.stage, "stage", "", "only of this `STAGE` ("+strings.Join(daemon.Stages(), ", ")+") or worker")
	flags.StringVar(&f.class, "class", "", "only of this `CLASS` of reasons, as dlq list shows them")
	flags.StringVar(&f.host, "host", "", "only of URLs of this `HOST` or a host below it")
	flags.StringVar(&f.since, "since", "", "only from this `TIME` on: 2026-01-31, RFC 3339, or 24h, 7d before now")
	flags.StringVar(&f.until, "until", "", "only before this `TIME`")
}

// parse reads the times.
func (f *letterFilter) parse(now time.Time) (err error) {
	if f.from, err = parseTime("--since", f.since, now); err != nil {
		return err
	}
	f.to, err = parseTime("--until", f.until, now)
	return err
}

// any tells whether something is filtered.
func (f *letterFilter) any() bool {
	return f.stage+f.class+f.host+f.since+f.until != ""
}

func (f *letterFilter) matches(d *bus.DeadLetter) bool {
	if f.stage != "" && f.stage != d.Stage && f.stage != daemon.StageOf(d.Stage) ||
		f.class != "" && f.class != d.Class ||
		!f.from.IsZero() && d.Time.Before(f.from) || !f.to.IsZero() && !d.Time.Before(f.to) {
		return false
	}
	if f.host == "" {
		return true
	}
	host := feedmill.Host(payloadURL(d.Payload))
	return strings.EqualFold(host, f.host) || strings.HasSuffix(strings.ToLower(host), "."+strings.ToLower(f.host))
}

// payloadURL is the URL of what was given up, "" where it names none.
func payloadURL(payload []byte) string {
	var v struct {
		URL string `json:"url"`
	}
	if json.NewDecoder(bytes.NewReader(payload)).Decode(&v) != nil { // a page's body follows its head
		return ""
	}
	return v.URL
}

// letterCommand is a command that does something to dead letters, chosen by number or by filter. Act does it to one;
// done is the word for it.
func (a *app) letterCommand(c *cobra.Command, done string, act func(context.Context, *bus.Bus, uint64) error, after string) *cobra.Command {
	f := &letterFilter{}
	all := false
	verb := c.Name()
	c.Args = func(c *cobra.Command, args []string) error {
		if (all || f.any()) == (len(args) > 0) {
			return argumentError(c, "needs either numbers of dead letters, or --all, --stage, --class, --host, --since or --until")
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := f.parse(time.Now()); err != nil {
			return err
		}
		var numbers []uint64
		for _, text := range args {
			seq, err := sequence(text)
			if err != nil {
				return err
			}
			numbers = append(numbers, seq)
		}
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			if len(args) == 0 {
				err := client.Bus.DeadLetters(c.Context(), func(d bus.DeadLetter) bool {
					if f.matches(&d) {
						numbers = append(numbers, d.Seq)
					}
					return true
				})
				if err != nil {
					return err
				}
			}
			acted, missing := 0, 0
			var last error
			for _, seq := range numbers {
				err := act(c.Context(), client.Bus, seq)
				switch {
				case errors.Is(err, bus.ErrNoDeadLetter):
					missing++
					last = unknownLetter(err, a.dataHint(cfg))
					if len(numbers) > 1 {
						a.say("%v", last)
					}
					continue
				case err != nil:
					return err
				}
				acted++
				fmt.Fprintf(a.out, "%s  %d\n", done, seq)
			}
			switch {
			case missing > 0 && acted == 0:
				return last
			case acted > 0 && after != "":
				a.tellWhen(client, cfg, after)
			case acted == 0:
				a.say("%s", f.none())
			}
			return someFailed("dlq "+verb, len(numbers), missing, "dead letter")
		})
	}
	c.Flags().BoolVar(&all, "all", false, "all dead letters, or all that the other flags choose")
	f.flags(c)
	a.busFlags(c)
	return c
}

// none says that there is nothing.
func (f *letterFilter) none() string {
	if f.any() {
		return "no dead letters match"
	}
	return "no dead letters"
}

// sequence reads the number of a dead letter.
func sequence(text string) (uint64, error) {
	seq, err := strconv.ParseUint(text, 10, 64)
	if err != nil || seq == 0 {
		return 0, usageError{fmt.Errorf("%q is no number of a dead letter; feedmill dlq list shows them in the column SEQ", text)}
	}
	return seq, nil
}

func unknownLetter(err error, hint string) error {
	if exitCode(err) == exitNotFound {
		return fmt.Errorf("%w; feedmill dlq list%s shows those that there are", err, hint)
	}
	return err
}
