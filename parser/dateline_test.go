package parser

import (
	"testing"

	"github.com/feedmill/feedmill"
)

func TestParseDateline(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in     string
		want   feedmill.Dateline
		agency string
	}{
		{"SEOUL, Jan. 10 (Reuters) - The two met.", feedmill.Dateline{Raw: "SEOUL, Jan. 10 (Reuters)", Place: "SEOUL", Date: "Jan. 10"}, "Reuters"},
		{"NEW YORK (AP) — The two met.", feedmill.Dateline{Raw: "NEW YORK (AP)", Place: "NEW YORK"}, "AP"},
		{"SEOUL, South Korea — The two met.", feedmill.Dateline{Raw: "SEOUL, South Korea", Place: "SEOUL, South Korea"}, ""},
		{"The two – who met – agreed.", feedmill.Dateline{}, ""},
		{"NATO agreed - at last - to meet.", feedmill.Dateline{}, ""},
		{"No dash here.", feedmill.Dateline{}, ""},
	}
	for _, tt := range tests {
		got, agency, ok := parseDateline(tt.in, loadRules())
		if got != tt.want || agency != tt.agency || ok != (tt.want.Raw != "") {
			t.Errorf("%q gives %+v, %q, %t", tt.in, got, agency, ok)
		}
	}
}
