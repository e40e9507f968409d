package ner

// Features are 64-bit hashes: no string is built while a text is read.

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
	golden    = 0x9E3779B97F4A7C15
)

func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return h
}

func hashBytes(s []byte) uint64 {
	h := uint64(fnvOffset)
	for _, c := range s {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return mix(h)
}

// one and two make a feature of a template's number and one or two values.
func one(template, a uint64) uint64    { return mix(a + template*golden) }
func two(template, a, b uint64) uint64 { return mix(a*3 + mix(b+template*golden)) }
