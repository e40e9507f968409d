package daemon

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// smallMemory is the soft limit of a process that has not much alive: below half of it Go's usual pace goes on.
	smallMemory = 320 << 20
	// otherMemory is what the runtime needs beside the heap, as far as the limit goes.
	otherMemory = 96 << 20
	// memoryEvery is how often the limit follows what lives.
	memoryEvery = 5 * time.Second
)

// HoldMemory keeps the heap of this process from growing to twice what lives in it, as Go has it by default, where that is
// much: 320 MiB in all, or half more than what lives and 96 MiB, are the soft limit beyond which the collector works more.
// It returns when ctx ends, and at once where GOGC or GOMEMLIMIT says what is wanted.
func HoldMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 {
			return
		}
		debug.SetMemoryLimit(memoryLimit(int64(live[0].Value.Uint64())))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// memoryLimit is the soft limit for so many bytes that live.
func memoryLimit(live int64) int64 { return max(smallMemory, live+live/2+otherMemory) }
