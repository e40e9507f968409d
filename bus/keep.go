package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keepDir holds hard links to the files of all streams while the embedded server starts, beside them.
//
// A nats-server that cannot read a stream as it starts removes the directory of that stream, with all that is in it (as
// of version 2.15: recoverStream, which ends in stream.stop with its delete flag). That a disk is full, that files are
// not readable for a moment or too many are open must not cost what the stream holds.
const keepDir = "keep"

// streamDirs returns the directories of the streams under a server's directory, relative to it.
func streamDirs(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*", "streams", "*"))
	for i, path := range found {
		found[i], _ = filepath.Rel(dir, path) // both begin with dir
	}
	return found, err
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func liveStreams(storeDir string) string { return filepath.Join(storeDir, "jetstream") }
func keptStreams(storeDir string) string { return filepath.Join(storeDir, keepDir) }

// keepStreams links the files of all streams of a server that does not run.
func keepStreams(storeDir string) error {
	if err := restoreStreams(storeDir); err != nil { // of a start that was killed
		return err
	}
	streams, err := streamDirs(liveStreams(storeDir))
	if err != nil {
		return err
	}
	for _, stream := range streams {
		if err := linkTree(filepath.Join(liveStreams(storeDir), stream), filepath.Join(keptStreams(storeDir), stream)); err != nil {
			return errors.Join(err, forgetStreams(storeDir))
		}
	}
	return nil
}

// lostStreams returns the streams that were kept and are no longer there.
func lostStreams(storeDir string) (lost []string, err error) {
	streams, err := streamDirs(keptStreams(storeDir))
	for _, stream := range streams {
		if _, err := os.Stat(filepath.Join(liveStreams(storeDir), stream)); errors.Is(err, fs.ErrNotExist) {
			lost = append(lost, stream)
		}
	}
	return lost, err
}

// restoreStreams puts the streams back that are no longer there, of a server that does not run.
func restoreStreams(storeDir string) error {
	lost, err := lostStreams(storeDir)
	if err != nil {
		return err
	}
	for _, stream := range lost {
		to := filepath.Join(liveStreams(storeDir), stream)
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(keptStreams(storeDir), stream), to); err != nil {
			return fmt.Errorf("put a stream back: %w", err)
		}
	}
	return forgetStreams(storeDir)
}

// forgetStreams removes the links.
func forgetStreams(storeDir string) error { return os.RemoveAll(keptStreams(storeDir)) }

// linkTree makes the directories of from again as to, with hard links to its files.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch target := filepath.Join(to, name); {
		case entry.IsDir():
			return os.MkdirAll(target, 0o750)
		case entry.Type().IsRegular():
			return os.Link(path, target)
		default:
			return nil
		}
	})
}
