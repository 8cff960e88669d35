package events

import (
	"bytes"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding. What is broken is passed
// over as readers of mail do, and broken says so: an error must not hide what
// stands behind it.
func decodeTransfer(encoding string, text []byte) (decoded []byte, broken bool) {
	switch strings.ToLower(strings.Trim(strings.TrimSpace(encoding), `"`)) {
	case "base64":
		return decodeBase64(text)
	case "quoted-printable":
		return decodeQuoted(text)
	}
	return text, false
}

// decodeBase64 goes on behind padding, as when two texts were joined.
func decodeBase64(text []byte) (decoded []byte, broken bool) {
	decoded = make([]byte, 0, len(text)/4*3+3)
	var bits uint32
	n := 0
	flush := func() {
		switch n {
		case 1:
			broken = true
		case 2:
			decoded = append(decoded, byte(bits>>4))
		case 3:
			decoded = append(decoded, byte(bits>>10), byte(bits>>2))
		}
		bits, n = 0, 0
	}
	for _, c := range text {
		v, ok := sextet(c)
		switch {
		case ok:
			bits = bits<<6 | v
			if n++; n == 4 {
				decoded = append(decoded, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, n = 0, 0
			}
		case c == '=':
			flush()
		case c != '\r' && c != '\n' && c != ' ' && c != '\t':
			broken = true
		}
	}
	broken = broken || n > 0
	flush()
	return decoded, broken
}

func sextet(c byte) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

func decodeQuoted(text []byte) (decoded []byte, broken bool) {
	decoded = make([]byte, 0, len(text))
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		text = rest
		end := "\n"
		if bytes.HasSuffix(line, []byte("\r")) {
			end = "\r\n"
		}
		if !ended {
			end = ""
		}
		line = bytes.TrimRight(line, " \t\r")
		line, soft := bytes.CutSuffix(line, []byte("="))
		for i := 0; i < len(line); i++ {
			if line[i] != '=' {
				decoded = append(decoded, line[i])
				continue
			}
			if i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
				decoded = append(decoded, nibble(line[i+1])<<4|nibble(line[i+2]))
				i += 2
				continue
			}
			broken = true
			decoded = append(decoded, '=')
		}
		if !soft {
			decoded = append(decoded, end...)
		}
	}
	return decoded, broken
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func nibble(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
