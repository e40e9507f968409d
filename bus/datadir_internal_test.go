package bus

import (
	"sync"
	"testing"
)

// TestDataDirIsReadWhileItIsTaken opens a directory again and again while its files are written, as commands beside a
// daemon that starts do.
func TestDataDirIsReadWhileItIsTaken(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var reading sync.WaitGroup
	defer reading.Wait()
	defer close(done)
	reading.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := openDataDir(path); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 500 {
		if ok, err := d.hold(); err != nil || !ok {
			t.Fatalf("hold: %t, %v", ok, err)
		}
		if err := d.release(); err != nil {
			t.Fatal(err)
		}
	}
}
