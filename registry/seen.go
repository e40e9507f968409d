package registry

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
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

// SeenSet is what was seen of one feed: for each item its id, a hash of what it said, the day it was first sent on, and
// the day on which it was first missed. It takes 28 bytes an item and does not change while the document stays the same.
// The zero value is a feed of which nothing was seen. It is not safe for concurrent use.
type SeenSet struct {
	// Rests names the stream positions of the messages that the set rests on, and is stored with it. Where a stream turns
	// out to be shorter, the set is to be forgotten, so that no mark outlives its item.
	Rests feedmill.Rests

	items   map[itemID]mark
	changed bool
	gap     bool
}

// itemID is a feedmill.ArticleID as bytes.
type itemID [16]byte

// mark is what is remembered of an item. Days are counted from 1 January 1970, UTC; they end in the year 2149.
type mark struct {
	// said is a hash of what the item said: 40 bits for its words, 24 for its date of update.
	said  uint64
	first uint16 // 0 for an item that was dropped
	left  uint16 // 0 while the item is in the document
}

// dateBits are the bits of mark.said that hash the date of update.
const dateBits = 1<<24 - 1

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

// Gap tells whether the document that Unseen last saw had nothing in common with what was seen before, though something
// was, so that items may have come and gone in between.
func (s *SeenSet) Gap() bool { return s.gap }

// Has tells whether the item with the given id is remembered.
func (s *SeenSet) Has(id string) bool {
	k, ok := parseID(id)
	_, known := s.items[k]
	return ok && known
}

// Unseen returns the items of a feed's document that are new or changed, in the document's order, and remembers all of
// the document.
//
// Items are told apart by [feedmill.ArticleID]: by their link, without one by their guid, without that by their text.
// Neither place nor date makes an item new. One without a link whose guid is new and whose words are those of an item
// that is no longer there is that item. One that stands in the document more than once counts once, as it stands first.
//
// An item is changed if its words differ ([feedmill.ItemHash]), or if its date of update alone moved; but not if that of
// another new or changed item is in the same minute, for then it is when the document was made. Where copies of an item
// say different things, it is changed when the set of these things changes. An item that was dropped ([SeenSet.Drop]) is
// new once it has changed, and not before.
func (s *SeenSet) Unseen(feedURL string, items []feedmill.Item, now time.Time) []Found {
	today := day(now)
	places, present := group(feedURL, items)
	if s.items == nil {
		s.items = make(map[itemID]mark, len(present))
	}
	s.follow(places, present, items)
	s.gap = len(s.items) > 0 && len(places) > 0 && !slices.ContainsFunc(places, func(p place) bool {
		_, known := s.items[p.id]
		return known
	})
	updates := s.updates(places, present, items)
	var found []Found
	for _, p := range places {
		said := present[p.id]
		old, known := s.items[p.id]
		if it := &items[p.index]; known && old.moved(said) && (it.Updated.IsZero() || updates[minute(it)] > 1) {
			said = old.said
		}
		m := mark{said: said, first: old.first}
		if !known || old.said != said {
			found = append(found, Found{Item: items[p.index], ID: hex.EncodeToString(p.id[:]), Changed: known && old.first != 0})
			if m.first == 0 {
				m.first = max(today, 1)
			}
		}
		if !known || m != old {
			s.items[p.id] = m
			s.changed = true
		}
	}
	s.forget(present, today)
	return found
}

// Further returns the items of a document of the feed's past (an archive, a further page) that are new, in the document's
// order, and remembers them as ones that have left the feed's document. Of those that are known it takes no notice: what
// the past says of them may be older.
func (s *SeenSet) Further(feedURL string, items []feedmill.Item, now time.Time) []Found {
	today := max(day(now), 1)
	places, said := group(feedURL, items)
	if s.items == nil {
		s.items = make(map[itemID]mark, len(places))
	}
	var found []Found
	for _, p := range places {
		if _, known := s.items[p.id]; !known {
			s.items[p.id] = mark{said: said[p.id], first: today, left: today}
			found = append(found, Found{Item: items[p.index], ID: hex.EncodeToString(p.id[:])})
		}
	}
	if len(found) == 0 {
		return nil
	}
	s.changed = true
	present := make(map[itemID]uint64, len(s.items))
	for id, m := range s.items {
		if m.left == 0 {
			present[id] = m.said
		}
	}
	s.forget(present, today)
	return found
}

// Drop notes that an item that Unseen found does not go on: a rule drops it. It stays remembered, so that it is found
// again only when it has changed; it is new then, unless it went on before.
func (s *SeenSet) Drop(f *Found) {
	id, ok := parseID(f.ID)
	m, known := s.items[id]
	if !ok || !known || f.Changed {
		return
	}
	m.first = 0
	s.items[id] = m
	s.changed = true
}

// follow moves the marks of items that have no link, say what they said and have another guid than before.
func (s *SeenSet) follow(places []place, present map[itemID]uint64, items []feedmill.Item) {
	var absent map[uint64]itemID // words to item
	for _, p := range places {
		it := &items[p.index]
		if _, known := s.items[p.id]; known || it.Link != "" || it.GUID == "" || it.Title+it.Summary+it.Content == "" {
			continue
		}
		if absent == nil {
			absent = make(map[uint64]itemID)
			for id, m := range s.items {
				if _, there := present[id]; !there {
					absent[m.said&^dateBits] = id
				}
			}
		}
		words := present[p.id] &^ dateBits
		if id, ok := absent[words]; ok {
			s.items[p.id] = s.items[id]
			delete(s.items, id)
			delete(absent, words)
			s.changed = true
		}
	}
}

// updates counts, for each minute, the items of the document that are not as they were and have a date of update in it.
func (s *SeenSet) updates(places []place, present map[itemID]uint64, items []feedmill.Item) map[int64]int {
	n := make(map[int64]int)
	for _, p := range places {
		it := &items[p.index]
		if m, known := s.items[p.id]; !it.Updated.IsZero() && (!known || m.said != present[p.id]) {
			n[minute(it)]++
		}
	}
	return n
}

func minute(it *feedmill.Item) int64 { return it.Updated.Unix() / 60 }

// moved tells whether nothing but the date of update is another than when the item was last seen.
func (m mark) moved(said uint64) bool { return m.said != said && (m.said^said)&^dateBits == 0 }

type place struct {
	id    itemID
	index int
}

// group returns the first place of each different item, and for each the exclusive or of its copies' different hashes: a
// value that the order of the copies cannot change, and the hash itself where there is one copy.
func group(feedURL string, items []feedmill.Item) ([]place, map[itemID]uint64) {
	type copyOf struct {
		id   itemID
		said uint64
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
		c := copyOf{id, said(&items[i])}
		if _, again := copies[c]; !again {
			copies[c] = struct{}{}
			hashes[id] ^= c.said
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

// said hashes what an item says, in the parts that mark.said has.
func said(it *feedmill.Item) uint64 {
	var words [8]byte
	if _, err := hex.Decode(words[:], []byte(feedmill.ItemHash(it))); err != nil {
		return 0 // no ItemHash is other than 16 hex digits
	}
	h := binary.BigEndian.Uint64(words[:]) &^ dateBits
	if it.Updated.IsZero() {
		return h
	}
	sum := fnv.New64a()
	_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, uint64(it.Updated.UnixNano()))) // a hash takes all
	return h | sum.Sum64()&dateBits
}
