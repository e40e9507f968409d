package fetcher

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestHostKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://example.com/feed":             "example.com",
		"https://news.EXAMPLE.com:8443/":      "example.com",
		"http://www.example.co.uk./":          "example.co.uk",
		"http://a.github.io/":                 "a.github.io",
		"http://münchen.example.de/":          "example.de",
		"http://www.bücher.de/":               "xn--bcher-kva.de",
		"http://www.xn--bcher-kva.de/":        "xn--bcher-kva.de",
		"http://www.koreatimes.co.kr/a?b#c":   "koreatimes.co.kr",
		"http://localhost/":                   "localhost:80",
		"https://localhost/":                  "localhost:443",
		"http://localhost:8080/":              "localhost:8080",
		"http://127.0.0.1:8080/x":             "127.0.0.1:8080",
		"HTTPS://192.0.2.1/":                  "192.0.2.1:443",
		"http://[2001:DB8::1]:8080/":          "[2001:db8::1]:8080",
		"http://co.uk/":                       "co.uk:80",
		" http://user:pw@sub.example.org/ ":   "example.org",
		"http://example.com@sub.example.net/": "example.net",
		"":                                    "",
		"feed":                                "",
		"http://[":                            "",
		"http://" + manyLetters(20_000):       "", // at once
	} {
		if got := HostKey(in); got != want {
			t.Errorf("HostKey(%q) = %q, want %q", in, got, want)
		}
	}
}

// manyLetters is a name of n different letters.
func manyLetters(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune('一' + rune(i))
	}
	return b.String()
}

func TestReserveSpacesOut(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: 2 * time.Second})
	for i, tt := range []struct {
		host      string
		now, want time.Duration // from clock
	}{
		{"a", 0, 0}, {"a", 0, 2}, {"a", 1, 4}, {"b", 1, 1}, {"a", 5, 6}, {"a", 20, 20}, {"b", 3, 3},
	} {
		got := h.Reserve(tt.host, clock.Add(tt.now*time.Second))
		if want := clock.Add(tt.want * time.Second); !got.Equal(want) {
			t.Errorf("%d: slot of %s at %v, want %v", i, tt.host, got, want)
		}
	}
}

// TestReserveWithoutDelay: slots follow each other as fast as the host answers.
func TestReserveWithoutDelay(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{PerHost: 4})
	slots := func(now time.Time) (ms []int) {
		for range 4 {
			ms = append(ms, int(h.Reserve("a", now).Sub(now).Milliseconds()))
		}
		return ms
	}
	if got, want := slots(clock), []int{0, 12, 25, 37}; !slices.Equal(got, want) {
		t.Errorf("slots of a host that was not met: %v ms, want %v", got, want)
	}
	now := clock.Add(time.Hour)
	turn, _ := h.Acquire("a", now)
	turn.Done(now.Add(8 * time.Second))
	turn.Done(now.Add(time.Hour)) // once is enough
	if got, want := slots(now), []int{0, 2000, 4000, 6000}; !slices.Equal(got, want) {
		t.Errorf("slots of a host that takes 8 s: %v ms, want %v", got, want)
	}
	now = now.Add(time.Hour)
	for range 40 {
		turn, _ := h.Acquire("a", now)
		turn.Done(now.Add(4 * time.Millisecond))
	}
	if got, want := slots(now), []int{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("slots of a host that takes 4 ms now: %v ms, want %v", got, want)
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second})
	h.Block("a", clock.Add(time.Minute))
	h.Block("a", clock.Add(time.Second)) // shorter: no change
	if got := h.Blocked("a", clock); !got.Equal(clock.Add(time.Minute)) {
		t.Errorf("blocked until %v", got)
	}
	for _, want := range []time.Duration{60, 61} {
		if got := h.Reserve("a", clock); !got.Equal(clock.Add(want * time.Second)) {
			t.Errorf("slot at %v, want %d s later", got, want)
		}
	}
	if got := h.Reserve("b", clock); !got.Equal(clock) {
		t.Errorf("another host waits until %v", got)
	}
	if got := h.Blocked("a", clock.Add(time.Minute)); !got.IsZero() {
		t.Errorf("still blocked until %v", got)
	}
	if got := h.Blocked("unknown", clock); !got.IsZero() {
		t.Errorf("an unknown host is blocked until %v", got)
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: 10 * time.Second})
	h.Taken("a", clock.Add(-time.Hour))
	if got := h.Reserve("a", clock); !got.Equal(clock) {
		t.Errorf("a slot long past delays until %v", got)
	}
	h.Taken("b", clock.Add(-4*time.Second))
	if got := h.Reserve("b", clock); !got.Equal(clock.Add(6 * time.Second)) {
		t.Errorf("slot at %v, want 10 s after the one taken", got)
	}
	h.Taken("b", clock) // earlier than what is booked
	if got := h.Reserve("b", clock); !got.Equal(clock.Add(16 * time.Second)) {
		t.Errorf("slot at %v, want behind the last one", got)
	}
}

func TestSetDelay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ base, crawl, want time.Duration }{
		{time.Second, 5 * time.Second, 5 * time.Second},
		{10 * time.Second, 5 * time.Second, 10 * time.Second},
		{0, 3 * time.Second, 3 * time.Second},
		{0, 24 * time.Hour, MaxDelay},
		{time.Second, -time.Second, time.Second},
	} {
		h := NewHosts(&HostOptions{Delay: tt.base})
		first := h.Reserve("a", clock)
		h.SetDelay("a", tt.crawl)
		h.SetDelay("a", tt.crawl)
		if got := h.Reserve("a", clock).Sub(first); got != tt.want {
			t.Errorf("%v raised by %v: spacing %v, want %v", tt.base, tt.crawl, got, tt.want)
		}
		h.SetDelay("a", 0)
		second := h.Reserve("a", clock.Add(time.Hour))
		if got := h.Reserve("a", clock.Add(time.Hour)).Sub(second); got != max(tt.base, assumedService/2) {
			t.Errorf("%v after the crawl-delay is gone: spacing %v", tt.base, got)
		}
	}
}

func TestSetDelayOfANewHost(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second})
	h.SetDelay("quick", time.Millisecond)
	if len(h.hosts) != 0 {
		t.Error("a host is kept that differs in nothing")
	}
	h.SetDelay("slow", 5*time.Second)
	first := h.Reserve("slow", clock)
	if got := h.Reserve("slow", clock).Sub(first); !first.Equal(clock) || got != 5*time.Second {
		t.Errorf("slots at %v and %v after it, want now and 5s", first, got)
	}
}

func TestAcquire(t *testing.T) {
	t.Parallel()
	h := NewHosts(nil)
	get := func(host string) *Turn {
		turn, _ := h.Acquire(host, clock)
		return turn
	}
	first, second, third, other := get("a"), get("a"), get("a"), get("b")
	if first == nil || second == nil || third != nil || other == nil {
		t.Errorf("acquired %v %v %v, other host %v; want two and the other", first, second, third, other)
	}
	freed := h.Freed("a")
	select {
	case <-freed:
		t.Error("a place is free before a request is done")
	default:
	}
	first.Done(clock)
	<-freed
	first.Done(clock) // no second place
	if fourth, fifth := get("a"), get("a"); fourth == nil || fifth != nil {
		t.Errorf("after one is done %v %v, want one", fourth, fifth)
	}
}

// TestHurry: who ends what he has begun goes first.
func TestHurry(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second, PerHost: 5})
	if turn, _ := h.Acquire("a", clock); turn == nil {
		t.Fatal("the first has to wait")
	}
	acquire, done := h.Hurry("a")
	if turn, again := acquire(clock.Add(999 * time.Millisecond)); turn != nil || !again.Equal(clock.Add(time.Second)) {
		t.Errorf("hurry breaks the spacing: %v, again %v", turn, again)
	}
	later := clock.Add(time.Second)
	if turn, _ := h.Acquire("a", later); turn != nil {
		t.Error("another went before")
	}
	if turn, _ := h.Acquire("b", later); turn == nil {
		t.Error("another host has to wait")
	}
	if turn, _ := acquire(later); turn == nil {
		t.Error("no turn when it has come")
	}
	done()
	done()
	if turn, _ := h.Acquire("a", later.Add(time.Second)); turn == nil {
		t.Error("others have to wait for ever")
	}
}

func TestHostsForgetsTheIdle(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second})
	h.Block("blocked", clock.Add(1000*time.Hour))
	if turn, _ := h.Acquire("busy", clock); turn == nil {
		t.Fatal("no turn")
	}
	now := clock
	for i := range 20_000 {
		now = now.Add(time.Second)
		h.Reserve(fmt.Sprint("host", i), now)
	}
	if n := len(h.hosts); n > 2*minSweep {
		t.Errorf("%d hosts are kept, want at most %d", n, 2*minSweep)
	}
	if h.Blocked("blocked", now).IsZero() {
		t.Error("a block was forgotten")
	}
	if h.hosts["busy"] == nil {
		t.Error("a host with a request under way was forgotten")
	}
}

// All slots of one host are apart and all requests are counted, whoever asks.
func TestHostsConcurrently(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second, PerHost: 3})
	slots := make(chan time.Time, 400)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				slots <- h.Reserve("a", clock)
				if turn, _ := h.Acquire("a", clock); turn != nil {
					turn.Sent(clock)
					turn.Done(clock)
				}
				h.SetDelay("a", time.Second)
				h.Taken("a", clock)
			}
		})
	}
	wg.Wait()
	close(slots)
	seen := map[time.Time]bool{}
	for s := range slots {
		if seen[s] {
			t.Fatalf("slot %v was given twice", s)
		}
		seen[s] = true
	}
	if h.hosts["a"].flying != 0 {
		t.Errorf("%d requests under way, want 0", h.hosts["a"].flying)
	}
}

func TestAcquireKeepsTheSpacing(t *testing.T) {
	t.Parallel()
	h := NewHosts(&HostOptions{Delay: time.Second, PerHost: 5})
	at := func(d time.Duration) (*Turn, time.Duration) {
		turn, again := h.Acquire("a", clock.Add(d))
		return turn, again.Sub(clock)
	}
	first, _ := at(0)
	if first == nil {
		t.Fatal("the first request has to wait")
	}
	// Somebody else booked a slot right after it.
	if turn, again := at(999 * time.Millisecond); turn != nil || again != time.Second {
		t.Errorf("999 ms after the first: %v, again at %v; want none before 1 s", turn, again)
	}
	first.Sent(clock.Add(200 * time.Millisecond)) // the connection took so long
	if turn, again := at(time.Second); turn != nil || again != 1200*time.Millisecond {
		t.Errorf("800 ms after the first was sent: %v, again at %v; want none before 1.2 s", turn, again)
	}
	if turn, _ := at(1200 * time.Millisecond); turn == nil {
		t.Error("a second request has to wait for more than a second")
	}
}
