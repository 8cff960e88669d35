package main

import (
	"context"
	"fmt"

	"tabletop/audit"
	"tabletop/workbook"
)

// earlier are the signals of the run that --signals names.
func (r *rehearsal) earlier(ctx context.Context) ([]workbook.Signal, error) {
	if r.signals == 0 {
		return nil, nil
	}
	reader, err := audit.OpenReader(ctx, r.audit)
	if err != nil {
		return nil, nothingRan(err)
	}
	defer reader.Close()
	run, err := reader.Show(ctx, r.signals)
	if err != nil {
		return nil, nothingRan(fmt.Errorf("--signals: %w", err))
	}
	return raised(ctx, reader, run)
}

// raised are the signals of a recorded run as runs behind it read them: each says
// which workbook raised it.
func raised(ctx context.Context, reader *audit.Reader, run audit.Run) ([]workbook.Signal, error) {
	called, err := recordedCalls(ctx, reader, run)
	for i := range run.Signals {
		s := &run.Signals[i]
		s.RaisedBy = run.Workbook.Name
		if s.Run > 0 {
			s.RaisedBy = called[s.Run].Workbook.Name
		}
	}
	return run.Signals, err
}
