package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/workbook/stores"
	"tabletop/workbook/stores/tablefile"
)

// A taking is the command stores export with its flags.
type taking struct {
	storeFile
	to    string
	force bool
}

func storesExportCommand(c *console) *cobra.Command {
	t := &taking{}
	cmd := &cobra.Command{
		Use:   "export NAME",
		Short: "Write an event store to a file",
		Long: `export writes an event store as csv, ndjson, json or xlsx. CSV puts a quote
before texts that a spreadsheet would take for a formula; what a form has no
place for, as bytes that are no text in JSON, is an error that names the row. A
file that is there already is written over with --force alone.`,
		Example: `  tabletop stores export bad_ips
  tabletop stores export assets --to assets.xlsx
  tabletop stores export assets -o ndjson`,
		Args: exactly(1, "the name of a store"),
		RunE: func(cmd *cobra.Command, args []string) error {
			form, err := t.form()
			if err != nil {
				return err
			}
			return t.use(func(file *stores.Stores) error { return t.write(cmd.Context(), c, file, args[0], form) })
		},
	}
	t.flags(cmd, "", strings.Join(tablefile.Forms(), ", ")+" (default by the name of --to, else csv)")
	cmd.Flags().StringVar(&t.to, "to", "", "the file to write (default the output)")
	cmd.Flags().BoolVar(&t.force, "force", false, "write over the file of --to")
	return cmd
}

// form is what is written.
func (t *taking) form() (tablefile.Form, error) {
	form := tablefile.Form(t.output)
	if form == "" {
		form = tablefile.FormOf(t.to)
	}
	if form == "" && t.to == "" {
		form = tablefile.CSV
	}
	if form == "" {
		return "", nothingRan(fmt.Errorf("--to %s: its name does not tell the form: write -o with one of %s", t.to, strings.Join(tablefile.Forms(), ", ")))
	}
	if err := outputForm(string(form), tablefile.Forms()...); err != nil {
		return "", err
	}
	if form == tablefile.XLSX && t.to == "" {
		return "", nothingRan(errors.New("-o xlsx is no text: name a file with --to"))
	}
	return form, nil
}

func (t *taking) write(ctx context.Context, c *console, file *stores.Stores, name string, form tablefile.Form) error {
	table, err := file.Rows(ctx, name, 0)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := tablefile.Write(&b, form, table); err != nil {
		return fmt.Errorf("export the store %s: %w", name, err)
	}
	if t.to != "" {
		if err := t.mayWrite(); err != nil {
			return nothingRan(err)
		}
		if err := replaceFile(t.to, b.Bytes()); err != nil {
			return err
		}
		c.remark("%s of %s in %s", plural(len(table.Rows), "row", "rows"), name, clean(t.to))
		return nil
	}
	c.text(b.Bytes(), form)
	return nil
}

// mayWrite refuses what stands at --to already.
func (t *taking) mayWrite() error {
	info, err := os.Stat(t.to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("--to %s is a folder: name a file in it", t.to)
	case !info.Mode().IsRegular():
		return fmt.Errorf("--to %s is no regular file: without --to the export goes to the output", t.to)
	case !t.force:
		return fmt.Errorf("%s exists already: name another file, or write over it with --force", t.to)
	}
	return nil
}

// text writes an export to the output, harmless where that is a terminal.
func (c *console) text(written []byte, form tablefile.Form) {
	switch {
	case form == tablefile.JSON || form == tablefile.NDJSON:
		written = jsonSafe(written)
	case c.tty:
		written = []byte(cleanLines(string(written)))
	}
	_, _ = c.out.Write(written) // what fails is told by the last flush
}

// replaceFile writes a file so that another under its name stays whole until
// the new one is.
func replaceFile(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".tabletop-*")
	if err != nil { // the folder is at fault, not a name that nobody gave
		if p := (*fs.PathError)(nil); errors.As(err, &p) {
			p.Path = filepath.Dir(path)
		}
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
