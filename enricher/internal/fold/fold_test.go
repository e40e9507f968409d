package fold

import "testing"

func TestKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Seoul":      "seoul",
		"São Paulo":  "sao paulo",
		"KØBENHAVN":  "kobenhavn",
		"Łódź":       "lodz",
		"N’Djamena":  "n'djamena",
		"Straße":     "strasse",
		"서울":         "서울",
		"already ok": "already ok",
	} {
		if got := Key(in); got != want {
			t.Errorf("Key(%q) = %q, want %q", in, got, want)
		}
	}
}
