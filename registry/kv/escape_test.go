package kv

import (
	"regexp"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"0af3":           "0af3",
		"A-b_c":          "A-b_c",
		"example.org":    "example=2Eorg",
		"=":              "=3D",
		"a b/c":          "a=20b=2Fc",
		"\x00\xff":       "=00=FF",
		"é":              "=C3=A9",
		"ends with dot.": "ends=20with=20dot=2E",
	} {
		if got, err := escape(key); err != nil || got != want {
			t.Errorf("escape %q: %q, %v; want %q", key, got, err, want)
		}
	}
	for _, key := range []string{"=", "a=4", "=G0", "a=", "=4=41"} {
		if got, err := unescape(key); err == nil {
			t.Errorf("unescape %q: %q, want an error", key, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	// What the NATS client lets through as a key, without the dot, which has a meaning in subjects.
	legal := regexp.MustCompile(`^[-/_=a-zA-Z0-9]+$`)
	f.Add("news.example.org")
	f.Add("\x00=41 한국")
	f.Add(strings.Repeat(".", 1024))
	f.Fuzz(func(t *testing.T, key string) {
		k, err := escape(key)
		if err != nil {
			return
		}
		if !legal.MatchString(k) {
			t.Fatalf("escape %q: %q is no legal key", key, k)
		}
		if got, err := unescape(k); err != nil || got != key {
			t.Fatalf("unescape %q: %q, %v; want %q", k, got, err, key)
		}
	})
}
