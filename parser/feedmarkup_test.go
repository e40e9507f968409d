package parser

import "testing"

func TestRepairMarkup(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"nothing to do", "a <b>c</b>", "a <b>c</b>"},
		{"a comment", "a<!-- x > -->b", "ab"},
		{"a comment without end", "a<!-- x >b<p>c", "ab<p>c"},
		{"a comment that takes the rest", "a<!-- x", "a"},
		{"an end only", "a-->b", "a-->b"},
		{"CDATA twice", "<![CDATA[a <b>b</b>]]>c]]>", "a <b>b</b>c]]>"},
		{"CDATA without end", "x<![CDATA[a", "xa"},
		{"document type", "<!DOCTYPE html><p>a", "<!DOCTYPE html><p>a"},
		{"conditional comment", "<![if IE]>a<![endif]>", "<![if IE]>a<![endif]>"},
		{"text", "<!' <a href='x'>b</a> <!", "&lt;!' <a href='x'>b</a> &lt;!"},
	} {
		if got := repairMarkup(test.in); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
