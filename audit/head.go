package audit

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"tabletop/workbook"
)

// A KnownHead is a head as it was kept outside of the database: what an entry's
// hash was at some time.
type KnownHead struct {
	Sequence int64
	Hash     string // in hexadecimal
	// Time is when it was kept; zero for a head that was copied by hand.
	Time time.Time
	// Signature is an armoured SSH signature over HeadText, or empty.
	Signature string
	// From says where it stands, as in "audit.head, line 3".
	From string
}

// HeadFile names the file of heads beside the audit at path: audit.head beside
// audit.db.
func HeadFile(path string) string {
	if stem, ok := strings.CutSuffix(path, ".db"); ok {
		return stem + ".head"
	}
	return path + "-head"
}

// ParseHead reads a head as it is written: the sequence, a colon, and the hash
// in hexadecimal.
func ParseHead(written string) (KnownHead, error) {
	number, sum, found := strings.Cut(strings.TrimSpace(written), ":")
	sequence, err := strconv.ParseInt(number, 10, 64)
	decoded, broken := hex.DecodeString(sum)
	if !found || err != nil || sequence < 1 || broken != nil || len(decoded) != len(hash{}) {
		return KnownHead{}, errors.New("a head is the number of an entry, a colon, and 64 hexadecimal digits")
	}
	return KnownHead{Sequence: sequence, Hash: strings.ToLower(sum)}, nil
}

// String writes the head so that ParseHead reads it.
func (h KnownHead) String() string { return fmt.Sprintf("%d:%s", h.Sequence, h.Hash) }

// HeadText is what is signed of a head.
func HeadText(h KnownHead) string {
	return fmt.Sprintf("tabletop audit head 1\nentry: %d\nhash: %s\ntime: %s\n", h.Sequence, h.Hash, stamp(h.Time))
}

// line is the head as a line of a file of heads: the head, the time, what it was
// kept after, and in base64 the signature.
func (h KnownHead) line(after string) string {
	line := h.String() + " " + stamp(h.Time)
	if after != "" {
		line += " " + after
	}
	if h.Signature != "" {
		line += " signed " + base64.StdEncoding.EncodeToString([]byte(h.Signature))
	}
	return line + "\n"
}

// parseHeadLine reads a line of a file of heads. A line may end anywhere behind
// the head, where the program was killed; what is lost is then left out.
func parseHeadLine(line string) (KnownHead, error) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return KnownHead{}, errors.New("the line is empty")
	}
	head, err := ParseHead(fields[0])
	if err != nil || len(fields) == 1 {
		return head, err
	}
	if at, err := time.Parse(time.RFC3339Nano, fields[1]); err == nil {
		head.Time = at
	}
	if n := len(fields); n > 3 && fields[n-2] == "signed" {
		if signature, err := base64.StdEncoding.DecodeString(fields[n-1]); err == nil {
			head.Signature = string(signature)
		}
	}
	return head, nil
}

// A HeadSigner signs the text of a head and returns the armoured signature.
type HeadSigner interface {
	SignHead(text string) (string, error)
}

// SignHead adds a signed line for a head to a file of heads.
func SignHead(file string, head workbook.Head, now time.Time, signer HeadSigner) error {
	known := KnownHead{Sequence: head.Sequence, Hash: head.Hash, Time: now}
	signature, err := signer.SignHead(HeadText(known))
	if err != nil {
		return err
	}
	known.Signature = signature
	return addHead(file, known.line("head"))
}

// addHead appends a line to a file of heads, which only its owner can read, and
// returns once it is durable.
func addHead(file, line string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("keep the head: %w", err)
	}
	// A line is written whole or, where the disk is full, ends in the middle; what
	// comes behind must not grow together with it.
	if torn, err := endsWithin(file); err == nil && torn {
		line = "\n" + line
	}
	_, err = f.WriteString(line)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep the head in %s: %w", file, err)
	}
	return nil
}

// endsWithin reports whether a file ends within a line.
func endsWithin(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// keepHead writes the head of the chain outside of the database, once what it
// stands for is durable.
func (l *Log) keepHead(head workbook.Head, after string) error {
	known := KnownHead{Sequence: head.Sequence, Hash: head.Hash, Time: l.now()}
	err := addHead(HeadFile(l.path), known.line(after))
	if err != nil {
		return fmt.Errorf("%w; the record itself is whole up to entry %d, and its head is %s", err, head.Sequence, head.Hash)
	}
	return nil
}

// checkHeadFile returns an error where heads can't be kept, before anything is
// recorded.
func checkHeadFile(path string) error {
	file := HeadFile(path)
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("heads of the audit are kept in %s: %w; make it writable, or name another audit", file, err)
	}
	return nil
}
