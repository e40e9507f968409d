package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, zero or more, written as a plain number or such as 256KiB, 8MiB (powers of 1024) or 1GB
// (powers of 1000).
type Size int64

var sizeUnits = []struct {
	name string
	size Size
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"KB", 1e3},
	{"B", 1},
}

// ParseSize reads the text form. Units are told apart by their letters, in any case.
func ParseSize(text string) (Size, error) {
	number, unit := strings.TrimSpace(text), Size(1)
	for _, u := range sizeUnits {
		if cut := len(number) - len(u.name); cut > 0 && strings.EqualFold(number[cut:], u.name) {
			number, unit = strings.TrimSpace(number[:cut]), u.size
			break
		}
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n >= 0 && n <= math.MaxInt64/int64(unit) {
		return Size(n) * unit, nil
	}
	if strings.Trim(number, "0123456789.") != "" {
		return 0, errors.New("number and unit expected")
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, errors.New("not a number")
	}
	if n *= float64(unit); n >= math.MaxInt64 {
		return 0, errors.New("too large")
	}
	return Size(math.Round(n)), nil
}

// String writes the size in the largest unit that divides it, powers of 1024 first.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s >= u.size && s%u.size == 0 && u.size > 1 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText writes the form of [Size.String].
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [ParseSize] reads.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}
