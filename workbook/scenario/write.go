package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// YAML writes a file of one test with inline events. Paths in the test, which Read
// gives from where the program stands, must be relative to the file.
func (t *Test) YAML(workbookPath string) ([]byte, error) {
	test := mapping()
	put(test, "name", text(t.Name.Value))
	if t.Note != "" {
		put(test, "note", text(t.Note))
	}
	streams := mapping()
	for _, s := range t.Events.Streams {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, row := range s.Rows {
			n, err := flow(row)
			if err != nil {
				return nil, fmt.Errorf("write an event of %s: %w", s.Name, err)
			}
			list.Content = append(list.Content, n)
		}
		if len(s.Rows) == 0 {
			list.Style = yaml.FlowStyle
		}
		put(streams, s.Name, list)
	}
	if len(t.Events.Streams) > 0 {
		put(test, "events", streams)
	}
	if !t.Now.IsZero() {
		put(test, "now", &yaml.Node{Kind: yaml.ScalarNode, Value: t.Now.UTC().Format(time.RFC3339Nano)})
	}
	if t.Zone != nil && t.Zone != time.UTC {
		put(test, "tz", text(t.Zone.String()))
	}
	if t.Window != "" {
		put(test, "window", text(t.Window))
	}
	if len(t.Set) > 0 {
		set := mapping()
		for _, name := range sortedKeys(t.Set) {
			put(set, name, text(t.Set[name]))
		}
		put(test, "set", set)
	}
	if t.Integrations != "" {
		put(test, "integrations", text(t.Integrations))
	}
	if t.Guard != "" {
		put(test, "guard", text(t.Guard))
	}
	if len(t.Stores) > 0 {
		stores := mapping()
		for _, s := range t.Stores {
			put(stores, s.Name, rowList(rowsOf(s.Table)))
		}
		put(test, "stores", stores)
	}
	if t.Strict {
		put(test, "strict", &yaml.Node{Kind: yaml.ScalarNode, Value: "true"})
	}
	put(test, "expect", t.Expect.node())
	file := mapping()
	put(file, "workbook", text(workbookPath))
	put(file, "tests", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{test}})
	return encode(file)
}

func encode(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), e.Close()
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func put(m *yaml.Node, key string, value *yaml.Node) {
	m.Content = append(m.Content, text(key), value)
}

// text is a scalar that stays a text, whatever it looks like.
func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff
	}) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func number(n int) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(n)} }

// flow reads an object of JSON as a map on one line.
func flow(object []byte) (*yaml.Node, error) {
	m := mapping()
	m.Style = yaml.FlowStyle
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		put(m, fmt.Sprint(key), valueNode(events.JSONValue(value)))
	}
	return m, nil
}

// valueNode is a value as a reader of the file gets it back.
func valueNode(v workbook.Value) *yaml.Node {
	switch v := v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}
	case string:
		return text(v)
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: workbook.Text(v)}
	}
}

// node writes expectations.
func (e *Expect) node() *yaml.Node {
	m := mapping()
	if e.Fails != "" {
		put(m, "fails", text(e.Fails))
	}
	if e.Blocks != nil {
		blocks := mapping()
		for _, b := range e.Blocks {
			blocks.Content = append(blocks.Content, blockKey(b.Block.Value), b.node())
		}
		put(m, "blocks", blocks)
	}
	if e.Signals != nil {
		put(m, "signals", rowList(e.Signals))
	}
	if e.Actions != nil {
		put(m, "actions", actionsNode(e.Actions))
	}
	if e.Requests != nil {
		put(m, "requests", rowList(e.Requests))
	}
	if e.MustNotAct != nil {
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, t := range e.MustNotAct {
			list.Content = append(list.Content, text(t.Value))
		}
		put(m, "must_not_act", list)
	}
	if len(m.Content) == 0 {
		m.Style = yaml.FlowStyle
	}
	return m
}

// blockKey writes an index without quotes.
func blockKey(name string) *yaml.Node {
	if n, err := strconv.Atoi(name); err == nil && strconv.Itoa(n) == name {
		return number(n)
	}
	return text(name)
}

func (b BlockExpect) node() *yaml.Node {
	m := mapping()
	if b.Rows >= 0 {
		put(m, "rows", number(b.Rows))
	}
	if b.Columns != nil {
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, c := range b.Columns {
			list.Content = append(list.Content, text(c))
		}
		put(m, "columns", list)
	}
	if b.Ordered {
		put(m, "ordered", &yaml.Node{Kind: yaml.ScalarNode, Value: "true"})
	}
	if b.Values != nil {
		put(m, "values", rowList(b.Values))
	} else {
		m.Style = yaml.FlowStyle
	}
	return m
}

func actionsNode(list []VerdictExpect) *yaml.Node {
	m := mapping()
	for _, v := range list {
		targets := &yaml.Node{Kind: yaml.SequenceNode}
		for _, t := range v.Targets {
			targets.Content = append(targets.Content, text(t))
		}
		put(m, string(v.Verdict), targets)
	}
	if len(list) == 0 {
		m.Style = yaml.FlowStyle
	}
	return m
}

// rowList writes rows, a line each.
func rowList(rows []Row) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	if len(rows) == 0 {
		list.Style = yaml.FlowStyle
	}
	for _, row := range rows {
		m := mapping()
		m.Style = yaml.FlowStyle
		for _, c := range row.Cells {
			put(m, c.Column, valueNode(c.Value))
		}
		list.Content = append(list.Content, m)
	}
	return list
}
