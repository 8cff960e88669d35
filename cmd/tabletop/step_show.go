package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"tabletop/workbook"
)

// head begins what is shown of a block.
func (w *walker) head(b workbook.Block) {
	title := fmt.Sprintf("block %d of %d  %s", b.Index, len(w.blocks), b.Kind.Name)
	if b.ID != "" {
		title += "  " + b.ID
	}
	w.c.line()
	w.c.line(w.c.strong(w.title(clean(title))))
	w.shown = b.Index
}

// show shows a block that is about to run: the rows that come in, its text and
// what it means.
func (w *walker) show(b workbook.Block, in workbook.Table) {
	c := w.c
	w.head(b)
	c.prose(w.hide(b.Note))
	if b.Kind.Name == "text" {
		c.markdown(w.hide(b.Text()))
	} else {
		c.written(w.hide(b.Text()))
	}
	for i, step := range w.meaning(b) {
		c.aside(fmt.Sprintf("%4d. ", i+1), clean(w.hide(step)))
	}
	if b.Index > 1 {
		if facts, ok := workbook.FactsOf(w.program.Steps()[b.Index-1]); ok && len(facts) > 0 && facts[0].Fresh && len(in.Rows) > 0 {
			c.line("  ", plural(len(in.Rows), "row comes in, which it does not read", "rows come in, which it does not read"))
		} else {
			c.line("  ", plural(len(in.Rows), "row comes in", "rows come in"))
			w.table(in)
		}
	}
	_ = c.flush()
}

// meaning says what a block does in plain words.
func (w *walker) meaning(b workbook.Block) []string {
	if says, ok := w.program.Steps()[b.Index-1].(interface{ Meaning() []string }); ok {
		return says.Meaning()
	}
	if b.Kind.Silent {
		return nil
	}
	return []string{b.Kind.Doc}
}

// table shows rows.
func (w *walker) table(t workbook.Table) {
	if len(t.Rows) == 0 {
		return
	}
	most := shownRows
	if w.wall {
		most = wallRows
	}
	w.c.preview(w.secretless(gridOf(t, most)), len(t.Rows), most, indent)
}

// row shows all columns of a row that comes in, and the events behind it.
func (w *walker) row(in workbook.Table, number string) {
	n, err := strconv.Atoi(number)
	if err != nil || n > len(in.Rows) {
		w.say("there is no row %s: %s", number, plural(len(in.Rows), "row comes in", "rows come in"))
		return
	}
	one := workbook.Table{Columns: in.Columns, Rows: in.Rows[n-1 : n]}
	g := grid{header: []string{"column", "value"}, right: []bool{false, false}}
	for i, cells := range w.secretless(gridOf(one, 1)).rows[0] {
		g.rows = append(g.rows, []string{clean(in.Columns[i]), cells})
	}
	w.c.draw(g, indent)
	w.c.wrapped(because(in.Rows[n-1].Evidence))
	_ = w.c.flush()
}

// outcome shows what came of a block. On a wall it leaves out requests, answers
// and where files lie.
func (w *walker) outcome(done workbook.BlockResult) {
	c := w.c
	switch {
	case !w.wall && w.shown == done.Block.Index:
		c.outcome(strconv.Itoa(done.Block.Index), done)
		return
	case !w.wall:
		c.block(done)
		return
	case w.shown != done.Block.Index:
		w.head(done.Block)
	}
	switch {
	case done.Failed != nil:
		c.line(indent, c.red("failed"))
	case len(done.Output.Actions) > 0:
		g := grid{header: []string{"target", "verdict", "rule"}, right: make([]bool, 3)}
		for _, a := range done.Output.Actions[:min(len(done.Output.Actions), wallRows)] {
			g.rows = append(g.rows, []string{clean(a.Target), string(a.Verdict), clean(a.Rule)})
		}
		c.draw(w.secretless(g), indent)
		c.line(indent, plural(len(done.Output.Actions), "action", "actions"))
	case !done.Block.Kind.Silent:
		w.table(done.Output.Table)
		c.line(indent, plural(len(done.Output.Table.Rows), "row", "rows"))
	}
	guesses := slices.Clone(done.Guesses)
	for i := range guesses {
		guesses[i].Said, guesses[i].Came = w.hide(guesses[i].Said), w.hide(guesses[i].Came)
	}
	c.guesses(guesses)
}

// guesses tells what people guessed of a block.
func (c *console) guesses(list []workbook.Guess) {
	for _, g := range list {
		word := c.red("wrong")
		if g.Right {
			word = c.green("right")
		}
		said := g.Said
		if g.Of == workbook.GuessRows {
			said += " rows"
		}
		c.aside(indent+word+gap, clean(g.Who)+" guessed "+clean(said)+"; came "+clean(g.Came))
	}
}

// ending closes a run that was gone through.
func (w *walker) ending(result workbook.Result) {
	if w.guesses > 0 {
		w.c.line()
		w.c.line(fmt.Sprintf("%d of %s right", w.right, plural(w.guesses, "guess", "guesses")))
	}
	if !w.wall {
		return
	}
	w.c.line(w.c.strong(w.title(fmt.Sprintf("DNIF would send %s", plural(result.Totals.DNIFWouldSend, "request", "requests")))))
	for _, v := range workbook.Verdicts {
		if n := result.Totals.ByVerdict[v]; n > 0 {
			w.c.line(fmt.Sprintf("%4d", n), "  ", w.c.verdict(v))
		}
	}
}

// What a wall shows: lines with a blank one behind each, of fewer columns.
const (
	wallWidth = 64
	wallRows  = 8
)

// projected is a console for a wall.
func (c *console) projected() *console {
	wall := *c
	wall.width, wall.spaced = min(c.width, wallWidth), true
	return &wall
}

// title spreads a title on a wall.
func (w *walker) title(text string) string {
	if !w.wall || utf8.RuneCountInString(text)*2 > wallWidth {
		return text
	}
	return strings.Join(strings.Split(strings.ToUpper(text), ""), " ")
}

// secret matches what a text says to those who know it alone: the user in a URL,
// and what stands behind a word for a password or a token.
var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(://)[^/@\s]*@|\b(bearer|basic|token|password|passwd|pwd|secret|api[-_]?key|session)(["']?\s*[=: ]\s*["']?)[^\s"'&,;]+`)
})

// hide takes secrets out of a text on a wall.
func (w *walker) hide(text string) string {
	if !w.wall {
		return text
	}
	return secret().ReplaceAllString(text, "$1$2$3…")
}

// secretless hides secrets in cells on a wall.
func (w *walker) secretless(g grid) grid {
	for _, row := range g.rows {
		for i := range row {
			row[i] = w.hide(row[i])
		}
	}
	return g
}
