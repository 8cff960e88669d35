package code

import (
	"fmt"
	"strconv"
)

// Limits on what a block may say and make. The text of a block is bounded by
// the size of a workbook.
const (
	maxStatements = 1000
	// maxExpression is the longest expression, in bytes.
	maxExpression = 16 << 10
	maxNodes      = 1000
	// maxDepth is how deep brackets may nest.
	maxDepth = 64
	// maxText is the longest text that an expression or a cell may hold, in
	// bytes.
	maxText = 1 << 20
	// maxElements is the most elements of a list, nested ones included.
	maxElements = 10_000
	// maxMade is the most text that one block may make, in bytes.
	maxMade = 512 << 20
	// maxPattern is the longest pattern, maxMatching bounds a match: the
	// instructions of the pattern times the bytes of the text.
	maxPattern  = 1000
	maxMatching = 1 << 28
)

// bounded refuses a text that is too long to keep.
func bounded(s string) (any, error) {
	if len(s) > maxText {
		return nil, tooLong(len(s))
	}
	return s, nil
}

func tooLong(bytes int) error {
	return fmt.Errorf("a text of %d bytes, over the %d that code keeps", bytes, maxText)
}

// quoted shows a text of an event in a message: short, and without control
// characters.
func quoted(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		return strconv.Quote(string(r[:most])) + "…"
	}
	return strconv.Quote(s)
}
