package langmodel

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
)

func open(t testing.TB) *Model {
	t.Helper()
	b, err := os.ReadFile("../data/language.model.gz")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestScore(t *testing.T) {
	t.Parallel()
	m := open(t)
	costs, letters := m.Score("Die Regierung spricht über den Haushalt", []string{"en", "de", "tlh"}, 1000)
	if letters != 34 || costs[1] <= 0 || costs[1] >= costs[0] || costs[2] != -1 {
		t.Errorf("costs %v of %d letters: want German likelier than English and Klingon not modelled", costs, letters)
	}
	if costs, letters := m.Score("1234 …", []string{"en"}, 1000); letters != 0 || costs[0] != 0 {
		t.Errorf("costs %v of %d letters where there are none", costs, letters)
	}
	if _, letters := m.Score(strings.Repeat("word ", 1000), []string{"en"}, 100); letters != 100 {
		t.Errorf("%d letters read, want 100", letters)
	}
	if _, letters := m.Score(strings.Repeat("a", 1<<20), []string{"en"}, 100); letters != maxWord {
		t.Errorf("%d letters of one word read, want %d", letters, maxWord)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, b := range [][]byte{nil, []byte("no gzip"), pack(""), pack(Magic + "\nen\n"), pack(Magic + "\nen\n\xff\xff\xff\xff\xff\xff\xff\xff"), pack("other/1\nen\n\x00\x00\x00\x00\x00\x00\x00\x00")} {
		if _, err := Read(b); err == nil {
			t.Errorf("%q was read", b)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	m := open(b)
	s := strings.Repeat("The ministers agreed to meet again in the spring and to speak about the budget. ", 40)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		m.Score(s, Tags(), 3000)
	}
}
