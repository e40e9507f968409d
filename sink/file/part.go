package file

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	timeLayout = "20060102T150405.000000000Z"
	finished   = ".jsonl"
	unfinished = ".part"
)

// part is a file being written.
type part struct {
	file  *os.File
	name  string // when it is finished
	begun time.Time
	size  int64 // of whole batches
}

// append writes lines of that size together.
func (p *part) append(lines []line, size int64) error {
	w := bufio.NewWriterSize(p.file, 256<<10)
	for i := range lines {
		if _, err := w.WriteString(lines[i].text); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	p.size += size
	return nil
}

// begin makes a file whose name comes after all that are there, even if the clock went back.
func (s *Store) begin() error {
	now := time.Now()
	at := now
	if last, ok := s.begun(s.last); ok && !at.After(last) {
		at = last.Add(1)
	}
	name := s.name + "-" + at.UTC().Format(timeLayout) + finished
	// Lines are appended wherever the file ends, after a batch was taken back too.
	f, err := s.root.OpenFile(name+unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	s.part, s.last = &part{file: f, name: name, begun: now}, name
	return nil
}

// begun is the time in the name of a finished file of this store.
func (s *Store) begun(name string) (time.Time, bool) {
	middle, ok := strings.CutPrefix(name, s.name+"-")
	if !ok {
		return time.Time{}, false
	}
	if middle, ok = strings.CutSuffix(middle, finished); !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(timeLayout, middle)
	return t, err == nil
}

// finish gives the file being written its last name, once it is on disk.
func (s *Store) finish() error {
	p := s.part
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := s.rename(p.name); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			s.part = nil
			return errors.Join(fmt.Errorf("%s was moved or removed while it was being written (%d bytes): %w", p.name+unfinished, p.size, err),
				p.file.Close())
		}
		return err
	}
	s.part = nil
	s.log.Info("file finished", "file", p.name, "bytes", p.size)
	return p.file.Close()
}

func (s *Store) rename(name string) error {
	if err := s.root.Rename(name+unfinished, name); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // where directories cannot be synced
		return nil
	}
	dir, err := s.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// mend finishes the files that were left unfinished, and learns which records were the last to be written.
func (s *Store) mend() error {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		name, left := strings.CutSuffix(e.Name(), unfinished)
		if _, ours := s.begun(name); !ours || !e.Type().IsRegular() {
			continue
		}
		if left {
			kept, err := s.mendFile(name)
			if err != nil {
				return err
			}
			if !kept {
				continue
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	s.recent = recent{}
	if len(names) == 0 {
		return nil
	}
	s.last = max(s.last, names[len(names)-1])
	if err := s.readRecent(names); err != nil {
		return err
	}
	s.damaged = false
	return nil
}

// mendFile cuts off what is not whole and finishes the file. A file with nothing in it is removed, and not kept.
func (s *Store) mendFile(name string) (kept bool, err error) {
	f, err := s.root.OpenFile(name+unfinished, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	size := info.Size()
	err = backward(f, size, func(text []byte, start int64) bool {
		if text[len(text)-1] == '\n' && json.Valid(text) {
			return false
		}
		size = start
		return true
	})
	if err != nil {
		return false, err
	}
	if cut := info.Size() - size; cut > 0 {
		s.log.Warn("a file was left with a line that is not whole; the line was cut off", "file", name, "bytes", cut)
		if err := f.Truncate(size); err != nil {
			return false, err
		}
	}
	if size == 0 {
		return false, s.root.Remove(name + unfinished)
	}
	if err := f.Sync(); err != nil {
		return false, err
	}
	return true, s.rename(name)
}
