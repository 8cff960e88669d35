package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits on a file: its size in bytes, the nodes after aliases are followed,
// and how deep they nest.
const (
	MaxBytes = 1 << 20
	maxNodes = 50_000
	maxDepth = 32
)

// A Node is a value of a YAML file: a scalar, a list or a map.
type Node struct {
	yaml *yaml.Node
	file *File
}

// ReadFile reads and parses the YAML file at path. A file over MaxBytes, one
// that is not UTF-8, broken YAML and aliases that expand beyond all bounds are
// Problems; a file that can't be read is an *fs.PathError.
func ReadFile(path string) (Node, []byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return Node{}, nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return Node{}, nil, err
	}
	node, err := Parse(path, text)
	return node, text, err
}

// Parse parses the text of a YAML file that holds one document.
func Parse(name string, text []byte) (Node, error) {
	whole := func(message, fix string) error {
		return Problems{{Place: Place{File: name}, Message: message, Fix: fix}}
	}
	if len(text) > MaxBytes {
		return Node{}, whole(fmt.Sprintf("larger than %d bytes, the most that is read", MaxBytes), "split it, or remove what does not belong there")
	}
	if !utf8.Valid(text) {
		return Node{}, whole("not UTF-8 text", "save it as UTF-8")
	}
	file := NewFile(name, string(text))
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return Node{}, whole("empty", "")
		}
		return Node{}, Problems{syntaxProblem(file, err)}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		p := Problem{Place: Place{name, second.Line, 1}, LineText: file.line(second.Line), Message: "a second YAML document", Fix: "one file holds one document: remove what follows ---"}
		return Node{}, Problems{p}
	}
	w := walker{file: file}
	if p := w.measure(&document, 0); p != nil {
		return Node{}, Problems{*p}
	}
	return Node{yaml: document.Content[0], file: file}, nil
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`) })

// syntaxProblem places the parser's error, which names no more than a line.
func syntaxProblem(file *File, err error) Problem {
	p := Problem{Place: Place{File: file.Name}, Message: "broken YAML: " + err.Error()}
	m := yamlLine().FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if m == nil {
		return p
	}
	p.Message = "broken YAML: " + m[2]
	line, _ := strconv.Atoi(m[1])
	if line < 1 || line > len(file.lines) {
		return p
	}
	p.Place.Line, p.LineText = line, file.line(line)
	p.Column = utf8.RuneCountInString(p.LineText) - utf8.RuneCountInString(strings.TrimLeft(p.LineText, " ")) + 1
	if strings.Contains(m[2], "mapping values") {
		p.Fix = "': ' ends a plain text in YAML; write the text under '|', on lines of its own"
		if i := strings.LastIndex(p.LineText, ": "); i >= 0 {
			p.Column = utf8.RuneCountInString(p.LineText[:i]) + 1
		}
	}
	if strings.Contains(m[2], "cannot start any token") {
		p.Fix = "YAML is indented with blanks, and a text with special characters goes under '|'"
	}
	if b, ok := breachOf(file, err); ok {
		return b.diagnose(file, p)
	}
	return p
}

// walker counts nodes with aliases followed, so that a small file can't stand
// for a huge one.
type walker struct {
	file  *File
	nodes int
}

func (w *walker) measure(n *yaml.Node, depth int) *Problem {
	w.nodes++
	problem := func(message string) *Problem {
		return &Problem{Place: Place{w.file.Name, n.Line, n.Column}, LineText: w.file.line(n.Line), Message: message}
	}
	if depth > maxDepth {
		return problem(fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
	if w.nodes > maxNodes {
		return problem(fmt.Sprintf("stands for more than %d values once its aliases are followed", maxNodes))
	}
	if n.Kind == yaml.AliasNode {
		return w.measure(n.Alias, depth+1)
	}
	for _, child := range n.Content {
		if p := w.measure(child, depth+1); p != nil {
			return p
		}
	}
	return nil
}

// target follows aliases.
func (n Node) target() *yaml.Node {
	y := n.yaml
	for y != nil && y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	return y
}

// Problem reports a mistake at the node's first character.
func (n Node) Problem(message, fix string) Problem {
	return Problem{Place: n.Place(), LineText: n.file.line(n.yaml.Line), Message: message, Fix: fix}
}

// Place returns where the node begins.
func (n Node) Place() Place {
	if n.yaml == nil {
		return Place{}
	}
	return Place{n.file.Name, n.yaml.Line, n.yaml.Column}
}

// Exists reports whether the node was written at all.
func (n Node) Exists() bool { return n.yaml != nil }

// IsMap reports whether the node is a map.
func (n Node) IsMap() bool { y := n.target(); return y != nil && y.Kind == yaml.MappingNode }

// IsList reports whether the node is a list.
func (n Node) IsList() bool { y := n.target(); return y != nil && y.Kind == yaml.SequenceNode }

// A Pair is a key of a map and its value.
type Pair struct {
	Key   Text
	Value Node
}

// Pairs returns the keys and values of a map in their order; nothing for
// anything else.
func (n Node) Pairs() []Pair {
	if !n.IsMap() {
		return nil
	}
	content := n.target().Content
	pairs := make([]Pair, 0, len(content)/2)
	for i := 0; i+1 < len(content); i += 2 {
		node := Node{content[i], n.file}
		key, ok := node.Text()
		if !ok { // a key that is no text keeps its place, so that it can be refused
			key = Text{file: n.file, first: node.Place()}
		}
		pairs = append(pairs, Pair{key, Node{content[i+1], n.file}})
	}
	return pairs
}

// Items returns the items of a list in their order; nothing for anything else.
func (n Node) Items() []Node {
	if !n.IsList() {
		return nil
	}
	items := make([]Node, len(n.target().Content))
	for i, item := range n.target().Content {
		items[i] = Node{item, n.file}
	}
	return items
}

// Text returns the scalar with its places; false for a list, a map or null.
func (n Node) Text() (Text, bool) {
	y := n.target()
	if y == nil || y.Kind != yaml.ScalarNode || y.Tag == "!!null" {
		return Text{}, false
	}
	t := Text{Value: y.Value, file: n.file, first: Place{n.file.Name, y.Line, y.Column}}
	switch y.Style &^ yaml.TaggedStyle {
	case yaml.LiteralStyle:
		t.block = true
		header := n.file.blockHeader(y.Line)
		t.first.Line = header + 1
		t.indent = max(0, n.file.indentAfter(header)-leadingBlanks(strings.TrimLeft(y.Value, "\n")))
		t.first.Column = t.indent + 1
	case yaml.FoldedStyle:
		header := n.file.blockHeader(y.Line)
		t.first.Line = header + 1
		t.first.Column = n.file.indentAfter(header) + 1
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		t.first.Column++
	}
	return t, true
}

// blockMark is what ends the line above a block scalar.
var blockMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[|>][-+0-9]*[ \t]*(#.*)?$`) })

// blockHeader returns the line that ends in the mark of the block scalar which
// begins at line n: an anchor or a tag may stand on a line before it.
func (f *File) blockHeader(n int) int {
	for i := n; i < n+3; i++ {
		if blockMark().MatchString(f.line(i)) {
			return i
		}
	}
	return n
}

// indentAfter returns the indentation of the first line after line n that is
// not blank.
func (f *File) indentAfter(n int) int {
	for i := n + 1; i <= len(f.lines); i++ {
		if line := f.line(i); strings.TrimSpace(line) != "" {
			return leadingBlanks(line)
		}
	}
	return 0
}

func leadingBlanks(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// YAML writes the node out again, for showing it to a reader.
func (n Node) YAML() string {
	if n.yaml == nil {
		return ""
	}
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n.target()); err != nil {
		return ""
	}
	return b.String()
}
