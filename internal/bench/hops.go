package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"golang.org/x/sync/errgroup"
)

// hopsTask sends items over the bus through five workers that do nothing: the way of an article without its work.
type hopsTask struct {
	Dir   string
	Items int
	Bytes int // of each message, as it is stored
	// Profile is the file that a CPU profile is written to; none where it is empty.
	Profile string
}

type hopsResult struct {
	measured
	Stored float64 // bytes of a message, mean over the streams
}

// runHops measures five hops, each one publish, one delivery and one acknowledgement, over the streams and with the
// kinds of workers that the daemon has.
func runHops(ctx context.Context, t *hopsTask) (res *hopsResult, err error) {
	b, err := bus.Connect(ctx, bus.Options{Dir: t.Dir, Daemon: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	filler := filler(t.Bytes)
	when := time.Now().UTC()
	page := func(i int) *feedmill.Page {
		return &feedmill.Page{ID: fmt.Sprint(i), URL: fmt.Sprintf("http://127.0.0.%d/item/%d", 2+i%20, i), FetchedAt: when,
			Feed: &feedmill.FeedRef{ID: fmt.Sprint("feed", i%100)}, Body: []byte(filler)}
	}
	var done atomic.Int64
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	feed := &bus.Worker[*feedmill.Page]{Name: "feed", From: bus.FeedPages, Into: []string{bus.StreamItem}, Concurrency: 2,
		Handle: func(_ context.Context, p *feedmill.Page, out *bus.Outbox) error {
			bus.Put(out, bus.Items, feedmill.Entry{ID: p.ID, URL: p.URL, FoundAt: when, Item: feedmill.Item{Content: filler}})
			return nil
		}}
	fetch := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Into: []string{bus.StreamPage}, Once: bus.StreamPage, Concurrency: 32,
		Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
			bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, FetchedAt: when, Body: []byte(filler)})
			return nil
		}}
	article := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Into: []string{bus.StreamArticle}, Concurrency: 4,
		Handle: func(_ context.Context, p *feedmill.Page, out *bus.Outbox) error {
			bus.Put(out, bus.Articles, &feedmill.Article{ID: p.ID, URL: p.URL, Text: filler})
			return nil
		}}
	enrich := &bus.Worker[*feedmill.Article]{Name: "enrich", From: bus.Articles, Into: []string{bus.StreamRecord}, Concurrency: 4,
		Handle: func(_ context.Context, a *feedmill.Article, out *bus.Outbox) error {
			bus.Put(out, bus.Records, feedmill.NewRecord(a))
			return nil
		}}
	sink := &bus.BatchWorker[*feedmill.Record]{Name: "sink", From: bus.Records,
		Write: func(_ context.Context, recs []*feedmill.Record) error {
			if done.Add(int64(len(recs))) >= int64(t.Items) {
				stop()
			}
			return nil
		}}

	endProfile, err := startProfile(t.Profile)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, endProfile()) }()
	m, err := startMeter()
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(stopped)
	for _, run := range []func(context.Context, *bus.Bus) error{feed.Run, fetch.Run, article.Run, enrich.Run, sink.Run} {
		group.Go(func() error { return run(ctx, b) })
	}
	group.Go(func() error {
		senders, ctx := errgroup.WithContext(ctx)
		senders.SetLimit(32)
		for i := range t.Items {
			senders.Go(func() error {
				return b.Send(ctx, "bench", fmt.Sprint(i), func(out *bus.Outbox) { bus.Put(out, bus.FeedPages, page(i)) })
			})
		}
		return senders.Wait()
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if n := done.Load(); n != int64(t.Items) {
		return nil, fmt.Errorf("%d of %d messages came through", n, t.Items)
	}
	res = &hopsResult{}
	if res.measured, err = m.stop(); err != nil {
		return nil, err
	}
	return res, stored(context.WithoutCancel(ctx), b, res)
}

// stored looks up how large the messages were.
func stored(ctx context.Context, b *bus.Bus, res *hopsResult) error {
	var messages, bytes uint64
	for _, name := range []string{bus.StreamFeed, bus.StreamItem, bus.StreamPage, bus.StreamArticle, bus.StreamRecord} {
		s, err := b.Stream(ctx, name)
		if err != nil {
			return err
		}
		messages, bytes = messages+s.Messages, bytes+s.Bytes
	}
	res.Stored = float64(bytes) / float64(max(messages, 1))
	return nil
}

// filler is text that the bus's compression hardly shrinks, so that a message is as large where it is stored as it was
// in memory.
func filler(bytes int) string {
	r := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, bytes*3/4)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return base64.StdEncoding.EncodeToString(b)
}
