package events

import (
	"crypto/sha256"
	"encoding/hex"
)

// plainRoot is the root of a file's tree as RFC 6962 defines it, by recursion.
func plainRoot(text []byte) string {
	var leaves [][]byte
	for len(text) > 0 {
		n := min(len(text), chunkBytes)
		leaves = append(leaves, text[:n])
		text = text[n:]
	}
	root := plainTree(leaves)
	return hex.EncodeToString(root[:])
}

func plainTree(leaves [][]byte) [sha256.Size]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	left, right := plainTree(leaves[:split]), plainTree(leaves[split:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}
