package main

import (
	"fmt"
	"time"
)

// progress tells on a terminal how far a long work is.
type progress struct {
	a       *app
	of, now int
	noun    string
	shown   time.Time
	began   time.Time
}

func (a *app) progress(of int, noun string) *progress {
	now := time.Now()
	return &progress{a: a, of: of, noun: noun, began: now, shown: now}
}

func (p *progress) step() { p.at(p.now + 1) }

// at says that n are done.
func (p *progress) at(n int) {
	p.now, p.of = n, max(p.of, n)
	if n == 0 || p.a.quiet || !p.a.term.errIsTerminal || time.Since(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.a.err, "\r%d of %d %s (%d%%) ", p.now, p.of, p.noun, 100*p.now/p.of)
}

// end clears the line where one was written.
func (p *progress) end() {
	if p.shown.After(p.began) && p.a.term.errIsTerminal {
		fmt.Fprint(p.a.err, "\r\x1b[K")
	}
}
