package paste

import (
	"cmp"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// A reader goes through a text from its top, one thing after the other.
type reader struct {
	*text
	out *Result
	at  int
	// group is what a label without a home of its own belongs to.
	group string
	// labelled is a block whose label has been read and whose content has not.
	labelled *Block
	// filling are the blocks of fields, by their kinds, and webhook the webhook,
	// that fields are filled into; nil where the next field begins one.
	filling map[string]*Block
	webhook *Webhook
	// side is target or suspect while their columns are listed.
	side string
	// heads are the lines that tell of the workbook, but of none of its blocks.
	heads []int
	// second says that the text has gone on to a second workbook.
	second bool
}

// next reads one thing at r.at and goes behind it.
func (r *reader) next() {
	line := r.lines[r.at]
	if r.blank(r.at) {
		r.at++
		return
	}
	if m := workbookNamed.FindStringSubmatch(line); m != nil {
		r.remark(r.at)
		r.name(r.at, strings.Trim(strings.TrimSpace(m[1]), "*_\"' "))
		r.at++
		return
	}
	if kind, count, rest, ok := blockLabelOf(line); ok {
		r.block(kind, count, rest)
		return
	}
	if r.labelled != nil && r.labelled.Kind == "text" {
		r.prose()
		return
	}
	if fence(line) {
		r.at++
		return
	}
	if b := r.labelled; b != nil && (b.Kind == groupCall || b.Kind == groupReturn) {
		r.called()
		return
	}
	if r.group == groupSearch && streamLine.MatchString(undecorated(line)) && r.inBlock() {
		return
	}
	if r.fields() || r.content(r.formOf(r.at)) || r.inBlock() {
		return
	}
	r.unlabelled()
}

// block begins a block by its label.
func (r *reader) block(kind string, count int, rest string) {
	r.closeLabelled()
	line := r.at
	if kind == "ai" || r.second {
		r.lose(line)
		r.at++
		return
	}
	r.group, r.side = kind, ""
	b := &Block{Kind: kind, Line: line + 1, Number: count}
	r.filling[kind] = b
	r.labelled = b
	r.at++
	if rest == "" {
		return
	}
	// What stands behind the label is the block itself, or says what it is for.
	if newText(r.text.name, rest).formOf(0) != formNone {
		r.lines[line], r.at = rest, line
		return
	}
	b.Note = rest
}

// closeLabelled ends a block whose label has been read: one that holds nothing
// is told.
func (r *reader) closeLabelled() {
	b := r.labelled
	r.labelled = nil
	if b == nil {
		return
	}
	if b.Text == "" && len(b.Fields) == 0 {
		why := "a " + b.Kind + " block without what it holds"
		fix := "the page shows it as a picture: paste its text below the label"
		r.out.Problems = append(r.out.Problems, r.problem(b.Line-1, why, fix))
		r.out.loose = append(r.out.loose, loose{b.Line, strings.TrimSpace(r.lines[b.Line-1]), why, fix})
		r.forget(b)
		return
	}
	r.out.Blocks = append(r.out.Blocks, b)
}

// forget fills no more fields into a block.
func (r *reader) forget(b *Block) {
	for kind, open := range r.filling {
		if open == b {
			delete(r.filling, kind)
		}
	}
}

// add makes a block of a text, under the label that was read, if any.
func (r *reader) add(kind, text string) {
	b := r.labelled
	if b == nil || len(b.Fields) > 0 || b.Kind != groupSearch && !slices.Contains(textKinds, b.Kind) {
		r.closeLabelled()
		b = &Block{Line: r.at + 1}
	}
	r.forget(b)
	b.Kind, b.Text = kind, text
	r.labelled, r.group = b, kind
	r.closeLabelled()
}

// content reads what line r.at begins; false where it begins nothing known.
func (r *reader) content(f form) bool {
	if f == formNone {
		return false
	}
	end := r.extent(r.at, f)
	text := dedented(r.lines[r.at:end])
	switch f {
	case formSQL, formDQL, formPython:
		if r.second {
			r.loseUntil(end)
			return true
		}
		kind := map[form]string{formSQL: "sql", formDQL: "dql", formPython: "code"}[f]
		r.add(kind, strings.TrimSpace(strings.ReplaceAll(text, "{''}", "")))
	case formJSON:
		if isHeaders(text) {
			r.fill("headers", text, r.at)
		} else {
			r.fill("payload", text, r.at)
		}
	case formXML:
		r.fill("payload", text, r.at)
	case formURL:
		r.fill("url", strings.TrimSpace(text), r.at)
	case formMethod:
		r.fill("method", strings.TrimSpace(text), r.at)
	}
	r.at = end
	return true
}

// inBlock reads a line that means something only in the block that is open.
func (r *reader) inBlock() bool {
	line := undecorated(r.lines[r.at])
	switch {
	case r.second:
	case r.group == groupSearch && r.filter(line):
		return true
	case r.group == groupSignal && r.side != "" && r.column(line):
		return true
	case r.group == groupParameters && r.parameter(line):
		return true
	case beginsStatement.MatchString(r.lines[r.at]):
		end := r.extent(r.at, formStatements)
		text := dedented(r.lines[r.at:end])
		r.add("code", text)
		r.at = end
		return true
	case r.labelled != nil && r.labelled.Kind == "code" && r.labelled.Text == "":
		return r.constants()
	}
	return false
}

// constants reads the lines of Python that stand before its first function,
// which only a label tells.
func (r *reader) constants() bool {
	for n := r.at; n < len(r.lines) && !fence(r.lines[n]); n++ {
		if r.formOf(n) == formPython {
			end := r.extent(n, formPython)
			r.add("code", dedented(r.lines[r.at:end]))
			r.at = end
			return true
		}
		if r.text.labelled(n) {
			return false
		}
	}
	return false
}

// prose reads a text block up to the next label of a block, a webhook or a
// workbook.
func (r *reader) prose() {
	from := r.at
	for r.at < len(r.lines) && !r.endsProse(r.at) {
		r.at++
	}
	if r.at > from {
		r.add("text", dedented(r.lines[from:r.at]))
		return
	}
	r.closeLabelled()
}

// called reads the workbook that a call or a return names, behind Workbook: or in
// a line of its own.
func (r *reader) called() {
	b := r.labelled
	value := undecorated(r.lines[r.at])
	if known, behind, ok := fieldOf(r.lines[r.at]); ok {
		if known[0].group != groupWorkbook {
			r.closeLabelled()
			return
		}
		if behind == "" {
			if behind = r.below(known[0]); behind == "" {
				r.closeLabelled()
				return
			}
			r.at--
		}
		value = behind
	} else if r.formOf(r.at) != formNone {
		r.closeLabelled()
		return
	}
	b.Text = value
	r.closeLabelled()
	r.at++
}

func (r *reader) endsProse(n int) bool {
	if _, _, _, ok := blockLabelOf(r.lines[n]); ok || workbookNamed.MatchString(r.lines[n]) {
		return true
	}
	known, _, ok := fieldOf(r.lines[n])
	return ok && len(known) == 1 && (known[0].group == groupWebhook || known[0].group == groupWorkbook || known[0] == label{groupParameters, ""})
}

// unlabelled takes a line that is neither: a heading that names a webhook, words
// of the page, or what finds no place.
func (r *reader) unlabelled() {
	line := undecorated(r.lines[r.at])
	next := r.filled(r.at + 1)
	switch {
	case pageWords.MatchString(line):
		r.remark(r.at)
	case next < len(r.lines) && len(line) <= 200 && strings.HasPrefix(strings.ToLower(undecorated(r.lines[next])), "in the configuration box"):
		r.closeLabelled()
		r.fill("name", line, r.at)
	default:
		r.lose(r.at)
	}
	r.at++
}

// remark keeps a line of the page's own words.
func (r *reader) remark(n int) {
	r.out.loose = append(r.out.loose, loose{line: n + 1, text: strings.TrimSpace(r.lines[n])})
}

// lose keeps a line that finds no place.
func (r *reader) lose(n int) {
	why, fix := "not placed", "set the page's label before it (SQL Block, Code Block, Signal Block, Configuration Name …), or leave it out"
	if r.second {
		why, fix = "of a second workbook", "import each workbook by itself"
	}
	r.loseFor(n, why, fix)
}

func (r *reader) loseFor(n int, why, fix string) {
	r.out.loose = append(r.out.loose, loose{n + 1, strings.TrimSpace(r.lines[n]), why, fix})
}

// loseSince loses what was read from a line on: a label, and its value where that
// stands below.
func (r *reader) loseSince(line int) {
	for n := line; n < max(r.at, line+1); n++ {
		if !r.blank(n) {
			r.lose(n)
		}
	}
}

// loseUntil loses the lines before end.
func (r *reader) loseUntil(end int) {
	for ; r.at < end; r.at++ {
		if !r.blank(r.at) {
			r.lose(r.at)
		}
	}
}

// name names the workbook; a second name begins another one.
func (r *reader) name(n int, name string) {
	switch {
	case r.out.Name == "" || r.out.Name == name:
		r.out.Name = name
	default:
		r.closeLabelled()
		if !r.second {
			r.out.Problems = append(r.out.Problems, r.problem(n, "a second workbook begins here", "import each workbook by itself"))
		}
		r.second = true
	}
}

// dedented joins lines, without the blanks that all of them begin with and
// without blank lines around them.
func dedented(lines []string) string {
	least := -1
	for _, line := range lines {
		if n := indentation(line); strings.TrimSpace(line) != "" && (least < 0 || n < least) {
			least = n
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			out[i] = line[least:]
		}
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// head keeps the lines of a field of the workbook, from its label's on.
func (r *reader) head(line int) {
	for n := line; n < max(r.at, line+1); n++ {
		if !r.blank(n) {
			r.heads = append(r.heads, n)
		}
	}
}

// finish closes what is open, tells what found no place, and gives names where
// only one can be meant.
func (r *reader) finish() {
	r.closeLabelled()
	numbered(r.out.Blocks)
	r.nameWebhooks()
	if len(r.out.Blocks) == 0 {
		for _, n := range slices.Compact(slices.Sorted(slices.Values(r.heads))) {
			r.loseFor(n, "of a workbook, of which no block is there", "paste its blocks too")
		}
	}
	slices.SortStableFunc(r.out.loose, func(a, b loose) int { return cmp.Compare(a.line, b.line) })
	r.hideSecrets()
	known := map[string]bool{}
	for _, w := range r.out.Webhooks {
		known[strings.ToLower(w.Name)] = true
	}
	for i := range r.out.loose {
		l := &r.out.loose[i]
		if known[strings.ToLower(undecorated(l.text))] { // the page's list of what it holds
			l.why, l.fix = "", ""
		}
	}
	r.out.Problems = append(r.out.Problems, r.unplaced()...)
	r.out.Problems = r.out.Problems.Sorted()
}

// unplaced makes a problem of every line that found no place and was not told
// yet.
func (r *reader) unplaced() source.Problems {
	told := map[int]bool{}
	for _, p := range r.out.Problems {
		told[p.Line] = true
	}
	var out source.Problems
	for _, l := range r.out.loose {
		if l.why != "" && !told[l.line] {
			out = append(out, r.problem(l.line-1, l.why, l.fix))
		}
	}
	return out
}
