package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tabletop/workbook/source"
)

func checkCommand(c *console) *cobra.Command {
	in := &input{}
	cmd := &cobra.Command{
		Use:   "check PATH…",
		Short: "Tell every mistake in workbooks, without running them",
		Long: `check reads workbooks (files, or folders that hold workbook.yaml) with their
integrations and tells every mistake at once, with its place and the fix. It
reads no events and runs nothing.`,
		Example: `  tabletop check examples/suspicious-remote-desktop
  tabletop check examples/*/workbook.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nothingRan(fmt.Errorf("tabletop check takes at least one workbook\n  usage: %s", cmd.UseLine()))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var found source.Problems
			for _, path := range args {
				b, err := in.prepare(path, false)
				if err != nil {
					if !collect(&found, err) {
						return err
					}
					continue
				}
				found = append(found, b.warnings...)
				c.line(clean(b.file), ": ", plural(len(b.program.Workbook.Blocks), "block", "blocks"), ", no mistake")
			}
			if found.Err() != nil {
				return failure{exitNothingRan, found}
			}
			for _, p := range found {
				c.remark("%s", cleanLines(p.String()))
			}
			return nil
		},
	}
	in.workbookFlags(cmd.Flags())
	return cmd
}
