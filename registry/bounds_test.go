package registry

import (
	"io"
	"strings"
	"testing"
)

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.at]
		e.at = (e.at + 1) % len(e.text)
	}
	return len(p), nil
}

func TestListsAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	want := func(name string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
			t.Errorf("endless %s: %.200v, want an error that names the limit", name, err)
		}
	}
	for name, text := range map[string]string{"elements": "<outline/>", "text": "x"} {
		_, err := readOPML(io.MultiReader(strings.NewReader("<opml>"), &endless{text: text}), limit)
		want(name, err)
	}
	for name, text := range map[string]string{"lines": "https://a.example/\n", "line": "x", "bad lines": "x\n"} {
		_, err := readList(&endless{text: text}, limit)
		want(name, err)
	}
}
