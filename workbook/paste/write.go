package paste

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Workbook writes the workbook as YAML, its blocks in the order of the text, or
// of the numbers before their labels. What found no place stands as comments
// where it stood in the text. It is empty where the text has no block.
func (r *Result) Workbook() []byte {
	if len(r.Blocks) == 0 {
		return nil
	}
	var w writer
	name := r.Name
	if name == "" {
		name = "Imported workbook"
	}
	w.line(0, "workbook: "+scalar(name))
	if r.Folder != "" {
		w.line(0, "folder: "+scalar(r.Folder))
	}
	if r.Stage != "" {
		w.line(0, "stage: "+scalar(strings.ToLower(r.Stage)))
	}
	w.list(0, "tags", r.Tags)
	if len(r.Parameters) > 0 {
		w.line(0, "parameters:")
		for _, p := range r.Parameters {
			w.line(1, scalar(p.Name)+":")
			w.text(2, "default", p.Default)
		}
	}
	w.line(0, "blocks:")
	rest := r.loose
	for _, b := range r.Blocks {
		n := 0
		for n < len(rest) && rest[n].line <= b.Line {
			n++
		}
		w.comments(rest[:n])
		rest = rest[n:]
		w.block(b)
	}
	w.comments(rest)
	return []byte(w.String())
}

// Integrations writes the webhooks as YAML; nothing where there are none. Where
// the text has no block, what found no place stands at its end.
func (r *Result) Integrations() []byte {
	if len(r.Webhooks) == 0 {
		return nil
	}
	var w writer
	w.line(0, "integrations:")
	for i, h := range r.Webhooks {
		if i > 0 {
			w.WriteString("\n")
		}
		w.line(1, "- name: "+scalar(h.Name))
		if h.Method != "" {
			w.line(2, "method: "+scalar(h.Method))
		}
		if h.URL != "" {
			w.line(2, "url: "+scalar(h.URL))
		}
		w.text(2, "headers", h.Headers)
		w.text(2, "payload", h.Payload)
	}
	if len(r.Blocks) == 0 {
		w.comments(r.loose)
	}
	return []byte(w.String())
}

// Order puts the blocks into the order in which they need one another: what
// makes rows, what changes them, what raises signals, what acts. Blocks of one
// kind keep their order. It reports whether that changed anything.
func (r *Result) Order() bool {
	rank := func(b *Block) int {
		switch b.Kind {
		case "text":
			return 0
		case "sql", "search", "outlier":
			return 1
		case "code":
			return 2
		case "signal":
			return 3
		case "dql":
			if strings.HasPrefix(strings.TrimLeft(b.Text, "> \n"), "_trigger") {
				return 5
			}
			if beginsPipe.MatchString(b.Text) || strings.HasPrefix(b.Text, "_fetch") || strings.HasPrefix(b.Text, "_retrieve") {
				return 1
			}
		}
		return 4
	}
	before := slices.Clone(r.Blocks)
	slices.SortStableFunc(r.Blocks, func(a, b *Block) int { return cmp.Compare(rank(a), rank(b)) })
	return !slices.Equal(before, r.Blocks)
}

// numbered sorts blocks by the page's numbers where every block has its own.
func numbered(blocks []*Block) {
	seen := map[int]bool{0: true}
	for _, b := range blocks {
		if seen[b.Number] {
			return
		}
		seen[b.Number] = true
	}
	slices.SortFunc(blocks, func(a, b *Block) int { return cmp.Compare(a.Number, b.Number) })
}

// A writer writes YAML. Texts from outside go through scalar, text or comments.
type writer struct{ strings.Builder }

func (w *writer) line(depth int, text string) {
	w.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

func (w *writer) list(depth int, key string, values []string) {
	if len(values) == 0 {
		return
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = scalar(v)
	}
	w.line(depth, key+": ["+strings.Join(out, ", ")+"]")
}

// text writes a text of several lines under |, where YAML can hold it so.
func (w *writer) text(depth int, key, text string) {
	switch {
	case text == "":
	case !strings.Contains(text, "\n") && key != "headers" && key != "payload" && !slices.Contains(textKinds, strings.TrimPrefix(key, "- ")):
		w.line(depth, key+": "+scalar(text))
	case !literal(text):
		w.line(depth, key+": "+strconv.QuoteToASCII(text))
	default:
		mark := "|"
		if strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t") {
			mark = "|2"
		}
		w.line(depth, key+": "+mark)
		inner := depth + 1
		if strings.HasPrefix(key, "- ") {
			inner++
		}
		for line := range strings.SplitSeq(text, "\n") {
			if line == "" {
				w.WriteString("\n")
				continue
			}
			w.line(inner, line)
		}
	}
}

// textKinds are the kinds whose blocks are texts.
var textKinds = []string{"sql", "dql", "code", "text"}

func (w *writer) block(b *Block) {
	switch {
	case slices.Contains(textKinds, b.Kind):
		w.text(1, "- "+b.Kind, b.Text)
	case b.Text != "": // the workbook that is called
		w.line(1, "- "+b.Kind+": "+scalar(b.Text))
	default:
		w.line(1, "- "+b.Kind+":")
		w.fields(b.Fields)
	}
	w.text(2, "note", b.Note)
}

// fields writes the fields of a block, those of a map in it together.
func (w *writer) fields(fields []Field) {
	done := map[string]bool{}
	for _, f := range fields {
		side, _, inside := strings.Cut(f.Name, ".")
		switch {
		case done[side]:
		case inside:
			done[side] = true
			w.line(3, side+":")
			for _, g := range fields {
				if key, ok := strings.CutPrefix(g.Name, side+"."); ok {
					w.line(4, key+": "+scalar(g.Values[0]))
				}
			}
		case slices.Contains(listFields, f.Name) && (f.Name != "secondary" || len(f.Values) > 1):
			w.list(3, f.Name, f.Values)
		case f.Name == "all" && (f.Values[0] == "true" || f.Values[0] == "false"):
			w.line(3, f.Name+": "+f.Values[0])
		case f.Name == "knowledge" || f.Name == "message":
			w.text(3, f.Name, f.Values[0])
		default:
			end := ""
			if f.Written != "" && f.Written != f.Values[0] {
				end = "  # " + printable(f.Written)
			}
			w.line(3, f.Name+": "+scalar(f.Values[0])+end)
		}
	}
}

// comments writes lines that found no place, with what is wrong with them.
func (w *writer) comments(list []loose) {
	why := ""
	for _, l := range list {
		if l.why != why && l.why != "" {
			w.line(1, "# "+l.why+":")
		}
		why = l.why
		w.line(1, fmt.Sprintf("# line %d: %s", l.line, printable(l.text)))
	}
}

// printable makes a text harmless in a comment and for who reads it.
func printable(text string) string {
	for _, r := range text {
		if r != '\t' && (!unicode.IsPrint(r) || r == unicode.ReplacementChar) {
			quoted := strconv.QuoteToGraphic(text)
			return quoted[1 : len(quoted)-1]
		}
	}
	return text
}

var (
	plain     = compiled(`^[A-Za-z$][A-Za-z0-9$ _./()*-]*$`)
	ambiguous = compiled(`(?i)^(?:true|false|yes|no|on|off|null|y|n)$`)
	simple    = compiled(`^[1-9][0-9]{0,8}(?:\.[0-9]{1,6}|[a-zA-Z])?$`)
	address   = compiled(`^https?://[A-Za-z0-9$./?=&_-]+$`)
)

// scalar writes a text of one line as a YAML value.
func scalar(text string) string {
	switch {
	case simple.MatchString(text), address.MatchString(text):
		return text
	case plain.MatchString(text) && !ambiguous.MatchString(text) && !strings.HasSuffix(text, " "):
		return text
	case !literal(text) || strings.ContainsAny(text, "\n\t"):
		return strconv.QuoteToASCII(text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// literal reports whether YAML's | can hold a text as it is.
func literal(text string) bool {
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}
