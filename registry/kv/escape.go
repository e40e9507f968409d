package kv

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/feedmill/feedmill/registry"
)

// escape makes any key a legal one for NATS: letters, digits, "-" and "_" stand for themselves, every other byte is "="
// and two hex digits.
func escape(key string) (string, error) {
	if key == "" || len(key) > registry.MaxKey {
		return "", fmt.Errorf("key of %d bytes: want 1 to %d", len(key), registry.MaxKey)
	}
	if strings.IndexFunc(key, isSpecial) < 0 {
		return key, nil
	}
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; isSpecial(rune(c)) {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// unescape undoes escape.
func unescape(key string) (string, error) {
	plain, rest, found := strings.Cut(key, "=")
	if !found {
		return key, nil
	}
	var b strings.Builder
	for ; found; plain, rest, found = strings.Cut(rest, "=") {
		b.WriteString(plain)
		if len(rest) < 2 {
			return "", fmt.Errorf("key %q: cut short", key)
		}
		c, err := hex.DecodeString(rest[:2])
		if err != nil {
			return "", fmt.Errorf("key %q: %w", key, err)
		}
		b.Write(c)
		rest = rest[2:]
	}
	b.WriteString(plain)
	return b.String(), nil
}

func isSpecial(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
