package bench

import (
	"strings"
	"time"
)

// The parts that CPU time is counted under, in the order of an article's way.
const (
	stagePoll      = "poll"
	stageFetch     = "fetch"
	stageFeed      = "feed"
	stageParse     = "parse"
	stageEnrich    = "enrich"
	stageSink      = "sink"
	stageRegistry  = "registry"
	stageCodec     = "bus: codec"
	stageBus       = "bus: client"
	stageServer    = "bus: server"
	stageCollector = "garbage collector"
	stageRuntime   = "runtime"
	stageOther     = "other"
)

// stageNames are the parts in the order in which they are told.
func stageNames() []string {
	return []string{stagePoll, stageFeed, stageFetch, stageParse, stageEnrich, stageSink, stageRegistry, stageCodec, stageBus, stageServer, stageCollector, stageRuntime, stageOther}
}

const module = "github.com/feedmill/feedmill/"

// stageRules say whose time it is when a function runs. A stack is read from its leaf up, and its first function with a
// rule decides: so the compression of a page that the page worker publishes is the bus's, not the worker's.
var stageRules = []struct{ prefix, stage string }{
	{"runtime.gcBgMarkWorker", stageCollector},
	{"runtime.gcAssistAlloc", stageCollector},
	{"runtime.bgsweep", stageCollector},
	{"runtime.bgscavenge", stageCollector},
	{"runtime.gcStart", stageCollector},
	{"github.com/nats-io/nats-server/", stageServer},
	{module + "bus.(*Bus).encode", stageCodec},
	{module + "bus.(*Bus).marshal", stageCodec},
	{module + "bus.(*Bus).decode", stageCodec},
	{module + "bus.(*Bus).payload", stageCodec},
	{module + "bus.(*Bus).gunzip", stageCodec},
	{module + "bus.unmarshal", stageCodec},
	{"github.com/nats-io/nats", stageBus}, // in profiles nats%2ego
	{module + "registry", stageRegistry},
	{module + "bus.(*Worker[", stageBus}, // but for its handler, which stands below in the stack
	{module + "bus.(*BatchWorker[", stageBus},
	{module + "bus.", stageBus},
	{module + "internal/daemon.(*pipeline).poll", stagePoll},
	{module + "internal/daemon.(*pipeline).feed", stageFeed},
	{module + "internal/daemon.(*pipeline).page", stageFetch},
	{module + "internal/daemon.(*pipeline).article", stageParse},
	{module + "internal/daemon.(*pipeline).enrich", stageEnrich},
	{module + "internal/daemon.(*pipeline).write", stageSink},
	{module + "sink/", stageSink},
	{"database/sql.", stageSink},
	{"modernc.org/", stageSink},
	{"net/http.(*persistConn)", stageFetch},
	{"net/http.(*Transport)", stageFetch},
}

// stages counts the CPU time of a profile by stage.
func stages(profile []byte) (map[string]time.Duration, error) {
	samples, err := readProfile(profile)
	if err != nil {
		return nil, err
	}
	sums := map[string]time.Duration{}
	for _, s := range samples {
		sums[stageOf(s.functions)] += time.Duration(s.cpu)
	}
	return sums, nil
}

func stageOf(functions []string) string {
	for _, name := range functions {
		for _, rule := range stageRules {
			if strings.HasPrefix(name, rule.prefix) {
				return rule.stage
			}
		}
	}
	for _, name := range functions {
		if !strings.HasPrefix(name, "runtime.") {
			return stageOther
		}
	}
	return stageRuntime
}
