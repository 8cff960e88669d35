package trigger

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/message"
	"tabletop/workbook"
	"tabletop/workbook/stores/tablefile"
)

// A notification is a notification block that has been prepared.
type notification struct {
	step *step
	// perRow is one e-mail a row, else one for all.
	perRow           bool
	to, cc, bcc      []template
	subject, message template
	// rows is how many rows a consolidated e-mail has, 0 for all, and columns
	// which of them, none for all.
	rows    int
	columns []string
}

// Run makes one action of all rows, or one of each. Where ctx ends, what was
// done so far is returned with the error.
func (n *notification) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	if n.step.rehearser.vendor == nil {
		return workbook.Output{}, errors.New("no vendor to rehearse with")
	}
	out := workbook.Output{Table: workbook.Table{Columns: in.Columns, Rows: make([]workbook.Row, len(in.Rows))}}
	for i, row := range in.Rows {
		row.From = i + 1
		out.Table.Rows[i] = row
	}
	letters := workbook.Table{Columns: []string{recipientsColumn, messageColumn}}
	p := n.step.pass(letters, env)
	columns := n.indexes(in)
	var ended error
	switch {
	case len(in.Rows) == 0:
	case n.perRow:
		for i, row := range in.Rows {
			if ended = ctx.Err(); ended != nil {
				break
			}
			p.actions = append(p.actions, n.act(ctx, p, i+1, filler{columns: columns, values: row.Values}, nil))
		}
	default:
		chosen := in
		if n.rows > 0 {
			chosen.Rows = in.Rows[:min(n.rows, len(in.Rows))]
		}
		// It comes of all rows, and so of none alone.
		p.actions = append(p.actions, n.act(ctx, p, 0, filler{columns: columns, values: distinct(chosen)}, &chosen))
	}
	out.Actions = p.actions
	out.Warnings = append(n.missing(in, columns), p.warnings(letters)...)
	return out, ended
}

// act makes the action of one e-mail, of a row or of a table that is attached.
func (n *notification) act(ctx context.Context, p *pass, row int, f filler, attached *workbook.Table) workbook.Action {
	recipients, text, err := n.write(f, attached)
	if err == nil {
		a := p.act(ctx, len(p.actions), workbook.Row{Values: []workbook.Value{recipients, text}})
		a.Row = row
		return a
	}
	a := workbook.Action{
		Number: p.before + len(p.actions) + 1, Row: row, Integration: p.integration.Name, Type: guard.TypeRecipients,
		DNIF: workbook.DNIFUnpublished, Verdict: workbook.Invalid, Reason: err.Error(),
	}
	if !p.integration.Enabled {
		a.DNIF = workbook.DNIFNoRequest
	}
	return a
}

// write fills the e-mail. Its error is one sentence that says why there is none.
func (n *notification) write(f filler, attached *workbook.Table) (recipients, text string, err error) {
	m := message.Message{From: n.step.integration.sender}
	var all []string
	for _, kind := range []struct {
		templates []template
		into      *[]netmail.Address
	}{{n.to, &m.To}, {n.cc, &m.Cc}, {n.bcc, new([]netmail.Address)}} {
		for _, t := range kind.templates {
			address, err := n.address(t, f)
			if err != nil {
				return "", "", err
			}
			*kind.into = append(*kind.into, address)
			all = append(all, address.Address)
		}
	}
	if recipients, err = everyone(all); err != nil {
		return "", "", err
	}
	if m.Subject, err = n.subject.fill(f); err != nil {
		return "", "", fmt.Errorf("the subject can't be filled: %w", err)
	}
	m.Subject = shortened(m.Subject)
	if m.Text, err = n.message.fill(f); err != nil {
		return "", "", fmt.Errorf("the message can't be filled: %w", err)
	}
	if attached != nil {
		if m.CSV, err = n.csv(*attached); err != nil {
			return "", "", err
		}
	}
	text, err = m.Write()
	return recipients, text, err
}

// address fills a recipient, who must be exactly one whatever the row holds.
func (n *notification) address(t template, f filler) (netmail.Address, error) {
	text, err := t.fill(f)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("a recipient can't be filled: %w", err)
	}
	address, err := readAddress(text)
	if err != nil {
		return address, fmt.Errorf("the recipient %s %w", guard.Quote(text), err)
	}
	return address, nil
}

// everyone lists all who get an e-mail, each once.
func everyone(all []string) (string, error) {
	var once []string
	seen := map[string]bool{}
	for _, mailbox := range all {
		if !seen[mailbox] {
			seen[mailbox] = true
			once = append(once, mailbox)
		}
	}
	list := guard.JoinRecipients(once)
	switch {
	case len(once) > guard.MaxRecipients:
		return "", fmt.Errorf("the e-mail has %d recipients, and %d are the most that every server takes: send it to a list", len(once), guard.MaxRecipients)
	case len(list) > guard.MaxRecipientsText:
		return "", fmt.Errorf("the addresses of the recipients have %d bytes, and %d are the most that is sent", len(list), guard.MaxRecipientsText)
	}
	return list, nil
}

// csv writes the rows that are attached, with no cell that a spreadsheet would
// run.
func (n *notification) csv(in workbook.Table) ([]byte, error) {
	names, from := in.Columns, upTo(len(in.Columns))
	if len(n.columns) > 0 {
		names, from = n.columns, nil
		for _, name := range n.columns {
			from = append(from, in.Index(name))
		}
	}
	var text bounded
	w := tablefile.NewCSVWriter(&text)
	err := w.Header(names)
	values := make([]workbook.Value, len(from))
	for _, row := range in.Rows {
		if err != nil {
			break
		}
		for i, at := range from {
			values[i] = nil
			if at >= 0 {
				values[i] = row.Values[at]
			}
		}
		err = w.Row(values)
	}
	if err != nil {
		return nil, err
	}
	return []byte(strings.ToValidUTF8(text.String(), "\uFFFD")), nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// A bounded buffer holds what an e-mail may.
type bounded struct{ strings.Builder }

func (b *bounded) Write(text []byte) (int, error) {
	if b.Len()+len(text) > message.MaxBytes {
		return 0, fmt.Errorf("the attached rows have more than %d bytes, the most that is sent: attach fewer rows (rows) or columns (columns)", message.MaxBytes)
	}
	return b.Builder.Write(text)
}
