package chart

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The measures of pictures, in units that are a pixel each on a wide screen; a
// phone shows them at about three quarters.
const (
	across     = 480
	lineHeight = 22
	// letter is about the width of a character of 14 pixels.
	letter = 7.6
)

// The most categories that a picture shows, and the most that its table lists.
const (
	mostDrawnBars    = 30
	mostDrawnColumns = 24
	mostDrawnPoints  = 1000
	mostListed       = 120
)

// SVG draws the chart as one element for a page whose style names the classes
// s0 to s8 (series, s0 being what is left over), axis, grid, small, figure and
// plain. The names of its title and description begin with id. It holds no
// script, link or style, and is well-formed whatever the rows hold. A chart
// without anything to draw gives "".
func (c Chart) SVG(id string) string {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return ""
	}
	d := &drawing{}
	switch c.Type {
	case Metric:
		c.drawFigures(d)
	case Pie, Donut:
		c.drawPie(d)
	case Line, Area:
		c.drawLines(d)
	case Column, Timeline:
		c.drawColumns(d)
	default:
		c.drawBars(d)
	}
	if d.y == 0 {
		return ""
	}
	return fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" width="%d" height="%.0f" role="img" aria-labelledby="%s-title %s-text"><title id="%s-title">%s</title><desc id="%s-text">%s</desc>`,
		across, d.y, across, d.y, id, id, id, escaped(c.Heading), id, escaped(c.described())) + d.String() + "</svg>"
}

// Shown is how many categories the picture has.
func (c Chart) Shown() int {
	switch c.Type {
	case Column, Timeline:
		beside := max(len(c.Series), 1)
		if c.stacked() {
			beside = 1
		}
		return min(len(c.Labels), mostDrawnColumns, int(columnsAcross/float64(4*beside+4)))
	case Line, Area:
		return min(len(c.Labels), mostDrawnPoints)
	}
	return min(len(c.Labels), mostDrawnBars)
}

// Table is what the picture shows, for those who can't see it: a header and the
// rows.
func (c Chart) Table() (header []string, rows [][]string) {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return nil, nil
	}
	if c.Type == Pie || c.Type == Donut {
		for _, s := range c.slices() {
			rows = append(rows, []string{s.label, s.value, percent(s.share)})
		}
		return []string{c.Category, c.Series[0].Name, "share"}, rows
	}
	header = []string{c.Category}
	for _, s := range c.Series {
		header = append(header, s.Name)
	}
	for i, label := range c.Labels[:min(c.Shown(), mostListed)] {
		row := []string{label}
		for _, s := range c.Series {
			row = append(row, Number(s.Values[i]))
		}
		rows = append(rows, row)
	}
	return header, rows
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// described tells the picture in words.
func (c Chart) described() string {
	const most = 12
	var said []string
	_, rows := c.Table()
	for _, row := range rows[:min(len(rows), most)] {
		said = append(said, row[0]+": "+strings.Join(row[1:], ", "))
	}
	text := "A " + c.drawnAs() + ". " + strings.Join(said, "; ")
	if more := len(c.Labels) - len(said); more > 0 && c.Type != Pie && c.Type != Donut {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text + "."
}

// drawnAs names what the picture is.
func (c Chart) drawnAs() string {
	switch c.Type {
	case Radial, WordCloud, Geomap, Bar:
		return "bar chart"
	case Metric:
		return "metric"
	}
	return c.Type + " chart"
}

// A drawing is the inside of a picture; y is how far down it reaches.
type drawing struct {
	strings.Builder
	y float64
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

func cut(text string, columns int) string { return ansi.Truncate(text, columns, "…") }

// text writes a text of so many columns at most; anchor is start, middle or end.
func (d *drawing) text(x, y float64, class, anchor, text string, columns int) {
	fmt.Fprintf(d, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor, escaped(cut(text, columns)))
}

// rect draws a rectangle that says what it is where one points at it.
func (d *drawing) rect(x, y, width, height float64, class int, says string) {
	fmt.Fprintf(d, `<rect class="s%d" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s</title></rect>`, class, x, y, width, height, escaped(says))
}

func (d *drawing) rule(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, `<path class="%s" d="M%.1f %.1fL%.1f %.1f"/>`, class, x1, y1, x2, y2)
}

// legend names the series by their colours, where there are several.
func (d *drawing) legend(c Chart) {
	if len(c.Series) < 2 {
		return
	}
	x := 0.0
	d.y = 18
	for i, s := range c.Series {
		name := cut(s.Name, widestLabel)
		wide := 26 + float64(ansi.StringWidth(name))*letter
		if x > 0 && x+wide > across {
			x = 0
			d.y += lineHeight
		}
		d.rect(x, d.y-11, 12, 12, i+1, s.Name)
		d.text(x+18, d.y, "plain", "start", name, widestLabel)
		x += wide + 10
	}
	d.y += 12
}

// brief is a number that fits beside a bar.
func brief(s Series, i int) string {
	text := Number(s.Values[i])
	if v, ok := s.at(i); ok && len(text) > 9 {
		return short(v)
	}
	return text
}
