package chart

import "math"

// The places of bars: labels left of them, values at their ends.
const (
	barsLeft  = 152
	barsRight = across - 76
	barHigh   = 16
)

// drawBars draws a bar for each category, or for each value of one.
func (c Chart) drawBars(d *drawing) {
	d.legend(c)
	shown := c.Shown()
	s := c.scaled(shown)
	x := func(v float64) float64 { return barsLeft + s.share(v)*(barsRight-barsLeft) }
	beside := 1
	if !c.stacked() {
		beside = len(c.Series)
	}
	high := float64(barHigh)
	if beside > 1 {
		high = 14
	}
	d.y += 4
	top := d.y
	for i, label := range c.Labels[:shown] {
		d.text(barsLeft-8, d.y+high*float64(beside)/2+5, "plain", "end", label, 19)
		ends := make([]float64, beside)
		for n := range ends {
			ends[n] = x(0)
		}
		for _, p := range c.parts(i) {
			n := 0
			if !c.stacked() {
				n = p.series
			}
			d.bar(x(p.from), x(p.to), d.y+float64(n)*high, high-1, p, c, i)
			ends[n] = max(ends[n], x(p.to))
		}
		for n, end := range ends {
			value := brief(c.Series[n], i)
			if c.stacked() {
				value = c.total(i)
			}
			d.text(end+5, d.y+float64(n)*high+high-3, "small", "start", value, 11)
		}
		d.y += high*float64(beside) + 9
	}
	d.rule("axis", x(0), top-3, x(0), d.y-4)
	d.y += 2
	d.rest(len(c.Labels) - shown)
}

// bar draws a part; one too short to be seen is a line.
func (d *drawing) bar(from, to, y, high float64, p part, c Chart, category int) {
	if p.from == p.to {
		return
	}
	left := min(from, to)
	d.rect(left, y, max(math.Abs(to-from), 1), high, p.series+1, c.says(p.series, category))
}

// says is what a part of the picture stands for.
func (c Chart) says(series, category int) string {
	said := c.Labels[category] + ": " + Number(c.Series[series].Values[category])
	if len(c.Series) > 1 {
		said += " " + c.Series[series].Name
	}
	return said
}

// rest says how many are not drawn.
func (d *drawing) rest(n int) {
	for _, line := range left(n) {
		d.text(barsLeft, d.y+14, "small", "start", line, 60)
		d.y += lineHeight
	}
}

// drawFigures writes each value of a metric large.
func (c Chart) drawFigures(d *drawing) {
	for i, label := range c.Labels {
		d.text(0, d.y+40, "figure", "start", Number(c.Series[0].Values[i]), 22)
		d.text(0, d.y+62, "plain", "start", label, 60)
		d.y += 76
	}
}
