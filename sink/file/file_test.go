package file_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/file"
	"github.com/feedmill/feedmill/sink/sinktest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	of := func(t *testing.T) string { return filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")) }
	sinktest.RunPlain(t, func(t *testing.T) sink.Sink {
		return open(t, of(t), &file.Options{RotateSize: 100_000})
	}, func(t *testing.T) []*feedmill.Record { return read(t, of(t)) })
}

func open(t *testing.T, dir string, o *file.Options) *file.Store {
	t.Helper()
	s, err := file.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// names are those of the files in a directory, but for the lock.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			out = append(out, e.Name())
		}
	}
	return out
}

// read returns the records of all files in a directory, in the order of their names; all must be finished.
func read(t *testing.T, dir string) []*feedmill.Record {
	t.Helper()
	var out []*feedmill.Record
	for _, name := range names(t, dir) {
		if !strings.HasSuffix(name, ".jsonl") {
			t.Errorf("%s is there", name)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(b) == 0 || b[len(b)-1] != '\n' {
			t.Errorf("%s is empty or does not end with a line feed", name)
		}
		for text := range bytes.Lines(b) {
			rec := new(feedmill.Record)
			if err := json.Unmarshal(text, rec); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out = append(out, rec)
		}
	}
	return out
}

var seen = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func articles(from, n int) []*feedmill.Record {
	recs := make([]*feedmill.Record, n)
	for i := range recs {
		name := fmt.Sprintf("article-%d", from+i)
		recs[i] = sinktest.Record(name, "Title of "+name, strings.Repeat("Some words. ", 50), name, seen, feedmill.Pipeline{Parser: 1})
	}
	return recs
}

func write(t *testing.T, s *file.Store, recs ...*feedmill.Record) {
	t.Helper()
	if err := s.Write(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
}

func urls(recs []*feedmill.Record) []string {
	out := make([]string, len(recs))
	for i, r := range recs {
		out[i] = r.URL
	}
	return out
}

func wantURLs(t *testing.T, dir string, want []*feedmill.Record) {
	t.Helper()
	if d := cmp.Diff(urls(want), urls(read(t, dir))); d != "" {
		t.Errorf("records in files (-want +got):\n%s", d)
	}
}

func TestRotateBySize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recs := articles(0, 40)
	const size = 10_000
	s := open(t, dir, &file.Options{Name: "lake", RotateSize: size})
	for batch := range slices.Chunk(recs, 2) {
		write(t, s, batch...)
	}
	parts := slices.DeleteFunc(names(t, dir), func(name string) bool { return strings.HasSuffix(name, ".jsonl") })
	if len(parts) != 1 {
		t.Errorf("being written: %v, want one file", parts)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := names(t, dir)
	if len(all) < 3 {
		t.Errorf("%d files of 40 records, want some", len(all))
	}
	form := regexp.MustCompile(`^lake-\d{8}T\d{6}\.\d{9}Z\.jsonl$`)
	for _, name := range all {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(name) || info.Size() > size {
			t.Errorf("%s has %d bytes, want %d at most", name, info.Size(), size)
		}
	}
	wantURLs(t, dir, recs)
}

func TestRotateByAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, &file.Options{RotateAge: time.Hour})
		step := func(what string, wait time.Duration, recs []*feedmill.Record, want ...string) {
			time.Sleep(wait)
			write(t, s, recs...)
			if d := cmp.Diff(want, names(t, dir)); d != "" {
				t.Errorf("%s (-want +got):\n%s", what, d)
			}
		}
		const first, second = "records-20000101T000000.000000000Z.jsonl", "records-20000101T013000.000000000Z.jsonl"
		step("begun", 0, articles(0, 1), first+".part")
		step("young", time.Hour-1, articles(1, 1), first+".part")
		step("old, nothing to write", 1, nil, first)
		step("the next begins with a record", 0, nil, first)
		step("begun again", 30*time.Minute, articles(2, 1), first, second+".part")
	})
	wantURLs(t, dir, articles(0, 3))
}

// TestKilled takes the files as a killed process leaves them, with the last line torn, and delivers the last batch again.
func TestKilled(t *testing.T) {
	t.Parallel()
	alive := t.TempDir()
	recs := articles(0, 10)
	s := open(t, alive, &file.Options{RotateSize: 12_000})
	for batch := range slices.Chunk(recs, 5) {
		write(t, s, batch...)
	}
	for torn, tail := range map[string]string{
		"nothing":        "",
		"a line's begin": `{"id":"`,
		"a whole object": `{"id":"x"}`,
		"zeros":          strings.Repeat("\x00", 5000),
		"lines of zeros": "\x00\x00\n\x00\n",
	} {
		for _, cut := range []int{0, 1, 700} {
			t.Run(fmt.Sprint(torn, ", cut ", cut), func(t *testing.T) {
				dir := t.TempDir()
				for _, name := range names(t, alive) {
					b, err := os.ReadFile(filepath.Join(alive, name))
					if err != nil {
						t.Fatal(err)
					}
					if strings.HasSuffix(name, ".part") {
						b = append(b[:len(b)-cut], tail...)
					}
					if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				s := open(t, dir, nil)
				for _, name := range names(t, dir) {
					if strings.HasSuffix(name, ".part") {
						t.Errorf("%s was not finished", name)
					}
				}
				write(t, s, recs[3:]...)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				wantURLs(t, dir, recs)
			})
		}
	}
}

func TestNothingWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const left = "records-20260302T080000.000000000Z.jsonl.part"
	strangers := []string{"other-20260302T080000.000000000Z.jsonl.part", "records-20260302.jsonl.part", "records.jsonl"}
	for _, name := range append(strangers, left) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"id`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, nil)
	if d := cmp.Diff(strangers, names(t, dir)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

// TestClockWentBack begins a file in a directory whose newest file is of the future.
func TestClockWentBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const future = "records-21000101T000000.000000000Z.jsonl"
	if err := os.WriteFile(filepath.Join(dir, future), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, open(t, dir, nil), articles(0, 1)...)
	if d := cmp.Diff([]string{future, "records-21000101T000000.000000001Z.jsonl.part"}, names(t, dir)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	open(t, taken, nil)
	open(t, taken, &file.Options{Name: "other"})
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ dir, name, want string }{
		{taken, "", "another process writes these files: end it, or choose another"},
		{plain, "", "not a directory"},
		{dir, "../x", `"../x" cannot begin a file's name`},
		{dir, "a/b", "cannot begin a file's name"},
		{dir, "..", "cannot begin a file's name"},
		{dir, "a\x00", "cannot begin a file's name"},
	} {
		_, err := file.Open(test.dir, &file.Options{Name: test.name})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "open "+test.dir) || feedmill.IsPermanent(err) {
			t.Errorf("Open %s, %q: %v, want a plain error that says %q", test.dir, test.name, err, test.want)
		}
	}
}

// TestRemoved takes the file away that is being written: an error says so, once.
func TestRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, &file.Options{RotateSize: 1})
	write(t, s, articles(0, 1)...)
	part := names(t, dir)[0]
	if err := os.Remove(filepath.Join(dir, part)); err != nil {
		t.Fatal(err)
	}
	err := s.Write(t.Context(), articles(1, 1))
	if err == nil || !strings.Contains(err.Error(), part+" was moved or removed") || feedmill.IsPermanent(err) {
		t.Errorf("Write: %v, want a plain error that says that %s is gone", err, part)
	}
	write(t, s, articles(1, 1)...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantURLs(t, dir, articles(1, 1))
}

// BenchmarkWrite stores batches of 200 new records with texts of some 6 KB.
func BenchmarkWrite(b *testing.B) {
	s, err := file.Open(b.TempDir(), &file.Options{RotateSize: 256 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const batch = 200
	recs := articles(0, batch)
	rows := 0
	for b.Loop() {
		for _, r := range recs {
			rows++
			r.Text = strings.Repeat("Some words. ", 500) + fmt.Sprint(rows)
		}
		if err := s.Write(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
