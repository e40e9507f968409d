package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Store is the files of one name in a directory. It is safe for use by several goroutines.
type Store struct {
	dir, name string
	size      int64
	age       time.Duration
	log       *slog.Logger
	lock      *flock.Flock

	mu     sync.Mutex
	root   *os.Root // nil once closed
	part   *part    // nil while no file is being written
	last   string   // name of the newest file, finished or not
	recent recent
	// damaged says that a file may hold part of a batch that was not stored.
	damaged bool
}

var _ sink.Sink = (*Store)(nil)

// Options are the settings of a store.
type Options struct {
	// Name begins the names of the files; "" is records.
	Name string
	// RotateSize is the size, in bytes, above which no file grows, but for a single batch that is larger; 0 is no bound.
	RotateSize int64
	// RotateAge is the age at which a file is finished, at the next Write; 0 is no bound.
	RotateAge time.Duration
	// Logger is told of files that are finished and of those that had to be mended; nil is silent.
	Logger *slog.Logger
}

// Open opens the store in a directory, which is made if it is not there, and finishes what a killed process left.
func Open(dir string, o *Options) (*Store, error) {
	if o == nil {
		o = new(Options)
	}
	s := &Store{dir: dir, name: o.Name, size: o.RotateSize, age: o.RotateAge, log: o.Logger}
	if s.name == "" {
		s.name = "records"
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if !filepath.IsLocal(s.name) || strings.ContainsAny(s.name, `/\`+"\x00") {
		return nil, fmt.Errorf("open %s: %q cannot begin a file's name: choose one of letters, digits, - and _", dir, s.name)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(s.explain("open", err), s.release())
	}
	return s, nil
}

func (s *Store) open() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	var err error
	if s.root, err = os.OpenRoot(s.dir); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.dir, s.name+".lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return errors.New("another process writes these files: end it, or choose another directory or name")
	}
	s.lock = lock
	return s.mend()
}

// release lets go of the directory.
func (s *Store) release() error {
	var errs []error
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
		s.lock = nil
	}
	if s.root != nil {
		errs = append(errs, s.root.Close())
		s.root = nil
	}
	return errors.Join(errs...)
}

// Write appends the records to the file being written, but for those that were among the last to be written. An empty
// batch finishes a file that has reached its age.
func (s *Store) Write(ctx context.Context, recs []*feedmill.Record) error {
	lines, err := encode(recs)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == nil {
		return s.explain("write", sink.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return s.explain("write", err)
	}
	return s.explain("write", s.write(lines))
}

func (s *Store) write(lines []line) error {
	if s.damaged {
		if err := s.mend(); err != nil {
			return err
		}
	}
	lines = s.recent.unknown(lines)
	size := int64(0)
	for i := range lines {
		size += int64(len(lines[i].text))
	}
	if s.part != nil && (s.age > 0 && time.Since(s.part.begun) >= s.age || s.size > 0 && size > 0 && s.part.size+size > s.size) {
		if err := s.finish(); err != nil {
			return err
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if s.part == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	if err := s.part.append(lines, size); err != nil {
		// If what was written of the batch cannot be taken back, the file is mended before anything else is written.
		if terr := s.part.file.Truncate(s.part.size); terr != nil {
			s.damaged = true
			err = errors.Join(err, terr, s.part.file.Close())
			s.part = nil
		}
		return err
	}
	s.recent.add(lines)
	return nil
}

// Close finishes the file being written and lets go of the directory.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == nil {
		return nil
	}
	var err error
	if s.part != nil {
		if err = s.finish(); err != nil && s.part != nil {
			err = errors.Join(err, s.part.file.Close())
		}
	}
	return s.explain("close", errors.Join(err, s.release()))
}

// explain says what an error means and what to do next. All of them blame the store, for good unless the caller has
// ended it.
func (s *Store) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	err = s.inWords(op, err)
	if op != "write" || errors.Is(err, sink.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return sink.Down(err)
}

func (s *Store) inWords(op string, err error) error {
	where := filepath.Join(s.dir, s.name+"-*.jsonl")
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s %s: the disk is full: free space, or move finished files away: %w", op, where, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s %s: cannot be written: check the rights to the directory and its files: %w", op, where, err)
	}
	return fmt.Errorf("%s %s: %w", op, where, err)
}
