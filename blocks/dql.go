package blocks

import (
	"strings"

	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// DQL is the kind of block that holds DNIF's query language: pipe DQL, or
// directives joined by >>.
func DQL(o Options) workbook.Kind {
	o.Query.Stores = o.Stores
	return workbook.Kind{
		Name:   "dql",
		Doc:    "DQL: stream=firewall where … | groupby …, or directives such as _fetch, _checkif and _trigger",
		Config: source.Text{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			text, ok := b.Body.Text()
			if !ok {
				p.Report(b.Body.Problem("dql holds the text of a query", "write it under '|'"))
				return nil
			}
			pipeline, problems := query.ParseDQL(text, o.Query, p, func(text source.Text, d query.Directive, p *workbook.Preparation) workbook.Step {
				return prepareTrigger(text, d, o, p)
			})
			p.ReportAll(problems)
			if pipeline == nil {
				return nil
			}
			return pipeline
		},
	}
}

// prepareTrigger checks _trigger api <plugin> <function> '<configuration>' $p, $q.
func prepareTrigger(text source.Text, d query.Directive, o Options, p *workbook.Preparation) workbook.Step {
	const form = "write _trigger api generic_webhook send_alert '<configuration>'"
	t, ok := readTrigger(text, d, p, form)
	switch {
	case !ok:
		return nil
	case t.plugin.Text != "generic_webhook" && source.Nearest(t.plugin.Text, []string{"generic_webhook"}) != "":
		p.Report(text.Problem(t.plugin.At, "expected generic_webhook, found "+t.plugin.Text, form))
		return nil
	case t.plugin.Text != "generic_webhook":
		return trigger.PreparePlugin(text, t.call(), o.Trigger, p)
	case t.function.Text != "send_alert":
		p.Report(text.Problem(t.function.At, "expected send_alert, found "+t.function.Text, form))
		return nil
	case t.configuration == nil:
		p.Report(text.Problem(d.End, "_trigger names no configuration", form))
		return nil
	case len(t.parameters) > 0:
		p.Report(text.Problem(t.parameters[0].At, "send_alert takes one configuration, and nothing behind it", "the payload of the configuration names its columns"))
		return nil
	}
	return trigger.Prepare(text, t.configuration.At, o.Trigger, p)
}

// A called is what a _trigger calls.
type called struct {
	plugin, function query.Word
	// configuration is nil where none is named.
	configuration *query.Word
	parameters    []query.Word
}

// call is the call of a plugin other than generic_webhook.
func (t called) call() trigger.PluginCall {
	c := trigger.PluginCall{Plugin: t.plugin.Text, Function: t.function.Text, At: t.plugin.At}
	if t.configuration != nil {
		c.Configuration, c.ConfigurationAt = t.configuration.Text, t.configuration.At
	}
	for _, w := range t.parameters {
		column := w.Text
		if inner, ok := strings.CutPrefix(column, "_$"); ok {
			column = "$" + strings.TrimSuffix(inner, "_")
		}
		c.Parameters = append(c.Parameters, trigger.PluginParameter{Column: column, At: w.At})
	}
	return c
}

// readTrigger takes a _trigger apart; false where that was reported as broken.
func readTrigger(text source.Text, d query.Directive, p *workbook.Preparation, form string) (called, bool) {
	var t called
	report := func(at int, message, fix string) (called, bool) {
		p.Report(text.Problem(at, message, fix))
		return t, false
	}
	words := d.Words
	for i, wanted := range []string{"api", "a plugin", "a function of the plugin"} {
		if i >= len(words) {
			return report(d.End, "_trigger lacks "+wanted, form)
		}
		if i == 0 && (words[0].Quoted || !strings.EqualFold(words[0].Text, "api")) {
			return report(words[0].At, "expected api, found "+words[0].Text, form)
		}
	}
	t.plugin, t.function, words = words[1], words[2], words[3:]
	if len(words) > 0 && (words[0].Quoted || !isParameter(words[0].Text)) {
		t.configuration, words = &words[0], words[1:]
	}
	for i, w := range words {
		comma := w.Text == "," && !w.Quoted
		switch {
		case comma && i > 0 && i < len(words)-1, comma && t.configuration != nil && i == 0:
		case comma, w.Quoted, !isParameter(w.Text):
			return report(w.At, "expected a column for the function, found "+w.Text, "as in $SrcIP or _$DevSrcIP_; a configuration's name of several words stands in quotes")
		default:
			t.parameters = append(t.parameters, w)
		}
	}
	return t, true
}

// isParameter reports whether a word is a column that a function gets: $SrcIP,
// or _$DevSrcIP_.
func isParameter(word string) bool {
	return strings.HasPrefix(word, "$") || strings.HasPrefix(word, "_$") && strings.HasSuffix(word, "_")
}
