package main

import (
	"errors"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// errNotFound says that what was asked for does not exist.
var errNotFound = errors.New("not found")

// usageError is a mistake in the command line or the configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// partialError says that a part was done and another failed. Its message may be empty where all was told already.
type partialError struct{ msg string }

func (e partialError) Error() string { return e.msg }

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[partialError](err); ok {
		return exitPartial
	}
	if errors.Is(err, errNotFound) || errors.Is(err, registry.ErrNotFound) || errors.Is(err, bus.ErrNoDeadLetter) || errors.Is(err, bus.ErrNoReplay) {
		return exitNotFound
	}
	return exitFailure
}
