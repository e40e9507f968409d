package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// scrape returns the metrics of a daemon as name{label="value",...}; of a histogram the count.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	res, err := http.Get(url + "/metrics") //nolint:noctx // on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: %s", res.Status)
	}
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			key := name
			if len(labels) > 0 {
				key += "{" + strings.Join(labels, ",") + "}"
			}
			switch f.GetType() {
			case dto.MetricType_COUNTER:
				all[key] = m.GetCounter().GetValue()
			case dto.MetricType_HISTOGRAM:
				all[key] = float64(m.GetHistogram().GetSampleCount())
			default:
				all[key] = m.GetGauge().GetValue()
			}
		}
	}
	return all
}

func TestMetricsAfterAllIsStored(t *testing.T) {
	t.Parallel()
	const nFeeds, nItems = 2, 5
	const all = nFeeds * nItems
	site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: nFeeds, Items: nItems, PageBytes: 4 << 10})
	cfg := listening(t, t.TempDir(), "127.0.0.1:0")
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(time.Hour), config.Duration(time.Hour), config.Duration(time.Hour)
	urls := make(chan string, 1)
	feeds = append(feeds, "http://"+addr.String()+"/no/such/feed.xml")
	start(t, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Logger: testLogger(t), OnListen: func(url string) { urls <- url }})
	url := <-urls
	want := map[string]float64{
		`feedmill_bus_up`:                                                    1,
		`feedmill_fetcher_partitions_held`:                                   64,
		`feedmill_registry_polls_total{outcome="fetched"}`:                   nFeeds,
		`feedmill_registry_polls_total{outcome="failed"}`:                    1,
		`feedmill_registry_poll_lateness_seconds`:                            nFeeds + 1,
		`feedmill_fetcher_pages_total{outcome="fetched"}`:                    all,
		`feedmill_fetcher_pending_messages{stream="ITEM",worker="page"}`:     0,
		`feedmill_fetcher_oldest_age_seconds{stream="ITEM",worker="page"}`:   0,
		`feedmill_parser_messages_total{result="ok",worker="feed"}`:          nFeeds,
		`feedmill_parser_messages_total{result="ok",worker="article"}`:       all,
		`feedmill_parser_messages_total{result="dead",worker="article"}`:     0,
		`feedmill_parser_published_total{worker="article"}`:                  all,
		`feedmill_parser_handling_seconds{worker="article"}`:                 all,
		`feedmill_parser_redeliveries_total{worker="article"}`:               0,
		`feedmill_parser_pending_messages{stream="REPLAY",worker="article"}`: 0,
		`feedmill_enricher_messages_total{result="ok",worker="enrich"}`:      all,
		`feedmill_sink_messages_total{result="ok",worker="sink-main"}`:       all,
		`feedmill_sink_in_hand_messages{stream="RECORD",worker="sink-main"}`: 0,
		`feedmill_sink_lost_messages{stream="RECORD",worker="sink-main"}`:    0,
		`feedmill_bus_stream_messages{stream="RECORD"}`:                      all,
		`feedmill_bus_stream_messages{stream="PAGE"}`:                        all,
	}
	var got map[string]float64
	different := func() []string {
		var lines []string
		for key, w := range want {
			if g, ok := got[key]; g != w || !ok {
				lines = append(lines, fmt.Sprintf("%s is %v (%v), want %v", key, g, ok, w))
			}
		}
		slices.Sort(lines)
		return lines
	}
	for end := time.Now().Add(time.Minute); ; <-time.After(200 * time.Millisecond) {
		got = scrape(t, url)
		lines := different()
		if len(lines) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal(strings.Join(lines, "\n"))
		}
	}
	for key := range got {
		if host := addr.Addr().String(); strings.HasPrefix(key, "feedmill_") && (strings.Contains(key, host) || strings.Contains(key, "/")) {
			t.Errorf("%s names a host or a URL", key)
		}
	}
	if got[`feedmill_bus_stream_fullness_ratio{stream="PAGE"}`] <= 0 || got[`feedmill_bus_stream_limit_bytes{stream="PAGE"}`] <= 0 {
		t.Errorf("PAGE is %v full of %v", got[`feedmill_bus_stream_fullness_ratio{stream="PAGE"}`], got[`feedmill_bus_stream_limit_bytes{stream="PAGE"}`])
	}
	if n := len(site.Requests()); n < all+nFeeds {
		t.Errorf("the site counts %d requests", n)
	}
}

// TestALostServerIsTold stops the NATS server under a daemon: it is not ready any more, it lives, and a scrape still
// answers, with what the process itself counts.
func TestALostServerIsTold(t *testing.T) {
	t.Parallel()
	bus, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	defer bus.WaitForShutdown()
	defer bus.Shutdown()
	if !bus.ReadyForConnections(20 * time.Second) {
		t.Fatal("nats-server is not ready")
	}
	cfg := listening(t, t.TempDir(), "127.0.0.1:0")
	cfg.NATS.URLs = []string{bus.ClientURL()}
	urls := make(chan string, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Stages: []string{daemon.StageParser}, Logger: testLogger(t), OnListen: func(url string) { urls <- url }})
		ended <- err
	}()
	url := <-urls
	waitFor(t, 30*time.Second, "readiness", func() bool { _, status := ask(t, url+"/readyz"); return status == 200 })
	waitFor(t, 30*time.Second, "a look at the bus", func() bool { return scrape(t, url)["feedmill_bus_up"] == 1 })
	bus.Shutdown()
	waitFor(t, 30*time.Second, "readiness to end", func() bool {
		h, status := ask(t, url+"/readyz")
		return status == 503 && len(h.Problems) == 1 && h.Problems[0].Name == "nats"
	})
	waitFor(t, 30*time.Second, "the look before to be old", func() bool {
		begin := time.Now()
		got := scrape(t, url)
		if took := time.Since(begin); took > 15*time.Second {
			t.Errorf("a scrape took %v", took)
		}
		if _, ok := got[`feedmill_parser_messages_total{result="ok",worker="article"}`]; !ok {
			t.Error("the process's own counters are gone")
		}
		return got["feedmill_bus_up"] == 0
	})
	if h, status := ask(t, url+"/livez"); status != 200 {
		t.Errorf("/livez is %d: %+v; a new process would not mend it", status, h)
	}
	begin := time.Now()
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, nats.ErrTimeout) { // what it had to say to the server is not said
		t.Error(err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("the end took %v", took)
	}
}
