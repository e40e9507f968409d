package registry

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

const (
	// KeepSeen is for how many days an item is remembered that has left its feed's document: if it comes back within
	// them, it is not new.
	KeepSeen = 90
	// MaxAbsent is how many items that have left the document are remembered at most. The last to leave stay.
	MaxAbsent = 5_000
	// MaxItems is how many different items of one document are looked at; those after them count as not there. It keeps
	// a seen set below MaxValue, and is three times what a fetched document may hold by default.
	MaxItems = 30_000
)

// SeenSet is what was seen of one feed: for each item its id, a hash of what it said, the day it was first seen, and the
// day on which it was first missed. It takes 28 bytes an item and does not change while the document stays the same.
// The zero value is a feed of which nothing was seen. It is not safe for concurrent use.
type SeenSet struct {
	// Rests names the stream positions of the messages that the set rests on, and is stored with it. Where a stream turns
	// out to be shorter, the set is to be forgotten, so that no mark outlives its item.
	Rests feedmill.Rests

	items   map[itemID]mark
	changed bool
}

// itemID is a feedmill.ArticleID as bytes.
type itemID [16]byte

// mark is what is remembered of an item. Days are counted from 1 January 1970, UTC; they end in the year 2149.
type mark struct {
	hash  uint64
	first uint16
	left  uint16 // 0 while the item is in the document
}

// Found is an item that is new, or that says something else than when it was last seen.
type Found struct {
	Item feedmill.Item
	// ID is the item's feedmill.ArticleID.
	ID string
	// Changed is true for a known item, false for a new one.
	Changed bool
}

// Len returns how many items are remembered, those that left the document included.
func (s *SeenSet) Len() int { return len(s.items) }

// Changed tells whether the marks differ from those that were read or last put: only then must the set be put.
func (s *SeenSet) Changed() bool { return s.changed }

// Has tells whether the item with the given id is remembered.
func (s *SeenSet) Has(id string) bool {
	k, ok := parseID(id)
	_, known := s.items[k]
	return ok && known
}

// Unseen returns the items of a feed's document that are new or changed, in the document's order, and remembers all of
// the document. Items are told apart by [feedmill.ArticleID] and compared by [feedmill.ItemHash]: guids count only where
// there is no link, and neither place nor date decides anything. An item that stands in the document more than once counts
// once, as it stands first; if its copies say different things, it is changed when the set of these things changes.
func (s *SeenSet) Unseen(feedURL string, items []feedmill.Item, now time.Time) []Found {
	today := day(now)
	ids, present := group(feedURL, items)
	if s.items == nil {
		s.items = make(map[itemID]mark, len(present))
	}
	var found []Found
	for _, p := range ids {
		hash := present[p.id]
		old, known := s.items[p.id]
		if !known || old.hash != hash {
			found = append(found, Found{Item: items[p.index], ID: hex.EncodeToString(p.id[:]), Changed: known})
		}
		m := mark{hash: hash, first: today}
		if known {
			m.first = old.first
		}
		if !known || m != old {
			s.items[p.id] = m
			s.changed = true
		}
	}
	s.forget(present, today)
	return found
}

type place struct {
	id    itemID
	index int
}

// group returns the first place of each different item, and for each the exclusive or of its copies' different hashes: a
// value that the order of the copies cannot change, and the hash itself where there is one copy.
func group(feedURL string, items []feedmill.Item) ([]place, map[itemID]uint64) {
	type copyOf struct {
		id   itemID
		hash uint64
	}
	places := make([]place, 0, min(len(items), MaxItems))
	hashes := make(map[itemID]uint64, cap(places))
	copies := make(map[copyOf]struct{}, cap(places))
	for i := range items {
		id, ok := parseID(feedmill.ArticleID(feedURL, &items[i]))
		if !ok {
			continue
		}
		if _, again := hashes[id]; !again {
			if len(places) == MaxItems {
				continue
			}
			places = append(places, place{id, i})
		}
		c := copyOf{id, parseHash(feedmill.ItemHash(&items[i]))}
		if _, again := copies[c]; !again {
			copies[c] = struct{}{}
			hashes[id] ^= c.hash
		}
	}
	return places, hashes
}

// forget marks what is absent, and drops what has been so for long or is too much.
func (s *SeenSet) forget(present map[itemID]uint64, today uint16) {
	type absence struct {
		id   itemID
		left uint16
	}
	var absent []absence
	for id, m := range s.items {
		if _, ok := present[id]; ok {
			continue
		}
		if m.left == 0 {
			m.left = max(today, 1)
			s.items[id] = m
			s.changed = true
		}
		// Days are compared as signed numbers: a clock that was ahead must not make everything old.
		if int(today)-int(m.left) > KeepSeen {
			delete(s.items, id)
			s.changed = true
			continue
		}
		absent = append(absent, absence{id, m.left})
	}
	if len(absent) <= MaxAbsent {
		return
	}
	slices.SortFunc(absent, func(a, b absence) int {
		if a.left != b.left {
			return int(b.left) - int(a.left)
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	for _, a := range absent[MaxAbsent:] {
		delete(s.items, a.id)
		s.changed = true
	}
}

// day counts the days from 1 January 1970, UTC, to t; days before and beyond what fits are cut to it.
func day(t time.Time) uint16 {
	return uint16(min(max(t.Unix()/(24*60*60), 0), 1<<16-1))
}

func parseID(s string) (id itemID, ok bool) {
	if len(s) != hex.EncodedLen(len(id)) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// parseHash takes the 16 hex digits of a feedmill.ItemHash as a number.
func parseHash(s string) uint64 {
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(s)); err != nil {
		return 0
	}
	return binary.BigEndian.Uint64(b[:])
}
