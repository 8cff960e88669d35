package events

import (
	"crypto/sha256"
	"encoding/hex"

	"tabletop/workbook"
)

// A sideFile is a file that holds no events but is part of the answer: a list or a
// database that a source looks up in, or the sources file itself.
type sideFile struct {
	// full is its absolute path, name how it is called in the record.
	full, name string
	kind       string
	bytes      int64
	// root hashes what was read, not what the file may hold by then.
	root func() string
}

// sideFiles are those of all rules, each once, in their order.
func (s *Set) sideFiles() []workbook.EventFile {
	var files []workbook.EventFile
	known := map[string]bool{}
	add := func(side *sideFile) {
		if side != nil && !known[side.full] {
			known[side.full] = true
			files = append(files, workbook.EventFile{Path: side.name, Kind: side.kind, Bytes: side.bytes, Root: side.root()})
		}
	}
	add(s.sources)
	for _, r := range s.rules {
		for _, side := range r.sides {
			add(side)
		}
	}
	return files
}

// Root is the RFC 6962 root over chunks of 1 MiB of a text, as hashFile's.
func Root(text []byte) string {
	leaves := make([][sha256.Size]byte, 0, len(text)/chunkBytes+1)
	for len(text) > 0 {
		n := min(len(text), chunkBytes)
		h := sha256.New()
		h.Write([]byte{0})
		h.Write(text[:n])
		leaves = append(leaves, [sha256.Size]byte(h.Sum(nil)))
		text = text[n:]
	}
	sum := tree(leaves)
	return hex.EncodeToString(sum[:])
}
