package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The measures of drawings that stand up: their height in lines, and the most
// columns.
const (
	gridHeight  = 10
	mostColumns = 16
)

// points are the marks of values on lines; between them are dots.
var points = []rune{'●', '○', '◆', '◇', '■', '□'}

// A grid is what is drawn, line by line from the top.
type grid [][]rune

func newGrid(width int) grid {
	g := make(grid, gridHeight)
	for i := range g {
		g[i] = []rune(strings.Repeat(" ", width))
	}
	return g
}

// set draws a mark; row counts from the bottom.
func (g grid) set(x, row int, mark rune) { g[gridHeight-1-row][x] = mark }

// axis writes the grid with the range left of it.
func (g grid) axis(s scale) []string {
	top, bottom, zero := short(s.greatest), short(s.least), -1
	if s.least < 0 && s.greatest > 0 {
		zero, _ = s.stretch(part{}, gridHeight)
	}
	wide := max(ansi.StringWidth(top), ansi.StringWidth(bottom), 1)
	var out []string
	for i, line := range g {
		label, edge := "", "│"
		switch row := gridHeight - 1 - i; {
		case i == 0:
			label, edge = top, "┤"
		case row == 0:
			label, edge = bottom, "┤"
		case row == zero:
			label, edge = "0", "┤"
		}
		out = append(out, strings.TrimRight(strings.Repeat(" ", wide-ansi.StringWidth(label))+label+edge+string(line), " "))
	}
	return append(out, strings.Repeat(" ", wide)+"└"+strings.Repeat("─", len(g[0])))
}

// axisWidth is what stands left of a grid.
func (s scale) axisWidth() int { return max(len(short(s.greatest)), len(short(s.least)), 1) + 1 }

// columns draws a column for each category. Labels stand below where they fit,
// else numbers do, and what they mean below those.
func (c Chart) columns(width int) []string {
	shown := min(len(c.Labels), mostColumns)
	if c.Type == Timeline {
		shown = min(len(c.Labels), mostTimes)
	}
	beside := 1
	if !c.stacked() {
		beside = len(c.Series)
	}
	s := c.scaled(shown)
	room := width - s.axisWidth()
	if room/shown < beside+1 {
		shown = max(room/(beside+1), 1)
		s = c.scaled(shown)
	}
	slot := min(room/shown, max(14, beside+1))
	thick := max((slot-1)/beside, 1)
	g := newGrid(shown * slot)
	for i := range shown {
		for _, p := range c.parts(i) {
			x := i * slot
			if !c.stacked() {
				x += p.series * thick
			}
			g.column(x, thick, s, p)
		}
	}
	return append(append(g.axis(s), c.named(shown, slot, s)...), left(len(c.Labels)-shown)...)
}

// column draws a part as a column.
func (g grid) column(x, thick int, s scale, p part) {
	from, to := s.stretch(p, gridHeight)
	for i := x; i < x+thick; i++ {
		for row := from; row < to; row++ {
			g.set(i, row, marks[p.series])
		}
		if from == to && p.from != p.to && from < gridHeight && g[gridHeight-1-from][i] == ' ' {
			g.set(i, from, '▁')
		}
	}
}

// named writes the labels and values below columns.
func (c Chart) named(shown, slot int, s scale) []string {
	indent := strings.Repeat(" ", s.axisWidth())
	short := len(c.Series) == 1
	for i := range shown {
		short = short && ansi.StringWidth(c.Labels[i]) < slot && ansi.StringWidth(c.total(i)) < slot
	}
	names, values := indent, indent
	for i := range shown {
		name, value := c.Labels[i], c.total(i)
		if !short {
			name = fmt.Sprint(i + 1)
		}
		names += name + strings.Repeat(" ", max(slot-ansi.StringWidth(name), 0))
		values += value + strings.Repeat(" ", max(slot-ansi.StringWidth(value), 0))
	}
	out := []string{strings.TrimRight(names, " ")}
	if short {
		return append(out, strings.TrimRight(values, " "))
	}
	widest := 0
	for _, label := range c.Labels[:shown] {
		widest = max(widest, min(ansi.StringWidth(label), widestLabel+8))
	}
	for i := range shown {
		var said []string
		for _, series := range c.Series {
			said = append(said, Number(series.Values[i]))
		}
		label := ansi.Truncate(c.Labels[i], widest, "…")
		out = append(out, fmt.Sprintf("%3d  %s%s  %s", i+1, label, strings.Repeat(" ", widest-ansi.StringWidth(label)), strings.Join(said, "  ")))
	}
	return out
}

// plot draws lines or areas over all categories. Where there are more of them
// than columns, those that share one are drawn into it all the same.
func (c Chart) plot(width int) []string {
	shown := len(c.Labels)
	s := c.scaled(shown)
	room := width - s.axisWidth()
	g := newGrid(room)
	if c.Type == Area {
		curves := make([][]float64, len(c.Series))
		for i := range c.Series {
			curves[i] = c.curve(i, room)
		}
		g.areas(s, curves)
	} else {
		for i := range c.Series {
			g.line(s, c.curve(i, room))
		}
		for i := range c.Series {
			c.pointed(g, s, i)
		}
	}
	return append(g.axis(s), c.ends(room, s))
}

// place is where a category lies among the columns of a grid.
func place(i, shown, room int) int {
	if shown == 1 {
		return 0
	}
	return i * (room - 1) / (shown - 1)
}

// upper is where a series' line lies at a category, NaN where there is no value.
func (c Chart) upper(series, category int) float64 {
	for _, p := range c.parts(category) {
		if p.series == series {
			return p.to
		}
	}
	return math.NaN()
}

// curve is a series at every column of a grid: the value farthest from nothing
// where there are several, straight between values, and NaN beside a missing one.
func (c Chart) curve(series, room int) []float64 {
	out := slices.Repeat([]float64{math.NaN()}, room)
	for i := range c.Labels {
		at, v := place(i, len(c.Labels), room), c.upper(series, i)
		if math.IsNaN(out[at]) || math.Abs(v) > math.Abs(out[at]) {
			out[at] = v
		}
		if i == 0 {
			continue
		}
		before, from := place(i-1, len(c.Labels), room), c.upper(series, i-1)
		for x := before + 1; x < at; x++ {
			way := float64(x-before) / float64(at-before)
			out[x] = from*(1-way) + v*way
		}
	}
	return out
}

func (s scale) row(v float64) int { return int(math.Round(s.share(v) * (gridHeight - 1))) }

// line draws the way between values.
func (g grid) line(s scale, curve []float64) {
	for x, v := range curve {
		if !math.IsNaN(v) {
			g.set(x, s.row(v), '·')
		}
	}
}

// pointed marks every value of a series.
func (c Chart) pointed(g grid, s scale, series int) {
	for i := range c.Labels {
		if v := c.upper(series, i); !math.IsNaN(v) {
			g.set(place(i, len(c.Labels), len(g[0])), s.row(v), points[series])
		}
	}
}

// areas fills what lies between nothing and each curve, the farthest first, so
// that the nearer ones stay to be seen.
func (g grid) areas(s scale, curves [][]float64) {
	for x := range g[0] {
		var order []int
		for i, curve := range curves {
			if !math.IsNaN(curve[x]) {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(curves[b][x]), math.Abs(curves[a][x])) })
		for _, i := range order {
			g.column(x, 1, s, part{i, 0, curves[i][x]})
		}
	}
}

// ends names the first and the last category below a plot.
func (c Chart) ends(room int, s scale) string {
	shown := len(c.Labels)
	indent := strings.Repeat(" ", s.axisWidth())
	first := ansi.Truncate(c.Labels[0], room/2-1, "…")
	if shown == 1 {
		return indent + first
	}
	last := ansi.Truncate(c.Labels[shown-1], room/2-1, "…")
	return indent + first + strings.Repeat(" ", room-ansi.StringWidth(first)-ansi.StringWidth(last)) + last
}
