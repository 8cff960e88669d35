// Package report writes a recorded run for people who were not there: as one HTML
// file that needs no network, and as Markdown for a ticket. What goes in is a
// Story, read from the audit; whatever events, workbooks and vendors say comes out
// as text, never as markup, and no address in it is a link.
package report

import (
	"fmt"
	"io"

	"tabletop/audit"
	"tabletop/workbook"
)

// A Story is a run with what other runs have to do with it.
type Story struct {
	Run audit.Run
	// Maker is the run that made the plan that Run sends; nil for a run that
	// sends none.
	Maker *audit.Run
	// Evidence are the events behind actions whose rows neither run has, such as
	// those of called workbooks, by the numbers of the actions.
	Evidence map[int]workbook.Evidence
	// Applied are the runs that the plan of Run was given to.
	Applied []audit.Application
	// Settled are the actions of other runs whose outcome Run found out.
	Settled []audit.Settlement
}

// Limits bound what a report shows; what it leaves out it counts.
type Limits struct {
	// Rows is the most rows of a block, Actions the most actions.
	Rows, Actions int
}

// Standard are the limits of a report that people read.
var Standard = Limits{Rows: 50, Actions: 500}

// The most of everything else that a report shows, so that hostile events can
// make none that can't be opened.
const (
	mostBlocks    = 200
	mostColumns   = 40
	mostSignals   = 200
	mostFiles     = 200
	mostWarnings  = 100
	mostListed    = 50 // headers, parameters, approvals, changes of stores
	mostPositions = 20
	mostTargets   = 10 // named for a rule of the guard

	cellBytes    = 500
	valueBytes   = 2_000
	payloadBytes = 8_000
	textBytes    = 16_000
	// reportBytes is the most that all texts from outside take, with a little for
	// what stands around each.
	aroundBytes = 16
	reportBytes = 4 << 20
	// blocksBytes is the part of it that actions leave to signals and blocks.
	blocksBytes = reportBytes / 4
)

// HTML writes a run as one HTML file. An error is one of w.
func HTML(w io.Writer, s Story, l Limits) error {
	if err := parsed().Execute(w, newDocument(newPage(s, l))); err != nil {
		return fmt.Errorf("write the report of run %d: %w", s.Run.Number, err)
	}
	return nil
}

// Markdown writes a run as Markdown. An error is one of w.
func Markdown(w io.Writer, s Story, l Limits) error {
	m := &markdown{}
	m.page(newPage(s, l))
	if _, err := w.Write(m.Bytes()); err != nil {
		return fmt.Errorf("write the report of run %d: %w", s.Run.Number, err)
	}
	return nil
}
