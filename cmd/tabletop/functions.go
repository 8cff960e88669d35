package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/blocks/query"
)

func functionsCommand(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "functions [NAME]",
		Short: "List the functions of queries",
		Long: `functions lists what a query may call, in SQL and in DQL, or tells of one
function what it gives, with an example and its result. The examples read the
column $CNAMTime of an event of 2026-01-10T12:00:00Z, which is also the clock.
docs tells of them among all else that a workbook may hold.`,
		Example: `  tabletop functions
  tabletop functions regexp_extract
  tabletop functions -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return c.functions(output, args) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

func (c *console) functions(output string, names []string) error {
	if err := outputForm(output, "text", "json"); err != nil {
		return err
	}
	list := query.Functions()
	if len(names) == 1 {
		one, err := functionNamed(names[0], list)
		if err != nil {
			return err
		}
		list = []query.Function{one}
	}
	switch {
	case output == "json":
		c.json(list)
	case len(names) == 1:
		c.docEntry(functionEntry(list[0]))
	default:
		for _, f := range list {
			c.paragraph(fmt.Sprintf("%-22s", f.Name), f.Doc)
		}
	}
	return nil
}

// paragraph prints a text behind a head, its further lines below the first.
func (c *console) paragraph(head, text string) {
	for _, line := range wrap(text, 80-len(head)) {
		c.line(head + line)
		head = strings.Repeat(" ", len(head))
	}
}

// functionNamed finds a function.
func functionNamed(name string, list []query.Function) (query.Function, error) {
	for _, f := range list {
		if strings.EqualFold(f.Name, name) {
			return f, nil
		}
	}
	return query.Function{}, nothingRan(errors.New("no function " + name + "\n  " + query.UnknownFunction(name)))
}
