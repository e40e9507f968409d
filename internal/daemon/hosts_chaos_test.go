//go:build chaos

package daemon_test

import "testing"

// TestChaosASlowHostDelaysNoOther is TestASlowHostDelaysNoOther with the items of a large archive.
func TestChaosASlowHostDelaysNoOther(t *testing.T) {
	slowHost(t, 10_000)
}
