package chart

import (
	"fmt"
	"math"

	"tabletop/workbook"
)

// The places of a pie: its middle, how far it reaches, the hole of a donut, and
// where the names begin.
const (
	pieX, pieY = 104, 110
	pieRadius  = 100
	holeRadius = 58
	namesLeft  = 226
)

// drawPie draws a pie or a donut with the names of its pieces beside it.
func (c Chart) drawPie(d *drawing) {
	pieces := c.slices()
	if len(pieces) == 0 {
		return
	}
	for _, s := range pieces {
		says := escaped(s.label + ": " + s.value + ", " + percent(s.share))
		fmt.Fprintf(d, `<path class="s%d piece" d="%s"><title>%s</title></path>`, s.class, piece(s, c.Type == Donut), says)
	}
	if c.Type == Donut {
		var sum workbook.Value = int64(0)
		for i, v := range c.Series[0].Values {
			if n, ok := c.Series[0].at(i); ok && n > 0 {
				sum = add(sum, v)
			}
		}
		d.text(pieX, pieY+6, "middle", "middle", brief(Series{Values: []workbook.Value{sum}}, 0), 12)
	}
	y := max(pieY-float64(len(pieces))*lineHeight/2, 0) + 16
	for _, s := range pieces {
		fmt.Fprintf(d, `<rect class="s%d" x="%d" y="%.1f" width="12" height="12"/>`, s.class, namesLeft, y-11)
		d.text(namesLeft+20, y, "plain", "start", s.label, 21)
		d.text(across, y, "plain", "end", percent(s.share), 8)
		y += lineHeight
	}
	d.y = max(2*pieY, y)
}

// piece is the outline of a slice, clockwise from the top.
func piece(s slice, hollow bool) string {
	at := func(share, radius float64) (x, y float64) {
		angle := 2 * math.Pi * share
		return pieX + radius*math.Sin(angle), pieY - radius*math.Cos(angle)
	}
	to := min(s.to, s.from+0.9999) // an arc that ends where it begins is none
	large := 0
	if to-s.from > 0.5 {
		large = 1
	}
	x1, y1 := at(s.from, pieRadius)
	x2, y2 := at(to, pieRadius)
	out := fmt.Sprintf("M%.2f %.2fA%d %d 0 %d 1 %.2f %.2f", x1, y1, pieRadius, pieRadius, large, x2, y2)
	if !hollow {
		return out + fmt.Sprintf("L%d %dZ", pieX, pieY)
	}
	x3, y3 := at(to, holeRadius)
	x4, y4 := at(s.from, holeRadius)
	return out + fmt.Sprintf("L%.2f %.2fA%d %d 0 %d 0 %.2f %.2fZ", x3, y3, holeRadius, holeRadius, large, x4, y4)
}
