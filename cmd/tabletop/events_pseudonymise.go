package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/events/pseudonym"
)

// A disguise is the command events pseudonymise with its flags.
type disguise struct {
	input
	key     string
	newKey  bool
	to      string
	columns map[string]string
	output  string
}

func pseudonymiseCommand(c *console) *cobra.Command {
	d := &disguise{}
	cmd := &cobra.Command{
		Use:   "pseudonymise PATH --key FILE --to DIR",
		Short: "Copy events with other names, to show them to others",
		Long:  pseudonymiseHelp,
		Example: `  tabletop events pseudonymise events --key exercise.key --new-key --to shared
  tabletop events pseudonymise monday.csv.gz --key exercise.key --to monday
  tabletop events pseudonymise logs --key k --to out --column badge=user`,
		Args: exactly(1, "a file or a folder of events"),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&d.key, "key", "", "the file that holds the key: 32 bytes or more in hexadecimal or base64")
	f.BoolVar(&d.newKey, "new-key", false, "make the key first; its file must not exist")
	f.StringVar(&d.to, "to", "", "the folder to write, new or empty")
	f.StringToStringVar(&d.columns, "column", nil, "what a column holds, as NAME=user, host, mail, url, ip, text or keep; may be repeated")
	f.StringVar(&d.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or above it)")
	f.StringVarP(&d.output, "output", "o", "text", "text or json")
	// The columns are laid out where the help is read, not at each start.
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = pseudonymiseHelp + "\n\n" + columnHelp()
		cmd.Root().HelpFunc()(cmd, args)
	})
	return cmd
}

const pseudonymiseHelp = `pseudonymise writes copies of event files in which names are others: the same
name becomes the same pseudonym in every file, and again with the same key, so
that joins, counts, groups and the guard's verdicts stay. Whoever has the key
finds a name again by guessing it: never give it away with the files.

What is replaced:
  addresses  two that share their first bits still do, so networks are kept;
             private, CGNAT, documentation and public stay what they are
  users      user-…; of DOMAIN\name, name@domain, machine$ each part by itself
  mailboxes  local part and display name as users, the domain as a host
  hosts      label by label (host-…, d-… below a public suffix); the suffix
             stays, and so does a domain that strangers share
  URLs       user and host as elsewhere; path and query part by part, about as
             long as before; scheme, port, signs and endings (.exe) stay
  SIDs       the numbers of one's own domains
  texts      the indicators in them: URLs, mailboxes, addresses, hosts under a
             public suffix, users in home folders, what stands behind a label
             that is a column below (user=…, Account Name: …), "for NAME
             from", and the words that columns of users and hosts hold elsewhere
Letter case: Anna and anna become two spellings of one pseudonym.

What stays, on purpose: numbers (also in a column of users), times, hashes,
ports, actions, MAC addresses, GUIDs; keys, names of columns, streams and files;
loopback, link-local, multicast and reserved addresses, public name servers;
accounts of every system (root, SYSTEM, Administrator), postmaster and abuse;
www and labels that begin with _; domains that strangers share (github.com,
gmail.com). In free text a name of several words stays, and so does one that no
column holds: read the files before they go out, or take such columns out.

A value's content decides first, then the column's name. A condition of a query
on a text that is replaced needs the pseudonym: --column NAME=keep leaves a
column. Lines that are no events are not dropped: indicators in them are
replaced, and they are counted. sources.yaml and the lists that it joins come
along. Mail is refused. Compression stays; files in a zip become files in a
folder of its name. Nothing is written outside of DIR, and where anything fails
nothing is left there.`

// columnHelp lists the columns that are known by name.
func columnHelp() string {
	var b strings.Builder
	b.WriteString("Columns known by name (letter case, $, blanks and . _ - @ do not count):")
	for _, kind := range pseudonym.Kinds {
		names := pseudonym.ColumnNames(pseudonym.Kind(kind))
		if len(names) == 0 {
			continue
		}
		for i, part := range wrap(strings.Join(names, ", "), narrow-len("  user  ")) {
			lead := kind
			if i > 0 {
				lead = ""
			}
			fmt.Fprintf(&b, "\n  %-4s  %s", lead, part)
		}
	}
	return b.String()
}

func (d *disguise) run(ctx context.Context, c *console, path string) error {
	if err := outputForm(d.output, "text", "json"); err != nil {
		return err
	}
	kinds, err := d.check(path)
	if err != nil {
		return nothingRan(err)
	}
	zone, err := d.location()
	if err != nil {
		return err
	}
	set, err := d.openAt(path, filepath.Dir(path), zone)
	if err != nil {
		return nothingRan(err)
	}
	left, err := set.LeftOut(ctx)
	if err != nil {
		return nothingRan(err)
	}
	if len(left) > 0 {
		return nothingRan(fmt.Errorf("%s holds no events: %s\n  take it out of %s: all that lies there is copied, or nothing", left[0].File, left[0].Reason, path))
	}
	key, err := d.readKey()
	if err != nil {
		return nothingRan(fmt.Errorf("--key %s: %w", d.key, err))
	}
	p := pseudonym.New(key, knownNames(), kinds)
	report, err := p.Folder(ctx, set, path, d.to)
	if err != nil {
		return nothingRan(err)
	}
	if d.output == "json" {
		report.Files, report.Lists, report.Remarks = notNil(report.Files), notNil(report.Lists), notNil(report.Remarks)
		c.json(report)
		return nil
	}
	c.disguised(d.to, report)
	return nil
}

// knownNames are those that the guard knows.
func knownNames() pseudonym.Known {
	return pseudonym.Known{Addresses: guard.NameServers(), Domains: guard.SharedDomains(), Inner: guard.InnerNames()}
}

// check reads the flags and tells all mistakes at once.
func (d *disguise) check(path string) (map[string]pseudonym.Kind, error) {
	var problems []error
	if d.key == "" {
		problems = append(problems, errors.New("name the key's file with --key; with --new-key it is made"))
	}
	if d.to == "" {
		problems = append(problems, errors.New("name the folder to write with --to"))
	}
	for _, folder := range []string{path, d.to} {
		if d.key != "" && folder != "" && pseudonym.Inside(d.key, folder) {
			problems = append(problems, fmt.Errorf("--key %s lies in %s: keep the key away from the files that it protects", d.key, folder))
		}
	}
	kinds := map[string]pseudonym.Kind{}
	for name, text := range d.columns {
		kind, err := pseudonym.ParseKind(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("--column %s=%s: %w", name, text, err))
		}
		kinds[name] = kind
	}
	slices.SortStableFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return kinds, errors.Join(problems...)
}

// readKey reads the key's file, or makes it.
func (d *disguise) readKey() (pseudonym.Key, error) {
	if d.newKey {
		text, err := pseudonym.NewKey(rand.Reader)
		if err != nil {
			return pseudonym.Key{}, err
		}
		f, err := os.OpenFile(d.key, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return pseudonym.Key{}, errors.New("exists already: leave --new-key out to use it; a key that is written over would be lost")
		}
		if err != nil {
			return pseudonym.Key{}, err
		}
		_, err = f.WriteString(text + "\n")
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return pseudonym.Key{}, err
		}
	}
	f, err := os.Open(d.key)
	if errors.Is(err, fs.ErrNotExist) {
		return pseudonym.Key{}, errors.New("does not exist: --new-key makes it")
	}
	if err != nil {
		return pseudonym.Key{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, pseudonym.MaxKeyText+1))
	if err != nil {
		return pseudonym.Key{}, err
	}
	return pseudonym.ParseKey(string(text))
}

// disguised tells what was written.
func (c *console) disguised(to string, report pseudonym.Report) {
	g := grid{header: []string{"file", "format", "lines", "no events", "replaced"}, right: []bool{false, false, true, true, true}}
	undecodable := int64(0)
	for _, f := range report.Files {
		g.rows = append(g.rows, []string{clean(f.File), f.Format, fmt.Sprint(f.Lines), fmt.Sprint(f.Undecodable), fmt.Sprint(f.Replaced)})
		undecodable += f.Undecodable
	}
	c.line(c.strong(clean(to)), "  ", plural(len(report.Files), "file of events", "files of events"))
	c.draw(g, "  ")
	if len(report.Lists) > 0 {
		c.line("  with ", clean(strings.Join(report.Lists, ", ")))
	}
	if undecodable > 0 {
		c.remark("%s no events: only indicators in them were replaced", plural(undecodable, "line or document is", "lines or documents are"))
	}
	for _, r := range report.Remarks {
		c.remark("warning: %s", clean(r))
	}
	c.remark("read the files before they go out: names in free text can't all be told")
}
