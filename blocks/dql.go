package blocks

import (
	"fmt"

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

// prepareTrigger checks _trigger api <plugin> <function> '<configuration>'.
func prepareTrigger(text source.Text, d query.Directive, o Options, p *workbook.Preparation) workbook.Step {
	const form = "write _trigger api generic_webhook send_alert '<configuration>'"
	want := []string{"api", "generic_webhook", "send_alert"}
	for i, w := range want {
		if i >= len(d.Words) {
			p.Report(text.Problem(d.End, fmt.Sprintf("_trigger lacks %s", w), form))
			return nil
		}
		if got := d.Words[i]; got.Text != w {
			message := fmt.Sprintf("expected %s, found %s", w, got.Text)
			if i == 1 && got.Text != "" && source.Nearest(got.Text, want[1:2]) == "" {
				message = fmt.Sprintf("the plugin %s is not supported yet", got.Text)
			}
			p.Report(text.Problem(got.At, message, form))
			return nil
		}
	}
	if len(d.Words) == len(want) {
		p.Report(text.Problem(d.End, "_trigger names no configuration", form))
		return nil
	}
	if extra := d.Words[len(want)+1:]; len(extra) > 0 {
		p.Report(text.Problem(extra[0].At, "send_alert takes one configuration, and nothing behind it", "put the configuration's name in quotes"))
		return nil
	}
	return trigger.Prepare(text, d.Words[len(want)].At, o.Trigger, p)
}
