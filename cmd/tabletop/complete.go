package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tabletop/audit"
	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/stores"
)

// Completion offers what a shell may put in the place of a word. It only reads,
// within bounds, and says nothing of what it can't read.

// A suggest lists what a word may be; words with something to say on them carry
// it behind a tab.
type suggest func(cmd *cobra.Command, args []string, word string) []string

// Bounds on completion: the runs that are offered, and how long the databases
// may take.
const (
	mostRunsOffered = 100
	completeWithin  = time.Second
)

// completions gives every command below root its completion: by its name, else
// by what its usage says that it takes.
func completions(root *cobra.Command) {
	for path, s := range argumentCompletions() {
		cmd, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			panic("completion: no command " + path)
		}
		cmd.ValidArgsFunction = s.complete
	}
	completeBelow(root)
}

// takenBy are words of a usage with what completes them; with … behind them they
// may come again.
func takenBy(usage string) suggest {
	words := strings.Fields(usage)
	if len(words) < 2 {
		return nil
	}
	word := strings.Trim(words[1], "[]")
	s := map[string]suggest{"PATH": workbooks, "RUN": runNumbers}[strings.TrimSuffix(word, "…")]
	if s != nil && word == strings.TrimSuffix(word, "…") && (len(words) < 3 || words[2] != words[1]) {
		return first(s)
	}
	return s
}

// complete is a suggest as cobra calls it. No files are offered besides.
func (s suggest) complete(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	found := slices.DeleteFunc(slices.Clone(s(cmd, args, word)), func(f string) bool { return !strings.HasPrefix(f, word) })
	directive := cobra.ShellCompDirectiveNoFileComp
	if len(found) == 1 && strings.HasSuffix(found[0], "/") { // the path goes on
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return found, directive
}

// argumentCompletions are the commands whose arguments are something else than
// files of any kind.
func argumentCompletions() map[string]suggest {
	return map[string]suggest{
		"undo":                  runNumbers,
		"why":                   first(runNumbers),
		"versions":              first(workbookNames),
		"integrations show":     first(integrationNames),
		"integrations validate": integrationNames,
		"integrations enable":   integrationNames,
		"integrations disable":  integrationNames,
		"integrations template": first(words(trigger.Ready)),
		"events mapping":        first(words(events.MappingNames)),
		"export":                first(words(func() []string { return []string{"actions", "signals", "rows", "entries", "all"} })),
		"functions":             first(functionNames),
		"docs":                  first(docNames),
		"stores show":           first(storeNames),
		"stores export":         first(storeNames),
		"stores delete":         first(storeNames),
	}
}

// completeBelow completes what a command and those below it take, and their flags
// by their names: these mean the same everywhere. The commands on events take
// paths of events, which are files of any kind.
func completeBelow(cmd *cobra.Command) {
	if s := takenBy(cmd.Use); s != nil && cmd.ValidArgsFunction == nil && !strings.Contains(cmd.CommandPath(), " events") {
		cmd.ValidArgsFunction = s.complete
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		s := flagCompletion(f)
		if s == nil {
			return
		}
		// The error is that of a flag that has one already, as a persistent one
		// may by the command above.
		_ = cmd.RegisterFlagCompletionFunc(f.Name, s.complete)
	})
	for _, sub := range cmd.Commands() {
		completeBelow(sub)
	}
}

func flagCompletion(f *pflag.Flag) suggest {
	switch f.Name {
	case "output":
		return words(func() []string { return outputForms(f.Usage) })
	case "fail-on":
		return listed(failWords)
	case "verdict":
		return listed(words(verdictWords))
	case "type":
		return words(func() []string { return testKinds })
	case "run", "signals":
		return runNumbers
	}
	return nil
}

// outputForms reads the forms out of a flag's words, as in table, csv or json.
func outputForms(usage string) []string {
	usage, _, _ = strings.Cut(usage, " (")
	forms := strings.FieldsFunc(strings.ReplaceAll(usage, " or ", ","), func(r rune) bool { return r == ',' || r == ' ' })
	if !strings.Contains(usage, ",") && !strings.Contains(usage, " or ") {
		return nil
	}
	return forms
}

// words offers what does not depend on anything.
func words(list func() []string) suggest {
	return func(*cobra.Command, []string, string) []string { return list() }
}

// first offers only for the first argument.
func first(s suggest) suggest {
	return func(cmd *cobra.Command, args []string, word string) []string {
		if len(args) > 0 {
			return nil
		}
		return s(cmd, args, word)
	}
}

// listed offers for the last word of a list with commas.
func listed(s suggest) suggest {
	return func(cmd *cobra.Command, args []string, word string) []string {
		before := word[:strings.LastIndexByte(word, ',')+1]
		var out []string
		for _, w := range s(cmd, args, "") {
			name, _, _ := strings.Cut(w, "\t")
			if !slices.Contains(strings.Split(before, ","), name) {
				out = append(out, before+w)
			}
		}
		return out
	}
}

// verdictWords are the verdicts with their meanings.
func verdictWords() []string {
	var out []string
	for _, v := range workbook.Verdicts {
		out = append(out, described(string(v), v.Doc()))
	}
	return out
}

// failWords are those of --fail-on: the verdicts, and their short names.
func failWords(*cobra.Command, []string, string) []string {
	out := verdictWords()
	for _, name := range slices.Sorted(maps.Keys(failNames)) {
		out = append(out, described(name, "short for "+string(failNames[name])))
	}
	return out
}

// described is a word with what is to be said of it, in one clean line.
func described(word, doc string) string {
	return word + "\t" + clean(doc)
}

// flagValue is the value of a flag that a command has, else standard.
func flagValue(cmd *cobra.Command, name, standard string) string {
	if f := cmd.Flag(name); f != nil && f.Value.String() != "" {
		return f.Value.String()
	}
	return standard
}

// withAudit hands over the command's audit, where it can be read.
func withAudit(cmd *cobra.Command, then func(context.Context, *audit.Reader)) {
	path := flagValue(cmd, "audit", "audit.db")
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return
	}
	ctx, cancel := context.WithTimeout(contextOf(cmd), completeWithin)
	defer cancel()
	r, err := audit.OpenReader(ctx, path)
	if err != nil {
		return
	}
	defer r.Close()
	then(ctx, r)
}

func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// runNumbers offers the newest runs, with workbook and date.
func runNumbers(cmd *cobra.Command, args []string, _ string) []string {
	var out []string
	withAudit(cmd, func(ctx context.Context, r *audit.Reader) {
		runs, err := r.Runs(ctx, mostRunsOffered)
		if err != nil {
			return
		}
		for _, run := range runs {
			number := fmt.Sprint(run.Run)
			if !slices.Contains(args, number) {
				out = append(out, described(number, run.Workbook+", "+run.Mode+", "+run.Started.UTC().Format("2006-01-02 15:04")))
			}
		}
	})
	return out
}

// workbookNames offers the workbooks that were run, and files of workbooks.
func workbookNames(cmd *cobra.Command, args []string, word string) []string {
	out := workbooks(cmd, args, word)
	withAudit(cmd, func(ctx context.Context, r *audit.Reader) {
		runs, err := r.Runs(ctx, mostRunsOffered)
		if err != nil {
			return
		}
		for _, run := range runs {
			if name := clean(run.Workbook); name == run.Workbook && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	})
	return out
}

// integrationNames offers the configurations of the command's file.
func integrationNames(cmd *cobra.Command, args []string, _ string) []string {
	loaded, err := trigger.Load(flagValue(cmd, "integrations", "integrations.yaml"))
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range loaded.Names() {
		if n, _ := loaded.Find(name); clean(name) == name && !slices.Contains(args, name) {
			out = append(out, described(name, n.TargetType()+" at "+n.Host()))
		}
	}
	return out
}

// storeNames offers the event stores of the command's file.
func storeNames(cmd *cobra.Command, _ []string, _ string) []string {
	path := flagValue(cmd, "stores", standardStores)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := stores.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(contextOf(cmd), completeWithin)
	defer cancel()
	list, err := file.List(ctx)
	if err != nil {
		return nil
	}
	var out []string
	for _, info := range list {
		if clean(info.Name) == info.Name {
			out = append(out, info.Name)
		}
	}
	return out
}

func functionNames(*cobra.Command, []string, string) []string {
	var out []string
	for _, f := range query.Functions() {
		out = append(out, described(f.Name, f.Doc))
	}
	return out
}

// docNames offers the topics, and what is told of in them.
func docNames(*cobra.Command, []string, string) []string {
	var topics, names []string
	for _, t := range docTopics() {
		topics = append(topics, described(t.name, t.title))
		for _, e := range t.entries {
			if !strings.Contains(e.name, " ") {
				names = append(names, described(e.name, e.doc))
			}
		}
	}
	return append(topics, names...)
}
