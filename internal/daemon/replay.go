package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
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

// DryReplay is what a replay would do. One source of an article counts once, however often its messages are stored: of
// several results the one that the store would keep.
type DryReplay struct {
	Messages  int `json:"messages"`
	Unchanged int `json:"unchanged"`
	Changed   int `json:"changed"`
	// New counts what the store does not hold yet, Failed what the stage rejects, Repeated the messages of sources that
	// are counted already, Withdrawn those of articles that were withdrawn and stay so.
	New       int `json:"new"`
	Failed    int `json:"failed"`
	Repeated  int `json:"repeated"`
	Withdrawn int `json:"withdrawn"`
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
	d := &dryRun{DryReplay: &DryReplay{Fields: map[string]int{}}, registry: c.Registry, store: store, sources: map[sourceKey]*dryResult{}}
	var failed error
	err = c.Bus.Select(ctx, sel, true, func(m *bus.Stored) bool {
		d.Messages++
		rec, err := remake(ctx, m)
		switch {
		case err == nil:
			failed = d.add(ctx, rec)
		case feedmill.IsPermanent(err):
			d.Failed++
			d.Changes = append(d.Changes, FieldChanges{ID: m.ID, Error: err.Error()})
		default:
			failed = err
		}
		if each != nil {
			each(d.Messages)
		}
		return failed == nil
	})
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	return d.sum(), nil
}

// dryRun gathers what a replay would do.
type dryRun struct {
	*DryReplay
	registry *registry.Registry
	store    sink.Querier
	sources  map[sourceKey]*dryResult
	order    []*dryResult // as they came
}

// sourceKey is one source of one article.
type sourceKey struct{ id, source string }

// dryResult is what would come of a source.
type dryResult struct {
	FieldChanges
	pipeline feedmill.Pipeline
	seenAt   time.Time
	stored   bool // the store holds the source
}

// add looks at what came of one message.
func (d *dryRun) add(ctx context.Context, rec *feedmill.Record) error {
	if rec.Rendition == "" {
		d.Unchanged++ // a mention; it is merged, whatever pipeline made it
		return nil
	}
	if gone, err := d.registry.Denied(ctx, rec.ID); gone || err != nil {
		d.Withdrawn++
		return err
	}
	r := &dryResult{FieldChanges: FieldChanges{ID: rec.ID, URL: rec.URL}, pipeline: rec.Provenance.Pipeline, seenAt: rec.SeenAt}
	key := sourceKey{rec.ID, rec.Provenance.Page.SHA256}
	before := d.sources[key]
	if before != nil {
		d.Repeated++
		if cmp.Or(r.pipeline.Compare(before.pipeline), before.seenAt.Compare(r.seenAt)) <= 0 {
			return nil
		}
	}
	for old, err := range d.store.Query(ctx, sink.Query{ID: rec.ID, Revisions: sink.RevisionsAll, IncludeMerged: true}) {
		if err != nil {
			return err
		}
		if old.Provenance.Page.SHA256 != rec.Provenance.Page.SHA256 {
			continue
		}
		r.stored = true
		if r.Fields, err = differing(old, rec); err != nil {
			return err
		}
		break
	}
	if before != nil {
		*before = *r
		return nil
	}
	d.sources[key] = r
	d.order = append(d.order, r)
	return nil
}

// sum counts the results.
func (d *dryRun) sum() *DryReplay {
	for _, r := range d.order {
		switch {
		case !r.stored:
			d.New++
		case len(r.Fields) == 0:
			d.Unchanged++
		default:
			d.Changed++
			for _, f := range r.Fields {
				d.Fields[f]++
			}
			d.Changes = append(d.Changes, r.FieldChanges)
		}
	}
	return d.DryReplay
}

// remaker returns what makes a record of a stage's stored input, as the workers would.
func (c *Client) remaker(stage string) (func(context.Context, *bus.Stored) (*feedmill.Record, error), error) {
	chain, err := Chain(c.cfg, c.log, c.Bus)
	if err != nil {
		return nil, err
	}
	extractor := Extractor(c.cfg, c.log)
	p := &pipeline{Client: c, cfg: c.cfg, enriching: &enriching{}}
	p.enriching.now.Store(&annotator{Chain: chain})
	switch stage {
	case StageParser:
		return func(ctx context.Context, m *bus.Stored) (*feedmill.Record, error) {
			page, err := bus.Value(ctx, c.Bus, bus.Pages, m)
			if err != nil {
				return nil, err
			}
			if page.Unread() {
				return standing(page), nil
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
