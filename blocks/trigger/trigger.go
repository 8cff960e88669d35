// Package trigger is the block that acts: for each row it fills a webhook
// configuration, judges the target and hands the request to a vendor. In go
// integrations.yaml, the rows of the block before, a guard and a vendor; out
// come one action a row with its two answers, what DNIF would do and what
// tabletop says, and the rows with $WebhookStatus and $WebhookResponse.
//
// A rehearsal's vendor is the simulator in this process: nothing here opens a
// connection. The order of an action stands in (*pass).act. Fill builds the
// requests of a plan anew, for package delivery to send.
package trigger

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// The columns that a trigger adds: True or False, and the vendor's answer as
// text.
const (
	StatusColumn   = "$WebhookStatus"
	ResponseColumn = "$WebhookResponse"
)

// Guard is the guard of package guard.
type Guard = guard.Guard

// NewGuard makes a guard without own lists.
func NewGuard() *Guard { return guard.New() }

// LoadGuard makes a guard with the own lists in the file at path. Its error is
// source.Problems where the file has mistakes.
func LoadGuard(path string) (*Guard, error) { return guard.Load(path) }

// RecordedGuard makes a guard of own lists whose text a record kept.
func RecordedGuard(document workbook.Document) (*Guard, error) { return guard.Recorded(document) }

// Options are the circumstances of triggers.
type Options struct {
	// Integrations are the configurations, nil where no file was found.
	Integrations *Integrations
	// IntegrationsPath is where they were looked for, for the message.
	IntegrationsPath string
	// Broken says that the file was found, and has mistakes that are told: what it
	// should hold can't be missed.
	Broken bool
	// Guard judges targets; nil is the guard without own lists.
	Guard *Guard
	// Vendor gets the requests that the guard lets through: the simulator in a
	// rehearsal.
	Vendor http.RoundTripper
	// Planning has actions carry what a plan needs of them: the values that they
	// are filled with, the inverse request and their effect.
	Planning bool
	// Look finds what the events say of files, by hashes as guard.Hashes gives
	// them; nil where no events are at hand.
	Look func(ctx context.Context, hashes []string) (guard.Sightings, error)
}

// Kind is the kind of block `trigger: <configuration>`.
func Kind(o Options) workbook.Kind {
	return workbook.Kind{
		Name:   "trigger",
		Doc:    "one request a row through a webhook configuration of integrations.yaml",
		Config: source.Text{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			name, ok := b.Body.Text()
			if !ok {
				p.Report(b.Body.Problem("a trigger must be the name of a configuration", "write it as trigger: 'Trend Micro XDR: Block IP'"))
				return nil
			}
			return Prepare(name, 0, o, p)
		},
	}
}

// Prepare checks a trigger against what comes into it and returns the step that
// runs it, nil after a mistake. The configuration's name begins at offset in
// text: it is what stands in the quotes there, or without quotes the rest of the
// text, so that a DQL directive is prepared as the kind itself is.
func Prepare(text source.Text, offset int, o Options, p *workbook.Preparation) workbook.Step {
	name := nameAt(text.Value, offset)
	if p.First {
		p.Report(text.Problem(offset, "a trigger needs rows, and no block before it gives any", "put a block such as sql, search or dql before it"))
	}
	columns := p.In
	p.Out = workbook.Columns{Names: withColumns(columns.Names), Known: columns.Known}
	if o.Integrations == nil && o.Broken {
		return nil
	}
	if o.Integrations == nil {
		p.Report(text.Problem(offset, "no integrations.yaml found beside the workbook or in the folder above it", notFoundFix(o.IntegrationsPath)))
		return nil
	}
	integration, suggestion := o.Integrations.Find(name)
	if integration == nil {
		p.Report(text.Problem(offset, "no configuration "+guard.Quote(name)+" in "+o.Integrations.document.Path, suggestion))
		return nil
	}
	if fix := integration.called(); fix != "" {
		p.Report(text.Problem(offset, name+" is no webhook", fix))
		return nil
	}
	if columns.Known && !p.First {
		for _, n := range integration.needs() {
			if workbook.ColumnIndex(columns.Names, n.field) < 0 {
				p.Report(text.Problem(offset, n.where+" of "+name+" needs "+n.field+", which no block before gives", source.DidYouMean(n.field, columns.Names)).Coded(findings.PayloadColumn))
			}
		}
	}
	return newStep(integration, o, integration.facts(text.Spot(offset), columns))
}

func notFoundFix(path string) string {
	if path == "" {
		return "put one there, or name it with --integrations"
	}
	return "looked for " + path + "; put one there, or name it with --integrations"
}

// nameAt reads the name of a configuration; the offset may be that of its
// opening quote or of its first byte.
func nameAt(text string, offset int) string {
	offset = min(max(offset, 0), len(text))
	rest, quote := text[offset:], ""
	switch {
	case rest != "" && strings.ContainsRune(`'"`, rune(rest[0])):
		quote, rest = rest[:1], rest[1:]
	case offset > 0 && strings.ContainsRune(`'"`, rune(text[offset-1])):
		quote = text[offset-1 : offset]
	}
	if end := strings.Index(rest, quote); quote != "" && end >= 0 {
		return rest[:end]
	}
	return strings.TrimSpace(rest)
}

// withColumns adds the columns of the answer where they are not there yet.
func withColumns(columns []string) []string {
	columns = slices.Clone(columns)
	for _, name := range []string{StatusColumn, ResponseColumn} {
		if !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	return columns
}
