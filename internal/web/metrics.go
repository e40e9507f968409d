package web

import (
	"context"
	"net/http"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what this process does. Its methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	stageOf  func(worker string) string
	stages   map[string]*stageMetrics
	polls    *prometheus.CounterVec
	lateness prometheus.Histogram
	pages    *prometheus.CounterVec
	dropped  *prometheus.CounterVec
	drifts   prometheus.Counter
	gaps     prometheus.Counter
	placed   *prometheus.CounterVec
	window   prometheus.Gauge
	feeds    *prometheus.GaugeVec
}

// stageMetrics are those that every stage has.
type stageMetrics struct {
	messages    *prometheus.CounterVec
	published   *prometheus.CounterVec
	redelivered *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
}

// NewMetrics returns metrics that stand at nothing. StageOf names the stage that a worker belongs to, one of stages, or
// "" for a worker that is not to be counted. Look returns the state of the bus and keeps to the deadline of its context.
func NewMetrics(stages []string, stageOf func(worker string) string, look func(context.Context) (*State, error)) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		stageOf:  stageOf,
		stages:   map[string]*stageMetrics{},
		polls: counters("registry", "polls_total",
			"Polls of feeds by outcome, counted in the process that finds it out: `fetched` and `not_a_feed` by the parser, the others by the fetcher.", "outcome"),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "registry", Name: "poll_lateness_seconds",
			Help:    "How long after its due time, or the turn that its host gave it, a poll was begun.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 600, 3600},
		}),
		pages: counters("fetcher", "pages_total", "Requests for article pages by outcome.", "outcome"),
		drifts: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: "parser", Name: "site_drifts_total",
			Help: "Warnings that a site is read otherwise than before: another template, another length, or fields that are missing."}),
		placed: counters("enricher", "stories_placed_total", "Records placed in stories, by role: `original`, `copy`, `update` or `related`; one that is placed anew counts again.", "role"),
		window: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "enricher", Name: "story_window_articles",
			Help: "Articles that a copy is looked for among, in the process that places stories; 0 in the others."}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: "registry", Name: "feed_gaps_total",
			Help: "Documents of feeds that had nothing in common with those before, so that items may have been missed."}),
		feeds: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "registry", Name: "feeds",
			Help: "Feeds by what is wrong with them, as `feedmill feeds health` tells it, `none` for nothing; counted by fetchers, at the start and every hour."}, []string{"problem"}),
		dropped: counters("parser", "items_dropped_total", "Items of feeds that a filter dropped, by the filter's place in the configuration.", "rule"),
	}
	for _, s := range stages {
		m.stages[s] = &stageMetrics{
			messages: counters(s, "messages_total",
				"Messages dealt with, by result: `ok` handled, `known` handled before, `retry` it failed and comes again, "+
					"`dead` given up, `failed` it comes again through no fault of its own (the bus, the registry or the store "+
					"did not answer, or the process stops).", "worker", "result"),
			published:   counters(s, "published_total", "Messages published by what was handled.", "worker"),
			redelivered: counters(s, "redeliveries_total", "Messages that had been delivered before.", "worker"),
			seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
				Namespace: namespace, Subsystem: s, Name: "handling_seconds",
				Help:    "Time from the delivery of a message to its acknowledgement; of a sink, the message's part of its batch's time.",
				Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
			}, []string{"worker"}),
		}
		m.registry.MustRegister(m.stages[s].messages, m.stages[s].published, m.stages[s].redelivered, m.stages[s].seconds)
	}
	for _, role := range []string{feedmill.StoryOriginal, feedmill.StoryCopy, feedmill.StoryUpdate, feedmill.StoryRelated} {
		m.placed.WithLabelValues(role)
	}
	m.registry.MustRegister(m.polls, m.lateness, m.pages, m.dropped, m.drifts, m.gaps, m.placed, m.window, m.feeds, newStateCollector(stages, stageOf, look),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// maxScrapes bounds the scrapes that are served at a time.
const maxScrapes = 4

// handler answers with all metrics. What cannot be gathered is left out.
func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             lookWait + 3*time.Second,
	})
}

const namespace = "feedmill"

func counters(subsystem, name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
}

// Expect makes the counters of a worker begin at zero, so that the first message is an increase.
func (m *Metrics) Expect(worker string) {
	s := m.stages[m.stageOf(worker)]
	if s == nil {
		return
	}
	for _, result := range []string{"ok", "retry", "dead", "failed"} {
		s.messages.WithLabelValues(worker, result)
	}
	s.published.WithLabelValues(worker)
	s.redelivered.WithLabelValues(worker)
	s.seconds.WithLabelValues(worker)
}

// Handled counts a message that a worker has dealt with. Redelivered says that this was not its first delivery.
func (m *Metrics) Handled(worker, result string, took time.Duration, published int, redelivered bool) {
	s := m.stages[m.stageOf(worker)]
	if s == nil {
		return
	}
	s.messages.WithLabelValues(worker, result).Inc()
	s.published.WithLabelValues(worker).Add(float64(published))
	if redelivered {
		s.redelivered.WithLabelValues(worker).Inc()
	}
	s.seconds.WithLabelValues(worker).Observe(took.Seconds())
}

// Polled counts the outcome of a feed's poll.
func (m *Metrics) Polled(o feedmill.Outcome) { m.polls.WithLabelValues(string(o)).Inc() }

// PollBegun notes how long after its due time a poll was begun.
func (m *Metrics) PollBegun(late time.Duration) { m.lateness.Observe(max(late, 0).Seconds()) }

// PageFetched counts the outcome of a request for an article page.
func (m *Metrics) PageFetched(o feedmill.Outcome) { m.pages.WithLabelValues(string(o)).Inc() }

// SiteDrifted counts a warning that a site is read otherwise than before.
func (m *Metrics) SiteDrifted() { m.drifts.Inc() }

// FeedGap counts a document of a feed that had nothing in common with those before.
func (m *Metrics) FeedGap() { m.gaps.Inc() }

// Placed counts a record that was placed in a story.
func (m *Metrics) Placed(role string) { m.placed.WithLabelValues(role).Inc() }

// StoryWindow tells how many articles a copy is looked for among.
func (m *Metrics) StoryWindow(articles int) { m.window.Set(float64(articles)) }

// Feeds tells how many feeds have which problem.
func (m *Metrics) Feeds(problems map[string]int) {
	for p, n := range problems {
		m.feeds.WithLabelValues(p).Set(float64(n))
	}
}

// ItemDropped counts an item that a filter dropped.
func (m *Metrics) ItemDropped(rule string) { m.dropped.WithLabelValues(rule).Inc() }
