package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"tabletop/blocks/trigger"
	"tabletop/workbook/paste"
	"tabletop/workbook/source"
)

// An importing is the command import with its flags.
type importing struct {
	to    string
	force bool
}

func importCommand(c *console) *cobra.Command {
	m := &importing{}
	cmd := &cobra.Command{
		Use:   "import FILE|- [--to FOLDER]",
		Short: "Make a workbook of blocks pasted from DNIF",
		Long: `import reads what was copied out of DNIF's pages and pasted into a file, or
(-) what comes on the standard input: the text of queries and of Python, the
fields of signals, searches and webhooks, in any order, with the page's labels
or without:

  Workbook: NAME       SQL Block, DQL Block, Code Block, Text Block
  Signal Block         Name, Tactic, Technique, Confidence, Score, Tags,
                       Target and Suspect (as in Host $DstIP)
  Search Block         Stream, filters, Aggregate, Rows, Duration
  Outlier Block        Entity, Stream, Duration, Features
  Visual Block         Type, Primary, Secondary
  Notification Block   To, Cc, Bcc, Subject, Message, Rows
  Configuration Name   Request Method, URL, Headers, Payload
  Parameters           Name, Default Value

It writes workbook.yaml and integrations.yaml into a folder and checks them.
Where the order of the text makes no workbook, blocks are put into the order in
which they need one another. A line that finds no place is told with its number,
stands as a comment in what is written, and makes the exit code 3.`,
		Example: `  tabletop import pasted.txt --to rdp
  tabletop import - --to rdp --force < pasted.txt`,
		Args: exactly(1, "one file, or - for the standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return m.run(cmd.Context(), c, args[0], cmd.InOrStdin())
		},
	}
	f := cmd.Flags()
	f.StringVar(&m.to, "to", ".", "the folder to write into")
	f.BoolVar(&m.force, "force", false, "write over the files that are there")
	return cmd
}

func (m *importing) run(ctx context.Context, c *console, from string, stdin io.Reader) error {
	name, pasted, err := readPasted(from, stdin)
	if err != nil {
		return err
	}
	read, err := paste.Read(name, pasted)
	if err != nil {
		return nothingRan(err)
	}
	if len(read.Blocks)+len(read.Webhooks) == 0 {
		return nothingRan(errors.Join(few(read.Problems), fmt.Errorf("%s holds no block and no webhook that is known; nothing was written\n  tabletop import --help tells the labels", name)))
	}
	reordered, err := m.arrange(ctx, read)
	if err != nil {
		return err
	}
	if err := m.write(read); err != nil {
		return err
	}
	if reordered {
		c.remark("blocks stand in the order in which they need one another, not in the text's")
	}
	return m.tell(ctx, c, read)
}

// readPasted reads a file, or the standard input, up to what is refused anyway.
func readPasted(from string, stdin io.Reader) (name string, pasted []byte, err error) {
	name = "standard input"
	if from != "-" {
		f, err := os.Open(from)
		if err != nil {
			return from, nil, nothingRan(err)
		}
		defer f.Close()
		name, stdin = from, f
	}
	pasted, err = io.ReadAll(io.LimitReader(stdin, paste.MaxBytes+1))
	return name, pasted, nothingRan(err)
}

// files are what a result is written to, in the order in which it is written.
func (m *importing) files(read *paste.Result) []struct {
	path string
	text []byte
} {
	return []struct {
		path string
		text []byte
	}{
		{filepath.Join(m.to, "integrations.yaml"), read.Integrations()},
		{filepath.Join(m.to, "workbook.yaml"), read.Workbook()},
	}
}

// write writes the files, none where one of them can't be written.
func (m *importing) write(read *paste.Result) error {
	files := m.files(read)
	for _, f := range files {
		if len(f.text) > source.MaxBytes {
			return nothingRan(fmt.Errorf("%s would be larger than %d bytes, the most that is read: import the blocks in parts", f.path, source.MaxBytes))
		}
		if len(f.text) == 0 {
			continue
		}
		if err := mayReplace(f.path, m.force); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(m.to, 0o755); err != nil {
		return nothingRan(err)
	}
	for _, f := range files {
		if len(f.text) == 0 {
			continue
		}
		err := replaceWith(f.path, m.force, func(to *os.File) error {
			_, err := to.Write(f.text)
			return errors.Join(err, to.Chmod(0o644))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// arrange finds an order of the blocks that makes a workbook: the text's, unless
// it has mistakes of which the order of their needs has fewer. It tries them out
// in a folder of its own.
func (m *importing) arrange(ctx context.Context, read *paste.Result) (reordered bool, err error) {
	if len(read.Blocks) == 0 {
		return false, nil
	}
	integrations := ""
	if len(read.Webhooks) == 0 {
		if integrations, err = beside("", filepath.Join(m.to, "workbook.yaml"), "integrations.yaml"); err != nil {
			return false, err
		}
	}
	asRead := slices.Clone(read.Blocks)
	given, err := mistakes(ctx, read, integrations)
	if err != nil || given == 0 || !read.Order() {
		return false, err
	}
	arranged, err := mistakes(ctx, read, integrations)
	if err != nil || arranged >= given {
		read.Blocks = asRead
		return false, err
	}
	return true, nil
}

// mistakes counts those that check finds in a result.
func mistakes(ctx context.Context, read *paste.Result, integrations string) (int, error) {
	folder, err := os.MkdirTemp("", "tabletop-import-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	trial := importing{to: folder}
	if err := trial.write(read); err != nil {
		return 0, err
	}
	in := &input{integrations: integrations}
	var found source.Problems
	if _, err := in.prepare(ctx, folder, false); err != nil && !collect(&found, err) {
		return 0, err
	}
	return len(found.Errors()), nil
}

// tell lists what was written, what check says of it and what found no place.
func (m *importing) tell(ctx context.Context, c *console, read *paste.Result) error {
	commented := ""
	for _, f := range m.files(read) {
		if len(f.text) > 0 {
			commented = f.path
		}
	}
	found := read.Problems
	if len(read.Webhooks) > 0 {
		c.line(clean(m.files(read)[0].path), ": ", plural(len(read.Webhooks), "webhook", "webhooks"))
	}
	if len(read.Blocks) > 0 {
		c.line(clean(m.files(read)[1].path), ": ", plural(len(read.Blocks), "block", "blocks"))
		b, err := (&input{}).prepare(ctx, m.to, false)
		switch {
		case err == nil:
			for _, p := range b.warnings {
				c.remark("%s", cleanLines(p.String()))
			}
		case !collect(&found, err):
			return err
		}
	} else if _, err := trigger.Load(m.files(read)[0].path); err != nil && !collect(&found, err) {
		return err
	}
	if found.Err() == nil {
		return nil
	}
	err := few(found)
	if len(read.Problems) > 0 {
		err = errors.Join(err, fmt.Errorf("what found no place stands in %s as comments", commented))
	}
	return failure{exitNotHeld, err}
}

// mostTold is the most problems that import tells one by one.
const mostTold = 30

// few is an error of the first problems and the count of the others.
func few(problems source.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	var list []error
	for i, p := range problems {
		if i == mostTold {
			list = append(list, fmt.Errorf("and %d more", len(problems)-i))
			break
		}
		list = append(list, errors.New(p.String()))
	}
	return errors.Join(list...)
}
