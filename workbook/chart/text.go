package chart

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The marks that tell series apart without colour.
var marks = []rune{'█', '░', '▓', '▒', '#', '='}

// The most categories that a terminal shows, and the least and the widest of what
// stands beside bars.
const (
	mostBars    = 20
	widestLabel = 28
	leastRoom   = 8
)

// Text draws the chart in plain characters, no line wider than so many columns,
// of which it needs 40. A chart without anything to draw gives no line.
func (c Chart) Text(width int) []string {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return nil
	}
	width = max(width, 40)
	out := append([]string{c.Heading}, c.body(width)...)
	for i := range out {
		out[i] = ansi.Truncate(out[i], width, "…")
	}
	return out
}

func (c Chart) body(width int) []string {
	switch c.Type {
	case Metric:
		return c.figures()
	case Pie, Donut:
		return c.shares(width)
	case Line, Area:
		return append(c.legend(width), c.plot(width)...)
	case Column, Timeline:
		return append(c.legend(width), c.columns(width)...)
	}
	return append(c.legend(width), c.bars(width)...)
}

// legend names the series by their marks, where there are several.
func (c Chart) legend(width int) []string {
	if len(c.Series) < 2 {
		return nil
	}
	var out []string
	line := ""
	for i, s := range c.Series {
		mark := marks[i]
		if c.Type == Line {
			mark = points[i]
		}
		item := string(mark) + " " + ansi.Truncate(s.Name, widestLabel, "…")
		if line != "" && ansi.StringWidth(line)+3+ansi.StringWidth(item) > width {
			out, line = append(out, line), ""
		}
		if line != "" {
			line += "   "
		}
		line += item
	}
	return append(out, line)
}

// A bar is a line of a drawing: what it is called, its parts and what it says.
type bar struct {
	label string
	parts []part
	value string
}

// bars draws a line for each category, or for each value of one.
func (c Chart) bars(width int) []string {
	shown := min(len(c.Labels), mostBars)
	var list []bar
	for i := range shown {
		if c.stacked() || len(c.Series) == 1 {
			list = append(list, bar{c.Labels[i], c.parts(i), c.total(i)})
			continue
		}
		parts := c.parts(i)
		for n, s := range c.Series {
			b := bar{value: Number(s.Values[i])}
			if n == 0 {
				b.label = c.Labels[i]
			}
			for _, p := range parts {
				if p.series == n {
					b.parts = []part{p}
				}
			}
			list = append(list, b)
		}
	}
	return append(laid(list, c.scaled(shown), width), left(len(c.Labels)-shown)...)
}

// left says how many are not shown.
func left(n int) []string {
	if n <= 0 {
		return nil
	}
	return []string{fmt.Sprintf("… and %d more", n)}
}

// laid lays bars out: labels, bars from where nothing lies, values.
func laid(list []bar, s scale, width int) []string {
	labels, values := 0, 0
	for _, b := range list {
		labels = max(labels, min(ansi.StringWidth(b.label), widestLabel))
		values = max(values, ansi.StringWidth(b.value))
	}
	room := width - labels - values - 2
	if s.least < 0 {
		room--
	}
	if room < leastRoom {
		labels = max(labels-(leastRoom-room), 1)
		room = leastRoom
	}
	var out []string
	for _, b := range list {
		label := ansi.Truncate(b.label, labels, "…")
		label += strings.Repeat(" ", labels-ansi.StringWidth(label))
		line := label + " "
		if drawn := strings.TrimRight(s.cells(b.parts, room), " "); drawn != "" {
			line += drawn + " "
		}
		out = append(out, line+b.value)
	}
	return out
}

// cells draws the parts of a bar. Something that is too little for a cell is a
// thin line, so that it is not taken for nothing.
func (s scale) cells(parts []part, room int) string {
	cells := []rune(strings.Repeat(" ", room))
	for _, p := range parts {
		from, to := s.stretch(p, room)
		for i := from; i < to; i++ {
			cells[i] = marks[p.series]
		}
		if at := min(from, room-1); from == to && p.from != p.to && cells[at] == ' ' {
			if p.to < 0 {
				cells[max(at-1, 0)] = '▕'
			} else {
				cells[at] = '▏'
			}
		}
	}
	if s.least >= 0 {
		return string(cells)
	}
	zero, _ := s.stretch(part{}, room)
	return string(cells[:zero]) + "│" + string(cells[zero:])
}

// shares draws a pie as what it says: the part of each piece in the whole.
func (c Chart) shares(width int) []string {
	var list []bar
	for _, s := range c.slices() {
		list = append(list, bar{s.label, []part{{0, 0, s.share}}, fmt.Sprintf("%5.1f %%  %s", s.share*100, s.value)})
	}
	return laid(list, scale{0, 1}, width)
}

// figures writes each value of a metric on a line.
func (c Chart) figures() []string {
	widest := 0
	for _, v := range c.Series[0].Values {
		widest = max(widest, ansi.StringWidth(Number(v)))
	}
	var out []string
	for i, label := range c.Labels {
		value := Number(c.Series[0].Values[i])
		out = append(out, strings.Repeat(" ", widest-ansi.StringWidth(value))+value+"  "+label)
	}
	return out
}
