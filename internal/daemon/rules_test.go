package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/google/go-cmp/cmp"
)

// ruleRun is a daemon whose site rules change while it runs.
type ruleRun struct {
	t      *testing.T
	dir    string
	cfg    *config.Config
	client *daemon.Client
	store  *sqlite.Store
	wake   chan struct{}

	mu       sync.Mutex
	storedAt []storedNote // what the sink has stored, in order
}

// storedNote says when a record was stored, and which replay it came of.
type storedNote struct {
	id, run string
	at      time.Time
}

// startRuleRun reads feeds once and then runs a daemon over what was stored, until the test ends. The feeds are polled no
// more meanwhile.
func startRuleRun(t *testing.T, addr netip.AddrPort, feeds []string, set func(*config.Config)) *ruleRun {
	t.Helper()
	r := &ruleRun{t: t, dir: t.TempDir(), wake: make(chan struct{}, 1)}
	r.cfg = testConfig(r.dir)
	rules := filepath.Join(r.dir, "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	r.cfg.Parse.Rules = []string{rules}
	if set != nil {
		set(r.cfg)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if sum, err := daemon.Run(ctx, daemon.Options{Config: r.cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)}); err != nil || sum.Partial() {
		t.Fatal(sum, err)
	}
	ready, ended := make(chan *daemon.Client, 1), make(chan error, 1)
	go func() {
		_, err := daemon.Run(ctx, daemon.Options{Config: r.cfg, Stages: []string{daemon.StageParser, daemon.StageEnricher, daemon.StageSink},
			Logger: testLogger(t), OnReady: func(c *daemon.Client) { ready <- c }, OnRecords: r.note})
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case r.client = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	var err error
	if r.store, err = sqlite.Open(t.Context(), filepath.Join(r.dir, "feedmill.db"), &sqlite.Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	return r
}

func (r *ruleRun) note(recs []*feedmill.Record) {
	r.mu.Lock()
	for _, rec := range recs {
		r.storedAt = append(r.storedAt, storedNote{rec.ID, rec.Provenance.Pipeline.Run, time.Now()})
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// setRules writes the one rule file, or takes it away.
func (r *ruleRun) setRules(text string) {
	r.t.Helper()
	path := filepath.Join(r.cfg.Parse.Rules[0], "site.yaml")
	err := os.Remove(path)
	if text != "" {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.client.ReloadRules(r.t.Context(), r.cfg.Parse.Rules)
}

// replay runs a replay of the parser to its end: until the store has all that came of it. Meanwhile, where it is not nil,
// is called when it has begun.
func (r *ruleRun) replay(meanwhile func(*bus.Replay)) *bus.Replay {
	r.t.Helper()
	rep, err := r.client.StartReplay(r.t.Context(), daemon.StageParser, bus.Selection{}, 0, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if meanwhile != nil {
		meanwhile(rep)
	}
	r.settle(rep.ID)
	return rep
}

// settle waits until a replay is handled and nothing is on its way to the store.
func (r *ruleRun) settle(id string) {
	r.t.Helper()
	for {
		rep, err := r.client.Bus.Replay(r.t.Context(), id)
		if err != nil {
			r.t.Fatal(err)
		}
		left := rep.Pending
		for _, stream := range []string{bus.StreamPage, bus.StreamArticle, bus.StreamRecord} {
			st, err := r.client.Bus.Stream(r.t.Context(), stream)
			if err != nil {
				r.t.Fatal(err)
			}
			for _, c := range st.Consumers {
				left += int(c.Pending) + c.Unacked
			}
		}
		if left == 0 {
			return
		}
		select {
		case <-r.wake:
		case <-time.After(100 * time.Millisecond):
		case <-r.t.Context().Done():
			r.t.Fatal(context.Cause(r.t.Context()))
		}
	}
}

func (r *ruleRun) dry() *daemon.DryReplay {
	r.t.Helper()
	d, err := r.client.DryReplay(r.t.Context(), daemon.StageParser, bus.Selection{}, r.store, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// records are the JSON of all revisions by id.
func (r *ruleRun) records() map[string]map[string]string {
	r.t.Helper()
	all := map[string]map[string]string{}
	for rec, err := range r.store.Query(r.t.Context(), sink.Query{Revisions: sink.RevisionsAll, IncludeMerged: true}) {
		if err != nil {
			r.t.Fatal(err)
		}
		raw, err := json.Marshal(rec)
		if err != nil {
			r.t.Fatal(err)
		}
		fields := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw, &fields); err != nil {
			r.t.Fatal(err)
		}
		m := map[string]string{}
		for name, v := range fields {
			m[name] = string(v)
		}
		all[fmt.Sprintf("%s %s", rec.ID, rec.Provenance.Page.SHA256)] = m
	}
	return all
}

// changed names, by record, the fields that differ between two states of the store, but for those that tell that a
// record was made anew and by what: rendition, change, cursor, and the pipeline in its provenance.
func changed(t *testing.T, before, after map[string]map[string]string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for key, was := range before {
		is := after[key]
		names := slices.Collect(maps.Keys(was))
		for name := range is {
			if _, ok := was[name]; !ok {
				names = append(names, name)
			}
		}
		for _, name := range names {
			a, b := was[name], is[name]
			switch name {
			case "rendition", "change", "cursor":
				continue
			case "provenance":
				a, b = withoutPipeline(t, a), withoutPipeline(t, b)
			}
			if a != b {
				out[key[:32]] = append(out[key[:32]], name)
			}
		}
		slices.Sort(out[key[:32]])
	}
	if len(before) > len(after) {
		t.Errorf("%d records before, %d after", len(before), len(after))
	}
	return out
}

func withoutPipeline(t *testing.T, text string) string {
	t.Helper()
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "pipeline")
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// told is what a dry run says will change, by record.
func told(d *daemon.DryReplay) map[string][]string {
	out := map[string][]string{}
	for _, c := range d.Changes {
		out[c.ID] = c.Fields
	}
	return out
}

// Rules for the generated sites 1 and 3: two that read them otherwise.
const (
	ruleOne = `hosts: [127.0.0.1]
rules:
  - paths: [/gen/1/*, /gen/3/*]
    title: concat('One. ', //title)
    section: =One
    strip: p:last-of-type
`
	ruleTwo = `hosts: [127.0.0.1]
rules:
  - paths: [/gen/1/*]
    byline: =Two Writers
`
)

// testChangedRules replays stored pages through rules that change, beginning with those that are in effect. A dry run
// names the records and fields that the real one then changes; a second real one, after the first change, changes nothing
// at all. Meanwhile, where it is not nil, is called while the first changed rule is replayed.
func testChangedRules(t *testing.T, r *ruleRun, pages int, steps []string, meanwhile func(*bus.Replay)) {
	first := r.records()
	if len(first) != pages {
		t.Fatalf("%d records are stored, want %d", len(first), pages)
	}
	before := first
	byRule := map[string]map[string]map[string]string{"": first}
	for i, rules := range steps {
		during := meanwhile
		if i > 0 {
			r.setRules(rules)
		}
		if i != 1 {
			during = nil
		}
		dry := r.dry()
		if got := r.records(); cmp.Diff(before, got) != "" {
			t.Fatalf("step %d: the dry run changed something", i)
		}
		if rep := r.replay(during); rep.Published != dry.Messages {
			t.Errorf("step %d: %d messages replayed, %d in the dry run", i, rep.Published, dry.Messages)
		}
		after := r.records()
		if d := cmp.Diff(told(dry), changed(t, before, after)); d != "" {
			t.Errorf("step %d: what the dry run told is not what changed (-told +changed):\n%s", i, d)
		}
		if i == 0 && dry.Changed+dry.New+dry.Failed > 0 || i > 0 && (dry.Changed == 0 || dry.Unchanged == 0) {
			t.Errorf("step %d, dry: %d changed, %d unchanged, %d new, %d failed", i, dry.Changed, dry.Unchanged, dry.New, dry.Failed)
		}
		touched := told(dry)
		for key := range before {
			if _, ok := touched[key[:32]]; !ok {
				if d := cmp.Diff(before[key], after[key]); d != "" {
					t.Errorf("step %d: %s was not to change (-before +after):\n%s", i, key, d)
				}
			}
		}
		if same, ok := byRule[rules]; ok {
			if d := changed(t, same, after); len(d) > 0 {
				t.Errorf("step %d: the same rules as before, other records: %v", i, d)
			}
		}
		byRule[rules] = after
		before = after
		if i != 1 {
			continue
		}
		// Once more: not even a cursor moves.
		if again := r.dry(); again.Changed > 0 {
			t.Errorf("step %d: a dry run after the real one still tells of %d changes", i, again.Changed)
		}
		r.replay(nil)
		if d := cmp.Diff(after, r.records()); d != "" {
			t.Errorf("step %d: the second real run changed something (-first +second):\n%s", i, d)
		}
	}
}

func TestReplayWithChangedRules(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 4, Items: 25, Paragraphs: 2})
	quick := func(cfg *config.Config) { cfg.Enrich.Steps = []string{"language"} }
	testChangedRules(t, startRuleRun(t, addr, feeds, quick), 100, []string{"", ruleOne, ruleTwo, ruleOne, ""}, nil)
}
