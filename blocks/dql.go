package blocks

import (
	"fmt"

	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// DQL is the kind of block that holds DNIF's query language. Of it, the
// directive _trigger is supported so far.
func DQL(o Options) workbook.Kind {
	return workbook.Kind{
		Name:   "dql",
		Doc:    "a DQL directive: _trigger api generic_webhook send_alert '<configuration>'",
		Config: source.Text{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			text, ok := b.Body.Text()
			if !ok {
				p.Report(b.Body.Problem("dql holds the text of a directive", "write it under '|'"))
				return nil
			}
			directive, problems := query.ParseDirective(text)
			if len(problems) > 0 {
				p.ReportAll(problems)
				return nil
			}
			return prepareTrigger(text, directive, o, p)
		},
	}
}

// prepareTrigger checks _trigger api <plugin> <function> '<configuration>'.
func prepareTrigger(text source.Text, d query.Directive, o Options, p *workbook.Preparation) workbook.Step {
	const form = "write _trigger api generic_webhook send_alert '<configuration>'"
	want := []string{"api", "generic_webhook", "send_alert"}
	for i, w := range want {
		if i >= len(d.Words) {
			p.Report(text.Problem(len(text.Value), fmt.Sprintf("_trigger lacks %s", w), form))
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
		p.Report(text.Problem(len(text.Value), "_trigger names no configuration", form))
		return nil
	}
	if extra := d.Words[len(want)+1:]; len(extra) > 0 {
		p.Report(text.Problem(extra[0].At, "send_alert takes one configuration, and nothing behind it", "put the configuration's name in quotes"))
		return nil
	}
	return trigger.Prepare(text, d.Words[len(want)].At, o.Trigger, p)
}
