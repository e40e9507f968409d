package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time, zero or longer, written such as 1.5s, 30m, 1h, 7d or 1h30m. A day is 24 hours, a week 7
// days.
type Duration time.Duration

// ParseDuration reads the text form. A bare number has no unit and is an error, except 0.
func ParseDuration(text string) (Duration, error) {
	rest := strings.TrimSpace(text)
	if rest == "0" {
		return 0, nil
	}
	if rest == "" {
		return 0, errors.New("empty")
	}
	var total float64
	var exact int64
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end <= 0 {
			return 0, errors.New("number and unit expected")
		}
		number := rest[:end]
		rest = rest[end:]
		unit, after := cutUnit(rest)
		if unit == 0 {
			return 0, errors.New("unknown unit")
		}
		rest = after
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n <= (math.MaxInt64-exact)/int64(unit) {
			exact += n * int64(unit)
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, errors.New("not a number")
		}
		total += n * float64(unit)
	}
	if total > 0 && total+float64(exact) >= math.MaxInt64 {
		return 0, errors.New("too long")
	}
	return Duration(exact + int64(math.Round(total))), nil
}

// cutUnit returns the unit that text begins with, 0 if none, and what follows it.
func cutUnit(text string) (time.Duration, string) {
	// Longer names first: "ms" must not be taken for "m".
	for _, u := range []struct {
		name string
		size time.Duration
	}{
		{"ns", time.Nanosecond},
		{"us", time.Microsecond},
		{"µs", time.Microsecond},
		{"ms", time.Millisecond},
		{"s", time.Second},
		{"m", time.Minute},
		{"h", time.Hour},
		{"d", 24 * time.Hour},
		{"w", 7 * 24 * time.Hour},
	} {
		if rest, ok := strings.CutPrefix(text, u.name); ok {
			return u.size, rest
		}
	}
	return 0, text
}

// String writes the shortest form: 90d, 24h, 1h30m, 1.5s, 0.
func (d Duration) String() string {
	const day = Duration(24 * time.Hour)
	if d == 0 {
		return "0"
	}
	if d >= 2*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the form of [Duration.String].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}
