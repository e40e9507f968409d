package newsroom

import (
	"fmt"
	"net/http"
	"time"
)

// Edit brings the article at path to its next version: the demo's tunnel article to its correction, a generated one to
// a text with one paragraph rewritten. The feeds that list it say that it was updated. An unknown path, and one without
// a further version, is an error.
func (n *Newsroom) Edit(path string) error { return n.turn(path, 1) }

// Revert brings the article at path back to the version before, as a further edit.
func (n *Newsroom) Revert(path string) error { return n.turn(path, -1) }

func (n *Newsroom) turn(path string, by int) error {
	feeds, versions := n.listing(path)
	if versions == 0 {
		return fmt.Errorf("newsroom: edit %s: there is no such article", path)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.turnLocked(path, by, feeds, versions)
}

func (n *Newsroom) turnLocked(path string, by int, feeds []string, versions int) error {
	s := n.stateLocked(path)
	if v := s.version + by; v < 0 || v >= versions {
		return fmt.Errorf("newsroom: edit %s: there is no version %d", path, v+1)
	}
	s.version += by
	s.edits++
	for _, f := range feeds {
		n.stateLocked(f).edits++
	}
	n.log.Info("newsroom edit", "url", path, "version", s.version+1)
	return nil
}

// editIfDue corrects the demo's article once its time has come, or once a client shows that it had come before.
func (n *Newsroom) editIfDue(r *http.Request) {
	if n.editAfter == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stateLocked(EditedPath).edits > 0 {
		return
	}
	path := r.URL.Path
	due := !n.first.IsZero() && time.Since(n.first) >= n.editAfter
	if due || (path == EditedPath || path == atomPath) && knowsEdit(r) {
		_ = n.turnLocked(EditedPath, 1, []string{atomPath}, 2) // the second of two versions is there
	}
	if n.first.IsZero() && path == EditedPath {
		n.first = time.Now()
	}
}

// listing returns the feeds that list the article at path and how many versions it has, 0 if there is none.
func (n *Newsroom) listing(path string) (feeds []string, versions int) {
	if feeds, versions := n.demo.listing(path); versions > 0 {
		return feeds, versions
	}
	if s, rest := n.siteOf(path); s != nil {
		if f, _, ok := s.item(rest); ok {
			return []string{s.feedPath(f)}, 1 << 30
		}
	}
	return nil, 0
}

func (n *Newsroom) state(path string) state {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s, ok := n.states[path]; ok {
		return *s
	}
	return state{}
}

func (n *Newsroom) stateLocked(path string) *state {
	s, ok := n.states[path]
	if !ok {
		s = &state{}
		n.states[path] = s
	}
	return s
}

// Truth returns what the page at path says in its present version, nil if there is no article at path.
func (n *Newsroom) Truth(path string) *Truth {
	version := n.state(path).version
	if a := n.demo.article(path, version); a != nil {
		t := a.truth()
		t.Layout = n.demo.page(path).layout
		return t
	}
	if s, rest := n.siteOf(path); s != nil {
		if f, i, ok := s.item(rest); ok {
			t := s.article(f, i, version).truth()
			t.Layout = s.layout(f)
			return t
		}
	}
	return nil
}
