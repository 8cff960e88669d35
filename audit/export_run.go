package audit

import (
	"context"
	"time"
)

// A RecordedIn is what an exported record says of the run that it is of.
type RecordedIn struct {
	Workbook string `json:"workbook"`
	Mode     string `json:"mode"`
	User     string `json:"user"`
	Host     string `json:"host"`
	// RunReason and Ticket are those that were given for the run.
	RunReason string `json:"run_reason"`
	Ticket    string `json:"ticket"`
	// Undoes says that the run applies a plan that takes actions back.
	Undoes bool `json:"undoes"`
	// Clock is the time that the run took for now; zero where its record is purged.
	Clock time.Time `json:"-"`

	version, workbookDigest string
}

// An exportRun is a run whose records are exported.
type exportRun struct {
	number int64
	RecordedIn
}

// runs exports a part of the runs that the filter lets in.
func (e *exporter) runs(ctx context.Context, part Part) error {
	export := map[Part]func(context.Context, exportRun) error{
		ExportActions: e.actions, ExportSignals: e.signals, ExportRows: e.rows,
	}[part]
	for after := int64(0); ; {
		// One at a time: what a run's own query reads would else be read under
		// this one.
		var next struct {
			Run  int64   `db:"run"`
			Body *string `db:"body"`
		}
		err := e.tx.GetContext(ctx, &next, `
			SELECT e.run, b.body FROM entries e LEFT JOIN bodies b ON b.seq = e.seq
			WHERE e.kind = 'run' AND e.run > ? AND (? = 0 OR e.run = ?) ORDER BY e.run LIMIT 1`, after, e.filter.Run, e.filter.Run)
		if missing(err) {
			return nil
		}
		if err != nil {
			return e.failed(err)
		}
		after = next.Run
		run := exportRun{number: next.Run}
		if next.Body = held(next.Body); next.Body != nil {
			var said runBody
			if err := decodeBody(*next.Body, &said); err != nil {
				return e.reader.broken(next.Run, err)
			}
			if run.RecordedIn, err = e.recordedIn(ctx, said); err != nil {
				return err
			}
			if w := e.filter.Workbook; w != "" && w != string(said.Workbook.Name) && w != string(said.Workbook.Path) {
				continue
			}
		} else if e.filter.Workbook != "" {
			continue
		}
		if err := export(ctx, run); err != nil {
			return err
		}
	}
}

func (e *exporter) recordedIn(ctx context.Context, said runBody) (RecordedIn, error) {
	in := RecordedIn{
		Workbook: readable(string(said.Workbook.Name)), Mode: readable(string(said.Mode)), User: readable(string(said.User)), Host: readable(string(said.Host)),
		RunReason: readable(string(said.Reason)), Ticket: readable(string(said.Ticket)),
		Clock:   said.Now.Time,
		version: readable(string(said.Version)), workbookDigest: said.Workbook.Digest,
	}
	if said.Plan == "" {
		return in, nil
	}
	err := e.tx.GetContext(ctx, &in.Undoes, `
		SELECT EXISTS (SELECT 1 FROM bodies pb JOIN entries p ON p.seq = pb.seq AND p.kind = 'plan'
			JOIN entries m ON m.run = p.run AND m.kind = 'run' JOIN bodies mb ON mb.seq = m.seq
			WHERE pb.subject = ? AND json_extract(mb.body, '$.mode') = 'undo')`, encodeText(string(said.Plan)))
	if err != nil {
		return in, e.failed(err)
	}
	return in, nil
}

// exportTime is the time of an entry as it is exported.
func exportTime(stored string) (time.Time, error) { return time.Parse(time.RFC3339Nano, stored) }
