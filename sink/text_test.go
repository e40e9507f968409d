package sink_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill/sink"
)

func TestSearchText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"plain words, as they are", "plain words, as they are"},
		{"한국어", "한국 국어 어"},
		{"한", "한"},
		{"갤럭시S24 출시", "갤럭 럭시 시 S24 출시 시"},
		{"東京タワー", "東京 京タ タワ ワー ー"},
		{"ｻｰﾊﾞｰ ＡＢ", "サー ーバ バー ー AB"},
	} {
		if got := strings.Join(strings.Fields(sink.SearchText(test.in)), " "); got != test.want {
			t.Errorf("SearchText(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestParseText(t *testing.T) {
	t.Parallel()
	word := func(s string) sink.Term { return sink.Term{Phrase: s} }
	prefix := func(s string) sink.Term { return sink.Term{Phrase: s, Prefix: true} }
	for _, test := range []struct {
		in   string
		want []sink.Term
	}{
		{"", nil},
		{"one two", []sink.Term{word("one"), word("two")}},
		{`say "one two" now`, []sink.Term{word("say"), word("one two"), word("now")}},
		{"“one two”", []sink.Term{word("one two")}},
		{`"one two`, []sink.Term{word("one two")}},
		{"one* *two", []sink.Term{prefix("one"), word("*two")}},
		{"- + * () \" \x00 !", nil},
		{"Tae-hoon's", []sink.Term{word("Tae-hoon's")}},
		{"핵실험", []sink.Term{word("핵실 실험")}},
		{"북한 핵", []sink.Term{word("북한"), prefix("핵")}},
		{`"북한 핵"`, []sink.Term{prefix("북한 한 핵")}},
		{"핵.", []sink.Term{prefix("핵")}},
		{"갤럭시S24", []sink.Term{word("갤럭 럭시 시 S24")}},
	} {
		if d := cmp.Diff(test.want, sink.ParseText(test.in)); d != "" {
			t.Errorf("ParseText(%q) (-want +got):\n%s", test.in, d)
		}
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{`a "b c" d*`, "북한 핵", "\xff\x00", `"""`, "ﷺ*", "가\u0301\u11ab", "ー"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, term := range sink.ParseText(s) {
			if term.Phrase == "" || !utf8.ValidString(term.Phrase) || strings.ContainsAny(term.Phrase, "\"\x00") {
				t.Errorf("ParseText(%q) has the phrase %q", s, term.Phrase)
			}
		}
		if utf8.ValidString(s) && !utf8.ValidString(sink.SearchText(s)) {
			t.Errorf("SearchText(%q) is no text", s)
		}
	})
}
