// Package buildtest builds programs that tests run.
package buildtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Programs builds programs into dir with the flags of `make build`, so that what that has compiled serves here too. They
// have no race detector, as what users run has none: tests of packages look for races.
func Programs(ctx context.Context, dir string, packages ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", dir + "/"}, packages...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
