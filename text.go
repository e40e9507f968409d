package feedmill

import "unicode/utf8"

// Text converts between byte offsets, which Go works in, and code-point offsets, which records carry.
type Text struct {
	s     string
	ascii bool
	// marks[i] is the byte offset of code point i*stride.
	marks []int
}

const textStride = 64

// NewText prepares s for conversion in near constant time a call.
func NewText(s string) *Text {
	t := &Text{s: s, ascii: true}
	n := 0
	for i := range s {
		if n%textStride == 0 {
			t.marks = append(t.marks, i)
		}
		n++
	}
	t.ascii = n == len(s)
	return t
}

// String returns the text itself.
func (t *Text) String() string { return t.s }

// Point converts a byte offset to a code-point offset. Offsets outside the text are cut to it.
func (t *Text) Point(b int) int {
	if b <= 0 {
		return 0
	}
	if b > len(t.s) {
		b = len(t.s)
	}
	if t.ascii {
		return b
	}
	lo, hi := 0, len(t.marks)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if t.marks[mid] <= b {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo*textStride + utf8.RuneCountInString(t.s[t.marks[lo]:b])
}

// Byte converts a code-point offset to a byte offset. Offsets outside the text are cut to it.
func (t *Text) Byte(p int) int {
	if p <= 0 {
		return 0
	}
	if t.ascii {
		return min(p, len(t.s))
	}
	m := p / textStride
	if m >= len(t.marks) {
		return len(t.s)
	}
	b := t.marks[m]
	for range p % textStride {
		if b >= len(t.s) {
			break
		}
		_, n := utf8.DecodeRuneInString(t.s[b:])
		b += n
	}
	return b
}

// Slice returns the code points from start to end, exclusive.
func (t *Text) Slice(start, end int) string {
	i, j := t.Byte(start), t.Byte(end)
	if j < i {
		return ""
	}
	return t.s[i:j]
}
