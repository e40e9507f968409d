package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/sink"
)

// ReplayStages are the stages that stored messages can go through again, with the stream that each reads. The parser's
// are article pages.
func ReplayStages() map[string]string {
	return map[string]string{StageParser: bus.StreamPage, StageEnricher: bus.StreamArticle, StageSink: bus.StreamRecord}
}

// replayWorkers are the workers that read a stage's pointers.
func (c *Client) replayWorkers(stage string) []string {
	switch stage {
	case StageParser:
		return []string{"article"}
	case StageEnricher:
		return []string{"enrich"}
	}
	var all []string
	for i := range c.cfg.Sinks {
		all = append(all, sinkWorker+c.cfg.Sinks[i].Name)
	}
	return all
}

// checkReplay fills in the stream of a selection and makes sure that there is something to replay.
func (c *Client) checkReplay(ctx context.Context, stage string, sel *bus.Selection) error {
	stream, ok := ReplayStages()[stage]
	if !ok {
		return fmt.Errorf("stage %q cannot be replayed; those that can are %v (the fetcher would ask the sites again)",
			stage, slices.Sorted(maps.Keys(ReplayStages())))
	}
	sel.Stream = stream
	st, err := c.Bus.Stream(ctx, stream)
	if err != nil {
		return err
	}
	if st.Messages == 0 {
		return fmt.Errorf("nothing to replay: %s is empty", stream)
	}
	if !sel.Until.IsZero() && sel.Until.Before(st.FirstTime) {
		return fmt.Errorf("nothing to replay: %s reaches back to %s only, which is after --until %s; see retention.pages and nats.max_store",
			stream, st.FirstTime.Local().Format("2006-01-02 15:04"), sel.Until.Local().Format("2006-01-02 15:04"))
	}
	return nil
}

// StartReplay sends stored messages through a stage again, see bus.StartReplay. Outputs go the ordinary way, so that a
// store replaces what an older pipeline made. Nothing is fetched, and no event is told again.
func (c *Client) StartReplay(ctx context.Context, stage string, sel bus.Selection, rate int, each func(int)) (*bus.Replay, error) {
	if err := c.checkReplay(ctx, stage, &sel); err != nil {
		return nil, err
	}
	return c.Bus.StartReplay(ctx, stage, c.replayWorkers(stage), sel, rate, each)
}

// DryReplay is what a replay would do.
type DryReplay struct {
	Messages  int `json:"messages"`
	Unchanged int `json:"unchanged"`
	Changed   int `json:"changed"`
	// New counts what the store does not hold yet, Failed what the stage rejects.
	New    int `json:"new"`
	Failed int `json:"failed"`
	// Fields counts the records in which a field would change.
	Fields  map[string]int `json:"fields"`
	Changes []FieldChanges `json:"changes,omitempty"`
}

// FieldChanges names what would change in one record.
type FieldChanges struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Fields []string `json:"fields"`
	Error  string   `json:"error,omitempty"`
}

// DryReplay runs the selected messages through the stages in this process, compares what comes out with what the store
// holds for the same source, and changes nothing. Each, where it is not nil, is called after each message.
func (c *Client) DryReplay(ctx context.Context, stage string, sel bus.Selection, store sink.Querier, each func(int)) (*DryReplay, error) {
	if err := c.checkReplay(ctx, stage, &sel); err != nil {
		return nil, err
	}
	remake, err := c.remaker(stage)
	if err != nil {
		return nil, err
	}
	sum := &DryReplay{Fields: map[string]int{}}
	var failed error
	err = c.Bus.Select(ctx, sel, true, func(m *bus.Stored) bool {
		sum.Messages++
		rec, err := remake(ctx, m)
		if err != nil {
			if !feedmill.IsPermanent(err) {
				failed = err
				return false
			}
			sum.Failed++
			sum.Changes = append(sum.Changes, FieldChanges{ID: m.ID, Error: err.Error()})
		} else if failed = sum.compare(ctx, store, rec); failed != nil {
			return false
		}
		if each != nil {
			each(sum.Messages)
		}
		return true
	})
	return sum, errors.Join(failed, err)
}

// remaker returns what makes a record of a stage's stored input, as the workers would.
func (c *Client) remaker(stage string) (func(context.Context, *bus.Stored) (*feedmill.Record, error), error) {
	chain, err := Chain(c.cfg, c.log)
	if err != nil {
		return nil, err
	}
	extractor := Extractor(c.cfg, c.log)
	p := &pipeline{Client: c, cfg: c.cfg, chain: chain}
	switch stage {
	case StageParser:
		return func(ctx context.Context, m *bus.Stored) (*feedmill.Record, error) {
			page, err := bus.Value(ctx, c.Bus, bus.Pages, m)
			if err != nil {
				return nil, err
			}
			a, err := extractor.Extract(page)
			if err != nil {
				return nil, err
			}
			a.Provenance.Page.Stream, a.Provenance.Page.Seq = m.Stream, m.Seq
			return p.annotate(ctx, a)
		}, nil
	case StageEnricher:
		return func(ctx context.Context, m *bus.Stored) (*feedmill.Record, error) {
			a, err := bus.Value(ctx, c.Bus, bus.Articles, m)
			if err != nil {
				return nil, err
			}
			return p.annotate(ctx, a)
		}, nil
	}
	return func(ctx context.Context, m *bus.Stored) (*feedmill.Record, error) {
		return bus.Value(ctx, c.Bus, bus.Records, m)
	}, nil
}

// compare looks for the stored rendition of the record's source and names the fields that differ.
func (d *DryReplay) compare(ctx context.Context, store sink.Querier, rec *feedmill.Record) error {
	if rec.Rendition == "" {
		d.Unchanged++ // a mention; it is merged, whatever pipeline made it
		return nil
	}
	for old, err := range store.Query(ctx, sink.Query{ID: rec.ID, Revisions: sink.RevisionsAll, IncludeMerged: true}) {
		if err != nil {
			return err
		}
		if old.Provenance.Page.SHA256 != rec.Provenance.Page.SHA256 {
			continue
		}
		fields, err := differing(old, rec)
		if err != nil {
			return err
		}
		if len(fields) == 0 {
			d.Unchanged++
			return nil
		}
		d.Changed++
		for _, f := range fields {
			d.Fields[f]++
		}
		d.Changes = append(d.Changes, FieldChanges{ID: rec.ID, URL: rec.URL, Fields: fields})
		return nil
	}
	d.New++
	return nil
}

// differing names the top-level fields in which two records of one source differ, apart from those that a store
// assembles and from the names of the pipelines.
func differing(old, rec *feedmill.Record) ([]string, error) {
	a, err := fieldsOf(old)
	if err != nil {
		return nil, err
	}
	b, err := fieldsOf(rec)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range b {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func fieldsOf(r *feedmill.Record) (map[string]string, error) {
	c := *r
	c.Revision, c.Previous, c.Change, c.Cursor, c.Story = 0, "", nil, 0, nil
	c.Rendition, c.Feeds, c.AltURLs, c.State = "", nil, nil, feedmill.State{}
	c.SeenAt, c.FirstSeenAt = time.Time{}, time.Time{}
	// One source may have been seen several times; which of its pages is named, and by which pipeline, is no content.
	page := c.Provenance.Page
	c.Provenance.Page = feedmill.PageProvenance{SHA256: page.SHA256, FinalURL: page.FinalURL, Status: page.Status, Failure: page.Failure}
	c.Provenance.Pipeline = feedmill.Pipeline{}
	raw, err := json.Marshal(&c)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = string(v)
	}
	return out, nil
}
