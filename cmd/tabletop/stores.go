package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/workbook"
	"tabletop/workbook/stores"
)

func storesCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stores",
		Short: "List, load and take away event stores",
		Long: `stores works on event stores: named tables that _store writes, and _retrieve and
lookups read. They lie in a file of their own beside the audit
(audit.stores.db); --stores names another. A run writes to them only with
--keep-stores.`,
		Example: `  tabletop stores list
  tabletop stores import bad_ips bad_ips.csv
  tabletop stores show bad_ips`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(storesListCommand(c), storesShowCommand(c), storesImportCommand(c), storesExportCommand(c), storesDeleteCommand(c))
	return cmd
}

// A storeFile is what the commands on event stores have in common.
type storeFile struct {
	path   string
	audit  string
	output string
}

func (s *storeFile) flags(cmd *cobra.Command, standard, forms string) {
	f := cmd.Flags()
	f.StringVar(&s.path, "stores", "", "the file of event stores (default beside the audit, as in audit.stores.db)")
	f.StringVar(&s.audit, "audit", "audit.db", "the audit that the stores lie beside")
	f.StringVarP(&s.output, "output", "o", standard, forms)
}

// use opens the file for as long as do takes.
func (s *storeFile) use(do func(*stores.Stores) error) error {
	file, err := stores.Open(storesPath(s.path, s.audit))
	if err != nil {
		return nothingRan(err)
	}
	return errors.Join(ofStores(do(file)), file.Close())
}

// ofStores marks the errors of stores that came before anything was done.
func ofStores(err error) error {
	var none *stores.NotFoundError
	if errors.As(err, &none) || errors.Is(err, stores.ErrNotStores) || errors.Is(err, stores.ErrNewer) || errors.Is(err, stores.ErrName) {
		return nothingRan(err)
	}
	return err
}

// A storeObject is a store in JSON.
type storeObject struct {
	Name    string    `json:"name"`
	Columns []string  `json:"columns"`
	Rows    int64     `json:"rows"`
	Updated time.Time `json:"updated"`
	// Run is the run that wrote it last; 0 is none, as in an import.
	Run int64 `json:"run"`
}

func storeJSON(i stores.Info) storeObject {
	return storeObject{i.Name, notNil(i.Columns), i.Rows, i.Updated, i.Run}
}

func storesListCommand(c *console) *cobra.Command {
	s := &storeFile{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the event stores",
		Example: `  tabletop stores list
  tabletop stores list --stores lists.db -o json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := outputForm(s.output, "text", "json"); err != nil {
				return err
			}
			return s.use(func(file *stores.Stores) error {
				infos, err := file.List(cmd.Context())
				if err != nil {
					return err
				}
				if s.output == "json" {
					objects := []storeObject{}
					for _, i := range infos {
						objects = append(objects, storeJSON(i))
					}
					c.json(objects)
					return nil
				}
				c.stores(infos, file.Path())
				return nil
			})
		},
	}
	s.flags(cmd, "text", "text or json")
	return cmd
}

func (c *console) stores(infos []stores.Info, path string) {
	if len(infos) == 0 {
		c.line("no stores in ", clean(path))
		return
	}
	g := grid{header: []string{"store", "rows", "written", "by", "columns"}, right: []bool{false, true, false, false, false}}
	for _, i := range infos {
		g.rows = append(g.rows, []string{
			clean(i.Name), strconv.FormatInt(i.Rows, 10), i.Updated.Local().Format("2006-01-02 15:04:05"), writer(i.Run), clean(strings.Join(i.Columns, ", ")),
		})
	}
	c.draw(g, "")
}

// writer says who wrote a store.
func writer(run int64) string {
	if run == 0 {
		return "import"
	}
	return fmt.Sprintf("run %d", run)
}

func storesShowCommand(c *console) *cobra.Command {
	s := &storeFile{}
	rows := 0
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show an event store and its first rows",
		Example: `  tabletop stores show bad_ips
  tabletop stores show bad_ips --rows 100 -o json`,
		Args: exactly(1, "the name of a store"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := outputForm(s.output, "text", "json"); err != nil {
				return err
			}
			if rows < 1 {
				return nothingRan(fmt.Errorf("--rows %d: show at least 1", rows))
			}
			return s.use(func(file *stores.Stores) error { return s.show(cmd.Context(), c, file, args[0], rows) })
		},
	}
	s.flags(cmd, "text", "text or json")
	cmd.Flags().IntVar(&rows, "rows", shownRows, "the most rows to show")
	return cmd
}

func (s *storeFile) show(ctx context.Context, c *console, file *stores.Stores, name string, most int) error {
	at, err := file.Begin(ctx) // so that both are of one moment; it ends with the file
	if err != nil {
		return err
	}
	info, err := at.Info(ctx, name)
	if err != nil {
		return err
	}
	t, err := at.Rows(ctx, name, most)
	if err != nil {
		return err
	}
	if s.output == "json" {
		first := [][]workbook.Value{}
		for _, row := range t.Rows {
			for i, v := range row.Values {
				row.Values[i] = jsonCell(v)
			}
			first = append(first, row.Values)
		}
		c.json(struct {
			storeObject
			First [][]workbook.Value `json:"first"`
		}{storeJSON(info), first})
		return nil
	}
	c.line(c.strong(clean(info.Name)), c.faint(fmt.Sprintf("  %s, %s", plural(info.Rows, "row", "rows"), plural(len(info.Columns), "column", "columns"))))
	c.line("written ", info.Updated.Local().Format("2006-01-02 15:04:05 MST"), " by ", writer(info.Run))
	if len(t.Rows) > 0 {
		c.draw(gridOf(t, len(t.Rows)), indent)
	} else {
		c.para("columns " + strings.Join(info.Columns, ", "))
	}
	if more := info.Rows - int64(len(t.Rows)); more > 0 {
		c.line(indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
	return nil
}

// jsonCell is a value as JSON can hold it: what is no number there is a text.
func jsonCell(v workbook.Value) workbook.Value {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return workbook.Text(f)
	}
	return v
}
