package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestSplitNames(t *testing.T) {
	t.Parallel()
	type people = []feedmill.Author
	tests := []struct {
		in   string
		want people
	}{
		{"By Lee Tae-hoon", people{{Name: "Lee Tae-hoon"}}},
		{"By Ann Lee and Bo Ek in Seoul", people{{Name: "Ann Lee"}, {Name: "Bo Ek"}}},
		{"Abby Jones", people{{Name: "Abby Jones"}}},
		{"BY ANN LEE", people{{Name: "ANN LEE"}}},
		{"Von Jörg Müller und Änne de Vries", people{{Name: "Jörg Müller"}, {Name: "Änne de Vries"}}},
		{"By Ann Lee, Staff Writer", people{{Name: "Ann Lee", Role: "Staff Writer"}}},
		{"By Ann Lee | The Daily Example", people{{Name: "Ann Lee"}}},
		{"By Ann Lee, ann.lee@news.example", people{{Name: "Ann Lee"}}},
		{"Ann Lee, MS, Ph.D.", people{{Name: "Ann Lee"}}},
		{"by the river", nil},
		{"By 2020, all was over", nil},
		{"기자 김철수", people{{Name: "기자 김철수"}}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, splitNames(stripByline(tt.in))); d != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, d)
		}
	}
}

func TestCutBylineWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"By Ann": true, "BY: Ann": true, "Abby Ann": false, "Byron Ann": false, "By-law Ann": false, "Vonnegut": false, "von Ann": true, "Written by Ann": true} {
		if _, ok := cutBylineWord(in); ok != want {
			t.Errorf("cutBylineWord(%q) is %t, want %t", in, ok, want)
		}
	}
}
