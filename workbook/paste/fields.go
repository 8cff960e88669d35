package paste

import (
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// fields reads a labelled field with its value; false where line r.at is none.
func (r *reader) fields() bool {
	known, value, ok := fieldOf(r.lines[r.at])
	if !ok {
		return r.sided()
	}
	l := r.home(known)
	if l.group == groupSignal && sides[l.field] != nil {
		r.openSide(l.field, value)
		return true
	}
	if l.field == "" { // a heading
		r.open(l.group)
		r.at++
		if value != "" {
			r.at--
			r.lose(r.at)
			r.at++
		}
		return true
	}
	line := r.at
	if value == "" {
		if value = r.below(l); value == "" {
			r.loseFor(line, "no value for "+strings.ToLower(undecorated(r.lines[line])), "write it behind the label, or below it")
			r.at = line + 1
			return true
		}
	} else {
		value = r.longer(l, value)
	}
	r.set(l, value, line)
	return true
}

// open begins a group by its heading.
func (r *reader) open(group string) {
	r.closeLabelled()
	r.group, r.side = group, ""
	if group == groupWebhook {
		r.webhook = nil
	}
}

// home is the group that a label belongs to, where it may belong to several:
// the one that is open and lacks the field, else that of the label below, else
// the one that is open.
func (r *reader) home(known []label) label {
	if len(known) == 1 {
		return known[0]
	}
	open := -1
	for i, l := range known {
		if l.group == r.group {
			open = i
		}
	}
	if open >= 0 && r.lacks(known[open]) {
		return known[open]
	}
	if next := r.filled(r.at + 1); next < len(r.lines) {
		if below, _, ok := fieldOf(r.lines[next]); ok && len(below) == 1 {
			for _, l := range known {
				if l.group == below[0].group {
					return l
				}
			}
		}
	}
	if open < 0 {
		open = len(known) - 1
	}
	return known[open]
}

// lacks reports whether what is open in a group has no such field yet.
func (r *reader) lacks(l label) bool {
	switch l.group {
	case groupSignal, groupNotification, groupOutlier:
		b := r.filling[l.group]
		return b == nil || !b.has(l.field)
	case groupWebhook:
		return r.webhook == nil || *r.webhook.field(l.field) == ""
	case groupWorkbook:
		return r.out.Name == "" || l.field != "name"
	}
	return true
}

// below is the value of a label that stands alone: the next lines up to
// anything else. It leaves r.at behind what it took.
func (r *reader) below(l label) string {
	next := r.filled(r.at + 1)
	if next >= len(r.lines) {
		return ""
	}
	if fence(r.lines[next]) {
		next = r.filled(next + 1)
	}
	if next >= len(r.lines) || fence(r.lines[next]) || r.text.labelled(next) {
		return ""
	}
	end := next + 1
	switch f := r.formOf(next); {
	case f == formJSON || f == formXML:
		end = r.extent(next, f)
	case l.field == "payload" || l.field == "knowledge" || l.field == "message":
		for end < len(r.lines) && !r.blank(end) && !r.text.labelled(end) && !fence(r.lines[end]) {
			end++
		}
	case l.field == "headers", f == formSQL, f == formDQL, f == formPython:
		return ""
	}
	value := dedented(r.lines[next:end])
	r.at = end
	return value
}

// longer is a value that begins in its label's line and may go on below: JSON
// whose brackets are open.
func (r *reader) longer(l label, value string) string {
	line := r.lines[r.at]
	r.at++
	if l.field != "payload" && l.field != "headers" || !beginsJSON.MatchString(value) || !strings.HasSuffix(line, value) {
		return value
	}
	rest := &text{name: r.text.name, lines: append([]string{value}, r.lines[r.at:]...)}
	end := rest.bracketsEnd(0)
	r.at += end - 1
	return strings.Join(append([]string{value}, r.lines[r.at-end+1:r.at]...), "\n")
}

// set fills a field in.
func (r *reader) set(l label, value string, line int) {
	switch l.group {
	case groupWebhook:
		r.fill(l.field, value, line)
	case groupWorkbook:
		r.setWorkbook(l.field, value, line)
	case groupParameters:
		r.group = groupParameters
		r.setParameter(l.field, value, line)
	default:
		r.setBlock(l.group, l.field, value, line)
	}
}

func (r *reader) setWorkbook(name, value string, line int) {
	r.group = groupWorkbook
	r.head(line)
	into := map[string]*string{"folder": &r.out.Folder, "stage": &r.out.Stage}[name]
	switch {
	case name == "name":
		r.name(line, value)
		if r.second {
			r.loseSince(line)
		}
	case name == "tags":
		r.out.Tags = append(r.out.Tags, list(value)...)
	case *into != "" && *into != value:
		for n := line; n < max(r.at, line+1); n++ {
			if !r.blank(n) {
				r.loseFor(n, "a second "+name, "import each workbook by itself")
			}
		}
	default:
		*into = value
	}
}

// setBlock fills a field of a block in; a block that has it already is whole, and
// another one begins.
func (r *reader) setBlock(kind, name, value string, line int) {
	if r.second {
		r.loseSince(line)
		return
	}
	f := Field{Name: name, Values: []string{value}, line: line + 1}
	switch {
	case slices.Contains(listFields, name) && name != "where":
		f.Values = list(value)
	case name == "duration":
		f.Values, f.Written = []string{duration(value)}, value
	case name == "subtechnique", name == "confidence", name == "score", name == "aggregate", name == "type", name == "style":
		f = trimmed(f)
	}
	b := r.filling[kind]
	if b == nil || b.has(name) && !slices.Contains(listFields, name) {
		r.closeLabelled()
		b = &Block{Kind: kind, Line: line + 1}
		r.labelled, r.filling[kind] = b, b
	}
	r.group, r.side = kind, ""
	b.add(f)
}

// listFields are the fields that may have several values.
var listFields = []string{"where", "tags", "to", "cc", "bcc", "features", "secondary"}

// trimmed writes a choice of the page the way a workbook does: one word with a
// capital, a function in lower case.
func trimmed(f Field) Field {
	value := f.Values[0]
	f.Written = value
	switch f.Name {
	case "confidence":
		if w := strings.ToLower(value); w == "high" || w == "medium" || w == "low" {
			value = strings.ToUpper(w[:1]) + w[1:]
		}
	case "type", "style":
		value = strings.ToLower(strings.TrimSuffix(strings.ToLower(value), " chart"))
	case "aggregate":
		words := strings.Fields(value)
		if len(words) > 0 {
			words[0] = strings.ToLower(words[0])
		}
		value = strings.Join(words, " ")
	}
	f.Values = []string{value}
	return f
}

func (b *Block) has(name string) bool {
	return slices.ContainsFunc(b.Fields, func(f Field) bool { return f.Name == name })
}

// add adds a field; one that may have several values gets another one.
func (b *Block) add(f Field) {
	for i := range b.Fields {
		if b.Fields[i].Name == f.Name {
			b.Fields[i].Values = append(b.Fields[i].Values, f.Values...)
			return
		}
	}
	b.Fields = append(b.Fields, f)
}

// list takes values apart that commas part.
func list(value string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// headerNames are headers that tell an object of headers from a payload.
var headerNames = compiled(`(?i)^(?:authorization|content-type|accept|user-agent|x-[a-z0-9-]+|api-?key|token)$`)

// isHeaders reports whether JSON is an object of headers: texts under names
// that headers may have, one of them a known one.
func isHeaders(text string) bool {
	var object map[string]string
	if json.Unmarshal([]byte(text), &object) != nil {
		return false
	}
	known := false
	for name := range object {
		if !httpguts.ValidHeaderFieldName(name) {
			return false
		}
		known = known || headerNames.MatchString(name)
	}
	return known
}
