package sink

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// MentionKey is what makes two mentions the same feed entry: the feed, and the entry's guid or else its URL.
type MentionKey struct{ Feed, Entry string }

// KeyOf returns the key of a mention.
func KeyOf(m *feedmill.Mention) MentionKey {
	if m.GUID != "" {
		return MentionKey{m.Feed, "guid " + m.GUID}
	}
	return MentionKey{m.Feed, "url " + m.URL}
}

// MergeMention merges two mentions of one key: the earlier first_seen, the later last_seen, and all else from the one
// seen last, or the one whose JSON sorts first where both were seen last at the same time. A zero time is not known and
// gives way to any other. An error says that a mention has no JSON, such as a year beyond 9999.
func MergeMention(a, b feedmill.Mention) (feedmill.Mention, error) {
	first, last := instant(a.FirstSeen), instant(a.LastSeen)
	if f := instant(b.FirstSeen); first.IsZero() || !f.IsZero() && f.Before(first) {
		first = f
	}
	if l := instant(b.LastSeen); l.After(last) {
		last = l
	}
	m := a
	switch c := b.LastSeen.Compare(a.LastSeen); {
	case c > 0:
		m = b
	case c == 0:
		x, err := payload(a)
		if err != nil {
			return m, err
		}
		y, err := payload(b)
		if err != nil {
			return m, err
		}
		if bytes.Compare(y, x) < 0 {
			m = b
		}
	}
	m.FirstSeen, m.LastSeen = first, last
	return m, nil
}

func payload(m feedmill.Mention) ([]byte, error) {
	m.FirstSeen, m.LastSeen = time.Time{}, time.Time{}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode mention in feed %s: %w", m.Feed, err)
	}
	return b, nil
}

// MergeMentions merges mentions by their keys and sorts them by first_seen, feed and entry.
func MergeMentions(ms []feedmill.Mention) ([]feedmill.Mention, error) {
	byKey := make(map[MentionKey]feedmill.Mention, len(ms))
	for _, m := range ms {
		k := KeyOf(&m)
		have, ok := byKey[k]
		if !ok {
			have = m
		}
		merged, err := MergeMention(have, m)
		if err != nil {
			return nil, err
		}
		byKey[k] = merged
	}
	out := make([]feedmill.Mention, 0, len(byKey))
	for _, m := range byKey {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b feedmill.Mention) int {
		x, y := KeyOf(&a), KeyOf(&b)
		return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(x.Feed, y.Feed), cmp.Compare(x.Entry, y.Entry))
	})
	return out, nil
}

// Roots follows merges to their end. Links maps an id to the id that it was merged into; the result maps every id of
// links, on either side, to the one that stands for it. Ids that were merged in a circle stand together under the
// smallest of them.
func Roots(links map[string]string) map[string]string {
	roots := make(map[string]string, 2*len(links))
	for id := range links {
		var way []string
		at := make(map[string]int)
		root := ""
		for cur := id; root == ""; {
			if r, ok := roots[cur]; ok {
				root = r
				break
			}
			if i, ok := at[cur]; ok {
				root = slices.Min(way[i:])
				break
			}
			at[cur] = len(way)
			way = append(way, cur)
			next, ok := links[cur]
			if !ok {
				root = cur
				break
			}
			cur = next
		}
		for _, w := range way {
			roots[w] = root
		}
	}
	return roots
}
