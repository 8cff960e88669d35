//go:build unix

package trigger

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ownersAlone refuses a file that others than its owner may read or write, or
// that is another user's.
func ownersAlone(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s has the mode %04o, so that others may read it: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", path)
	}
	return nil
}
