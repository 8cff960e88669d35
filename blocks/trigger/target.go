package trigger

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// A targetRule says what a configuration's requests are aimed at: the type, and
// the column whose value is the target. Where column is empty, the target is
// what the payload says as it was built, so that the guard judges what is sent.
type targetRule struct{ kind, column string }

// A blockBody is what tells in a payload of Trend Micro's response API v2.0.
type blockBody struct {
	ValueType   *string `json:"valueType"`
	TargetValue *string `json:"targetValue"`
}

// find returns the target of one request.
func (r targetRule) find(body string, f filler) (string, error) {
	switch {
	case r.kind == guard.TypeNone:
		return "", nil
	case r.column != "":
		return f.text(r.column)
	}
	var b blockBody
	if err := json.Unmarshal([]byte(body), &b); err != nil || b.TargetValue == nil {
		return "", errors.New("the targetValue of the payload is not a text")
	}
	return *b.TargetValue, nil
}

// targetNode is the target as a map.
type targetNode struct {
	Type   source.Text `yaml:"type,required" enum:"ip,url,domain,mailbox,file_sha1,file_sha256,file_md5" doc:"what kind of thing the request is aimed at"`
	Column source.Text `yaml:"column,required" doc:"the column whose value is the target"`
}

const targetFix = "write target: {type: ip, column: $SrcIP} with its own type and column, or target: none where the request blocks nothing"

// target finds what the requests are aimed at: what the payload says, as Trend
// Micro's payloads do, else what the file says.
func (e entryNode) target(n *Integration, format string) (targetRule, source.Problems) {
	said, written, problem := e.inferTarget(n.payload, format)
	if problem != nil {
		return targetRule{}, source.Problems{*problem}
	}
	if !e.Target.Exists() {
		if said.kind == "" {
			return targetRule{}, source.Problems{e.Name.Problem(0, "nothing says what "+e.Name.Value+" is aimed at", targetFix)}
		}
		return said, nil
	}
	if text, ok := e.Target.Text(); ok {
		switch {
		case text.Value != guard.TypeNone:
			return targetRule{}, source.Problems{text.Problem(0, "the target can't be "+guard.Quote(text.Value), targetFix)}
		case said.kind != "":
			return targetRule{}, source.Problems{text.Problem(0, "the payload names a target of type "+said.kind, "remove the line: the guard judges that target")}
		case strings.Contains(n.Host(), ".xdr.trendmicro.") && strings.Contains(e.URL.Value, "/response/"):
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
	for _, f := range n.needs() {
		fields = append(fields, f.field)
	}
	column := "$" + strings.TrimPrefix(t.Column.Value, "$")
	switch {
	case !slices.Contains(fields, column):
		return targetRule{}, source.Problems{t.Column.Problem(0, "the request never holds "+column, source.DidYouMean(column, fields))}
	case said.kind == "":
		return targetRule{t.Type.Value, column}, nil
	case said.kind != t.Type.Value:
		return targetRule{}, source.Problems{t.Type.Problem(0, "the payload names a target of type "+said.kind, "remove the target, or mend the payload")}
	case written != column:
		return targetRule{}, source.Problems{t.Column.Problem(0, "the targetValue of the payload is not "+column, "remove the target, or mend the payload")}
	}
	return said, nil
}

// inferTarget reads the type and the written target out of a payload of Trend
// Micro's response API v2.0. The rule is empty where the payload is none.
func (e entryNode) inferTarget(payload template, format string) (said targetRule, written string, problem *source.Problem) {
	if format != formatJSON {
		return targetRule{}, "", nil
	}
	var sample strings.Builder
	for _, p := range payload {
		name, _ := encodeJSONText(p.name())
		if p.bare {
			name = `"` + name + `"`
		}
		sample.WriteString(p.literal + name)
	}
	var b blockBody
	if err := json.Unmarshal([]byte(sample.String()), &b); err != nil || b.ValueType == nil || b.TargetValue == nil {
		return targetRule{}, "", nil
	}
	if !slices.Contains(guard.Types, *b.ValueType) {
		at := max(strings.Index(e.Payload.Value, *b.ValueType), 0)
		p := e.Payload.Problem(at, "unknown valueType "+guard.Quote(*b.ValueType), source.DidYouMean(*b.ValueType, guard.Types))
		return targetRule{}, "", &p
	}
	return targetRule{kind: *b.ValueType}, *b.TargetValue, nil
}
