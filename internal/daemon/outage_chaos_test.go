//go:build chaos

package daemon_test

import (
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// TestChaosPostgresAway stops the Postgres of a running daemon for a minute, and longer where the machine needs longer to
// fill the queues. Metrics and status show the lag growing until back-pressure holds it, stage before stage; the daemon
// is not ready meanwhile, though alive. When the server is back all is stored, each article once.
func TestChaosPostgresAway(t *testing.T) {
	const (
		feeds, items = 20, 350
		articles     = feeds * items
		highWater    = 2000 // of the bus
		slack        = 1000 // what workers have in hand, and publish between two looks
	)
	server := pgtest.Start(t)
	dsn := server.Database(t)
	store := postgresStore(dsn)
	site, addr, urls := startNewsroom(t, &newsroom.GenerateOptions{Feeds: feeds, Items: items})
	cfg := listening(t, t.TempDir(), "127.0.0.1:0")
	cfg.Sinks = []config.Sink{{Name: "main", Type: "postgres", DSN: dsn}}
	listens, clients := make(chan string, 1), make(chan *daemon.Client, 1)
	start(t, daemon.Options{Config: cfg, Also: addr, Feeds: urls, Logger: testLogger(t),
		OnListen: func(url string) { listens <- url }, OnReady: func(c *daemon.Client) { clients <- c }})
	url, client := <-listens, <-clients
	waitFor(t, 2*time.Minute, "the first records", func() bool { return store.count(t) >= 200 })

	server.Stop(t)
	behind := func(m map[string]float64, stage, stream, worker string) float64 {
		labels := `{stream="` + stream + `",worker="` + worker + `"}`
		return m["feedmill_"+stage+"_pending_messages"+labels] + m["feedmill_"+stage+"_in_hand_messages"+labels]
	}
	began := time.Now()
	var most struct{ record, article, page, age float64 }
	held := false
	for told := began; time.Since(began) < time.Minute || !held && time.Since(began) < 5*time.Minute; <-time.After(time.Second) {
		m := scrape(t, url)
		record, article, page := behind(m, "sink", "RECORD", "sink-main"), behind(m, "enricher", "ARTICLE", "enrich"), behind(m, "parser", "PAGE", "article")
		age := m[`feedmill_sink_oldest_age_seconds{stream="RECORD",worker="sink-main"}`]
		most.record, most.article, most.page, most.age = max(most.record, record), max(most.article, article), max(most.page, page), max(most.age, age)
		held = held || record >= highWater && article >= highWater
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			t.Logf("away for %v: %v records, %v articles, %v pages wait; the oldest for %v s", time.Since(began).Round(time.Second), record, article, page, age)
		}
	}
	t.Logf("at most %v records, %v articles, %v pages waited; the oldest for %v s", most.record, most.article, most.page, most.age)
	if !held {
		t.Errorf("the queues did not fill: %+v", most)
	}
	if most.record > highWater+slack || most.article > highWater+slack {
		t.Errorf("back-pressure did not hold: %+v, want at most %d", most, highWater+slack)
	}
	if most.age < 50 {
		t.Errorf("the oldest record waited %v s, the server was away for %v", most.age, time.Since(began))
	}
	if h, status := ask(t, url+"/readyz"); status != 503 || len(h.Problems) != 1 || h.Problems[0].Name != "sink main" {
		t.Errorf("/readyz: %d %+v, want the sink's name", status, h)
	}
	if h, status := ask(t, url+"/livez"); status != 200 {
		t.Errorf("/livez: %d %+v", status, h)
	}
	state, err := client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range state.Streams {
		for _, c := range s.Consumers {
			if n := c.Pending + uint64(c.Unacked); s.Name == bus.StreamRecord && n < highWater {
				t.Errorf("status shows %d records behind for %s, want %d or more", n, c.Name, highWater)
			}
			if c.Lost > 0 {
				t.Errorf("%s lost %d messages of %s", c.Name, c.Lost, s.Name)
			}
		}
	}

	server.Start(t)
	back := time.Now()
	waitFor(t, time.Minute, "the first record after the outage", func() bool { _, status := ask(t, url+"/readyz"); return status == 200 })
	t.Logf("written again %v after the server's return", time.Since(back).Round(100*time.Millisecond))
	waitFor(t, 5*time.Minute, "all records", func() bool { return store.count(t) >= articles && idle(t, client.Bus) })
	all := store.all(t)
	if len(all) != articles {
		t.Errorf("%d articles stored, want %d", len(all), articles)
	}
	for id, rs := range all {
		if len(rs) != 1 {
			t.Errorf("%s has %d revisions; it never changed", id, len(rs))
		}
	}
	err = client.Bus.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
		t.Errorf("given up in %s: %s", d.Stage, d.Reason)
		return true
	})
	if err != nil {
		t.Error(err)
	}
	asked := map[string]int{}
	for _, r := range site.Requests() {
		if strings.Contains(r.Path, "/article-") {
			if asked[r.Path]++; asked[r.Path] > 1 {
				t.Errorf("%s was asked for again", r.Path)
			}
		}
	}
}
