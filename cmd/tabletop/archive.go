package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
)

func auditCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Move old runs to an archive, or purge what must not be kept",
		Long: `Nothing but these two takes anything away from an audit. Both leave a chain
that verifies, and an entry that says what is gone, by whom and why.`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Example: `  tabletop audit archive --before 2026-01-01 --to audit-2025.db --reason yearly
  tabletop audit purge --value ada@example.com --reason 'request 17'`,
	}
	cmd.AddCommand(archiveCommand(c), purgeCommand(c))
	return cmd
}

// A retention is what archive and purge have in common.
type retention struct {
	record
	before, reason string
}

func (r *retention) flags(cmd *cobra.Command) {
	r.record.flags(cmd)
	cmd.Flags().Lookup("audit").Usage = "the audit to change"
	cmd.Flags().StringVar(&r.before, "before", "", "runs that were over before this day (YYYY-MM-DD) or time (RFC 3339)")
	cmd.Flags().StringVar(&r.reason, "reason", "", "why, for the audit")
}

// change is who does it and why; before is zero where none is named.
func (r *retention) change() (change audit.Change, before time.Time, err error) {
	if err := outputForm(r.output, "text", "json"); err != nil {
		return change, before, err
	}
	if strings.TrimSpace(r.reason) == "" {
		return change, before, nothingRan(errors.New("--reason says why, and stays in the audit"))
	}
	name, host := whoami()
	change = audit.Change{Reason: r.reason, User: name, Host: host}
	if r.before == "" {
		return change, before, nil
	}
	if before, err = time.ParseInLocation(time.DateOnly, r.before, time.Local); err == nil {
		return change, before, nil
	}
	if before, err = time.Parse(time.RFC3339, r.before); err != nil {
		return change, before, nothingRan(fmt.Errorf("--before %s is no date: write it as 2026-01-31 or 2026-01-31T12:00:00Z", r.before))
	}
	return change, before, nil
}

// write opens the audit, which must be there, for as long as do takes.
func (r *retention) write(ctx context.Context, do func(*audit.Log) error) error {
	if err := r.read(ctx, func(*audit.Reader) error { return nil }); err != nil {
		return err
	}
	log, err := audit.Open(ctx, r.path, audit.Options{Now: time.Now})
	if err != nil {
		return nothingRan(err)
	}
	err = do(log)
	if closing := log.Close(); err == nil {
		err = closing
	}
	if errors.Is(err, audit.ErrNoneFits) {
		return nothingRan(err)
	}
	return err
}

func archiveCommand(c *console) *cobra.Command {
	r, to := &retention{}, ""
	cmd := &cobra.Command{
		Use:   "archive",
		Short: "Move old runs to a chained file of their own",
		Long: `archive moves the entries up to the last one behind which no older run stands
to another file, whole runs only, and none that may go on: a run that sent is
settled with tabletop resume first. In their place stays a link with their
last hash, so that both files verify; the heads of the moved entries are
copied beside the new file. What is archived no longer counts as sent before,
and can't be undone.`,
		Example: `  tabletop audit archive --before 2026-01-01 --to audit-2025.db --reason yearly
  tabletop verify --audit audit-2025.db`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			change, before, err := r.change()
			if err != nil {
				return err
			}
			if before.IsZero() || to == "" {
				return nothingRan(errors.New("--before says up to when, and --to names the file to make"))
			}
			return r.write(cmd.Context(), func(log *audit.Log) error {
				done, err := log.Archive(cmd.Context(), audit.ArchiveOrder{Before: before, To: to, Change: change})
				if done.Head.Hash != "" {
					c.archived(done, r.output)
				}
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "the file to make; nothing may be there")
	return cmd
}

func (c *console) archived(done audit.Archive, output string) {
	if output == "json" {
		c.json(struct {
			Entries int64         `json:"entries"`
			Through int64         `json:"through"`
			Runs    int64         `json:"runs"`
			Archive workbook.Head `json:"archive"`
			Head    workbook.Head `json:"audit"`
		}{done.Entries, done.Through, done.Runs, done.Closed, done.Head})
		return
	}
	c.line("moved ", plural(done.Entries, "entry", "entries"), " of ", plural(done.Runs, "run", "runs"), " to ", clean(done.File))
	c.line(fmt.Sprintf("the archive ends with entry %d, whose hash is", done.Closed.Sequence))
	c.line(done.Closed.Hash)
	c.line(fmt.Sprintf("%s goes on at entry %d, whose hash is", clean(done.Head.File), done.Head.Sequence))
	c.line(done.Head.Hash)
}

func purgeCommand(c *console) *cobra.Command {
	r, value, yes := &retention{}, "", false
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Remove what entries say, and keep their digests",
		Long: `purge removes the bodies of entries: those of runs that were over before a
time, or all that hold a value, as a word, whatever its case. Kept texts that
hold it, such as a workbook or a plan, go too. The digests stay, the chain
holds, and an entry says how much is gone, by whom and why; it does not say
which value.

Without --yes it says what would go. It finds a value as text, percent-encoded
and in JSON, not in other encodings. It does not touch event files, event
stores, reports, exports, or copies of the audit: see to those yourself.`,
		Example: `  tabletop audit purge --value ada@example.com --reason 'request 17'
  tabletop audit purge --value ada@example.com --reason 'request 17' --yes
  tabletop audit purge --before 2024-01-01 --reason 'kept for two years' --yes`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			change, before, err := r.change()
			if err != nil {
				return err
			}
			if before.IsZero() == (value == "") {
				return nothingRan(errors.New("name one of --before and --value"))
			}
			return r.write(cmd.Context(), func(log *audit.Log) error {
				done, err := log.Purge(cmd.Context(), audit.PurgeOrder{Before: before, Value: value, Try: !yes, Change: change})
				if err == nil || done.Head.Hash != "" {
					c.purged(done, r.output)
				}
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&value, "value", "", "what entries hold: an address, a name, a host")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return cmd
}

func (c *console) purged(done audit.Purge, output string) {
	did := done.Head.Hash != ""
	if output == "json" {
		var head *workbook.Head
		if did {
			head = &done.Head
		}
		c.json(struct {
			Purged  bool           `json:"purged"`
			Entries int64          `json:"entries"`
			Texts   int            `json:"texts"`
			Runs    []int64        `json:"runs"`
			Open    []int64        `json:"left_open"`
			Lingers bool           `json:"lingers"`
			Head    *workbook.Head `json:"audit"`
		}{did, done.Entries, done.Texts, notNil(done.Runs), notNil(done.Open), done.Lingers, head})
		return
	}
	verb := "would purge "
	if did {
		verb = "purged "
	}
	c.line(verb, plural(done.Entries, "body", "bodies"), " in ", plural(int64(len(done.Runs)), "run", "runs"), " and ", plural(int64(done.Texts), "kept text", "kept texts"))
	for _, run := range done.Open {
		c.fact(fmt.Sprintf("run %d is left: it may go on, or what it sent is not settled", run))
	}
	switch {
	case !did:
		c.line("nothing is changed: --yes does it")
	case done.Lingers:
		c.para("The file could not be written anew, since another program reads it or the disk is full: what is gone may still be found in its bytes until the next purge or archive does it.")
	}
	if did {
		c.line(fmt.Sprintf("the head is entry %d, whose hash is", done.Head.Sequence))
		c.line(done.Head.Hash)
	}
}
