package bus

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/feedmill/feedmill"
)

// Do does the work of a worker of that name where no message asks for it: it runs handle, publishes what that put into the
// outbox, and runs what it gave to Outbox.Then. The id names this piece of work: done again with the same one within the
// dedupe window, it publishes nothing twice. An error, or a panic, is returned and nothing comes again by itself: that is
// the caller's business.
func (b *Bus) Do(ctx context.Context, worker, id string, handle func(context.Context, *Outbox) error) error {
	start := time.Now()
	out := &Outbox{bus: b, id: worker + ":" + id, stage: worker, ctx: ctx}
	err := guarded(ctx, out, handle)
	if err == nil {
		err = out.publish(ctx)
	}
	if err == nil {
		err = out.finish(ctx)
	}
	h := Handling{Worker: worker, Result: ResultOK, Took: time.Since(start), Published: len(out.msgs)}
	if err != nil {
		h.Result, h.Published = ResultFailed, 0
	}
	b.observe(h)
	return err
}

// guarded runs handle; a panic becomes a permanent error.
func guarded(ctx context.Context, out *Outbox, handle func(context.Context, *Outbox) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = feedmill.Permanent("panic", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return handle(ctx, out)
}

// Wait pauses while one of the streams is full, or the disk, and tells whether it did. It is for who publishes to them
// outside of a Worker.
func (b *Bus) Wait(ctx context.Context, streams ...string) bool { return b.wait(ctx, streams) }
