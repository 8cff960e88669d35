package report

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"tabletop/workbook"
)

// A signal is a signal with where it came from.
type signal struct {
	// Number is its number within its run, with the run where that is one of a
	// called workbook; ID names it within the report.
	Number, ID          string
	Name, Severity      string
	Score               int
	Target, Suspect     string
	Times, Seen, Tactic string
	From                place
	// Knowledge is what the workbook's author says to the analyst: as HTML, and
	// as it was written.
	Knowledge template.HTML
	Written   string
}

func (r *reporter) signals() (shown []signal, more string) {
	all := r.from.Signals
	numbers := map[int64]int{}
	for i, s := range all[:min(len(all), mostSignals)] {
		if r.full() {
			break
		}
		written := r.lines(s.Knowledge, textBytes)
		numbers[s.Run]++
		out := signal{
			Number: fmt.Sprintf("s%d", numbers[s.Run]), ID: fmt.Sprintf("s%d", i+1), Name: r.line(s.Name, valueBytes), Severity: r.line(s.Severity, cellBytes), Score: s.Score, Target: r.pairs(s.Target), Suspect: r.pairs(s.Suspect),
			Times: plural(s.Occurrences, "time", "times"), Seen: seen(s), Knowledge: prose(written), Written: written,
		}
		if s.Run > 0 {
			out.Number += fmt.Sprintf(" of run %d", s.Run)
		} else {
			out.From = place{Block: s.Block, Row: s.Row}
		}
		var tactic []string
		for _, part := range []string{s.Tactic, s.Technique, s.Subtechnique} {
			if part != "" {
				tactic = append(tactic, r.line(part, cellBytes))
			}
		}
		out.Tactic = strings.Join(tactic, ", ")
		shown = append(shown, out)
	}
	return shown, leftOut(len(all), len(shown), "signals")
}

// seen is when a signal was raised.
func seen(s workbook.Signal) string {
	if s.FirstSeen.Equal(s.LastSeen) {
		return at(s.FirstSeen)
	}
	return at(s.FirstSeen) + " to " + at(s.LastSeen)
}

// pairs writes a target or a suspect.
func (r *reporter) pairs(fields map[string]string) string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, r.line(key, cellBytes)+" "+r.line(fields[key], valueBytes))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}
