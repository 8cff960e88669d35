package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"tabletop/workbook/events"
)

// barAfter is how long a reading lasts before it is worth a bar.
const barAfter = 2 * time.Second

// A bar shows how much of the events has been read, on a terminal alone. It is
// hidden before anything else is printed.
type bar struct {
	out      io.Writer
	progress *events.Progress
	width    int
	// after gives the moment from which the bar is shown.
	after func() <-chan time.Time
	// hidden is closed to hide the bar, gone once it is.
	hidden, gone chan struct{}
}

// newBar makes the bar of a command; nil where stderr is no terminal or -q was
// given. It is shown two seconds after show.
func newBar(c *console) *bar {
	f, ok := c.err.(*os.File)
	if !ok || c.quiet || !term.IsTerminal(f.Fd()) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	b := &bar{out: f, progress: new(events.Progress), width: narrow, after: func() <-chan time.Time { return time.After(barAfter) }}
	if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
		b.width = min(w, narrow)
	}
	return b
}

// counter is what a set of events is to count with; nil for no bar.
func (b *bar) counter() *events.Progress {
	if b == nil {
		return nil
	}
	return b.progress
}

// show lets the bar come, unless hide is called before.
func (b *bar) show() {
	if b == nil || b.hidden != nil {
		return
	}
	b.hidden, b.gone = make(chan struct{}), make(chan struct{})
	go func(hidden <-chan struct{}, gone chan<- struct{}) {
		defer close(gone)
		b.draw(hidden)
	}(b.hidden, b.gone)
}

// hide takes the bar away. Nothing of it is left when it returns.
func (b *bar) hide() {
	if b == nil || b.hidden == nil {
		return
	}
	close(b.hidden)
	<-b.gone
	b.hidden = nil
}

// barEvery is how often the bar is drawn.
const barEvery = 100 * time.Millisecond

func (b *bar) draw(hidden <-chan struct{}) {
	start, before := time.Now(), b.progress.All()
	select {
	case <-hidden:
		return
	case <-b.after():
	}
	container := mpb.New(mpb.WithOutput(b.out), mpb.ForceTTY(), mpb.ForceAutoRefresh(), mpb.WithRefreshRate(barEvery), mpb.WithWidth(b.width))
	shown := container.New(0, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.amount() })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return byteText(float64(b.progress.All()-before)/max(time.Since(start).Seconds(), 0.001)) + "/s"
		})))
	for again := time.NewTicker(barEvery); ; {
		read, total := b.progress.Bytes()
		shown.SetTotal(total, false)
		shown.SetCurrent(min(read, max(total-1, 0))) // at its end it would stay
		select {
		case <-hidden:
			again.Stop()
			shown.Abort(true)
			container.Wait()
			return
		case <-again.C:
		}
	}
}

// amount tells what was read of what there is.
func (b *bar) amount() string {
	read, total := b.progress.Bytes()
	return "reading events " + byteText(float64(read)) + " / " + byteText(float64(total)) + " "
}

// byteText writes an amount of bytes in three digits.
func byteText(n float64) string {
	for _, unit := range []string{"B", "kB", "MB"} {
		if n < 999.5 {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f GB", n)
}
