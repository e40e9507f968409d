package ner

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func openTest(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tag reads sentences whose words are parted by spaces and returns the names as "type:words".
func tag(m *Model, passes Passes, sentences ...string) []string {
	var words []string
	var ends []int
	for _, s := range sentences {
		words = append(words, strings.Fields(s)...)
		ends = append(ends, len(words))
	}
	var out []string
	for _, s := range m.Tag(nil, words, ends, passes, nil) {
		out = append(out, s.Type.String()+":"+strings.Join(words[s.From:s.To], " "))
	}
	return out
}

func TestTag(t *testing.T) {
	t.Parallel()
	for _, name := range Builtin() {
		m := openTest(t, name)
		got := tag(m, TwoPasses, "Angela Merkel flew to Paris on Monday .", "Her husband John Smith lives in Berlin .")
		want := []string{"person:Angela Merkel", "place:Paris", "person:John Smith", "place:Berlin"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestTagEqually holds that what a tagger has read before changes nothing.
func TestTagEqually(t *testing.T) {
	t.Parallel()
	m := openTest(t, "")
	text := []string{"The ministry in Tokyo said Toyota would pay .", "John Smith of Reuters asked Smith 's brother ."}
	want := tag(m, TwoPasses, text...)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 3 {
				tag(m, OnePass, strings.Repeat("Smith Toyota said . ", 200*i))
				if d := cmp.Diff(want, tag(m, TwoPasses, text...)); d != "" {
					t.Errorf("(-first +later):\n%s", d)
				}
			}
		})
	}
	group.Wait()
}

func TestTagBounds(t *testing.T) {
	t.Parallel()
	m := openTest(t, "")
	for name, words := range map[string][]string{
		"nothing":          nil,
		"empty words":      {"", "", ""},
		"long word":        {strings.Repeat("é", 1000)},
		"broken UTF-8":     {"\xff\xfe", "\xc3"},
		"one sentence":     strings.Fields(strings.Repeat("Kim of Seoul said nothing to ", 1000)),
		"capitals":         strings.Fields(strings.Repeat("Foreign ", 20000)),
		"words of one use": strings.Fields(numbered(20000)),
	} {
		var ends []int
		if len(words) > 0 {
			ends = []int{len(words)}
		}
		last := 0
		for _, s := range m.Tag(nil, words, ends, TwoPasses, nil) {
			if s.From < last || s.To <= s.From || s.To > len(words) || s.Type < Person || s.Type > Misc || !(s.Confidence >= 0 && s.Confidence <= 1.001) {
				t.Fatalf("%s: bad span %+v after %d", name, s, last)
			}
			last = s.To
		}
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("Name")
		for k := i; k > 0; k /= 26 {
			b.WriteByte(byte('a' + k%26))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestTagStops(t *testing.T) {
	t.Parallel()
	words := strings.Fields(strings.Repeat("Kim met Lee . ", 10000))
	asked := 0
	spans := openTest(t, "").Tag(nil, words, []int{len(words)}, OnePass, func() bool { asked++; return asked < 2 })
	if asked != 2 || len(spans) == 0 || spans[len(spans)-1].To > 2*maxDocument {
		t.Errorf("asked %d times, %d spans", asked, len(spans))
	}
}

func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	lex := openTest(t, "").lex
	var b bytes.Buffer
	w := &Weights{Rows: []Row{{Feature: 5 << 32, Weights: [Labels]float32{0.5}}}}
	if err := Write(&b, &Card{Name: "x"}, &Gate{}, w, &Weights{}); err != nil {
		t.Fatal(err)
	}
	if m, err := OpenModel(b.String(), lex); err != nil || m.Card.Name != "x" {
		t.Fatalf("whole model: %v", err)
	}
	for n := 0; n < b.Len(); n += 83 {
		if _, err := OpenModel(b.String()[:n], lex); err == nil {
			t.Fatalf("a model of %d bytes was taken when cut to %d", b.Len(), n)
		}
	}
	for _, s := range []string{"", "FMLEX1\n\x00", lexiconData[:1000]} {
		if _, err := OpenLexicon(s); err == nil {
			t.Errorf("lexicon of %d bytes was taken", len(s))
		}
	}
	if _, err := Open("no-such-model"); err == nil || !strings.Contains(err.Error(), "open") {
		t.Errorf("error %v", err)
	}
}

// TestSums holds that bytes added in lanes give what adding them one by one gives.
func TestSums(t *testing.T) {
	t.Parallel()
	var w Weights
	var want [Labels]float32
	for i := range 200 {
		r := Row{Feature: mix(uint64(i))}
		for k := range Labels {
			r.Weights[k] = float32((i*31+k*17)%255-127) / 100
			want[k] += r.Weights[k]
		}
		w.Rows = append(w.Rows, r)
	}
	var b bytes.Buffer
	if err := Write(&b, &Card{}, &Gate{}, &w, &Weights{}); err != nil {
		t.Fatal(err)
	}
	m, err := OpenModel(b.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var s sums
	for _, r := range w.Rows {
		m.first.add(&s, r.Feature)
	}
	m.first.add(&s, mix(12345))
	var got [Labels]float32
	s.into(&got, m.first.scale)
	for k := range got {
		if d := got[k] - want[k]; s.count != 200 || d > 0.5 || d < -0.5 {
			t.Errorf("label %d: %v, want %v of %d rows", k, got[k], want[k], s.count)
		}
	}
}

func TestExp(t *testing.T) {
	t.Parallel()
	for x, want := range map[float32]float32{0: 1, -0.5: 0.60653, -1: 0.36788, -2.5: 0.082085, -10: 4.54e-5, -40: 0} {
		if got := exp(x); got < want*0.998-1e-12 || got > want*1.002+1e-12 {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
}
