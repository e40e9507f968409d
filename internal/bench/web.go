package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/feedmill/feedmill/internal/newsroom"
)

// The sets of sites. Each is a prefix of its own.
const (
	mainPrefix  = "/main"
	largePrefix = "/large"
	idlePrefix  = "/idle"
)

// paragraphs is the least number of paragraphs of an article: 12 to 24 are 400 to 1,200 words.
const paragraphs = 12

// webTask is the web that is served.
type webTask struct {
	Seed int64
	Sets []newsroom.GenerateOptions
}

// newWeb makes the web, the same in every process.
func newWeb(t *webTask) (*newsroom.Newsroom, error) {
	n := newsroom.New(&newsroom.Options{Seed: t.Seed, CacheBytes: 4 << 30})
	for i := range t.Sets {
		if _, err := n.Generate(&t.Sets[i]); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// serveWeb serves the web until ctx ends. Its URL is the first line of out.
func serveWeb(ctx context.Context, t *webTask, out io.Writer) error {
	n, err := newWeb(t)
	if err != nil {
		return err
	}
	base, err := n.Start(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, base); err != nil {
		return err
	}
	<-ctx.Done()
	return n.Close(context.WithoutCancel(ctx))
}

// startWeb starts the server and returns it with its URL.
func (b *bench) startWeb(ctx context.Context) (*process, string, error) {
	p, err := b.start(ctx, &task{Role: roleWeb, Web: b.web})
	if err != nil {
		return nil, "", err
	}
	base, err := bufio.NewReader(p.out).ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("the server of the sites did not start: %w", p.stop())
	}
	return p, strings.TrimSpace(base), nil
}
