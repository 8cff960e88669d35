package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockSending makes sure that one process at a time sends what one audit
// records: what another has sent must be seen before anything else goes, and
// an intent without an outcome must be no one's who is still at work.
//
// The lock lies beside the file itself, by whatever links it is named; an audit
// that is not there gets none.
func lockSending(auditPath string) (release func(), err error) {
	if _, err := os.Stat(auditPath); err != nil {
		return nil, nothingRan(fmt.Errorf("find the audit: %w", err))
	}
	file, err := filepath.EvalSymlinks(auditPath)
	if err != nil {
		return nil, nothingRan(err)
	}
	lock := flock.New(file+".sending", flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, nothingRan(fmt.Errorf("lock %s: %w", lock.Path(), err))
	}
	if !held {
		return nil, refused(errors.New("another apply or resume is at work with " + auditPath + ": wait for its end"))
	}
	// The end of the process lets go of it too.
	return func() { _ = lock.Unlock() }, nil
}
