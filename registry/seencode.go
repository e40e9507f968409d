package registry

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrSeenFormat says that a stored seen set is of an unknown version or damaged. It is taken as empty: the feed's items
// are found once more, and sinks merge them with what they have. Nothing is lost, work is repeated.
var ErrSeenFormat = errors.New("unreadable seen set")

const (
	seenVersion = 1
	seenRecord  = 16 + 8 + 2 + 2 // id, what it said, first day, day it left
)

// MarshalBinary encodes the set: a version byte, the two sequences it rests on (varints), then a record of 28 bytes for
// each item, big-endian, sorted by id. Equal sets have equal bytes.
func (s *SeenSet) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 1+2*binary.MaxVarintLen64+seenRecord*len(s.items))
	b = append(b, seenVersion)
	b = binary.AppendUvarint(b, s.Rests.Feed)
	b = binary.AppendUvarint(b, s.Rests.Item)
	ids := slices.SortedFunc(maps.Keys(s.items), func(x, y itemID) int { return bytes.Compare(x[:], y[:]) })
	for _, id := range ids {
		m := s.items[id]
		b = append(b, id[:]...)
		b = binary.BigEndian.AppendUint64(b, m.said)
		b = binary.BigEndian.AppendUint16(b, m.first)
		b = binary.BigEndian.AppendUint16(b, m.left)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. An error wraps ErrSeenFormat and leaves the set empty.
func (s *SeenSet) UnmarshalBinary(b []byte) error {
	*s = SeenSet{}
	if len(b) == 0 || b[0] != seenVersion {
		return fmt.Errorf("%w: want version %d", ErrSeenFormat, seenVersion)
	}
	feed, n := binary.Uvarint(b[1:])
	if n <= 0 {
		return fmt.Errorf("%w: cut short", ErrSeenFormat)
	}
	b = b[1+n:]
	item, n := binary.Uvarint(b)
	if n <= 0 || len(b[n:])%seenRecord != 0 {
		return fmt.Errorf("%w: cut short", ErrSeenFormat)
	}
	b = b[n:]
	s.Rests.Feed, s.Rests.Item = feed, item
	s.items = make(map[itemID]mark, len(b)/seenRecord)
	for ; len(b) > 0; b = b[seenRecord:] {
		s.items[itemID(b[:16])] = mark{
			said:  binary.BigEndian.Uint64(b[16:]),
			first: binary.BigEndian.Uint16(b[24:]),
			left:  binary.BigEndian.Uint16(b[26:]),
		}
	}
	return nil
}
