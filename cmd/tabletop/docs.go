package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/workbook/source"
)

// A docTopic is a part of the reference, made from the tables of the code.
type docTopic struct {
	name, title, intro string
	entries            []docEntry
}

// A docEntry is one thing that the reference tells of.
type docEntry struct {
	name string
	// takes is what stands behind the name: its arguments, its level.
	takes, doc      string
	example, result string
	// fields are the keys of a map that the thing is written as.
	fields []docField
}

// A docField is a key with what it takes and means.
type docField struct{ name, takes, doc string }

func docsCommand(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "docs [TOPIC]",
		Short: "Print the reference: blocks, functions, columns, verdicts",
		Long: `docs prints what a workbook may hold and what a run may say, as the program
itself knows it: all of it, one topic, or whatever has a name.`,
		Example: `  tabletop docs blocks
  tabletop docs signal
  tabletop docs needs_approval
  tabletop docs -o markdown > reference.md`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return c.docs(output, args) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or markdown")
	// The topics are made when they are asked for: every start makes this command.
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long += " The topics are\n\n" + topicList()
		cmd.Parent().HelpFunc()(cmd, args)
	})
	return cmd
}

// topicList lists the topics for the help.
func topicList() string {
	var b strings.Builder
	for _, t := range docTopics() {
		fmt.Fprintf(&b, "  %-14s%s\n", t.name, t.title)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (c *console) docs(output string, args []string) error {
	if err := outputForm(output, "text", "markdown"); err != nil {
		return err
	}
	topics := docTopics()
	if len(args) == 1 {
		var err error
		if topics, err = topicsOf(args[0], topics); err != nil {
			return err
		}
	}
	for i, t := range topics {
		if i > 0 {
			c.line()
		}
		if output == "markdown" {
			c.docMarkdown(t)
		} else {
			c.docText(t)
		}
	}
	return nil
}

// topicsOf finds a topic by its name, or what has the name in any topic; case
// and a leading $ don't count.
func topicsOf(name string, topics []docTopic) ([]docTopic, error) {
	fold := func(s string) string { return strings.ToLower(strings.TrimPrefix(s, "$")) }
	var known []string
	var found []docTopic
	for _, t := range topics {
		known = append(known, t.name)
		if fold(t.name) == fold(name) { // a block may be called as a topic is
			found = append(found, t)
			continue
		}
		one := docTopic{name: t.name, title: t.title}
		for _, e := range t.entries {
			known = append(known, e.name)
			if fold(e.name) == fold(name) {
				one.entries = append(one.entries, e)
			} else if keys := e.keys(fold(name)); len(keys) > 0 {
				e.fields = keys
				one.entries = append(one.entries, e)
			}
		}
		if len(one.entries) > 0 {
			found = append(found, one)
		}
	}
	if len(found) == 0 {
		hint := source.DidYouMean(name, known)
		if hint == "" {
			hint = "tabletop docs --help lists the topics"
		}
		return nil, nothingRan(errors.New("nothing is called " + name + "\n  " + hint))
	}
	return found, nil
}

// keys are the fields of a name, and those within them.
func (e docEntry) keys(name string) []docField {
	var out []docField
	for _, f := range e.fields {
		path := "." + strings.ToLower(f.name) + "."
		if strings.Contains(path, "."+name+".") {
			out = append(out, f)
		}
	}
	return out
}

// docText prints a topic for a terminal.
func (c *console) docText(t docTopic) {
	c.line(c.strong(t.title))
	if t.intro != "" {
		c.paragraph("", t.intro)
	}
	if !slices.ContainsFunc(t.entries, docEntry.long) {
		for _, e := range t.entries {
			name := e.name
			if e.takes != "" {
				name += " (" + e.takes + ")"
			}
			c.listed(name, e.doc)
		}
		return
	}
	for _, e := range t.entries {
		c.line()
		c.docEntry(e)
	}
}

// long reports whether an entry has more to it than a line.
func (e docEntry) long() bool { return e.example != "" || len(e.fields) > 0 }

// docEntry prints one entry for a terminal.
func (c *console) docEntry(e docEntry) {
	head := e.name
	if e.takes != "" {
		head += ": " + e.takes
	}
	c.paragraph("", head)
	c.paragraph("  ", e.doc)
	if e.example != "" {
		for line := range strings.SplitSeq(e.example, "\n") {
			c.line("  " + line)
		}
	}
	if e.result != "" {
		c.line("  = " + e.result)
	}
	for _, f := range e.fields {
		doc := f.doc
		if f.takes != "" {
			doc += " (" + f.takes + ")"
		}
		c.listed("  "+f.name, doc)
	}
}

// listed prints a name with its words beside it, or below it where it is long.
func (c *console) listed(name, doc string) {
	const column = 24
	if len(name) > column-len(gap) {
		c.line(name)
		name = ""
	}
	c.paragraph(fmt.Sprintf("%-*s", column, name), doc)
}

// docMarkdown prints a topic as Markdown.
func (c *console) docMarkdown(t docTopic) {
	c.line("## ", t.title)
	if t.intro != "" {
		c.line("\n", t.intro)
	}
	if !slices.ContainsFunc(t.entries, docEntry.long) {
		c.line("\n| name | meaning |\n|---|---|")
		for _, e := range t.entries {
			doc := e.doc
			if e.takes != "" {
				doc = e.takes + ": " + doc
			}
			c.line("| ", verbatim(e.name), " | ", inTable(doc), " |")
		}
		return
	}
	for _, e := range t.entries {
		c.line("\n### ", verbatim(e.name), "\n")
		if e.takes != "" {
			c.line(inTable(e.takes), ".\n")
		}
		c.line(inTable(e.doc), ".")
		if e.example != "" {
			c.line("\n```\n", e.example)
			if e.result != "" {
				c.line("= ", e.result)
			}
			c.line("```")
		}
		if len(e.fields) > 0 {
			c.line("\n| key | takes | meaning |\n|---|---|---|")
			for _, f := range e.fields {
				c.line("| ", verbatim(f.name), " | ", inTable(f.takes), " | ", inTable(f.doc), " |")
			}
		}
	}
}

// verbatim sets a name in Markdown.
func verbatim(name string) string { return "`" + strings.ReplaceAll(name, "|", `\|`) + "`" }

// inTable makes a text harmless in a cell of Markdown.
func inTable(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;").Replace(text)
}
