// Package layout lays a workbook's file out one way: the order of keys, the
// indentation, texts of blocks under '|'. In goes the text of a file, out comes
// its text as it should stand, with every comment, and with the same meaning.
//
// Lines are moved and indented, not written anew, so that nothing is lost that
// YAML's own writers lose. What was laid out is parsed again and compared before
// it is given to anybody.
package layout

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// step is how far what stands inside something is indented.
const step = 2

// Format lays out the text of a workbook's file. Kinds are those of block, which
// tell the order of keys. The error is source.Problems where the file is no YAML,
// and a *KeptError where laying it out would change what it means.
func Format(name string, text []byte, kinds []workbook.Kind) ([]byte, error) {
	if _, err := source.Parse(name, text); err != nil {
		return nil, err
	}
	out, err := format(name, text, kinds)
	if err != nil {
		return nil, err
	}
	again, err := format(name, out, kinds)
	if err != nil || string(again) != string(out) {
		return nil, &KeptError{name, "laid out twice it would look different"}
	}
	return out, nil
}

// A KeptError is a file that is left as it is.
type KeptError struct{ File, Reason string }

func (e *KeptError) Error() string {
	return fmt.Sprintf("%s is left as it is: %s", e.File, e.Reason)
}

// A writer lays out one file.
type writer struct {
	name  string
	kinds []workbook.Kind
	// lines are those of the file without their ends, the first at 1.
	lines []string
	// ordered says that keys may change places.
	ordered bool
	// anew marks the lines whose text was written anew.
	anew map[int]bool
}

// kept is panicked with where something can't be laid out.
type kept struct{ reason string }

func format(name string, text []byte, kinds []workbook.Kind) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			k, ok := r.(kept)
			if !ok {
				panic(r)
			}
			out, err = nil, &KeptError{name, k.reason}
		}
	}()
	if !bytes.HasSuffix(text, []byte("\n")) { // the last text of a file that ends amid its line
		text = append(slices.Clip(text), '\n')
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	body := strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")
	if strings.ContainsAny(body, "\r\u0085\u2028\u2029") { // which YAML counts as the ends of lines
		return nil, &KeptError{name, "it holds ends of lines of other kinds"}
	}
	w := &writer{name: name, kinds: kinds, lines: append([]string{""}, strings.Split(strings.TrimRight(body, "\n"), "\n")...), ordered: !shares(&document), anew: map[int]bool{}}
	root := document.Content[0]
	if !inLines(root) || root.Kind != yaml.MappingNode {
		panic(kept{"it is no map with a key a line"})
	}
	laid := strings.Join(w.file(root), "\n") + "\n"
	if reason := w.differs(&document, laid); reason != "" {
		panic(kept{reason})
	}
	return []byte(laid), nil
}

// inLines reports whether a map or a list stands in lines of its own, not in
// brackets.
func inLines(n *yaml.Node) bool {
	return (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

// shares reports whether a part of the file stands for another, which then must
// come first.
func shares(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || slices.ContainsFunc(n.Content, shares)
}

// file lays out the whole: what stands at its top stays there.
func (w *writer) file(root *yaml.Node) []string {
	first := root.Content[0].Line
	top := 0
	for i := 1; i < first; i++ {
		switch line := strings.TrimSpace(w.lines[i]); {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "%"):
			top = i
		case line == "" && i < first-1 || line == "" && top > 0:
			top = max(top, i)
		}
	}
	var out []string
	for i := 1; i <= top; i++ {
		out = append(out, strings.TrimRight(w.lines[i], " \t"))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	if len(out) > 0 && !strings.HasPrefix(out[len(out)-1], "---") {
		out = append(out, "")
	}
	return squeezed(append(out, w.mapping(root, top+1, len(w.lines)-1, 0, w.rootOrder())...))
}

// squeezed makes one blank line of several, and none at the beginning and the end.
func squeezed(lines []string) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return begun(lines)
}
