package audit

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// A Past is an earlier rehearsal of a workbook, in numbers.
type Past struct {
	Run int64
	// Now is the clock at which it ran.
	Now       time.Time
	Signals   int
	WouldSend int
	Blocks    []PastBlock
}

// A PastBlock is a block of an earlier rehearsal.
type PastBlock struct {
	Index   int
	Kind    string
	Text    string
	RowsOut int
}

// pastWithin bounds how many of the newest runs, of any workbook, are looked at.
const pastWithin = 300

// Past lists the completed rehearsals of the workbook of a name before a run, the
// newest first and no more than most. Those of one clock count once, the newest:
// the same events asked again say nothing new. Nor do runs that somebody left a
// block out of: what their later blocks gave is not the workbook's.
func (l *Log) Past(ctx context.Context, name string, before int64, most int) ([]Past, error) {
	past, err := pastRuns(ctx, l.db, name, before, most)
	return past, explain(l.path, "read", l.wait, err)
}

func pastRuns(ctx context.Context, db sqlx.QueryerContext, name string, before int64, most int) ([]Past, error) {
	var found []struct {
		Run  int64
		Time string
		Body string
		End  string
	}
	err := sqlx.SelectContext(ctx, db, &found, `
		SELECT e.run, e.time, b.body, xb.body AS "end" FROM entries e
		JOIN bodies b ON b.seq = e.seq
		JOIN entries x ON x.run = e.run AND x.kind = 'end'
		JOIN bodies xb ON xb.seq = x.seq
		WHERE e.kind = 'run' AND e.run < ? ORDER BY e.run DESC LIMIT ?`, before, pastWithin)
	if err != nil {
		return nil, err
	}
	var out []Past
	clocks := map[time.Time]bool{}
	for _, f := range found {
		if len(out) == most {
			break
		}
		if wasRemoved(f.Body) || wasRemoved(f.End) {
			continue
		}
		run := Run{Number: f.Run}
		if run.begin(f.Time, f.Body) != nil {
			continue // which verify tells of
		}
		var ended endBody
		if run.Workbook.Name != name || run.Caller != nil || !rehearses(run.Mode) || decodeBody(f.End, &ended) != nil || string(ended.Status) != workbook.Completed || clocks[run.Now.UTC()] {
			continue
		}
		past := Past{Run: f.Run, Now: run.Now, Signals: ended.Signals, WouldSend: ended.DNIFSends}
		whole := false
		if past.Blocks, whole, err = pastBlocks(ctx, db, f.Run); err != nil {
			return nil, err
		}
		if !whole {
			continue
		}
		clocks[run.Now.UTC()] = true
		out = append(out, past)
	}
	return out, nil
}

// rehearses reports whether a mode runs a workbook's blocks.
func rehearses(mode string) bool {
	return mode == workbook.ModeRehearse || mode == workbook.ModePlan || mode == workbook.ModeStream
}

// pastBlocks are the blocks of a run, and whether none was left out.
func pastBlocks(ctx context.Context, db sqlx.QueryerContext, run int64) (out []PastBlock, whole bool, err error) {
	var found []struct {
		Block int
		Body  string
	}
	err = sqlx.SelectContext(ctx, db, &found, `
		SELECT e.block, b.body FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'block' ORDER BY e.block`, run)
	if err != nil {
		return nil, false, err
	}
	whole = true
	for _, f := range found {
		var said blockBody
		if wasRemoved(f.Body) || decodeBody(f.Body, &said) != nil {
			continue
		}
		whole = whole && !said.Skipped
		out = append(out, PastBlock{f.Block, string(said.Kind), string(said.Text), said.RowsOut})
	}
	return out, whole, nil
}
