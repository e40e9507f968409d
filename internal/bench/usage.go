package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// cpuTime is the CPU time, user and system, that this process has used so far.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// peakMemory is the most resident memory that this process has had, in bytes; 0 where the system does not tell.
// getrusage does not serve: its figure outlives exec, so that a child starts with its parent's.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// meter measures a stretch of this process's life.
type meter struct {
	began time.Time
	cpu   time.Duration
}

// measured is what a process used.
type measured struct {
	CPU  time.Duration
	Wall time.Duration
	Peak int64 // bytes
}

func startMeter() (meter, error) {
	cpu, err := cpuTime()
	return meter{time.Now(), cpu}, err
}

func (m meter) stop() (measured, error) {
	cpu, err := cpuTime()
	return measured{CPU: cpu - m.cpu, Wall: time.Since(m.began), Peak: peakMemory()}, err
}
