package paste

import (
	"slices"
	"strings"
)

// columnOf is a kind of target or suspect with its column: Host $DstIP,
// Host: $DstIP, Host = $DstIP; with the side before it where it stands alone.
var columnOf = compiled(`(?i)^(?:(target|suspect)[\s:|-]+)?(host|user|resource|port|object|process|hash|url|action)\s*(?:[:=|]|->|→)?\s*(\$\S.*?)\s*\|?$`)

// openSide begins a target or a suspect, with the columns in its own line.
func (r *reader) openSide(side, value string) {
	line := r.at
	r.at++
	if r.second {
		r.lose(line)
		return
	}
	if value != "" && !r.columns(side, value, line) {
		r.loseFor(line, "no column of the "+side, "write it as "+side+": Host $DstIP")
	}
	r.group, r.side = groupSignal, side
}

// sided reads a side and its column in one line, as in Target Host: $DstIP.
func (r *reader) sided() bool {
	if len(r.lines[r.at]) > maxLabelLine {
		return false
	}
	m := columnOf.FindStringSubmatch(undecorated(r.lines[r.at]))
	if m == nil || m[1] == "" {
		return false
	}
	side := strings.ToLower(m[1])
	if !slices.Contains(sides[side], strings.ToLower(m[2])) {
		return false
	}
	r.setColumn(side, m[2], m[3], r.at)
	r.at++
	return true
}

// column reads a line below Target or Suspect.
func (r *reader) column(line string) bool {
	if !r.columns(r.side, line, r.at) {
		return false
	}
	r.at++
	return true
}

// columns reads the columns of a side, which commas may part.
func (r *reader) columns(side, value string, line int) bool {
	parts := list(value)
	var found [][]string
	for _, part := range parts {
		m := columnOf.FindStringSubmatch(part)
		if m == nil || m[1] != "" || !slices.Contains(sides[side], strings.ToLower(m[2])) {
			return false
		}
		found = append(found, m)
	}
	for _, m := range found {
		r.setColumn(side, m[2], m[3], line)
	}
	return len(found) > 0
}

func (r *reader) setColumn(side, key, column string, line int) {
	r.setBlock(groupSignal, side+"."+strings.ToLower(key), column, line)
	r.side = side
}
