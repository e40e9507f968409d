package config

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want time.Duration
		back string
	}{
		{"0", 0, "0"},
		{"0s", 0, "0"},
		{"1.5s", 1500 * time.Millisecond, "1.5s"},
		{"30m", 30 * time.Minute, "30m"},
		{"1h", time.Hour, "1h"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"1h0m5s", time.Hour + 5*time.Second, "1h0m5s"},
		{"24h", 24 * time.Hour, "24h"},
		{"1d", 24 * time.Hour, "24h"},
		{"7d", 7 * 24 * time.Hour, "7d"},
		{"1w", 7 * 24 * time.Hour, "7d"},
		{"1.5d", 36 * time.Hour, "36h"},
		{"250ms", 250 * time.Millisecond, "250ms"},
		{" 2s ", 2 * time.Second, "2s"},
		{"9223372036854775807ns", math.MaxInt64, "2562047h47m16.854775807s"},
	} {
		got, err := ParseDuration(tt.text)
		if err != nil || time.Duration(got) != tt.want || got.String() != tt.back {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v as %s", tt.text, got, err, tt.want, tt.back)
		}
	}
	for _, text := range []string{"", "5", "-5s", "s", "5 s", "5m3", "1..5s", ".s", "5y", "999999999d", "9223372036854775808ns", "1e3s", "NaNs"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want Size
		back string
	}{
		{"0", 0, "0"},
		{"1000", 1000, "1kB"},
		{"1023", 1023, "1023"},
		{"256KiB", 256 << 10, "256KiB"},
		{"8MiB", 8 << 20, "8MiB"},
		{"8 mib", 8 << 20, "8MiB"},
		{"1GB", 1e9, "1GB"},
		{"1.5GiB", 3 << 29, "1536MiB"},
		{"2TiB", 2 << 40, "2TiB"},
		{"512B", 512, "512"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807"},
	} {
		got, err := ParseSize(tt.text)
		if err != nil || got != tt.want || got.String() != tt.back {
			t.Errorf("ParseSize(%q) = %d (%v), %v; want %d as %s", tt.text, got, got, err, tt.want, tt.back)
		}
	}
	for _, text := range []string{"", "-1", "MiB", "8M", "8 megs", "1..5kB", ".", "9999999TiB", "1e3", "Inf", "0x10"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", text, got)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	type values struct {
		D Duration
		S Size
	}
	data, err := json.Marshal(values{D: 7 * days, S: 8 * mib})
	if want := `{"D":"7d","S":"8MiB"}`; err != nil || string(data) != want {
		t.Fatalf("marshal: %s, %v; want %s", data, err, want)
	}
	var got values
	if err := json.Unmarshal(data, &got); err != nil || got != (values{D: 7 * days, S: 8 * mib}) {
		t.Errorf("unmarshal: %+v, %v", got, err)
	}
}
