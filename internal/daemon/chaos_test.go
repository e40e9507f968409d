//go:build chaos

package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// TestChaosKill kills a daemon ten times in mid-run, at seeded moments, and starts it again each time. In the end all
// records are there, none twice, and no page was asked for again once its record was stored.
func TestChaosKill(t *testing.T) {
	const articles, kills = 500, 10
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, seed))
			site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 10, Items: articles / 10, PageBytes: 20 << 10, Latency: 10 * time.Millisecond})
			dir := t.TempDir()
			db := filepath.Join(dir, "feedmill.db")
			type killed struct {
				requests int // length of the newsroom's log at the kill
				stored   []string
			}
			var log []killed
			for range kills {
				cmd := startChild(t, childArgs{Dir: dir, Addr: addr, Feeds: feeds})
				time.Sleep(time.Duration(300+rnd.IntN(1200)) * time.Millisecond) // the moment of the kill is what is tested
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				err := cmd.Wait()
				if cmd.ProcessState.ExitCode() != -1 {
					t.Fatalf("the daemon ended by itself: %v", err)
				}
				log = append(log, killed{len(site.Requests()), storedURLs(t, db)})
			}
			t.Logf("stored at the kills: %v", func() (n []int) {
				for _, k := range log {
					n = append(n, len(k.stored))
				}
				return
			}())
			runOnce(t, dir, addr, feeds)

			urls := storedURLs(t, db)
			if len(urls) != articles {
				t.Errorf("%d records, want %d", len(urls), articles)
			}
			slices.Sort(urls)
			if twice := len(urls) - len(slices.Compact(slices.Clone(urls))); twice > 0 {
				t.Errorf("%d records stand there twice", twice)
			}
			requests := site.Requests()
			for i, k := range log {
				had := map[string]bool{}
				for _, u := range k.stored {
					had[u] = true
				}
				for _, r := range requests[k.requests:] {
					if had["http://"+addr.String()+r.Path] {
						t.Errorf("kill %d: %s was stored, and asked for again", i, r.Path)
					}
				}
			}
		})
	}
}

// storedURLs lists the URLs of the records that a store holds; none where there is no store yet.
func storedURLs(t *testing.T, path string) []string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	s, err := sqlite.Open(t.Context(), path, &sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Logf("store is not readable yet: %v", err)
		return nil
	}
	defer s.Close()
	var urls []string
	for r, err := range s.Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Revision > 1 {
			t.Errorf("%s has %d revisions; it never changed", r.URL, r.Revision)
		}
		urls = append(urls, r.URL)
	}
	return urls
}
