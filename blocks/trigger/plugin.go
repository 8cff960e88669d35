package trigger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// pluginNode names what of _trigger a configuration stands for.
type pluginNode struct {
	Name     source.Text `yaml:"name,required" doc:"the plugin, such as paloalto"`
	Function source.Text `yaml:"function,required" doc:"its function, such as add_to_group"`
}

// webhookPlugin is the plugin of configurations that name none.
const webhookPlugin = "generic_webhook"

// A pluginName is a plugin and one of its functions; both are empty for a
// webhook.
type pluginName struct{ name, function string }

func (n *Integration) compilePlugin(p *pluginNode) source.Problems {
	if p == nil {
		return nil
	}
	n.plugin = pluginName{p.Name.Value, p.Function.Value}
	var problems source.Problems
	for _, word := range []source.Text{p.Name, p.Function} {
		if word.Value == "" || strings.ContainsFunc(word.Value, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`,'"|>`, r) }) {
			problems = append(problems, word.Problem(0, "the plugin and its function are one word each", "as in plugin: {name: paloalto, function: add_to_group}"))
		}
	}
	if n.plugin.name == webhookPlugin {
		problems = append(problems, p.Name.Problem(0, webhookPlugin+" is what a configuration without plugin is", "leave plugin out"))
	}
	highest := n.parameters()
	for i := 1; i <= highest; i++ {
		if !slices.ContainsFunc(n.needs(), func(f need) bool { return f.field == "$"+strconv.Itoa(i) }) {
			problems = append(problems, p.Function.Problem(0, fmt.Sprintf("the request holds $%d but not $%d", highest, i), "parameters count from $1, and each goes somewhere"))
		}
	}
	return problems
}

// Plugin is the plugin of _trigger and its function that the configuration
// stands for, both empty for a webhook.
func (n *Integration) Plugin() (name, function string) { return n.plugin.name, n.plugin.function }

// parameters is how many parameters the requests take.
func (n *Integration) parameters() int {
	highest := 0
	for _, f := range n.needs() {
		if i, err := strconv.Atoi(strings.TrimPrefix(f.field, "$")); err == nil && n.plugin != (pluginName{}) {
			highest = max(highest, i)
		}
	}
	return highest
}

// bind returns the configuration with columns in the places of $1, $2 ….
func (n *Integration) bind(columns []string) *Integration {
	bound := *n
	column := func(parameter string) (string, bool) {
		i, err := strconv.Atoi(strings.TrimPrefix(parameter, "$"))
		if err != nil || i < 1 || i > len(columns) {
			return "", false
		}
		return columns[i-1], true
	}
	fill := func(t template) template {
		t = slices.Clone(t)
		for i, p := range t {
			if to, ok := column(p.field); ok {
				t[i].field, t[i].parameter = to, p.field
			}
		}
		return t
	}
	all := func(r form) form {
		r.payload, r.endpoint.parts, r.headers = fill(r.payload), fill(r.endpoint.parts), slices.Clone(r.headers)
		for i, h := range r.headers {
			r.headers[i].value = fill(h.value)
		}
		return r
	}
	r := all(n.form())
	bound.endpoint, bound.headers, bound.payload = r.endpoint, r.headers, r.payload
	if to, ok := column(n.target.column); ok {
		bound.target.column, bound.target.parameter = to, n.target.column
	}
	if n.undo.form != nil {
		bound.undo.form = pointer(all(*n.undo.form))
	}
	return &bound
}

// called words how a configuration of a plugin or a mail server is called, empty
// for a webhook.
func (n *Integration) called() string {
	if n.isMail() {
		return "it is a mail server: write a notification block, with through: " + n.Name
	}
	if n.plugin == (pluginName{}) {
		return ""
	}
	return fmt.Sprintf("it stands for a plugin: write _trigger api %s %s '%s' with a column for each parameter", n.plugin.name, n.plugin.function, n.Name)
}

// A PluginCall is _trigger api <plugin> <function> ['<configuration>'] $p, $q as
// it stands in a text.
type PluginCall struct {
	Plugin, Function string
	// At is where the plugin's name stands.
	At int
	// Configuration is empty where none is named; ConfigurationAt is where it
	// stands.
	Configuration   string
	ConfigurationAt int
	Parameters      []PluginParameter
}

// A PluginParameter is a column that a function gets.
type PluginParameter struct {
	Column string
	At     int
}

// columns lists the columns of the parameters.
func (c PluginCall) columns() []string {
	var columns []string
	for _, p := range c.Parameters {
		columns = append(columns, p.Column)
	}
	return columns
}

// PreparePlugin checks a call of a plugin against what comes into it and returns
// the step that runs it, nil after a mistake. A configuration that stands for
// the function makes it a webhook; without one, its actions are recorded and
// never sent.
func PreparePlugin(text source.Text, c PluginCall, o Options, p *workbook.Preparation) workbook.Step {
	before := len(p.Problems())
	if p.First {
		p.Report(text.Problem(c.At, "a trigger needs rows, and no block before it gives any", "put a block such as sql, search or dql before it"))
	}
	for _, parameter := range c.Parameters {
		if p.In.Known && !p.First && workbook.ColumnIndex(p.In.Names, parameter.Column) < 0 {
			p.Report(text.Problem(parameter.At, "the rows have no column "+parameter.Column, source.DidYouMean(parameter.Column, p.In.Names)).Coded(findings.UnknownColumn).InCase(parameter.Column, p.In.Names))
		}
	}
	if o.Integrations == nil && o.Broken {
		return nil
	}
	integration, ok := o.Integrations.mapped(text, c, p)
	if !ok || len(p.Problems()) > before {
		return nil
	}
	if integration == nil {
		p.Out = workbook.Columns{Names: p.In.Names}
		return unmapped{c, text.Spot(c.At)}
	}
	if takes, given := integration.parameters(), len(c.Parameters); takes != given {
		p.Report(text.Problem(c.At, fmt.Sprintf("%s of %s takes %s, and is called with %d", c.Function, integration.Name, counted(takes, "parameter"), given), "a column for each, as in $SrcIP, $User"))
		return nil
	}
	p.Out = workbook.Columns{Names: withColumns(p.In.Names), Known: p.In.Known}
	bound := integration.bind(c.columns())
	for _, n := range bound.needs() {
		if p.In.Known && workbook.ColumnIndex(p.In.Names, n.field) < 0 {
			p.Report(text.Problem(c.At, n.where+" of "+integration.Name+" needs "+n.field+", which no block before gives", source.DidYouMean(n.field, p.In.Names)).Coded(findings.PayloadColumn))
			return nil
		}
	}
	return newStep(bound, o, bound.facts(text.Spot(c.At), p.In))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// mapped finds the configuration that stands for a call, nil where none does.
// False says that a mistake was reported.
func (n *Integrations) mapped(text source.Text, c PluginCall, p *workbook.Preparation) (*Integration, bool) {
	if n == nil {
		return nil, true
	}
	wanted := pluginName{c.Plugin, c.Function}
	var names []string
	var found *Integration
	for _, i := range n.list {
		if i.plugin != wanted {
			continue
		}
		names = append(names, i.Name)
		if c.Configuration == "" || c.Configuration == i.Name {
			found = i
		}
	}
	other, _ := n.Find(c.Configuration)
	switch {
	case c.Configuration == "" && len(names) > 1:
		p.Report(text.Problem(c.At, fmt.Sprintf("%d configurations stand for %s %s", len(names), c.Plugin, c.Function), "name one of them behind the function: '"+strings.Join(names, "', '")+"'"))
	case found != nil:
		return found, true
	case other != nil:
		p.Report(text.Problem(c.ConfigurationAt, "the configuration "+guard.Quote(c.Configuration)+" does not stand for "+c.Plugin+" "+c.Function, other.standsFor()))
	case len(names) > 0:
		p.Report(text.Problem(c.ConfigurationAt, "no configuration "+guard.Quote(c.Configuration)+" stands for "+c.Plugin+" "+c.Function+" in "+n.document.Path, source.DidYouMean(c.Configuration, names)))
	default:
		return nil, true
	}
	return nil, false
}

// standsFor words what to do with a configuration that stands for something
// else.
func (n *Integration) standsFor() string {
	if call := n.called(); call != "" {
		return call
	}
	return "write plugin: {name: …, function: …} in it, or call it with _trigger api generic_webhook send_alert"
}
