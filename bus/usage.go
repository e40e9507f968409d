package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// DiskUse is the space that the embedded server takes, in bytes.
type DiskUse struct {
	Streams map[string]int64 `json:"streams"` // by name without prefix
	Buckets map[string]int64 `json:"buckets"` // by name without prefix
	Other   int64            `json:"other"`
}

// Total is all of it.
func (d *DiskUse) Total() int64 {
	n := d.Other
	for _, size := range d.Streams {
		n += size
	}
	for _, size := range d.Buckets {
		n += size
	}
	return n
}

// DiskUse measures the files of the embedded server, of this process or another one's; nil where the server is elsewhere.
func (b *Bus) DiskUse() (*DiskUse, error) {
	if len(b.opts.URLs) > 0 || b.opts.Context != "" {
		return nil, nil
	}
	d := &DiskUse{Streams: map[string]int64{}, Buckets: map[string]int64{}}
	root := filepath.Join(b.opts.Dir, serverDir)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // files come and go
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		d.add(b, root, path, info.Size())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", root, err)
	}
	return d, nil
}

// add counts a file to the stream whose directory it is in: jetstream/<account>/streams/<stream>/….
func (d *DiskUse) add(b *Bus, root, path string, size int64) {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		d.Other += size
		return
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	if len(parts) < 5 || parts[2] != "streams" {
		d.Other += size
		return
	}
	name := parts[3]
	for _, kind := range []string{"KV_", "OBJ_"} {
		if bucket, ok := strings.CutPrefix(name, kind+b.bucketName("")); ok {
			d.Buckets[bucket] += size
			return
		}
	}
	if plain, ok := strings.CutPrefix(name, b.streamName("")); ok {
		d.Streams[plain] += size
		return
	}
	d.Other += size
}
