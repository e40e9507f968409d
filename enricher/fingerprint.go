package enricher

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/feedmill/feedmill/enricher/internal/hash"
)

// fingerprint computes a 64-bit simhash (Charikar 2002) of the text's word 3-grams, folded, as 16 hex digits: two
// fingerprints that differ in few bits are of near-equal texts. Texts of less than three words have none.
func fingerprint(ctx context.Context, d *document) error {
	d.r.Fingerprint = ""
	for _, f := range d.fields {
		if f.in != "" {
			continue
		}
		var grams [3]string
		var sum [64]int
		n := 0
		for i, t := range f.tokens() {
			if i%8192 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if t.kind != kindWord && t.kind != kindNumber {
				continue
			}
			grams[0], grams[1], grams[2] = grams[1], grams[2], t.key
			n++
			if n < 3 {
				continue
			}
			h := fnv.New64a()
			for _, g := range grams {
				h.Write([]byte(g))
				h.Write([]byte{0x1f})
			}
			v := hash.Mix(h.Sum64())
			for b := range sum {
				if v>>b&1 == 1 {
					sum[b]++
				} else {
					sum[b]--
				}
			}
		}
		if n < 3 {
			return nil
		}
		var v uint64
		for b := range sum {
			if sum[b] > 0 {
				v |= 1 << b
			}
		}
		d.r.Fingerprint = fmt.Sprintf("%016x", v)
	}
	return nil
}
