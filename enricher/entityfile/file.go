// Package entityfile keeps the persons and organizations that a user has taken out of Wikidata, so that names in texts can be
// given ids.
//
// [Read] reads an extract, [Write] makes a file of it and [Open] opens that for look-ups by name. An open file keeps some 50
// bytes of an entity in memory; the rest stays on the disk. It is safe for use by several goroutines.
package entityfile

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// Entity is a person or an organization.
type Entity struct {
	ID        string     `json:"id"` // of Wikidata: Q884
	Label     string     `json:"label"`
	Aliases   []string   `json:"aliases,omitempty"`
	Type      string     `json:"type"`              // person, organization
	Country   string     `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Positions []Position `json:"positions,omitempty"`
}

// Position is an office that somebody held. Start and End are ISO 8601, cut to what is known; empty: not known, or to this
// day.
type Position struct {
	Title string `json:"title"`
	Of    string `json:"of,omitempty"`
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

// Held tells whether the position was held on a day (ISO 8601), as far as is known.
func (p *Position) Held(day string) bool {
	return p.Start[:min(len(p.Start), len(day))] <= day[:min(len(p.Start), len(day))] && (p.End == "" || day[:min(len(p.End), len(day))] <= p.End)
}

// names are an entity's names, folded, without doubles.
func (e *Entity) names() []string {
	out := []string{fold.Key(e.Label)}
	for _, a := range e.Aliases {
		out = append(out, fold.Key(a))
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// The file: magic; the length of the body, and how many entities and names there are, 8 bytes each; the body, a JSON line for
// each entity, by id; where each begins in it, 8 bytes; hash and entity of each name, 8 and 4 bytes, by hash; the SHA-256 of all
// before. Numbers are little-endian.
const (
	magic   = "feedmill entities 1\n"
	maxSize = 1 << 40
)

// Write writes a file of entities in the place of the one that is there, all at once: who reads it sees the old one or the new
// one. Entities of one id must not come twice.
func Write(path string, all []*Entity) (err error) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b *Entity) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	f, err := os.CreateTemp(filepath.Dir(path), ".entities-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, errors.Join(err, f.Close(), os.Remove(f.Name())))
		}
	}()
	var body []byte
	offsets := make([]uint64, len(all))
	var names []name
	for i, e := range all {
		offsets[i] = uint64(len(body))
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		body = append(append(body, line...), '\n')
		for _, n := range e.names() {
			names = append(names, name{hashOf(n), uint32(i)})
		}
	}
	slices.SortFunc(names, func(a, b name) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.entity, b.entity)) })
	sum := sha256.New()
	w := bufio.NewWriter(io.MultiWriter(f, sum))
	w.WriteString(magic) // a failure comes up with Flush
	for _, n := range []int{len(body), len(all), len(names)} {
		w.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	w.Write(body)
	for _, o := range offsets {
		w.Write(binary.LittleEndian.AppendUint64(nil, o))
	}
	for _, n := range names {
		w.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(nil, n.hash), n.entity))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := f.Write(sum.Sum(nil)); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type name struct {
	hash   uint64
	entity uint32
}

func hashOf(folded string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(folded))
	return h.Sum64()
}

// File is an open file of entities.
type File struct {
	f       *os.File
	hash    string
	body    int64 // where it begins
	offsets []uint64
	hashes  []uint64 // of the names, sorted
	owners  []uint32
}

// Open opens a file that Write has made, and reads it through once: one that is damaged is refused.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	e := &File{f: f}
	if err := e.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; make it anew with feedmill entities import", path, err), f.Close())
	}
	return e, nil
}

func (e *File) read() error {
	info, err := e.f.Stat()
	if err != nil {
		return err
	}
	sum := sha256.New()
	in := io.TeeReader(bufio.NewReaderSize(e.f, 1<<20), sum)
	head := make([]byte, len(magic)+24)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(magic)]) != magic {
		return errors.New("it is no file of entities")
	}
	size := func(i int) int64 { return int64(binary.LittleEndian.Uint64(head[len(magic)+8*i:])) }
	body, count, names := size(0), size(1), size(2)
	if body < 0 || count < 0 || names < 0 || body > maxSize || count > maxSize/8 || names > maxSize/12 || int64(len(head))+body+8*count+12*names+sha256.Size != info.Size() {
		return errors.New("it is cut short")
	}
	e.body = int64(len(head))
	if _, err := io.CopyN(io.Discard, in, body); err != nil {
		return err
	}
	e.offsets, e.hashes, e.owners = make([]uint64, count+1), make([]uint64, names), make([]uint32, names)
	e.offsets[count] = uint64(body)
	if err := binary.Read(in, binary.LittleEndian, e.offsets[:count]); err != nil {
		return err
	}
	pair := make([]byte, 12)
	for i := range e.hashes {
		if _, err := io.ReadFull(in, pair); err != nil {
			return err
		}
		e.hashes[i], e.owners[i] = binary.LittleEndian.Uint64(pair), binary.LittleEndian.Uint32(pair[8:])
		if int64(e.owners[i]) >= count {
			return errors.New("it is damaged")
		}
	}
	got := sum.Sum(nil)
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, want); err != nil || string(got) != string(want) {
		return errors.New("it is damaged")
	}
	e.hash = hex.EncodeToString(got[:6])
	return nil
}

// Hash names the content of the file.
func (e *File) Hash() string { return e.hash }

// Len is how many entities the file has.
func (e *File) Len() int { return len(e.offsets) - 1 }

// Close closes the file.
func (e *File) Close() error { return e.f.Close() }

// maxCandidates is how many entities of one name are looked at.
const maxCandidates = 32

// Find returns the entities that have a name, a label or an alias, whatever its case and accents; 32 of them at most. All says
// whether these are all.
func (e *File) Find(of string) (found []*Entity, all bool, err error) {
	folded := fold.Key(strings.Join(strings.Fields(of), " "))
	h := hashOf(folded)
	i, _ := slices.BinarySearch(e.hashes, h)
	for ; i < len(e.hashes) && e.hashes[i] == h; i++ {
		if len(found) == maxCandidates {
			return found, false, nil
		}
		x, err := e.At(int(e.owners[i]))
		if err != nil {
			return nil, false, err
		}
		if slices.Contains(x.names(), folded) {
			found = append(found, x)
		}
	}
	return found, true, nil
}

// At reads an entity by its place, from 0; they are in the order of their ids.
func (e *File) At(i int) (*Entity, error) {
	from, to := e.offsets[i], e.offsets[i+1]
	if to < from || to-from > 2*maxLine {
		return nil, errors.New("read an entity: the file is damaged")
	}
	raw := make([]byte, to-from)
	if _, err := e.f.ReadAt(raw, e.body+int64(from)); err != nil {
		return nil, fmt.Errorf("read an entity: %w", err)
	}
	x := new(Entity)
	if err := json.Unmarshal(raw, x); err != nil {
		return nil, fmt.Errorf("read an entity: %w", err)
	}
	return x, nil
}

// ByID returns the entity of an id, nil where there is none.
func (e *File) ByID(id string) (*Entity, error) {
	lo, hi := 0, e.Len()
	for lo < hi {
		mid := (lo + hi) / 2
		x, err := e.At(mid)
		if err != nil {
			return nil, err
		}
		switch c := cmp.Or(cmp.Compare(len(x.ID), len(id)), cmp.Compare(x.ID, id)); {
		case c == 0:
			return x, nil
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return nil, nil
}
