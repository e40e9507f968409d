package kv

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/feedmill/feedmill/registry"
)

const (
	// putBatch is how many puts are under way at once.
	putBatch = 512
	// putWait is how long they are waited for.
	putWait = 10 * time.Second
)

// PutAll stores many values, many at a time.
func (s *Store) PutAll(ctx context.Context, bucket string, writes []registry.Write) []registry.Written {
	done := make([]registry.Written, len(writes))
	b, err := s.bucket(bucket)
	if err != nil {
		for i := range done {
			done[i].Err = err
		}
		return done
	}
	for begin := 0; begin < len(writes); begin += putBatch {
		end := min(begin+putBatch, len(writes))
		s.putBatch(ctx, b, bucket, writes[begin:end], done[begin:end])
	}
	return done
}

func (s *Store) putBatch(ctx context.Context, b bucket, name string, writes []registry.Write, done []registry.Written) {
	acks := make([]jetstream.PubAckFuture, len(writes))
	for i, w := range writes {
		acks[i], done[i].Err = s.putAsync(b, name, &w)
	}
	timeout := time.NewTimer(putWait)
	defer timeout.Stop()
	late := error(nil) // once the time is over, only what is there already is taken
	for i, ack := range acks {
		if ack == nil {
			continue
		}
		w := &writes[i]
		if late != nil {
			select {
			case a := <-ack.Ok():
				done[i].Revision = a.Sequence
			case err := <-ack.Err():
				done[i].Err = putError(name, w, err)
			default:
				done[i].Err = putError(name, w, late)
			}
			continue
		}
		select {
		case a := <-ack.Ok():
			done[i].Revision = a.Sequence
		case err := <-ack.Err():
			done[i].Err = putError(name, w, err)
		case <-timeout.C:
			late = context.DeadlineExceeded
			done[i].Err = putError(name, w, late)
		case <-ctx.Done():
			late = ctx.Err()
			done[i].Err = putError(name, w, late)
		}
	}
}

// putAsync sends a put, and does not wait for it.
func (s *Store) putAsync(b bucket, name string, w *registry.Write) (jetstream.PubAckFuture, error) {
	k, err := escape(w.Key)
	if err != nil {
		return nil, fmt.Errorf("put into %s: %w", name, err)
	}
	if len(w.Value) > registry.MaxValue {
		return nil, fmt.Errorf("value of %s in %s has %d bytes, more than %d", w.Key, name, len(w.Value), registry.MaxValue)
	}
	msg := &nats.Msg{Subject: s.into + b.filter[:len(b.filter)-1] + k, Data: w.Value,
		Header: nats.Header{jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(w.Revision, 10)}}}
	ack, err := s.js.PublishMsgAsync(msg, jetstream.WithStallWait(putWait))
	if err != nil {
		return nil, putError(name, w, err)
	}
	return ack, nil
}

func putError(name string, w *registry.Write, err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return fmt.Errorf("%s in %s is not at revision %d: %w", w.Key, name, w.Revision, registry.ErrConflict)
	}
	return fmt.Errorf("put %s into %s: %w", w.Key, name, err)
}
