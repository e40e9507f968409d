package file

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// remembered is how many records are known to have been written.
const remembered = 10_000

// line is a record as it stands in a file.
type line struct {
	text   string // with its line feed
	digest digest
}

type digest [16]byte

func digestOf(text []byte) digest {
	sum := sha256.Sum256(text)
	return digest(sum[:16])
}

func encode(recs []*feedmill.Record) ([]line, error) {
	lines := make([]line, len(recs))
	for i, rec := range recs {
		if err := sink.Check(rec); err != nil {
			return nil, err
		}
		text, err := sink.Encode(rec)
		if err != nil {
			return nil, feedmill.Permanent("record", fmt.Errorf("record %s: %w", rec.ID, err))
		}
		text += "\n"
		lines[i] = line{text, digestOf([]byte(text))}
	}
	return lines, nil
}

// recent holds the last lines that were written.
type recent struct {
	known map[digest]bool
	ring  []digest // the oldest is at next once it is full
	next  int
}

// unknown returns the lines that are not among the last, each once.
func (r *recent) unknown(lines []line) []line {
	out := make([]line, 0, len(lines))
	here := make(map[digest]bool, len(lines))
	for _, l := range lines {
		if !r.known[l.digest] && !here[l.digest] {
			here[l.digest] = true
			out = append(out, l)
		}
	}
	return out
}

func (r *recent) add(lines []line) {
	for i := range lines {
		r.addDigest(lines[i].digest)
	}
}

func (r *recent) addDigest(d digest) {
	if r.known == nil {
		r.known = make(map[digest]bool)
	}
	if r.known[d] {
		return
	}
	r.known[d] = true
	if len(r.ring) < remembered {
		r.ring = append(r.ring, d)
		return
	}
	delete(r.known, r.ring[r.next])
	r.ring[r.next] = d
	r.next = (r.next + 1) % remembered
}

// readRecent reads the last lines of finished files, which are sorted.
func (s *Store) readRecent(names []string) error {
	var last []digest // the newest first
	for _, name := range slices.Backward(names) {
		if err := s.readLast(name, &last); err != nil {
			return err
		}
		if len(last) >= remembered {
			break
		}
	}
	for _, d := range slices.Backward(last) {
		s.recent.addDigest(d)
	}
	return nil
}

func (s *Store) readLast(name string, last *[]digest) (err error) {
	f, err := s.root.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return backward(f, info.Size(), func(text []byte, _ int64) bool {
		*last = append(*last, digestOf(text))
		return len(*last) < remembered
	})
}

// backward calls yield with the lines of a file, from the last to the first, and where they start, until it returns
// false. All but the last end in a line feed.
func backward(f io.ReaderAt, size int64, yield func(text []byte, start int64) bool) error {
	var text []byte // what was read and not given away yet
	for start := size; ; {
		for len(text) > 0 {
			i := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
			if i == 0 && start > 0 {
				break
			}
			if !yield(text[i:], start+int64(i)) {
				return nil
			}
			text = text[:i]
		}
		if start == 0 {
			return nil
		}
		n := min(start, int64(max(64<<10, len(text)))) // a long line is not searched again and again
		start -= n
		more := make([]byte, n, n+int64(len(text)))
		if _, err := f.ReadAt(more, start); err != nil {
			return err
		}
		text = append(more, text...)
	}
}
