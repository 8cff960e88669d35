package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"tabletop/workbook"
)

// chunkBytes is the size of a leaf of a file's hash tree.
const chunkBytes = 1 << 20

// A leaf is the hash of a chunk.
type leaf = [sha256.Size]byte

// Hash completes the survey's files with their sizes and the roots of their
// RFC 6962 trees over chunks of 1 MiB, of the bytes as stored, up to the size
// that the files had when they were first opened. Files that the survey hashed
// on its way are not read again. Behind them stand the files that hold no events
// but change the answer: the sources file and what it looks up in.
func (s *Set) Hash(ctx context.Context) ([]workbook.EventFile, error) {
	survey, err := s.Survey(ctx)
	if err != nil {
		return nil, err
	}
	defer s.reading()()
	for i, f := range s.files {
		if leaves, ok := s.leaves[i]; ok {
			sum := tree(leaves)
			survey.Files[i].Bytes, survey.Files[i].Root = f.size, hex.EncodeToString(sum[:])
			continue
		}
		root, size, err := hashFile(ctx, f.path, f.size, s.options.Progress)
		if err != nil {
			return nil, inFile(f, err)
		}
		survey.Files[i].Bytes, survey.Files[i].Root = size, root
	}
	return slices.Concat(survey.Files, s.sideFiles()), nil
}

// hashFile hashes the first size bytes of a file, its chunks in parallel.
func hashFile(ctx context.Context, path string, size int64, p *Progress) (root string, read int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	leaves := make([]leaf, (size+chunkBytes-1)/chunkBytes)
	var next atomic.Int64
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range min(workers(), max(len(leaves), 1)) {
		wait.Go(func() {
			buffer := make([]byte, 1+chunkBytes)
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= int64(len(leaves)) {
					return
				}
				length := min(chunkBytes, size-i*chunkBytes)
				n, failed := f.ReadAt(buffer[1:1+length], i*chunkBytes)
				if int64(n) < length {
					if failed == nil || errors.Is(failed, io.EOF) {
						failed = errShorter
					}
					mu.Lock()
					err = failed
					mu.Unlock()
					return
				}
				p.add(n)
				leaves[i] = sha256.Sum256(buffer[:1+length]) // the leaf's mark is 0
			}
		})
	}
	wait.Wait()
	if err == nil {
		err = ctx.Err()
	}
	sum := tree(leaves)
	return hex.EncodeToString(sum[:]), size, err
}

// tree is the root over leaves, as RFC 6962 defines it.
func tree(leaves []leaf) leaf {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	left, right := tree(leaves[:split]), tree(leaves[split:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}
