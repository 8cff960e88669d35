package audit

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// An ID names something in an audit. All numbers count from 1; those that are
// not named are 0.
//
//	7         a run                Run
//	7/3       a block of it        Run, Block
//	7/3/12    a row of the block   Run, Block, Row
//	7/a2      an action of the run Run, Action
//	7/s1      a signal of the run  Run, Signal
//	#41       an entry             Entry
//
// Any other text is a value, such as the target of an action.
type ID struct {
	Run                        int64
	Block, Row, Action, Signal int
	Entry                      int64
	Value                      string
}

// shapeOfID matches what is written like an identifier, with one group for
// each number.
var shapeOfID = regexp.MustCompile(`^(?:#([0-9]+)|([0-9]+)(?:/a([0-9]+)|/s([0-9]+)|/([0-9]+)(?:/([0-9]+))?)?)$`)

// ParseID reads an identifier, or a value where the text has no identifier's
// form or forceValue is set. White space around an identifier is not minded.
// An empty text names nothing, and numbers are at least 1; a number too large
// to count anything is an error, too.
func ParseID(text string, forceValue bool) (ID, error) {
	if forceValue {
		if text == "" {
			return ID{}, fmt.Errorf("an empty text names no value")
		}
		return ID{Value: text}, nil
	}
	written := strings.TrimSpace(text)
	if written == "" {
		return ID{}, fmt.Errorf("an empty text names nothing: give a value, or a run such as 7, 7/3 for its block, 7/3/12 for a row, 7/a2 for an action, 7/s1 for a signal, #41 for an entry")
	}
	groups := shapeOfID.FindStringSubmatch(written)
	if groups == nil {
		return ID{Value: text}, nil
	}
	var id ID
	for i, digits := range groups[1:] {
		if digits == "" {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 1 || i > 1 && n > math.MaxInt32 {
			return ID{}, fmt.Errorf("%s names nothing: its numbers count from 1 and end at %d; --value takes it as a value", written, math.MaxInt32)
		}
		switch i {
		case 0:
			id.Entry = n
		case 1:
			id.Run = n
		case 2:
			id.Action = int(n)
		case 3:
			id.Signal = int(n)
		case 4:
			id.Block = int(n)
		case 5:
			id.Row = int(n)
		}
	}
	return id, nil
}

// String writes the identifier as ParseID reads it; a value that looks like
// one needs forceValue to be read as a value.
func (id ID) String() string {
	switch {
	case id.Entry > 0:
		return fmt.Sprintf("#%d", id.Entry)
	case id.Action > 0:
		return fmt.Sprintf("%d/a%d", id.Run, id.Action)
	case id.Signal > 0:
		return fmt.Sprintf("%d/s%d", id.Run, id.Signal)
	case id.Row > 0:
		return fmt.Sprintf("%d/%d/%d", id.Run, id.Block, id.Row)
	case id.Block > 0:
		return fmt.Sprintf("%d/%d", id.Run, id.Block)
	case id.Run > 0:
		return strconv.FormatInt(id.Run, 10)
	}
	return id.Value
}
