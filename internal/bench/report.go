package bench

import (
	"bufio"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Report is what a benchmark found. CPU figures are milliseconds of user and system time, medians of the rounds.
type Report struct {
	Date    time.Time `json:"date"`
	Machine Machine   `json:"machine"`
	Feeds   int       `json:"feeds"`
	Items   int       `json:"items"` // of each feed
	Hosts   int       `json:"hosts"`
	Rounds  int       `json:"rounds"`
	// PageKB is the mean size of a page as it is parsed, in kilobytes.
	PageKB float64 `json:"page_kb"`

	Floors []Floor `json:"floors"`
	// Plain is the pipeline without enrichment, Enriched with it; Large is Plain over more articles.
	Plain    Pipeline  `json:"plain"`
	Enriched *Pipeline `json:"enriched,omitempty"`
	Large    *Pipeline `json:"large,omitempty"`
	// EnrichShare is the part of the enriched pipeline's CPU that enrichment adds.
	EnrichShare float64 `json:"enrich_share,omitempty"`
	Bus         Bus     `json:"bus"`
	Idle        Idle    `json:"idle"`
	Bars        []Bar   `json:"bars"`
}

// Machine is where the figures come from.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
}

// Floor is a client that does one part of the work and nothing else.
type Floor struct {
	Name      string    `json:"name"`
	CPU       float64   `json:"cpu_ms"` // per request
	PerSecond float64   `json:"per_second"`
	PeakMB    float64   `json:"peak_mb"`
	Runs      []float64 `json:"runs"` // CPU of each round
}

// Pipeline is the daemon, from the poll of a feed to the record in SQLite.
type Pipeline struct {
	Articles  int       `json:"articles"`
	CPU       float64   `json:"cpu_ms"` // per article
	Ratio     float64   `json:"ratio"`  // to the goquery floor of the same round
	PerSecond float64   `json:"per_second"`
	PeakMB    float64   `json:"peak_mb"`
	Start     float64   `json:"start_cpu_ms"` // of the whole process, before the first poll; not part of CPU
	Runs      []float64 `json:"runs"`
	Stages    []Stage   `json:"stages,omitempty"`
	Score     *Score    `json:"score"`
	Partial   string    `json:"partial,omitempty"`
}

// Stage is one part of a pipeline's CPU. The shares are those of a CPU profile of one further run.
type Stage struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`
	CPU   float64 `json:"cpu_ms"` // per article
}

// Bus is what five hops cost: five publishes, deliveries and acknowledgements with workers that do nothing.
type Bus struct {
	Items     int       `json:"items"`
	CPU       float64   `json:"cpu_ms"` // per item, all five hops
	PerSecond float64   `json:"per_second"`
	PeakMB    float64   `json:"peak_mb"`
	MessageKB float64   `json:"message_kb"` // as stored
	Runs      []float64 `json:"runs"`
	// Floor is a bare client of the same server that passes such messages on, over as many hops.
	Floor Floor `json:"floor"`
}

// Idle is what polls cost that bring nothing new.
type Idle struct {
	Feeds     int     `json:"feeds"`
	CPU       float64 `json:"cpu_ms"` // per poll
	PerSecond float64 `json:"per_second"`
	Floor     float64 `json:"floor_cpu_ms"` // of a conditional GET
	// Capacity is how many a second the machine's cores could do, if nothing else ran on them.
	Capacity  float64 `json:"capacity_per_second"`
	Unchanged int     `json:"unchanged"`
	PeakMB    float64 `json:"peak_mb"`
	Import    float64 `json:"import_per_second"` // feeds subscribed to
	ImportCPU float64 `json:"import_cpu_ms"`     // per feed
	// Restart and Night are how many polls came in the first seconds of a start, after a minute and after a day in which
	// nobody was there.
	Restart int `json:"restart_polls"`
	Night   int `json:"night_polls"`
}

// Bar is a figure that must be kept.
type Bar struct {
	Name string  `json:"name"`
	Want float64 `json:"want"` // at most
	Got  float64 `json:"got"`
	Met  bool    `json:"met"`
}

// The bars.
const (
	maxRatio    = 3.0  // CPU per article to the goquery floor, enrichment off
	maxHops     = 0.45 // ms CPU for five hops
	maxIdlePoll = 0.25 // ms CPU for a poll that is answered with 304
	maxIdleMB   = 400  // of a daemon whose feeds have nothing new
	maxGrowth   = 0.10 // cost per article at five times the articles
)

func (r *Report) bar(name string, want, got float64) {
	r.Bars = append(r.Bars, Bar{name, want, got, got <= want})
}

func machine() Machine {
	return Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// per is a time divided by a count, in milliseconds.
func per(d time.Duration, n int) float64 {
	return float64(d.Microseconds()) / 1000 / float64(max(n, 1))
}

func rate(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }
