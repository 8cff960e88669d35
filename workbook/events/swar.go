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
// as it stands. It returns -1 where it is no text of JSON.
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

// oddEnd finds the closing quote of a text that holds escapes or more than
// ASCII; -1 where it is no text of JSON.
func oddEnd(line []byte, i int) int {
	for i < len(line) {
		if i+8 <= len(line) {
			w := load(line, i)
			stop := zeros(w^'"'*ones) | zeros(w^'\\'*ones) | (w-' '*ones)&^w&highs
			if stop == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(stop) / 8
		}
		switch c := line[i]; {
		case c == '"':
			return i
		case c < ' ':
			return -1
		case c == '\\':
			n := escapeLength(line[i:])
			if n == 0 {
				return -1
			}
			i += n
		default:
			i++
		}
	}
	return -1
}

// escapeLength is the length of the escape that begins text, 0 for what is none.
func escapeLength(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// wholeNumberEnd returns the index behind the whole number without a sign at i, 0
// where none stands there that ends in a comma or brace. It finds the first
// byte that is no digit, eight at a time.
func wholeNumberEnd(line []byte, i int) int {
	if line[i] < '1' || line[i] > '9' {
		return 0
	}
	for i++; i+8 <= len(line); i += 8 {
		w := load(line, i) ^ '0'*ones
		other := (w&^highs + (0x80-10)*ones | w) & highs
		if other == 0 {
			continue
		}
		if i += bits.TrailingZeros64(other) / 8; line[i] == ',' || line[i] == '}' {
			return i
		}
		return 0
	}
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case c == ',' || c == '}':
			return i
		case c < '0' || c > '9':
			return 0
		}
	}
	return 0
}

// eightDigits reads the digits text[i:i+8]; false where one is none.
func eightDigits(text []byte, i int) (int64, bool) {
	w := load(text, i) ^ '0'*ones
	if (w&^highs+(0x80-10)*ones|w)&highs != 0 {
		return 0, false
	}
	w = w*10 + w>>8 // pairs, in every second byte
	w = (w&0x000000ff000000ff*(100+1000000<<32) + w>>16&0x000000ff000000ff*(1+10000<<32)) >> 32
	return int64(w), true
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
