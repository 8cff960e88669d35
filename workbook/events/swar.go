package events

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes at a time: fields are short, and calling out for each of them
// costs more than looking at it.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// zeros marks the bytes of w that are 0, exactly up to the first of them.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

func load(text []byte, i int) uint64 { return binary.LittleEndian.Uint64(text[i : i+8]) }

// textEnd finds the closing quote of the text whose inside begins at i. plain
// says that the inside is ASCII without escapes and controls, so that it reads
// as it stands. It returns -1 where there is no end.
func textEnd(line []byte, i int) (end int, plain bool) {
	for i+8 <= len(line) {
		w := load(line, i)
		quote := zeros(w ^ '"'*ones)
		odd := zeros(w^'\\'*ones) | (w-' '*ones)&^w&highs | w&highs
		if quote|odd == 0 {
			i += 8
			continue
		}
		if quote != 0 && (odd == 0 || bits.TrailingZeros64(quote) < bits.TrailingZeros64(odd)) {
			return i + bits.TrailingZeros64(quote)/8, true
		}
		return oddEnd(line, i), false
	}
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return i, true
		case c == '\\' || c < ' ' || c >= 0x80:
			return oddEnd(line, i), false
		}
	}
	return -1, false
}

// oddEnd finds the closing quote of a text that holds escapes or worse.
func oddEnd(line []byte, i int) int {
	for ; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// bareEnd finds the comma or brace behind the number, true, false or null at i;
// -1 where something else comes first.
func bareEnd(line []byte, i int) int {
	start := i
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case c == ',' || c == '}':
			if i == start {
				return -1
			}
			return i
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c == '-', c == '+', c == '.', c == 'E':
		default:
			return -1
		}
	}
	return -1
}
