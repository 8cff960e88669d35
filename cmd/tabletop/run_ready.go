package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// recordingFlags are those that say how a workbook is run and where that is
// recorded; what is the thing that is made, for their help.
func (r *rehearsal) recordingFlags(f *pflag.FlagSet, what, forms string) {
	f.StringVar(&r.audit, "audit", "audit.db", "the audit to record it in")
	f.StringVar(&r.stores, "stores", "", "the file of event stores (default beside the audit, as in audit.stores.db)")
	f.StringVar(&r.reason, "reason", "", "why "+what+", for the audit")
	f.StringVar(&r.ticket, "ticket", "", "the ticket that it belongs to, for the audit")
	f.StringVarP(&r.output, "output", "o", "text", forms)
	f.IntVar(&r.maxRows, "max-rows", standardMaxRows, "the most rows that a block may give")
	f.IntVar(&r.keepRows, "keep-rows", 1000, "rows of each block that are kept and shown in JSON")
	f.BoolVar(&r.strict, "strict", false, "make errors of lines and files that can't be decoded and of Python that fails")
}

// bounds checks the form of the output and the numbers among the flags.
func (r *rehearsal) bounds(forms ...string) error {
	if err := outputForm(r.output, forms...); err != nil {
		return err
	}
	if r.maxRows < 1 || r.keepRows < 0 {
		return nothingRan(fmt.Errorf("--max-rows must be at least 1 and --keep-rows at least 0"))
	}
	return nil
}

// log opens the audit for the runs.
func (r *rehearsal) log(ctx context.Context) (*audit.Log, error) {
	keep := r.keepRows
	if keep == 0 {
		keep = -1 // 0 is the audit's own standard
	}
	log, err := audit.Open(ctx, r.audit, audit.Options{Now: time.Now, KeepRows: keep})
	return log, nothingRan(err)
}

// A readied is a workbook with its events read, before its clock is set.
type readied struct {
	*bench
	survey   *events.Survey
	files    []workbook.EventFile
	warnings []string
	// digest gives the program's, once.
	digest func() string
}

// ready prepares a workbook and reads its events. The bar may still show.
func (r *rehearsal) ready(ctx context.Context, c *console, path string) (*readied, error) {
	digest := make(chan string, 1)
	go func() { digest <- programDigest() }()
	r.bar = newBar(c)
	b, err := r.prepare(ctx, path, true)
	if err != nil {
		return nil, err
	}
	r.bar.show()
	out := &readied{bench: b, digest: sync.OnceValue(func() string { return <-digest })}
	if err := r.readEvents(ctx, out); err != nil {
		r.bar.hide()
		return nil, err
	}
	return out, nil
}

// readEvents surveys and hashes the events, and gathers what is to be said of
// them.
func (r *rehearsal) readEvents(ctx context.Context, out *readied) error {
	b := out.bench
	survey, warnings, err := r.surveyed(ctx, b, r.strict)
	if err != nil {
		return err
	}
	left, err := leftOut(ctx, b.set, r.strict)
	if err != nil {
		return nothingRan(err)
	}
	out.survey, out.warnings = survey, append(left, warnings...)
	for _, p := range b.warnings {
		p.Warning = false // which is said before all of them
		out.warnings = append(out.warnings, p.String())
	}
	if out.files, err = b.set.Hash(ctx); err != nil {
		return nothingRan(err)
	}
	out.files = append(out.files, b.options.Trigger.Guard.Files()...)
	return nil
}

// info gathers what the record says of a run whose clock stands at now.
func (y *readied) info(ctx context.Context, r *rehearsal, now time.Time, from string) (workbook.Info, error) {
	warnings := append(slices.Clone(y.warnings), y.options.Trigger.Guard.At(now).Expired()...)
	if r.signals > 0 {
		warnings = append(warnings, fmt.Sprintf("SIGNALS holds those of run %d as well", r.signals))
	}
	info := r.info(y.bench, y.files, now, from, warnings)
	info.Program = y.digest()
	var err error
	info.Terms, err = r.terms(ctx, y.bench)
	return info, nothingRan(err)
}

// info gathers what the record says of the run as a whole.
func (r *rehearsal) info(b *bench, files []workbook.EventFile, now time.Time, from string, warnings []string) workbook.Info {
	zone := b.zoneOr(time.UTC)
	name, host := whoami()
	// Without the absolute path why looks beside the workbook.
	lies, _ := filepath.Abs(b.set.Path)
	mode := workbook.ModeRehearse
	if r.planning {
		mode = workbook.ModePlan
	}
	return workbook.Info{
		Workbook: b.program.Workbook, Mode: mode, Now: now, NowSource: from, Zone: zone,
		Called: calledTexts(b.program), Parameters: b.program.Parameters, User: name, Host: host, Reason: r.reason, Ticket: r.ticket,
		Version: version(), Integrations: b.integrations, Guard: b.guard, Events: lies, Files: files, Warnings: warnings,
	}
}
