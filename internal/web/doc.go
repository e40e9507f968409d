// Package web serves what a process tells of itself over HTTP: metrics for Prometheus at /metrics, and for whoever starts
// and stops it /livez and /readyz.
//
// It knows the stages only by name. What it shows comes through [Process] and a look at the bus, which the caller gives,
// and through the methods of [Metrics], which the caller calls. It promises that no answer waits long for a bus that does
// not answer, and that no URL and no host is ever a label. Access is left to the caller: everything is open to whoever
// can reach the listener, which is meant for loopback or a network of one's own.
package web
