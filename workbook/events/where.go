package events

import (
	"context"
	"os"
	"path/filepath"
)

// Where maps the names by which the record calls files, of events and of what
// they were read with, to their paths.
func (s *Set) Where() map[string]string {
	paths := map[string]string{}
	for _, f := range s.files {
		paths[f.name] = f.path
	}
	side := func(one *sideFile) {
		if one != nil && filepath.IsAbs(one.full) {
			paths[one.name] = one.full
		}
	}
	side(s.sources)
	for _, r := range s.rules {
		for _, one := range r.sides {
			side(one)
		}
	}
	return paths
}

// HashFirst is the RFC 6962 root over chunks of 1 MiB of the first bytes of a
// file, as a run records it, and the size that the file has. A shorter file is
// hashed whole.
func HashFirst(ctx context.Context, path string, bytes int64) (root string, size int64, err error) {
	size, err = sizeOf(path)
	if err != nil {
		return "", 0, err
	}
	root, _, err = hashFile(ctx, path, min(bytes, size), nil)
	return root, size, err
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
