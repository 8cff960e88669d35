package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tabletop/workbook/source"
)

// flagColumn is where the words on a flag begin in a help.
const flagColumn = 24

// flagUsages lists flags for a help, in lines that fit. (pflag's own widens with
// the longest flag, and names its types.)
func flagUsages(f *pflag.FlagSet) string {
	var b strings.Builder
	f.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		lead, usage := flagWords(f)
		switch {
		case len(lead) > flagColumn-len(gap):
			b.WriteString(lead + "\n" + strings.Repeat(" ", flagColumn))
		default:
			b.WriteString(lead + strings.Repeat(" ", flagColumn-len(lead)))
		}
		b.WriteString(strings.Join(wrap(usage, narrow-flagColumn), "\n"+strings.Repeat(" ", flagColumn)) + "\n")
	})
	return b.String()
}

// flagWords are a flag with what it takes, and what it means.
func flagWords(f *pflag.Flag) (lead, usage string) {
	takes, usage := pflag.UnquoteUsage(f)
	switch f.Value.Type() {
	case "bool":
		takes = ""
	case "string", "stringArray":
		takes = " TEXT"
	case "stringToString":
		takes = " NAME=VALUE"
	case "stringSlice":
		takes = " LIST"
	default:
		takes = " " + strings.ToUpper(takes)
	}
	lead = "      --" + f.Name + takes
	if f.Shorthand != "" {
		lead = "  -" + f.Shorthand + ", --" + f.Name + takes
	}
	switch f.DefValue {
	case "", "0", "false", "[]":
	default:
		usage += " (default " + strings.TrimSuffix(f.DefValue, "0m0s") + ")"
	}
	return lead, usage
}

// nearestFlag names the flag that was meant by one that is not there.
func nearestFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	nearest := source.Nearest(unknown.GetSpecifiedName(), names)
	if nearest == "" {
		return ""
	}
	return ": did you mean --" + nearest + "?"
}
