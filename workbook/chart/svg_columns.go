package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The places of drawings that stand up.
const (
	plotLeft      = 54
	plotHigh      = 190
	columnsAcross = across - plotLeft - 4
	// slantLong is the longest label that stands on a slant, in characters.
	slantLong = 19
)

// A plot is the space over an axis.
type plot struct {
	*drawing
	scale
	top float64
}

// y is where a value lies.
func (p plot) at(v float64) float64 { return p.top + plotHigh*(1-p.share(v)) }

// newPlot draws the lines by which values are read.
func (d *drawing) newPlot(s scale) plot {
	p := plot{d, s, d.y + 18}
	marks := []float64{s.greatest, s.greatest / 2, 0}
	if s.least < 0 {
		marks = append(marks, s.least)
	}
	last := math.Inf(-1)
	for _, v := range marks {
		y := p.at(v)
		if y-last < 16 { // the text above it would run into this one
			continue
		}
		last = y
		class := "grid"
		if v == 0 {
			class = "axis"
		}
		d.rule(class, plotLeft, y, across, y)
		d.text(plotLeft-6, y+4, "small", "end", short(v), 8)
	}
	d.y = p.top + plotHigh
	return p
}

// drawColumns draws a column for each category, or for each value of one.
func (c Chart) drawColumns(d *drawing) {
	d.legend(c)
	shown := c.Shown()
	p := d.newPlot(c.scaled(shown))
	slot := columnsAcross / float64(shown)
	thick := min(slot*0.8, 56)
	beside := 1
	if !c.stacked() {
		beside = len(c.Series)
	}
	var middles []float64
	for i := range shown {
		middle := plotLeft + slot*(float64(i)+0.5)
		middles = append(middles, middle)
		top := p.at(0)
		for _, part := range c.parts(i) {
			x, wide := middle-thick/2, thick
			if beside > 1 {
				wide = thick / float64(beside)
				x += wide * float64(part.series)
			}
			d.column(x, p.at(part.from), p.at(part.to), wide, part, c, i)
			top = min(top, p.at(part.to))
		}
		if beside == 1 && slot >= 40 {
			d.text(middle, top-4, "small", "middle", c.total(i), int(slot/6.6))
		}
	}
	d.names(c.Labels[:shown], middles, slot)
	d.rest(len(c.Labels) - shown)
}

func (d *drawing) column(x, from, to, wide float64, p part, c Chart, category int) {
	if p.from == p.to {
		return
	}
	high := max(math.Abs(to-from), 1)
	top := min(from, to)
	if p.to >= 0 {
		top = from - high
	}
	d.rect(x, top, wide, high, p.series+1, c.says(p.series, category))
}

// names writes labels below a plot: level where they fit, else on a slant.
func (d *drawing) names(labels []string, middles []float64, slot float64) {
	widest := 0
	for _, label := range labels {
		widest = max(widest, ansi.StringWidth(label))
	}
	if float64(widest)*letter+6 < slot {
		for i, label := range labels {
			d.text(middles[i], d.y+18, "plain", "middle", label, widest)
		}
		d.y += lineHeight + 4
		return
	}
	for i, label := range labels {
		x, y := middles[i]+4, d.y+14
		fmt.Fprintf(d, `<text class="small" x="%.1f" y="%.1f" text-anchor="end" transform="rotate(-60 %.1f %.1f)">%s</text>`, x, y, x, y, escaped(cut(label, slantLong)))
	}
	d.y += 20 + float64(min(widest, slantLong))*letter*0.8
}

// drawLines draws a line or an area for each series.
func (c Chart) drawLines(d *drawing) {
	d.legend(c)
	shown := c.Shown()
	p := d.newPlot(c.scaled(shown))
	x := func(i int) float64 {
		if shown == 1 {
			return plotLeft + columnsAcross/2
		}
		return plotLeft + 8 + float64(i)*(columnsAcross-16)/float64(shown-1)
	}
	if c.Type == Area {
		for i := range c.Series {
			fmt.Fprintf(d, `<path class="s%d area" d="%s"/>`, i+1, c.outline(i, shown, x, p.at))
		}
	}
	for i, s := range c.Series {
		fmt.Fprintf(d, `<path class="s%d curve" d="%s"/>`, i+1, c.way(i, shown, x, p.at))
		for n := range shown {
			if v := c.upper(i, n); !math.IsNaN(v) && shown <= 60 {
				fmt.Fprintf(d, `<circle class="s%d" cx="%.1f" cy="%.1f" r="3"><title>%s: %s</title></circle>`, i+1, x(n), p.at(v), escaped(c.Labels[n]), Number(s.Values[n]))
			}
		}
	}
	step := (shown + 11) / 12
	var labels []string
	var places []float64
	for i := 0; i < shown; i += step {
		labels, places = append(labels, c.Labels[i]), append(places, x(i))
	}
	d.names(labels, places, (columnsAcross-16)/float64(max(len(labels)-1, 1)))
	d.rest(len(c.Labels) - shown)
}

// way is the path of a series' line, which breaks where a value is missing.
func (c Chart) way(series, shown int, x func(int) float64, y func(float64) float64) string {
	var b strings.Builder
	pen := "M"
	for i := range shown {
		v := c.upper(series, i)
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, x(i), y(v))
		pen = "L"
	}
	return b.String()
}

// outline is the path around a series' area, from where the one below it ends.
func (c Chart) outline(series, shown int, x func(int) float64, y func(float64) float64) string {
	var b strings.Builder
	var back []string
	flush := func() {
		for i := len(back) - 1; i >= 0; i-- {
			b.WriteString(back[i])
		}
		if back != nil {
			b.WriteString("Z")
		}
		back = nil
	}
	for i := range shown {
		at := -1
		parts := c.parts(i)
		for n, p := range parts {
			if p.series == series {
				at = n
			}
		}
		if at < 0 {
			flush()
			continue
		}
		pen := "L"
		if back == nil {
			pen = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, x(i), y(parts[at].to))
		back = append(back, fmt.Sprintf("L%.1f %.1f", x(i), y(parts[at].from)))
	}
	flush()
	return b.String()
}
