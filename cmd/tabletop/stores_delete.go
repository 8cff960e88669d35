package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/workbook/stores"
)

// A removal is the command stores delete with its flags.
type removal struct {
	storeFile
	yes bool
}

func storesDeleteCommand(c *console) *cobra.Command {
	r := &removal{}
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete an event store",
		Long:  `delete deletes an event store with its rows. It asks for the name again first.`,
		Example: `  tabletop stores delete bad_ips
  tabletop stores delete bad_ips --yes`,
		Args: exactly(1, "the name of a store"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := outputForm(r.output, "text", "json"); err != nil {
				return err
			}
			return r.use(func(file *stores.Stores) error { return r.remove(cmd.Context(), c, cmd.InOrStdin(), file, args[0]) })
		},
	}
	r.flags(cmd, "text", "text or json")
	cmd.Flags().BoolVar(&r.yes, "yes", false, "don't ask")
	return cmd
}

func (r *removal) remove(ctx context.Context, c *console, in io.Reader, file *stores.Stores, name string) error {
	info, err := file.Info(ctx, name)
	if err != nil {
		return err
	}
	if !r.yes {
		fmt.Fprintf(c.err, "%s with %s goes for good. Write its name to delete it: ", info.Name, plural(info.Rows, "row", "rows"))
		if err := answered(in, info.Name); err != nil {
			return nothingRan(err)
		}
	}
	if err := file.Delete(ctx, name); err != nil {
		return err
	}
	if r.output == "json" {
		c.json(struct {
			Deleted string `json:"deleted"`
			Rows    int64  `json:"rows"`
		}{info.Name, info.Rows})
		return nil
	}
	c.line("deleted the store ", info.Name, " with ", plural(info.Rows, "row", "rows"))
	return nil
}

// answered reads the name that is asked for.
func answered(in io.Reader, name string) error {
	const most = stores.MaxName + 16
	line, err := bufio.NewReader(io.LimitReader(in, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != name {
		return fmt.Errorf("nothing was deleted: the answer was not %s; --yes deletes without asking", name)
	}
	return nil
}
