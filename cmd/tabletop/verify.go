package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
)

// A verification is the command verify with its flags.
type verification struct {
	record
	expect  []string
	signers string
}

func verifyCommand(c *console) *cobra.Command {
	v := &verification{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody edited the audit",
		Long: `verify checks the schema, the file and the chain of an audit, entry by entry,
and compares it with the heads that were kept outside of the database: each
run writes its own to a file beside it, audit.head beside audit.db. Entries
cut off the end, and a chain rewritten as a whole, show against such a head
alone, so keep a copy where whoever can write the audit can't. --expect takes
a head, as a run prints it, or a file of heads.

verify names the first bad entry, says what was done to it as far as the
evidence goes, and what could not be checked. It exits 3 where something does
not hold.`,
		Example: `  tabletop verify
  tabletop verify --expect 41:8f0c…   # the head that run 3 printed
  tabletop verify --expect /mnt/backup/audit.head
  tabletop verify --signers auditors.pub
  tabletop verify --audit audit-2025.db -o json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return v.run(cmd.Context(), c) },
	}
	v.flags(cmd)
	cmd.Flags().StringArrayVar(&v.expect, "expect", nil, "a head from elsewhere, as SEQUENCE:HASH, or a file of heads")
	cmd.Flags().StringVar(&v.signers, "signers", "", "a file of public SSH keys, a line each: a head must be signed by one")
	return cmd
}

func (v *verification) run(ctx context.Context, c *console) error {
	if err := outputForm(v.output, "text", "json"); err != nil {
		return err
	}
	o := audit.VerifyOptions{Signed: v.signers != ""}
	var err error
	if o.Expect, err = expectedHeads(v.expect); err != nil {
		return nothingRan(err)
	}
	if o.Signatures, err = openSigners(v.signers); err != nil {
		return nothingRan(err)
	}
	return v.read(ctx, func(reader *audit.Reader) error {
		report, err := reader.VerifyWith(ctx, o)
		if err != nil {
			return err
		}
		if v.output == "json" {
			c.json(reportJSON(report))
		} else {
			c.report(report)
		}
		if !report.Whole() {
			return failure{exitNotHeld, nil}
		}
		return nil
	})
}

// expectedHeads reads the values of --expect.
func expectedHeads(values []string) ([]audit.KnownHead, error) {
	var all []audit.KnownHead
	for _, value := range values {
		if head, err := audit.ParseHead(value); err == nil {
			head.From = "--expect"
			all = append(all, head)
			continue
		}
		heads, err := audit.ReadHeads(value)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("--expect %s: neither a head, as in 41:8f0c… with all 64 digits, nor a file of heads", value)
		}
		if err != nil {
			return nil, fmt.Errorf("--expect: %w", err)
		}
		if len(heads.Known) == 0 || len(heads.Unread) > 0 {
			return nil, fmt.Errorf("--expect %s: the file holds what is no head: a line begins with the number of an entry, a colon, and its hash", value)
		}
		all = append(all, heads.Known...)
	}
	return all, nil
}

type brokenJSON struct {
	Kind  audit.Kind `json:"kind"`
	Entry int64      `json:"entry"`
	What  string     `json:"what"`
}

type signedJSON struct {
	Entry  int64  `json:"entry"`
	Signer string `json:"signer"`
	From   string `json:"from"`
}

type movedJSON struct {
	Through int64  `json:"through"`
	File    string `json:"file"`
}

func reportJSON(r audit.Report) any {
	breaks, signed := []brokenJSON{}, []signedJSON{}
	for _, b := range r.Breaks {
		breaks = append(breaks, brokenJSON{b.Kind, b.Entry, b.What})
	}
	for _, s := range r.Signed {
		signed = append(signed, signedJSON{s.Sequence, s.Signer, s.From})
	}
	var moved *movedJSON
	if r.Moved != nil {
		moved = &movedJSON{r.Moved.Through, r.Moved.File}
	}
	return struct {
		Whole       bool          `json:"whole"`
		Entries     int64         `json:"entries"`
		Runs        int64         `json:"runs"`
		First       int64         `json:"first_broken,omitempty"`
		Breaks      []brokenJSON  `json:"breaks"`
		More        int           `json:"more_breaks,omitempty"`
		Purged      int64         `json:"purged_entries"`
		PurgedTexts int64         `json:"purged_texts"`
		Moved       *movedJSON    `json:"moved,omitempty"`
		Signed      []signedJSON  `json:"signed"`
		Notes       []string      `json:"notes"`
		Unchecked   []string      `json:"unchecked"`
		Head        workbook.Head `json:"audit"`
	}{r.Whole(), r.Entries, r.Runs, r.First(), breaks, r.More, r.Purged, r.PurgedTexts, moved, signed, notNil(r.Notes), notNil(r.Unchecked), r.Head}
}

func (c *console) report(r audit.Report) {
	c.line(plural(r.Entries, "entry", "entries"), " of ", plural(r.Runs, "run", "runs"), " in ", clean(r.Head.File))
	if r.Whole() {
		c.line(c.green("whole"), ": the schema, the file and every link of the chain hold")
	} else {
		c.line(c.red("broken"), ": the record is not what was written")
		if first := r.First(); first > 0 {
			c.line("the first bad entry is #", strconv.FormatInt(first, 10))
		}
		for _, b := range r.Breaks {
			where := "the file"
			if b.Entry > 0 {
				where = fmt.Sprintf("entry #%d", b.Entry)
			}
			c.fact("  ", where, ", ", string(b.Kind), ": ", clean(b.What))
		}
		if r.More > 0 {
			c.line("  and ", strconv.Itoa(r.More), " more")
		}
	}
	for _, s := range r.Signed {
		c.fact("signed at entry #", strconv.FormatInt(s.Sequence, 10), " by ", clean(s.Signer), " (", clean(s.From), ")")
	}
	for _, note := range r.Notes {
		c.fact("note: ", clean(note))
	}
	for _, what := range r.Unchecked {
		c.fact("not checked: ", clean(what))
	}
	c.line("head ", strconv.FormatInt(r.Head.Sequence, 10), ":", r.Head.Hash)
}
