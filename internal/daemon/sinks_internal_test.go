package daemon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
)

// silentSink never answers.
type silentSink struct{}

func (silentSink) Write(ctx context.Context, _ []*feedmill.Record) error {
	<-ctx.Done()
	return ctx.Err()
}

func (silentSink) Close() error { return nil }

func TestASinkThatDoesNotAnswerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pipeline{health: &health{sinks: map[string]string{}}}
		write := p.write(namedSink{name: "main", Sink: silentSink{}})
		began := time.Now()
		err := write(t.Context(), nil)
		if _, down := feedmill.RetryTime(err); !down || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != writeTimeout {
			t.Errorf("after %s: %v, want that the sink is down", time.Since(began), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err = write(ctx, nil)
		if _, down := feedmill.RetryTime(err); down {
			t.Errorf("%v blames the sink for the end of the process", err)
		}
	})
}
