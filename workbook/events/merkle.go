package events

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"math/bits"
)

// chunkBytes is the size of a leaf of a file's hash tree.
const chunkBytes = 1 << 20

// A treeHash takes the bytes of a file and gives the root of the RFC 6962 tree
// over its chunks of 1 MiB.
type treeHash struct {
	leaf   hash.Hash
	filled int
	leaves uint64
	size   int64
	// stack holds the roots of the full subtrees to the left, largest first.
	stack [][sha256.Size]byte
}

// newTreeHash starts with an empty file.
func newTreeHash() *treeHash {
	t := &treeHash{leaf: sha256.New()}
	t.leaf.Write([]byte{0})
	return t
}

var _ io.Writer = (*treeHash)(nil)

// Write adds bytes. It never fails.
func (t *treeHash) Write(p []byte) (int, error) {
	n := len(p)
	t.size += int64(n)
	for len(p) > 0 {
		if t.filled == chunkBytes {
			t.close()
		}
		part := p[:min(len(p), chunkBytes-t.filled)]
		t.leaf.Write(part)
		t.filled += len(part)
		p = p[len(part):]
	}
	return n, nil
}

// close ends a leaf and joins the subtrees that it completes.
func (t *treeHash) close() {
	t.stack = append(t.stack, [sha256.Size]byte(t.leaf.Sum(nil)))
	t.leaves++
	for range bits.TrailingZeros64(t.leaves) {
		t.join()
	}
	t.leaf.Reset()
	t.leaf.Write([]byte{0})
	t.filled = 0
}

func (t *treeHash) join() {
	n := len(t.stack)
	left, right := t.stack[n-2], t.stack[n-1]
	node := append(append([]byte{1}, left[:]...), right[:]...)
	t.stack = append(t.stack[:n-2], sha256.Sum256(node))
}

// root ends the file and returns its root in hexadecimal.
func (t *treeHash) root() string {
	if t.filled > 0 {
		t.close()
	}
	if len(t.stack) == 0 {
		empty := sha256.Sum256(nil)
		return hex.EncodeToString(empty[:])
	}
	for len(t.stack) > 1 {
		t.join()
	}
	return hex.EncodeToString(t.stack[0][:])
}
