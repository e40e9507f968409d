package bus

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

const (
	// storeRetryMax is the longest pause between two tries of a store that takes nothing: it may be back at any time, and
	// to ask it costs little.
	storeRetryMax = 30 * time.Second
	// outageTold is how often an outage that goes on is told.
	outageTold = 5 * time.Minute
)

// outage tells of a store that takes nothing: when that begins, when its reason changes, now and then while it goes on,
// and when it is over.
type outage struct {
	log    *slog.Logger
	sink   string
	since  time.Time // zero: none
	told   time.Time
	reason string
}

// goesOn notes one more failure.
func (o *outage) goesOn(err error, records int, pause time.Duration) {
	now := time.Now()
	if o.since.IsZero() {
		o.since = now
	}
	reason := errorText(err)
	if reason == o.reason && now.Sub(o.told) < outageTold {
		return
	}
	o.told, o.reason = now, reason
	o.log.Warn("cannot write; nothing is lost, trying again", "sink", o.sink, "records", records, "in", pause.Round(time.Millisecond),
		"for", now.Sub(o.since).Round(time.Second), "error", reason)
}

// over notes that something was written.
func (o *outage) over() {
	if o.since.IsZero() {
		return
	}
	o.log.Info("writing again", "sink", o.sink, "after", time.Since(o.since).Round(time.Second))
	*o = outage{log: o.log, sink: o.sink}
}

// errorText is what an error says, without the time of the next try.
func errorText(err error) string {
	e, ok := errors.AsType[*feedmill.RetryAfterError](err)
	if !ok {
		return err.Error()
	}
	return strings.Replace(err.Error(), e.Error(), e.Err.Error(), 1)
}
