// Package bus links the stages with NATS JetStream: streams, typed subjects, the one Worker that every stage runs in,
// schedules, dead letters and events.
//
// It promises that what was acknowledged to a publisher is not lost when a process is killed, that every message is
// handled at least once, and that handling it again publishes nothing twice within the streams' dedupe windows: message
// ids name their cause. A Worker has one order: handle, publish, commit, ack. A crash between any two repeats work and
// loses none. It leaves to its caller what a message means; it knows no stage.
//
// Its files: bus.go (connect, close), server.go (the embedded nats-server), datadir.go (lock, format, bus.json),
// subject.go (the table of subjects), stream.go (the streams), codec.go (values to bytes), outbox.go (what a handling
// publishes), worker.go and batch.go (the consumers), ledger.go (what was already published), pressure.go
// (back-pressure), dead.go (dead letters).
package bus
