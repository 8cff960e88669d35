package report

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The measures of the picture, in its own units: those of CSS on a wide screen.
// A phone shows it at about four fifths.
const (
	pictureWidth = 460
	boxLeft      = 6
	boxWidth     = 318
	boxMiddle    = boxLeft + boxWidth/2
	sideLeft     = boxLeft + boxWidth + 26
	arrowLength  = 40
	lineHeight   = 21
)

// A picture is what is drawn, from top to bottom.
type picture struct {
	Width, Height int
	// Described says in words what the picture shows.
	Described string
	Boxes     []box
	Arrows    []arrow
	Sides     []side
}

// A box is a block, or the events that the first one reads.
type box struct {
	X, Y, Width, Height int
	// Class is events, block or bad.
	Class        string
	Title, Right string
	Lines        []label
	Chips        []chip
}

// A label is a line of text; its place is that of its left end on the base line.
type label struct {
	X, Y  int
	Class string
	Text  string
}

// A chip is a coloured square before the count of a verdict.
type chip struct {
	label
	// Top is the upper edge of the square.
	Top int
}

// An arrow leads down from one box to the next.
type arrow struct {
	X, From, To  int
	TextX, TextY int
	Text         string
}

// A side is what stands right of a box: what it left out, or what it reads.
type side struct {
	From, To, Y int
	// In says that it leads into the box.
	In    bool
	Lines []label
}

// draw lays out the steps.
func draw(steps []step, events int64, more bool) picture {
	p := picture{Width: pictureWidth}
	if len(steps) == 0 {
		return p
	}
	y := 4
	if steps[0].Asks {
		p.Boxes = append(p.Boxes, box{X: boxLeft, Y: y, Width: boxWidth, Height: 34, Class: "events", Title: plural(events, "event", "events")})
		y += 34
	}
	for i, s := range steps {
		if i > 0 || !s.Asks {
			y = p.lead(y, s)
		} else {
			y = p.arrow(y, "")
		}
		y = p.box(y, s, i > 0)
	}
	last := steps[len(steps)-1]
	switch {
	case last.Failed:
	case more:
		y = p.arrow(y, "to further blocks")
	default:
		y = p.arrow(y, plural(last.Out, "row", "rows")+" at the end")
	}
	p.Height = y + 6
	p.Described = described(steps, events)
	return p
}

// lead draws the way from one block to the next.
func (p *picture) lead(y int, s step) int {
	text := plural(s.In, "row", "rows")
	if s.Asks {
		text += ", not read"
	}
	return p.arrow(y, text)
}

func (p *picture) arrow(y int, text string) int {
	p.Arrows = append(p.Arrows, arrow{X: boxMiddle, From: y, To: y + arrowLength, TextX: boxMiddle + 12, TextY: y + arrowLength/2 + 3, Text: text})
	return y + arrowLength
}

// box draws a step and what stands beside it.
func (p *picture) box(y int, s step, again bool) int {
	b := box{X: boxLeft, Y: y, Width: boxWidth, Class: "block", Title: cut(strconv.Itoa(s.Index)+"  "+s.Kind+spaced(s.Name), 28), Right: s.Seconds}
	at := y + 23
	add := func(class, text string, width int) {
		at += lineHeight
		b.Lines = append(b.Lines, label{X: boxLeft + 12, Y: at, Class: class, Text: cut(text, width)})
	}
	if s.Text != "" {
		add("code", s.Text, 39)
	}
	for _, made := range s.Made {
		add("", made, 38)
	}
	if s.Failed {
		b.Class = "block bad"
		add("bad", "failed: the run ended here", 38)
	}
	for _, t := range s.Tallies {
		at += lineHeight
		b.Chips = append(b.Chips, chip{label{boxLeft + 32, at, tone(t.Verdict), cut(grouped(int64(t.Count))+" "+t.Verdict, 36)}, at - 12})
	}
	b.Height = at + 13 - y
	p.Boxes = append(p.Boxes, b)
	p.beside(b, s, again)
	return y + b.Height
}

// beside draws what a step reads from the side and what it leaves out.
func (p *picture) beside(b box, s step, again bool) {
	edge, at := b.X+b.Width, b.Y+18
	if s.Asks && again {
		p.Sides = append(p.Sides, side{From: sideLeft - 4, To: edge, Y: at, In: true, Lines: []label{{X: sideLeft, Y: at + 5, Text: "events"}}})
		at += 30
	}
	if len(s.Left) == 0 {
		return
	}
	out := side{From: edge, To: sideLeft - 4, Y: at}
	for i, text := range s.Left {
		out.Lines = append(out.Lines, label{X: sideLeft, Y: at + 5 + i*17, Text: cut(text, 15)})
	}
	p.Sides = append(p.Sides, out)
}

// cut shortens a text to so many columns.
func cut(text string, columns int) string { return ansi.Truncate(text, columns, "…") }

func spaced(name string) string {
	if name == "" {
		return ""
	}
	return "  " + name
}

// described tells the picture in words.
func described(steps []step, events int64) string {
	said := []string{plural(events, "event", "events") + " were read."}
	for _, s := range steps {
		text := "Block " + strconv.Itoa(s.Index) + " (" + s.Kind + "): in " + s.Came() + "; out " + plural(s.Out, "row", "rows")
		if s.Dropped != "" {
			text += "; left out " + s.Dropped
		}
		if what := s.What(); what != "" {
			text += "; " + what
		}
		said = append(said, text+".")
	}
	return strings.Join(said, " ")
}

// tone is the class of a verdict's colour: what would go or went, what a person
// must look at, and what is refused or went wrong.
func tone(verdict string) string {
	switch verdict {
	case "would_send", "sent":
		return "good"
	case "deduplicated", "needs_approval", "unknown", "undone":
		return "ask"
	}
	return "bad"
}

// Left, Top, Across and Down are the frame of a box, half its line inside.
func (b box) Left() int { return b.X + 1 }

// Top is the frame's upper edge.
func (b box) Top() int { return b.Y + 1 }

// Across is the frame's width.
func (b box) Across() int { return b.Width - 2 }

// Down is the frame's height.
func (b box) Down() int { return b.Height - 2 }

// TextX is where the title begins.
func (b box) TextX() int { return b.X + 12 }

// TextY is the title's base line.
func (b box) TextY() int { return b.Y + 23 }

// RightX is where what stands right of the title ends.
func (b box) RightX() int { return b.X + b.Width - 12 }
