package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
)

// Bounds on what a diff holds: lines of one text, rows of one block.
const (
	mostDiffLines = 400
	mostDiffRows  = 20
)

// lineDiff is a diff of two texts, with a few lines around what changed.
func lineDiff(a, b []byte) []string {
	text := diff.Diff("a", whole(a), "b", whole(b))
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) < 4 {
		return []string{}
	}
	lines = lines[3:] // behind the names of the files
	if len(lines) > mostDiffLines {
		more := len(lines) - mostDiffLines
		lines = append(lines[:mostDiffLines:mostDiffLines], fmt.Sprintf("… and %d more", more))
	}
	return lines
}

// whole ends a text with a newline, of which a diff would else make a remark.
func whole(text []byte) []byte {
	if len(text) == 0 || bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	return append(slices.Clone(text), '\n')
}

// blocks compares the blocks of the runs, and what rows each gave.
func (o *diffObject) blocks(a, b audit.Run) {
	for _, pair := range paired(a.Blocks, b.Blocks) {
		x, y := pair[0], pair[1]
		d := blockDiff{Come: rowsDiff{First: []string{}}, Gone: rowsDiff{First: []string{}}}
		var before, after audit.Block
		if x >= 0 {
			before = a.Blocks[x]
			d.Before, d.Kind, d.Rows[0], d.Failed[0] = before.Index, before.Kind, before.RowsOut, before.Failed
		}
		if y >= 0 {
			after = b.Blocks[y]
			d.After, d.Kind, d.Rows[1], d.Failed[1] = after.Index, after.Kind, after.RowsOut, after.Failed
		}
		if before.Text != after.Text || before.Note != after.Note {
			d.Lines = lineDiff([]byte(blockText(before)), []byte(blockText(after)))
		}
		if x >= 0 && y >= 0 && !slices.Equal(before.Columns, after.Columns) {
			d.Columns = strings.Join(before.Columns, ", ") + " became " + strings.Join(after.Columns, ", ")
		}
		d.Gone, d.Come = rowsBetween(before, after)
		changed := d.Before == 0 || d.After == 0 || len(d.Lines) > 0 || d.Columns != "" || d.Failed[0] != d.Failed[1]
		if changed || d.Rows[0] != d.Rows[1] || d.Gone.Count+d.Come.Count > 0 {
			o.Blocks = append(o.Blocks, d)
		}
	}
	o.unkept(a)
	o.unkept(b)
}

// unkept says which rows could not be compared.
func (o *diffObject) unkept(run audit.Run) {
	for _, b := range run.Blocks {
		if len(b.Rows) < b.RowsOut {
			o.Notes = append(o.Notes, fmt.Sprintf("of block %d of run %d the record keeps %d of %d rows, and only they are compared", b.Index, run.Number, len(b.Rows), b.RowsOut))
		}
	}
}

func blockText(b audit.Block) string {
	text := strings.TrimSuffix(b.Text, "\n")
	if b.Note != "" {
		text += "\nnote: " + strings.TrimSuffix(b.Note, "\n")
	}
	return text
}

// paired finds which blocks of two runs are the same: those of one text, in
// their order, and between them those of one kind. -1 stands for none.
func paired(a, b []audit.Block) [][2]int {
	same := func(x, y audit.Block) bool { return x.Kind == y.Kind && x.Text == y.Text }
	// longest[i][j] is the length of the longest common run behind i and j.
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if same(a[i], b[j]) {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var out [][2]int
	i, j := 0, 0
	fromA, fromB := 0, 0
	between := func() {
		out = append(out, pairedByKind(a[fromA:i], b[fromB:j], fromA, fromB)...)
	}
	for i < len(a) && j < len(b) {
		switch {
		case same(a[i], b[j]):
			between()
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
			fromA, fromB = i, j
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	i, j = len(a), len(b)
	between()
	return out
}

// pairedByKind pairs blocks that differ, by their kinds in order; offsets are
// those of the first of each.
func pairedByKind(a, b []audit.Block, offsetA, offsetB int) [][2]int {
	var out [][2]int
	next := 0
	for i := range a {
		j := slices.IndexFunc(b[next:], func(y audit.Block) bool { return y.Kind == a[i].Kind })
		if j < 0 {
			out = append(out, [2]int{offsetA + i, -1})
			continue
		}
		for ; j > 0; j-- {
			out = append(out, [2]int{-1, offsetB + next})
			next++
		}
		out = append(out, [2]int{offsetA + i, offsetB + next})
		next++
	}
	for ; next < len(b); next++ {
		out = append(out, [2]int{-1, offsetB + next})
	}
	return out
}

// rowsBetween compares the rows of two blocks by their values: in the columns of
// the one where the other has them all, else in all columns of each. The answers
// of a simulated vendor are numbered, and left out.
func rowsBetween(a, b audit.Block) (gone, come rowsDiff) {
	inA, inB := comparedColumns(a), comparedColumns(b)
	switch {
	case within(inA, inB) && a.Index > 0:
		inB = inA
	case within(inB, inA) && b.Index > 0:
		inA = inB
	}
	count := map[string]int{}
	for _, row := range a.Rows {
		count[shownRow(a, row, inA)]++
	}
	come, gone = rowsDiff{First: []string{}}, rowsDiff{First: []string{}}
	for _, row := range b.Rows {
		text := shownRow(b, row, inB)
		if count[text] > 0 {
			count[text]--
			continue
		}
		come.add(text)
	}
	for _, row := range a.Rows {
		text := shownRow(a, row, inA)
		if count[text] > 0 {
			count[text]--
			gone.add(text)
		}
	}
	return gone, come
}

func comparedColumns(b audit.Block) []string {
	return slices.DeleteFunc(slices.Clone(b.Columns), func(c string) bool { return c == trigger.ResponseColumn })
}

// within reports whether all of a stand in b.
func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(c string) bool { return !slices.Contains(b, c) })
}

func (d *rowsDiff) add(text string) {
	if d.Count++; len(d.First) < mostDiffRows {
		d.First = append(d.First, text)
	}
}

func shownRow(b audit.Block, row audit.Row, columns []string) string {
	values := make([]workbook.Value, len(columns))
	for i, c := range columns {
		if j := slices.Index(b.Columns, c); j >= 0 && j < len(row.Values) {
			values[i] = row.Values[j]
		}
	}
	return rowText(columns, values)
}
