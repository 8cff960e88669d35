package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/workbook"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
	"tabletop/workbook/stores/tablefile"
)

// A loading is the command stores import with its flags.
type loading struct {
	storeFile
	from tablefile.Source
	form string
	mode string
	key  string
}

func storesImportCommand(c *console) *cobra.Command {
	l := &loading{}
	cmd := &cobra.Command{
		Use:   "import NAME FILE",
		Short: "Load a file into an event store",
		Long: `import loads a file into an event store and tells what changed. The file is CSV
with a header, JSON (a list of objects), NDJSON or XLSX; any mistake in it is
told with its place, and then nothing is written.

Every value stays what it is: what stands in CSV is text, an empty field is
nothing; numbers in JSON that can't be held as written stay text; XLSX gives the
stored results of formulas, and dates as text.

A store that is there already needs --mode: stack_replace puts the file in the
place of all rows, stack_append adds its rows, key_replace puts each in the
place of the row with the same --key, or adds it.`,
		Example: `  tabletop stores import bad_ips bad_ips.csv
  tabletop stores import assets assets.xlsx --sheet Hosts
  tabletop stores import assets new.csv --mode key_replace --key '$Host'`,
		Args: exactly(2, "the name of a store, and a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := outputForm(l.output, "text", "json"); err != nil {
				return err
			}
			l.from.Path, l.from.Form = args[1], tablefile.Form(l.form)
			return l.use(func(file *stores.Stores) error { return l.load(cmd.Context(), c, file, args[0]) })
		},
	}
	l.flags(cmd, "text", "text or json")
	f := cmd.Flags()
	f.StringVar(&l.mode, "mode", "", strings.Join(stores.Modes(), ", ")+" (default stack_replace for a new store)")
	f.StringVar(&l.key, "key", "", "the column that key_replace goes by")
	f.StringVar(&l.form, "as", "", strings.Join(tablefile.Forms(), ", ")+" (default by the file's name)")
	f.StringVar(&l.from.Sheet, "sheet", "", "the sheet of an XLSX file, where it has several")
	return cmd
}

func (l *loading) load(ctx context.Context, c *console, file *stores.Stores, name string) error {
	session, err := file.Begin(ctx) // what is not committed ends with the file
	if err != nil {
		return err
	}
	mode, err := l.chosen(ctx, session, name)
	if err != nil {
		return nothingRan(err)
	}
	table, warnings, err := tablefile.Read(l.from)
	if err != nil {
		return nothingRan(err)
	}
	change, err := session.Write(ctx, name, mode, l.key, table, 0, time.Now())
	if err != nil {
		return nothingRan(err)
	}
	if err := session.Commit(ctx); err != nil {
		return err
	}
	l.tell(c, change, warnings)
	if len(table.Rows) == 0 {
		c.remark("warning: %s names columns, and holds no rows", clean(l.from.Path))
	}
	return nil
}

// chosen is the mode. One that takes rows away from a store must be asked for.
func (l *loading) chosen(ctx context.Context, session *stores.Session, name string) (stores.Mode, error) {
	info, err := session.Info(ctx, name)
	var none *stores.NotFoundError
	isNew := errors.As(err, &none)
	if err != nil && !isNew {
		return "", err
	}
	switch {
	case l.mode == string(stores.KeyReplace) && l.key == "":
		return "", fmt.Errorf("--mode %s needs the column that tells rows apart: name it with --key, as in --key '$SrcIP'", l.mode)
	case l.mode == "" && l.key != "":
		return "", fmt.Errorf("--key %s is for --mode %s", l.key, stores.KeyReplace)
	case l.mode == "" && !isNew:
		return "", fmt.Errorf("the store %s is there already, with %s: say what becomes of them with --mode %s",
			info.Name, plural(info.Rows, "row", "rows"), strings.Join(stores.Modes(), ", "))
	case l.mode == "":
		return stores.StackReplace, nil
	}
	return stores.Mode(l.mode), nil
}

func (l *loading) tell(c *console, change workbook.StoreChange, warnings source.Problems) {
	for _, w := range warnings {
		c.remark("%s", cleanLines(w.String()))
	}
	if l.output == "json" {
		c.json(change)
		return
	}
	c.para(changed(change))
}
