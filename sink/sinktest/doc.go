// Package sinktest is the contract of sinks as tests: [Run] checks any store of records, and a store that answers
// queries in all that it must answer.
//
// A store's own test calls Run with a function that opens it. What is particular to the store, such as full disks and
// locks, stays with its own tests.
package sinktest
