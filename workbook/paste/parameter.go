package paste

import (
	"strings"
)

// parameterLine is a parameter with its value in one line.
var parameterLine = compiled(`^\{?([A-Za-z_][A-Za-z0-9_]*)\}?\s*[=:|\t]\s*(\S.*)$`)

// parameter reads a line below Parameters: Name = value.
func (r *reader) parameter(line string) bool {
	m := parameterLine.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	r.setParameter("name", m[1], r.at)
	r.setParameter("default", strings.Trim(m[2], "'\" |"), r.at)
	r.at++
	return true
}

// setParameter fills a field of a parameter in; a second name begins another.
func (r *reader) setParameter(name, value string, line int) {
	list := &r.out.Parameters
	last := len(*list) - 1
	r.head(line)
	switch {
	case r.second:
		r.loseSince(line)
	case name == "name":
		*list = append(*list, Parameter{Name: value, line: line + 1})
	case name == "type" && strings.EqualFold(value, "text"): // the only type there is
	case name == "default" && last >= 0 && (*list)[last].Default == "":
		(*list)[last].Default = value
	default:
		r.loseFor(line, "not placed among the parameters", "write Name: and Default Value: for each")
	}
}
