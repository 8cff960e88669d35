package audit

import (
	"crypto/sha256"
	"encoding/binary"
)

// The prefixes keep a hash of one thing from standing for another, and carry
// the version of the form that is hashed.
const (
	bodyPrefix  = "tabletop audit body 1\x00"
	entryPrefix = "tabletop audit entry 1\x00"
)

// saltBytes is the size of the random salt that keeps a digest from telling
// what a purged body said.
const saltBytes = 16

// A hash is a SHA-256. The hash before the first entry is all zero.
type hash [sha256.Size]byte

// An entry is one row of the table entries.
type entry struct {
	Seq      int64  `db:"seq"`
	Run      int64  `db:"run"`
	Block    int    `db:"block"`
	Number   int    `db:"number"`
	Kind     string `db:"kind"`
	Time     string `db:"time"`
	Contents string `db:"contents"`
	Digest   []byte `db:"digest"`
	Hash     []byte `db:"hash"`
}

// The kinds of entry.
const (
	kindRun    = "run"
	kindBlock  = "block"
	kindRow    = "row"
	kindSignal = "signal"
	kindAction = "action"
	kindEnd    = "end"

	kindPlan       = "plan"
	kindApproval   = "approval"
	kindIntent     = "intent"
	kindOutcome    = "outcome"
	kindValidation = "validation"
	kindEnabling   = "enabling"

	kindPurge   = "purge"
	kindArchive = "archive"
	kindClose   = "close"
	kindLink    = "link"
)

// bodyDigest is the digest of a body: SHA-256 over the prefix, the salt, a byte
// that says whether there is a subject (1) or none (0), the subject if there is
// one, and the stored bytes of the body. Salt, subject and body each stand
// behind their length in bytes, a big-endian number of 64 bits.
func bodyDigest(buffer []byte, salt []byte, subject *string, body string) ([]byte, hash) {
	b := append(buffer[:0], bodyPrefix...)
	b = appendLong(b, string(salt))
	if subject == nil {
		b = append(b, 0)
	} else {
		b = appendLong(append(b, 1), *subject)
	}
	b = appendLong(b, body)
	return b, sha256.Sum256(b)
}

// entryHash is the hash of an entry: SHA-256 over the prefix, the hash of the
// entry before it, the numbers seq, run, block and number, big-endian with 64
// bits each, and kind, time, contents and digest, each behind its length as
// above.
func entryHash(buffer []byte, before hash, e *entry) ([]byte, hash) {
	b := append(buffer[:0], entryPrefix...)
	b = append(b, before[:]...)
	for _, n := range [...]int64{e.Seq, e.Run, int64(e.Block), int64(e.Number)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = appendLong(b, e.Kind)
	b = appendLong(b, e.Time)
	b = appendLong(b, e.Contents)
	b = appendLong(b, string(e.Digest))
	return b, sha256.Sum256(b)
}

// appendLong appends a text behind its length.
func appendLong(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(text))), text...)
}
