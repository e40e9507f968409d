package feedmill

import (
	"errors"
	"fmt"
	"time"
)

// PermanentError is an error that trying again will not mend: the message at fault becomes a dead letter at once.
type PermanentError struct {
	// Class is one short word for grouping dead letters, such as "parse" or "status".
	Class string
	Err   error
}

func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// Permanent marks err as one that trying again will not mend. Class is one short word for grouping. A nil err stays nil.
func Permanent(class string, err error) error {
	if err == nil {
		return nil
	}
	return &PermanentError{Class: class, Err: err}
}

// IsPermanent tells whether err, or an error it wraps, was marked by [Permanent].
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*PermanentError](err)
	return ok
}

// RetryAfterError is an error with a stated time before which trying again is useless or unwelcome.
type RetryAfterError struct {
	At  time.Time
	Err error
}

func (e *RetryAfterError) Error() string {
	return fmt.Sprintf("%v (retry after %s)", e.Err, e.At.UTC().Format(time.RFC3339))
}

// Unwrap returns the cause.
func (e *RetryAfterError) Unwrap() error { return e.Err }

// RetryAfter says that what failed with err may be tried again at the given time, not before. A nil err stays nil.
func RetryAfter(at time.Time, err error) error {
	if err == nil {
		return nil
	}
	return &RetryAfterError{At: at, Err: err}
}

// RetryTime returns the time given to [RetryAfter], if err wraps one.
func RetryTime(err error) (time.Time, bool) {
	if e, ok := errors.AsType[*RetryAfterError](err); ok {
		return e.At, true
	}
	return time.Time{}, false
}
