// Package hash has what fingerprints and sketches of texts share.
package hash

// Mix spreads the bits of a hash, as those of FNV, whose high ones are weak for short input (the finaliser of SplitMix64).
func Mix(v uint64) uint64 {
	v ^= v >> 30
	v *= 0xbf58476d1ce4e5b9
	v ^= v >> 27
	v *= 0x94d049bb133111eb
	return v ^ v>>31
}
