package daemon

import (
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
)

// maxShared bounds the documents that are kept for other feeds, in bytes.
const maxShared = 16 << 20

// shared knows the documents that several feeds of this process are read from, as where two of them have moved to one URL,
// and keeps the last answer of each for a while: they are asked for once and not once for each feed.
type shared struct {
	mu      sync.Mutex
	readers map[string]string // URL: a feed that has moved there; "" where there are several
	answers map[string]sharedAnswer
	size    int
}

type sharedAnswer struct {
	by   string // the feed that was polled
	page feedmill.Page
	sent feedmill.Validators
	at   time.Time
}

// find returns the answer that another feed got from the URL not longer ago than age, nil where there is none that serves
// this feed too: a body always does, a 304 only where the same validators would have been sent.
func (s *shared) find(st *feedmill.FeedState, sent feedmill.Validators, age time.Duration, now time.Time) *feedmill.Page {
	url := st.PollURL()
	s.mu.Lock()
	defer s.mu.Unlock()
	reader, known := s.readers[url]
	switch {
	case known && reader != "" && reader != st.ID:
		s.readers[url] = ""
	case !known && st.MovedTo == url:
		if s.readers == nil {
			s.readers, s.answers = map[string]string{}, map[string]sharedAnswer{}
		}
		s.readers[url] = st.ID
	}
	a, ok := s.answers[url]
	if !ok || a.by == st.ID || now.Sub(a.at) >= age || len(a.page.Body) == 0 && a.sent != sent {
		return nil
	}
	page := a.page
	return &page
}

// keep keeps an answer for the other feeds that are read from its URL, if there are any.
func (s *shared) keep(st *feedmill.FeedState, sent feedmill.Validators, page *feedmill.Page, now time.Time) {
	if fetcher.Delta(page) {
		return // it holds what is new to this feed alone
	}
	url := st.PollURL()
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.answers[url]; ok && a.at.Equal(now) || ok && a.page.FetchedAt.Equal(page.FetchedAt) {
		return // it is this very answer
	}
	if reader, known := s.readers[url]; !known || reader != "" {
		return
	}
	s.size += len(page.Body) - len(s.answers[url].page.Body)
	kept := *page
	kept.Coded, kept.Coding = nil, "" // the body is enough
	s.answers[url] = sharedAnswer{st.ID, kept, sent, now}
	for other, a := range s.answers {
		if s.size <= maxShared {
			break
		}
		s.size -= len(a.page.Body)
		delete(s.answers, other)
	}
}
