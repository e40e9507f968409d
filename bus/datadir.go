package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// dataFormat is the layout of the data directory that this version writes and the newest that it reads.
const dataFormat = 1

// ErrInUse says that another process holds the data directory.
var ErrInUse = errors.New("data directory is in use")

// dataDir is a data directory: the lock of whoever runs the embedded server, the file that tells others how to reach
// that server, and the mark of the format.
type dataDir struct {
	path string
	lock *flock.Flock
}

// address is the content of bus.json.
type address struct {
	URL      string `json:"url"`
	User     string `json:"user"`
	Password string `json:"password"`
	PID      int    `json:"pid"`
}

// openDataDir makes the directory where it is missing and checks its format. It takes no lock.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("data directory %s: %w; choose another with --data", path, fullDisk(err))
	}
	d := &dataDir{path: path, lock: flock.New(filepath.Join(path, "lock"))}
	raw, err := os.ReadFile(d.file("format"))
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", path, err)
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return nil, fmt.Errorf("data directory %s: its file %q holds %q, want a number; is this feedmill's directory?", path, "format", raw)
	}
	if v > dataFormat {
		return nil, fmt.Errorf("data directory %s has format %d, written by a newer feedmill; this one reads up to %d: upgrade feedmill, or choose another directory with --data",
			path, v, dataFormat)
	}
	return d, nil
}

func (d *dataDir) file(name string) string { return filepath.Join(d.path, name) }

// hold tries to take the lock, once.
func (d *dataDir) hold() (bool, error) {
	ok, err := d.lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", d.lock.Path(), err)
	}
	if !ok {
		return false, nil
	}
	// A daemon that was killed has left its address behind. Whoever waits for this process must not take it for ours.
	if err := remove(d.file("bus.json")); err != nil {
		return false, errors.Join(fmt.Errorf("data directory %s: %w", d.path, fullDisk(err)), d.lock.Unlock())
	}
	if err := d.put("format", []byte(strconv.Itoa(dataFormat)+"\n")); err != nil {
		return false, errors.Join(fmt.Errorf("data directory %s: %w", d.path, fullDisk(err)), d.lock.Unlock())
	}
	if err := d.put("pid", []byte(strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return false, errors.Join(fmt.Errorf("data directory %s: %w", d.path, fullDisk(err)), d.lock.Unlock())
	}
	return true, nil
}

// put writes a file of the directory, whole or not at all for those who read it meanwhile. Only who holds the lock does.
func (d *dataDir) put(name string, content []byte) error {
	tmp := d.file(name + ".new")
	if err := os.WriteFile(tmp, content, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, d.file(name))
}

// release gives the lock back. Whoever holds it has stopped its server before.
func (d *dataDir) release() error {
	err := errors.Join(remove(d.file("bus.json")), remove(d.file("pid")))
	return errors.Join(err, d.lock.Unlock())
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// holder names the process that holds the lock, as far as it says so.
func (d *dataDir) holder() string {
	raw, err := os.ReadFile(d.file("pid"))
	if err != nil {
		return "another process"
	}
	return "process " + strings.TrimSpace(string(raw))
}

// announce writes bus.json for others on this machine, readable by this user alone.
func (d *dataDir) announce(a address) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := d.put("bus.json", append(raw, '\n')); err != nil {
		return fmt.Errorf("announce the bus: %w", err)
	}
	return nil
}

// announced reads bus.json; ok is false where there is none.
func (d *dataDir) announced() (a address, ok bool, err error) {
	raw, err := os.ReadFile(d.file("bus.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("data directory %s: %w", d.path, err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, false, fmt.Errorf("%s: %w", d.file("bus.json"), err)
	}
	return a, true, nil
}

// claim waits for the lock or for an announced server, whichever comes first: held is true where this process now has
// the lock. Short commands hold the lock unannounced, so it is worth a wait.
func (d *dataDir) claim(ctx context.Context, wait time.Duration) (held bool, at address, err error) {
	deadline := time.Now().Add(wait)
	for {
		if held, err = d.hold(); held || err != nil {
			return held, at, err
		}
		a, ok, err := d.announced()
		if err != nil {
			return false, at, err
		}
		if ok {
			return false, a, nil
		}
		if time.Now().After(deadline) {
			return false, at, fmt.Errorf("%w: %s is held by %s; wait until it ends, or choose another directory with --data", ErrInUse, d.path, d.holder())
		}
		select {
		case <-ctx.Done():
			return false, at, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
