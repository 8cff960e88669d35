package workbook

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// MaxBlocks is the most blocks that a workbook may have.
const MaxBlocks = 200

// document is a workbook file as written, for decoding and for its schema.
type document struct {
	Workbook   source.Text              `yaml:"workbook,required" doc:"the workbook's name"`
	Folder     string                   `yaml:"folder" doc:"the folder that the workbook stands in, drafts unless said otherwise"`
	Stage      string                   `yaml:"stage" enum:"test,beta,dev,prod" doc:"how far the workbook has come"`
	Tags       []string                 `yaml:"tags" doc:"words to find the workbook by"`
	Parameters map[string]parameterNode `yaml:"parameters" doc:"values to set with --set NAME=VALUE; a query names one as {Name}"`
	Schedule   source.Node              `yaml:"schedule" doc:"when DNIF runs the workbook by itself: off, streamed, or a map of cron and timezone"`
	Suppress   []suppressionNode        `yaml:"suppress" doc:"rules that silence signals, tried in order until one matches; the rows pass on"`
	Blocks     source.Node              `yaml:"blocks,required" doc:"the blocks, run one after the other, each on the rows of the one before"`
}

type parameterNode struct {
	Default     *source.Text `yaml:"default" doc:"the value where none is set"`
	Description string       `yaml:"description" doc:"what the value means"`
}

// ReadFile reads the workbook in the file at path. The error is that of a file
// that can't be read, or source.Problems where it is no YAML. What is wrong in
// the workbook itself comes back as problems beside what could be read of it,
// so that Prepare can tell the mistakes in its blocks as well.
func ReadFile(path string, kinds []Kind) (*Workbook, source.Problems, error) {
	node, text, err := source.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	w, problems := parse(path, node, kinds)
	w.Text, w.kinds = text, kinds
	return w, problems, nil
}

// ParseText parses the text of a workbook's file. A text that is no YAML gives a
// workbook without blocks, and the problem.
func ParseText(path string, text []byte, kinds []Kind) (*Workbook, source.Problems) {
	node, err := source.Parse(path, text)
	var broken source.Problems
	if errors.As(err, &broken) {
		return &Workbook{Path: path, Text: text, kinds: kinds}, broken
	}
	w, problems := parse(path, node, kinds)
	w.Text, w.kinds = text, kinds
	return w, problems
}

// ReadRecorded reads a workbook whose text a record kept, where the file itself
// may be another by now. Its results are as those of ReadFile.
func ReadRecorded(d Document, kinds []Kind) (*Workbook, source.Problems, error) {
	node, err := source.Parse(d.Path, d.Text)
	if err != nil {
		return nil, nil, err
	}
	w, problems := parse(d.Path, node, kinds)
	w.Text, w.kinds = d.Text, kinds
	return w, problems, nil
}

func parse(path string, node source.Node, kinds []Kind) (*Workbook, source.Problems) {
	var d document
	problems := source.Decode(node, &d)
	w := &Workbook{Path: path, Name: d.Workbook.Value, Folder: d.Folder, Stage: d.Stage, Tags: d.Tags}
	if w.Folder == "" {
		w.Folder = "drafts"
	}
	if d.Workbook.Set() && w.Name == "" {
		problems = append(problems, d.Workbook.Problem(0, "the workbook has no name", ""))
	}
	w.Parameters = parameters(node, d.Parameters)
	rules, more := suppressions(d.Suppress, node)
	w.Suppress, problems = rules, append(problems, more...)
	if w.Schedule, more = readSchedule(d.Schedule); len(more) > 0 {
		problems = append(problems, more...)
	}
	if d.Blocks.Exists() && !d.Blocks.IsList() {
		problems = append(problems, d.Blocks.Problem("blocks must be a list", "begin each block with '- ', as in '- sql: |'"))
	}
	items := d.Blocks.Items()
	if d.Blocks.IsList() && len(items) == 0 {
		problems = append(problems, d.Blocks.Problem("no blocks", "a workbook has at least one"))
	}
	if len(items) > MaxBlocks {
		problems = append(problems, items[MaxBlocks].Problem(fmt.Sprintf("more than %d blocks", MaxBlocks), "split the workbook"))
		items = items[:MaxBlocks]
	}
	ids := map[string]bool{}
	for _, item := range items {
		found, more := parseBlock(item, len(w.Blocks)+1, kinds, ids)
		problems = append(problems, more...)
		w.Blocks = append(w.Blocks, found...)
	}
	return w, problems
}

// parameters keeps the declared parameters in the order of the file.
func parameters(node source.Node, declared map[string]parameterNode) []Parameter {
	var list []Parameter
	for _, pair := range node.Pairs() {
		if pair.Key.Value != "parameters" {
			continue
		}
		for _, p := range pair.Value.Pairs() {
			d, ok := declared[p.Key.Value]
			if !ok || slices.ContainsFunc(list, func(q Parameter) bool { return q.Name == p.Key.Value }) {
				continue
			}
			parameter := Parameter{Name: p.Key.Value, Description: d.Description, place: p.Key}
			if d.Default != nil {
				parameter.Default = &d.Default.Value
			}
			list = append(list, parameter)
		}
	}
	return list
}

// parseBlock reads an item of the list. It is one block, or several where that is
// told as a mistake.
func parseBlock(item source.Node, index int, kinds []Kind, ids map[string]bool) ([]Block, source.Problems) {
	b := Block{Index: index, At: item.Place()}
	if !item.IsMap() {
		return []Block{b}, source.Problems{item.Problem("a block must be a map of its kind", "write it as '- sql: |' with the text below")}
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	var problems source.Problems
	var others []source.Pair
	var dashless []Block // each a block of its own whose dash was forgotten
	seen := map[string]bool{}
	for _, pair := range item.Pairs() {
		key := pair.Key.Value
		text, isText := pair.Value.Text()
		switch i := slices.Index(names, key); {
		case i >= 0 && b.Kind.Name != "":
			problems = append(problems, pair.Key.Problem(0, fmt.Sprintf("a second kind, %s, in a block that is %s already", key, b.Kind.Name), "begin a block of its own with '- '"))
			dashless = append(dashless, Block{Index: index + len(dashless) + 1, At: pair.Key.Place(0), Kind: kinds[i], Body: pair.Value})
		case i >= 0:
			b.Kind, b.Body = kinds[i], pair.Value
		case seen[key]:
			problems = append(problems, pair.Key.Problem(0, key+" stands twice", "remove one of them"))
		case key == "id" || key == "note":
			seen[key] = true
			if !isText {
				problems = append(problems, pair.Value.Problem(key+" must be a text", ""))
				continue
			}
			if key == "note" {
				b.Note = text.Value
				continue
			}
			b.ID = text.Value
			if ids[b.ID] {
				problems = append(problems, text.Problem(0, "the id "+b.ID+" stands twice", "give each block its own"))
			}
			ids[b.ID] = true
		default:
			others = append(others, pair)
		}
	}
	allowed := besideNames(b.Kind)
	for _, pair := range others {
		switch {
		case slices.Contains(allowed, pair.Key.Value):
			b.Beside = append(b.Beside, pair)
		case b.Kind.Name == "":
			problems = append(problems, pair.Key.Problem(0, "unknown kind of block "+pair.Key.Value, kindMeant(pair.Key.Value, names)))
		default:
			problems = append(problems, pair.Key.Problem(0, "unknown key "+pair.Key.Value+" beside "+b.Kind.Name, source.DidYouMean(pair.Key.Value, append([]string{"id", "note"}, allowed...))))
		}
	}
	if b.Kind.Name == "" && len(others) == 0 {
		problems = append(problems, item.Problem("a block without a kind", source.DidYouMean("", names)))
	}
	return append([]Block{b}, dashless...), problems
}

// kindMeant suggests the kind that a word is near, or begins as.
func kindMeant(word string, names []string) string {
	if source.Nearest(word, names) == "" && len(word) > 3 {
		for _, name := range names {
			if strings.HasPrefix(name, word[:4]) {
				return "did you mean " + name + "?"
			}
		}
	}
	return source.DidYouMean(word, names)
}

// FileType is the structure of a workbook file, for its schema.
func FileType() reflect.Type { return reflect.TypeFor[document]() }
