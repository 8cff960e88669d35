package trigger

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// TypeEndpoint is a target that is a machine under a vendor's agent, by its name
// or the agent's.
const TypeEndpoint = guard.TypeEndpoint

// A targetRule says what a configuration's requests are aimed at: the type, and
// the column whose value is the target. Where column is empty, the target is
// what the payload says as it was built, so that the guard judges what is sent.
type targetRule struct {
	kind, column string
	// field is the field of a payload of response API v3.0 that has the target,
	// empty for one of v2.0.
	field string
	// written is the target as the template has it.
	written string
	// parameter is $1, $2 … where column is what a plugin's call gave for it.
	parameter string
}

// find returns the target of one request.
func (r targetRule) find(body string, f filler) (string, error) {
	switch {
	case r.kind == guard.TypeNone:
		return "", nil
	case r.column != "":
		return f.text(r.column)
	case r.field != "":
		return targetOfList(body, r.field)
	}
	var b blockBody
	if err := json.Unmarshal([]byte(body), &b); err != nil || b.TargetValue == nil {
		return "", errors.New("the targetValue of the payload is not a text")
	}
	return *b.TargetValue, nil
}

// A blockBody is what tells in a payload of Trend Micro's response API v2.0.
type blockBody struct {
	ValueType   *string `json:"valueType"`
	TargetValue *string `json:"targetValue"`
}

// targetNode is the target as a map.
type targetNode struct {
	Type   source.Text `yaml:"type,required" enum:"ip,url,domain,mailbox,file_sha1,file_sha256,file_md5,endpoint" doc:"what kind of thing the request is aimed at"`
	Column source.Text `yaml:"column,required" doc:"the column whose value is the target"`
}

const targetFix = "write target: {type: ip, column: $SrcIP} with its own type and column, or target: none where the request blocks nothing"

// target finds what the requests are aimed at: what the payload says, as Trend
// Micro's payloads do, else what the file says.
func (e entryNode) target(n *Integration) (targetRule, source.Problems) {
	said, written, problem := inferTarget(n.form(), e.Payload)
	if problem != nil {
		return targetRule{}, source.Problems{*problem}
	}
	if !e.Target.Exists() {
		if said.kind == "" {
			return targetRule{}, source.Problems{e.Name.Problem(0, "nothing says what "+e.Name.Value+" is aimed at", targetFix)}
		}
		said.written = written
		return said, nil
	}
	if text, ok := e.Target.Text(); ok {
		switch {
		case text.Value != guard.TypeNone:
			return targetRule{}, source.Problems{text.Problem(0, "the target can't be "+guard.Quote(text.Value), targetFix)}
		case said.kind != "":
			return targetRule{}, source.Problems{text.Problem(0, "the payload names a target of type "+said.kind, "remove the line: the guard judges that target")}
		case isTrend(n.Host()) && strings.Contains(e.URL.Value, "/response/"):
			return targetRule{}, source.Problems{text.Problem(0, "a request to Trend Micro's response API acts on something", "write target: {type: ip, column: $SrcIP} with its own type and column")}
		}
		return targetRule{kind: guard.TypeNone}, nil
	}
	return e.statedTarget(n, said, written)
}

// statedTarget reads the target from the file; the request must hold its column.
func (e entryNode) statedTarget(n *Integration, said targetRule, written string) (targetRule, source.Problems) {
	var t targetNode
	if problems := source.Decode(e.Target, &t); problems.Err() != nil {
		return targetRule{}, problems
	}
	var fields []string
	for _, f := range n.form().fields() {
		fields = append(fields, f.field)
	}
	column := "$" + strings.TrimPrefix(t.Column.Value, "$")
	switch {
	case !slices.Contains(fields, column):
		return targetRule{}, source.Problems{t.Column.Problem(0, "the request never holds "+column, source.DidYouMean(column, fields))}
	case said.kind == "":
		return targetRule{kind: t.Type.Value, column: column, written: column}, nil
	case said.kind != t.Type.Value:
		return targetRule{}, source.Problems{t.Type.Problem(0, "the payload names a target of type "+said.kind, "remove the target, or mend the payload")}
	case written != column:
		return targetRule{}, source.Problems{t.Column.Problem(0, "the "+said.place()+" of the payload is not "+column, "remove the target, or mend the payload")}
	}
	said.written = written
	return said, nil
}

// place names the field of the payload that has the target.
func (r targetRule) place() string {
	if r.field != "" {
		return r.field
	}
	return "targetValue"
}

// sample writes a payload with the names of its places in them, as JSON texts.
func (t template) sample() string {
	var b strings.Builder
	for _, p := range t {
		name, _ := encodeJSONText(p.name())
		if p.bare {
			name = `"` + name + `"`
		}
		b.WriteString(p.literal + name)
	}
	return b.String()
}

// inferTarget reads the type and the written target out of a payload of Trend
// Micro's response API. The rule is empty where the payload is none.
func inferTarget(r form, payload source.Text) (said targetRule, written string, problem *source.Problem) {
	if r.format != formatJSON {
		return targetRule{}, "", nil
	}
	sample := r.payload.sample()
	if fields := trendFields(r.endpoint.path()); fields != nil {
		return inferFromList(sample, fields, payload)
	}
	var b blockBody
	if err := json.Unmarshal([]byte(sample), &b); err != nil || b.ValueType == nil || b.TargetValue == nil {
		return targetRule{}, "", nil
	}
	if !slices.Contains(guard.Types, *b.ValueType) {
		at := max(strings.Index(payload.Value, *b.ValueType), 0)
		p := payload.Problem(at, "unknown valueType "+guard.Quote(*b.ValueType), source.DidYouMean(*b.ValueType, guard.Types))
		return targetRule{}, "", &p
	}
	return targetRule{kind: *b.ValueType}, *b.TargetValue, nil
}
