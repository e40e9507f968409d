package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in      string
		columns int
		cut     string // to 6
	}{
		{"", 0, ""},
		{"ferry", 5, "ferry"},
		{"ferries", 7, "ferri…"},
		{"도서관", 6, "도서관"},
		{"도서관 앞", 9, "도서…"},
		{"ﬀöö", 3, "ﬀöö"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := columnsOf(test.in); got != test.columns {
			t.Errorf("columnsOf(%q) = %d, want %d", test.in, got, test.columns)
		}
		if got := cut(test.in, 6); got != test.cut {
			t.Errorf("cut(%q, 6) = %q, want %q", test.in, got, test.cut)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"one two three four", []string{"one two", "three four"}},
		{"a  b\nc", []string{"a b c"}},
		{"uncopyrightable word", []string{"uncopyrigh", "table word"}},
		{"시립도서관 주말", []string{"시립도서관", "주말"}},
	} {
		if diff := cmp.Diff(test.want, wrap(test.in, 10)); diff != "" {
			t.Errorf("wrap(%q, 10) (-want +got):\n%s", test.in, diff)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	in := "a\x1b]0;title\x07\x9b2J\u202eb\tc\nd\u200f"
	if got, want := printable(in), "a\ufffd]0;title\ufffd\ufffd2J\ufffdb\tc\nd\u200f"; got != want {
		t.Errorf("printable(%q) = %q, want %q", in, got, want)
	}
	if got, want := oneLine("a\n  b\t\x1b"), "a b \ufffd"; got != want {
		t.Errorf("oneLine = %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	tab := newTable("ID", "NAME", "TITLE")
	tab.add("1", "도서관", "a title that is too long for it")
	tab.add("22", "", "short\x1b")
	var out bytes.Buffer
	if err := tab.write(&out, terminal{columns: 30}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"ID  NAME    TITLE",
		"1   도서관  a title that is t…",
		"22  -       short\ufffd",
		"",
	}, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	out.Reset()
	if err := tab.write(&out, terminal{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "too long for it") {
		t.Error("a table that is not for a terminal is cut")
	}
}

func TestColour(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if got := newTerminal(&out, &out, nil); got != (terminal{}) {
		t.Errorf("a buffer is taken for a terminal: %+v", got)
	}
	on := terminal{errColour: true}
	if got, want := on.red("x")+on.bold("y"), "\x1b[31mx\x1b[0my"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
