package bench

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReadProfile reads a profile of work whose place is known.
func TestReadProfile(t *testing.T) {
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Fatal(err)
	}
	hashFor(t, 300*time.Millisecond)
	pprof.StopCPUProfile()
	samples, err := readProfile(profile.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var all, here int64
	for _, s := range samples {
		all += s.cpu
		leaf := slices.IndexFunc(s.functions, func(f string) bool { return strings.Contains(f, "sha256") })
		caller := slices.IndexFunc(s.functions, func(f string) bool { return strings.HasSuffix(f, "bench.hashFor") })
		if leaf >= 0 && caller > leaf {
			here += s.cpu
		}
	}
	if all < int64(50*time.Millisecond) || here < all/2 {
		t.Errorf("%v of %v ns under hashFor", time.Duration(here), time.Duration(all))
	}

	z, err := gzip.NewReader(bytes.NewReader(profile.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var cut bytes.Buffer
	w := gzip.NewWriter(&cut)
	if _, err := w.Write(raw[:len(raw)-1]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"no gzip": []byte("profile"), "cut": cut.Bytes()} {
		if _, err := readProfile(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// hashFor uses so much CPU time, however long that takes.
func hashFor(t *testing.T, d time.Duration) {
	t.Helper()
	block := make([]byte, 1<<16)
	begun, err := cpuTime()
	for now := begun; err == nil && now-begun < d; now, err = cpuTime() {
		for range 10 {
			sha256.Sum256(block)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestStageOf(t *testing.T) {
	t.Parallel()
	const daemon = "github.com/feedmill/feedmill/internal/daemon."
	const bus = "github.com/feedmill/feedmill/bus."
	worker := bus + "(*Worker[go.shape.*uint8]).handle"
	for _, tt := range []struct{ stack, want string }{
		{"golang.org/x/net/html.Parse " + daemon + "(*pipeline).article " + bus + "(*Worker[go.shape.*uint8]).run " + worker, stageParse},
		{"github.com/klauspost/compress/zstd.(*Encoder).EncodeAll " + bus + "(*Bus).encode " + bus + "(*Outbox).add " + daemon + "(*pipeline).page " + worker, stageCodec},
		{"github.com/klauspost/compress/zstd.(*Encoder).EncodeAll " + bus + "(*Bus).marshal " + bus + "(*Bus).encode", stageCodec},
		{"encoding/json.Unmarshal " + bus + "unmarshal " + bus + "(*Bus).decode", stageCodec},
		{"runtime.gcAssistAlloc runtime.mallocgc " + daemon + "(*pipeline).enrich", stageCollector},
		{"runtime.mallocgc strings.Join " + daemon + "(*pipeline).enrich " + worker, stageEnrich},
		{"modernc.org/sqlite/lib._sqlite3VdbeExec database/sql.(*Tx).Exec " + daemon + "(*pipeline).write.func1", stageSink},
		{"syscall.read net/http.(*persistConn).readLoop", stageFetch},
		{"github.com/nats-io/nats-server/v2/server.(*client).readLoop", stageServer},
		{"github.com/nats-io/nats%2ego.(*Conn).readLoop", stageBus}, // as profiles write it
		{"github.com/nats-io/nats.go/jetstream.(*pushConsumer).Stop", stageBus},
		{"runtime.futex runtime.mcall", stageRuntime},
		{"time.Sleep main.main runtime.main", stageOther},
		{"", stageRuntime},
	} {
		if got := stageOf(strings.Fields(tt.stack)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.stack, got, tt.want)
		}
	}
}
