package pseudonym

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// sources copies the sources file and the lists that it joins. In the file the
// texts that events are compared with are replaced, and indicators in comments;
// in lists all columns, the one that is looked up as the events' own.
func (p *Pseudonymiser) sources(set *events.Set, stage *os.Root, report *Report) error {
	file := set.SourcesFile()
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	node, err := source.Parse(file, text)
	if err != nil {
		return err
	}
	other, err := p.sourcesText(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := write(stage, events.SourcesName, func(w io.Writer) error {
		_, err := w.Write(other)
		return err
	}); err != nil {
		return err
	}
	report.Lists = append(report.Lists, events.SourcesName)
	if bytes.Contains(text, []byte("regex:")) {
		report.Remarks = append(report.Remarks, events.SourcesName+": patterns (regex) stay as they are: look whether they hold a name")
	}
	kinds, err := p.listKinds(events.Joins(node))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		if err := p.list(filepath.Dir(file), name, kinds[name], stage); err != nil {
			return fmt.Errorf("the list %s: %w", name, err)
		}
		report.Lists = append(report.Lists, name)
	}
	return nil
}

// listKinds tells for each list the kinds of the columns that are looked up.
func (p *Pseudonymiser) listKinds(joins []events.Joined) (map[string]map[string]Kind, error) {
	lists := map[string]map[string]Kind{}
	for _, j := range joins {
		if !isLocalFile(j.File) {
			return nil, fmt.Errorf("the list %s lies outside of the folder of %s: put it below, and name it relative to it", j.File, events.SourcesName)
		}
		if lists[j.File] == nil {
			lists[j.File] = map[string]Kind{}
		}
		kind := p.Kind(j.On)
		if other, known := lists[j.File][j.Key]; known && other != kind {
			return nil, fmt.Errorf("the list %s is looked up in one column with a %s and with a %s, whose pseudonyms differ: set them alike with --column", j.File, other, kind)
		}
		lists[j.File][j.Key] = kind
	}
	return lists, nil
}

// list writes a list with other names.
func (p *Pseudonymiser) list(folder, name string, kinds map[string]Kind, stage *os.Root) error {
	place := filepath.Join(folder, filepath.FromSlash(name))
	real, err := filepath.EvalSymlinks(place)
	if err != nil {
		return err
	}
	if home, err := filepath.EvalSymlinks(folder); err != nil || !inside(real, home) {
		return errors.Join(err, errors.New("a link that leads out of its folder"))
	}
	in, err := os.Open(place)
	if err != nil {
		return err
	}
	defer in.Close()
	before := p.Count.Undecodable
	err = write(stage, name, func(w io.Writer) error {
		out := &bytes.Buffer{}
		flush := func() error {
			_, err := out.WriteTo(w)
			return err
		}
		if err := p.csv(&lines{in: bufio.NewReaderSize(in, 64<<10)}, out, flush, ',', kinds); err != nil {
			return err
		}
		return flush()
	})
	if err == nil && p.Count.Undecodable > before {
		err = errors.New("it has rows that are no CSV with as many fields as the header: mend them")
	}
	return err
}

// sourcesText replaces in the text of a sources file; where nothing needs it,
// the text stays as it is.
func (p *Pseudonymiser) sourcesText(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if !p.yaml(&document, "") {
		return text, nil
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&document); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// yaml replaces in a node; column is the key that it stands under. The file was
// read within bounds before, so that its depth is known to be small.
func (p *Pseudonymiser) yaml(n *yaml.Node, column string) (changed bool) {
	for _, comment := range []*string{&n.HeadComment, &n.LineComment, &n.FootComment} {
		if other := p.text(*comment); other != *comment {
			*comment, changed = other, true
		}
	}
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			changed = p.yaml(c, column) || changed
		}
		return changed
	}
	field := column
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "field" && n.Content[i+1].Kind == yaml.ScalarNode {
			field = n.Content[i+1].Value
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		changed = p.yaml(key, "") || changed
		switch key.Value {
		case "is", "const", "template":
			changed = p.yamlTexts(value, field) || changed
		}
		changed = p.yaml(value, strings.TrimPrefix(key.Value, "$")) || changed
	}
	return changed
}

// yamlTexts replaces the texts that stand for values of a column.
func (p *Pseudonymiser) yamlTexts(n *yaml.Node, column string) (changed bool) {
	if n.Kind == yaml.ScalarNode {
		kind := p.Kind(column)
		if strings.Contains(n.Value, "{") {
			kind = Text
		}
		other := p.Value(kind, n.Value)
		changed = other != n.Value
		n.Value = other
		return changed
	}
	for _, c := range n.Content {
		changed = p.yamlTexts(c, column) || changed
	}
	return changed
}
