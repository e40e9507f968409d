package bus_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/nats-io/nats.go/jetstream"
)

func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := bus.Connect(t.Context(), bus.Options{Dir: dir, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if plan, err := first.Plan(t.Context(), 0); err != nil || len(plan) != 0 {
		t.Errorf("fresh streams: plan %+v, %v; want none", plan, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	// Longer ages and more room are applied, once.
	longer := bustest.New(t, &bus.Options{Dir: dir, MaxStore: 2 << 30, Retention: bus.Retention{Pages: 14 * 24 * time.Hour}})
	plan, err := longer.Apply(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]int{}
	for _, c := range plan {
		if c.Action != "update" {
			t.Errorf("change %+v, want an update", c)
		}
		fields[c.Field]++
	}
	if fields["max_age"] != 4 || fields["max_bytes"] != 7 {
		t.Errorf("changes %v, want 4 ages and 7 sizes", fields)
	}
	if plan, err = longer.Apply(t.Context(), 0); err != nil || len(plan) != 0 {
		t.Errorf("second time: %+v, %v; want nothing to do", plan, err)
	}

	// Shrinking is refused, and with it all the rest.
	js := longer.JetStream()
	s, err := js.Stream(t.Context(), "FM_EVENT")
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxAge *= 10
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if _, err = longer.Apply(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "FM_EVENT: max_age: a smaller limit deletes messages") {
		t.Errorf("got %v, want a refusal that names stream and field", err)
	}

	// It is done where that is asked for, once all is handled.
	if _, err := js.CreateOrUpdateConsumer(t.Context(), "FM_EVENT", jetstream.ConsumerConfig{Durable: "reader",
		AckPolicy: jetstream.AckExplicitPolicy, Metadata: map[string]string{"feedmill": "worker"}}); err != nil {
		t.Fatal(err)
	}
	if err := longer.Send(t.Context(), "test", "1", func(o *bus.Outbox) { o.Event(feedmill.Event{Outcome: feedmill.OutcomeFetched}) }); err != nil {
		t.Fatal(err)
	}
	longer.AllowShrink()
	if _, err = longer.Apply(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "FM_EVENT: max_age: reader has not handled 1 of its messages") {
		t.Errorf("got %v, want a refusal that names who is behind", err)
	}
	if err := js.DeleteConsumer(t.Context(), "FM_EVENT", "reader"); err != nil {
		t.Fatal(err)
	}
	plan, err = longer.Apply(t.Context(), 0)
	if want := []bus.Change{{Stream: "FM_EVENT", Action: "update", Field: "max_age", From: "1680h0m0s", To: "168h0m0s"}}; err != nil || !slices.Equal(plan, want) {
		t.Errorf("shrink: %+v, %v; want %+v", plan, err, want)
	}
	if st, err := longer.Stream(t.Context(), bus.StreamEvent); err != nil || st.MaxAge != 7*24*time.Hour {
		t.Errorf("the age limit is %v, %v; want 7 days", st.MaxAge, err)
	}

	// A stream of our name that is not ours is not touched.
	if err := js.DeleteStream(t.Context(), "FM_EVENT"); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "FM_EVENT", Subjects: []string{"theirs"}}); err != nil {
		t.Fatal(err)
	}
	if _, err = longer.Apply(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "not feedmill's") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// TestForEver keeps streams without a limit of age, and with them the large values that their messages name.
func TestForEver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := bus.Connect(t.Context(), bus.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	b := bustest.New(t, &bus.Options{Dir: dir, Retention: bus.Retention{Pages: -1}})
	plan, err := b.Apply(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range plan {
		got[c.Stream+" "+c.Field] = c.To
	}
	want := map[string]string{"FM_FEED max_age": "no limit", "FM_ITEM max_age": "no limit", "FM_PAGE max_age": "no limit", "FM_ARTICLE max_age": "no limit",
		"OBJ_fm_bodies max_age": "no limit"}
	if !maps.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if plan, err = b.Apply(t.Context(), 0); err != nil || len(plan) != 0 {
		t.Errorf("second time: %+v, %v; want nothing to do", plan, err)
	}
	fresh := bustest.New(t, &bus.Options{Retention: bus.Retention{Pages: -1, Events: -1, Dead: -1}})
	if plan, err := fresh.Plan(t.Context(), 0); err != nil || len(plan) != 0 {
		t.Errorf("fresh streams: plan %+v, %v; want none", plan, err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 6)
	n, err := b.Delete(t.Context(), bus.Selection{Stream: bus.StreamPage, ID: "id4"})
	if err != nil || n != 1 {
		t.Fatalf("deleted %d, %v; want 1", n, err)
	}
	left := ""
	if err := b.Select(t.Context(), bus.Selection{Stream: bus.StreamPage}, false, func(m *bus.Stored) bool {
		left += m.ID[2:]
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if left != "01235" {
		t.Errorf("left %q, want 01235", left)
	}
}
