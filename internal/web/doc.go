// Package web serves what a process tells of itself over HTTP: for whoever starts and stops it, /livez and /readyz.
//
// It knows the stages only by name: what it shows comes through [Process], which the caller implements. Access is left
// to the caller: everything is open to whoever can reach the listener, which is meant for loopback or a network of
// one's own.
package web
