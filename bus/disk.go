package bus

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Disk returns how many bytes are free for this user where dir is or will be, and how many there are in all; 0 and 0
// where that cannot be told.
func Disk(dir string) (free, all int64) {
	for {
		var st unix.Statfs_t
		if err := unix.Statfs(dir, &st); err == nil {
			size := int64(st.Bsize) // the types of the fields differ between systems
			return int64(st.Bavail) * size, int64(st.Blocks) * size
		}
		up := filepath.Dir(dir)
		if up == dir {
			return 0, 0
		}
		dir = up
	}
}

// fullDisk adds the next step to the error of a write that found no room.
func fullDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: free disk space", err)
	}
	return err
}
