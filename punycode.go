package feedmill

import (
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// asciiHost writes the labels of a host's name that are not ASCII in the form that DNS has for them, "xn--" and Punycode
// (RFC 5891 §4.4, RFC 3492). The name is in lower case; the ideographic full stops separate labels too.
func asciiHost(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	if !utf8.ValidString(name) {
		return "", errors.New("the host is not UTF-8")
	}
	name = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(name)
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if isASCII(label) {
			continue
		}
		code, err := punycode(label)
		if err != nil {
			return "", err
		}
		labels[i] = "xn--" + code
	}
	return strings.Join(labels, "."), nil
}

// punycode encodes a label (RFC 3492 §6.3).
func punycode(label string) (string, error) {
	const base, damp, initialBias, initialN = 36, 700, 72, 128
	if len(label) > 1<<10 { // a label of DNS has 63 bytes
		return "", errors.New("a label of the host is too long")
	}
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for done := basic; done < len(runes); {
		next := rune(math.MaxInt32)
		for _, r := range runes {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := threshold(k, bias)
				if q < t {
					break
				}
				out = append(out, punycodeDigit(t+(q-t)%(base-t)))
				q = (q - t) / (base - t)
			}
			out = append(out, punycodeDigit(q))
			bias = adapt(delta, done+1, done == basic, damp)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return string(out), nil
}

func threshold(k, bias int) int {
	const low, high = 1, 26
	return min(max(k-bias, low), high)
}

// adapt is the bias of the next digits (RFC 3492 §6.1).
func adapt(delta, points int, first bool, damp int) int {
	const base, low, high, skew = 36, 1, 26, 38
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (base-low)*high/2; k += base {
		delta /= base - low
	}
	return k + (base-low+1)*delta/(delta+skew)
}

func punycodeDigit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
