package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A Part is what of an audit is exported.
type Part string

// The parts.
const (
	ExportActions Part = "actions"
	ExportSignals Part = "signals"
	ExportRows    Part = "rows"
	ExportEntries Part = "entries"
)

// Parts lists them in the order in which all of them are exported.
var Parts = []Part{ExportActions, ExportSignals, ExportRows, ExportEntries}

// An ExportFilter says which records are exported: those that meet all of it.
// Its zero value takes all of them.
type ExportFilter struct {
	// Run is a run's number; 0 for all.
	Run int64
	// Workbook is a workbook's name or the path of its file, as recorded.
	Workbook string
	// A record is in if it was recorded at Since or later and before Until. What
	// is zero bounds nothing.
	Since, Until time.Time
	// Verdicts are those of actions, any of them.
	Verdicts []workbook.Verdict
	// Targets are those of actions, of signals (or their suspects), or what an
	// entry is looked up by, any of them; in any way of writing.
	Targets []string
}

// Lacks names what the filter asks for that a part has not, and is empty where
// it fits.
func (f ExportFilter) Lacks(part Part) string {
	switch {
	case len(f.Verdicts) > 0 && part != ExportActions:
		return "verdict"
	case len(f.Targets) > 0 && part == ExportRows:
		return "target"
	}
	return ""
}

// An ExportRecord is one of *ActionRecord, *SignalRecord, *RowRecord and
// *EntryRecord. It marshals as a JSON object.
//
// Texts are as they came from the workbook or the events. Those that are not
// UTF-8, or hold U+FFFD themselves, are as the audit stores them: a byte as
// U+FFFD and two hexadecimal digits, U+FFFD as two of it. An entry's are as
// they are stored, so that its digest can be computed.
type ExportRecord interface {
	// Cells are its values as one row of a table; ExportColumns names them.
	Cells() []workbook.Value
}

// ExportColumns names the columns of a part's records.
func ExportColumns(part Part) []string {
	switch part {
	case ExportActions:
		return actionRecordColumns
	case ExportSignals:
		return signalRecordColumns
	case ExportRows:
		return rowRecordColumns
	case ExportEntries:
		return entryRecordColumns
	}
	return nil
}

// Exported is what an export came to.
type Exported struct {
	Records int64
	// Purged counts the records whose bodies are gone.
	Purged int64
}

// ErrNoWorkbook is a workbook that no recorded run is of.
var ErrNoWorkbook = errors.New("no such workbook")

// Export hands over the records of a part that a filter lets in, one by one and
// never more than one at a time in memory: entries in their order, the others
// run by run and within a run by their numbers. All of it is of one moment. A
// run that the audit does not hold is ErrNoRun, a workbook ErrNoWorkbook. An
// error of each ends the export.
func (r *Reader) Export(ctx context.Context, part Part, f ExportFilter, each func(ExportRecord) error) (Exported, error) {
	if lacks := f.Lacks(part); lacks != "" {
		return Exported{}, fmt.Errorf("export %s: they have no %s to choose by", part, lacks)
	}
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return Exported{}, explain(r.path, "read", defaultWait, err)
	}
	defer tx.Rollback()
	e := &exporter{reader: r, tx: tx, filter: f, targets: targetForms(f.Targets), each: each}
	if err := e.known(ctx); err != nil {
		return e.done, err
	}
	if part == ExportEntries {
		return e.done, e.entries(ctx)
	}
	return e.done, e.runs(ctx, part)
}

// An exporter is an export under way.
type exporter struct {
	reader *Reader
	tx     *sqlx.Tx
	filter ExportFilter
	// targets are those of the filter in each form in which they may stand.
	targets map[string]bool
	each    func(ExportRecord) error
	done    Exported
}

func (e *exporter) hand(record ExportRecord) error {
	e.done.Records++
	return e.each(record)
}

// failed is an error of reading in words that a user can act on.
func (e *exporter) failed(err error) error {
	return explain(e.reader.path, "read", defaultWait, err)
}

// known returns an error where the filter names what is not there.
func (e *exporter) known(ctx context.Context) error {
	if e.filter.Run != 0 {
		var n int
		err := e.tx.GetContext(ctx, &n, "SELECT count(*) FROM entries WHERE kind = 'run' AND run = ?", e.filter.Run)
		switch {
		case err != nil:
			return e.failed(err)
		case n == 0:
			return e.reader.missing(ctx, e.tx, e.filter.Run)
		}
	}
	if e.filter.Workbook == "" {
		return nil
	}
	names, err := workbookNames(ctx, e.tx)
	if err != nil {
		return e.failed(err)
	}
	return knownWorkbook(e.filter.Workbook, names)
}

// knownWorkbook returns an error where no run is of a workbook with the name or
// path.
func knownWorkbook(wanted string, names []string) error {
	for _, name := range names {
		if name == wanted {
			return nil
		}
	}
	hint := source.DidYouMean(wanted, names)
	if hint == "" {
		hint = "tabletop versions lists them"
	}
	return fmt.Errorf("%w in the audit: %s; %s", ErrNoWorkbook, wanted, hint)
}

// workbookNames lists the names and paths of the workbooks of all runs.
func workbookNames(ctx context.Context, tx *sqlx.Tx) ([]string, error) {
	var stored []string
	err := tx.SelectContext(ctx, &stored, `
		SELECT json_extract(b.body, '$.workbook.name') FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 'run' AND json_extract(b.body, '$.workbook.name') > ''
		UNION SELECT json_extract(b.body, '$.workbook.path') FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 'run' AND json_extract(b.body, '$.workbook.path') > ''`)
	for i, name := range stored {
		if plain, wrong := decodeText(name); wrong == nil {
			stored[i] = plain
		}
	}
	return stored, err
}

// recorded is the part of a condition that bounds the time, for an entry e.
func (e *exporter) recorded() (condition string, args []any) {
	var b strings.Builder
	if !e.filter.Since.IsZero() {
		b.WriteString(" AND e.time >= ?")
		args = append(args, stampUp(e.filter.Since))
	}
	if !e.filter.Until.IsZero() {
		b.WriteString(" AND e.time < ?")
		args = append(args, stampUp(e.filter.Until))
	}
	return b.String(), args
}

// stampUp is the first stamp that is not before a time.
func stampUp(t time.Time) string { return stamp(t.Add(time.Millisecond - time.Nanosecond)) }
