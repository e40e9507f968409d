// Package sinktest is the contract of sinks as tests: [Run] checks a store that merges records and answers queries, in all
// that it must answer; [RunPlain] a sink that keeps or sends records as they come.
//
// A sink's own test calls one of them with a function that opens it. What is particular to the sink, such as full disks
// and locks, stays with its own tests.
package sinktest
