package trigger

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// NotificationConfig is what stands behind the key notification.
type NotificationConfig struct {
	Through source.Text   `yaml:"through" doc:"the mail server of integrations.yaml that sends it; not needed where there is only one"`
	Send    string        `yaml:"send" enum:"consolidated,per_row" doc:"consolidated, one e-mail with all rows attached as CSV, unless said otherwise; per_row, one e-mail a row"`
	To      []source.Text `yaml:"to,required" doc:"the recipients, an address each; per_row takes columns too, as $Owner"`
	Cc      []source.Text `yaml:"cc" doc:"those who get a copy"`
	Bcc     []source.Text `yaml:"bcc" doc:"those who get a copy that the others don't see"`
	Subject source.Text   `yaml:"subject,required" doc:"the subject, in which $Column stands for the row's value; of a consolidated e-mail for the different values of all its rows"`
	Message source.Text   `yaml:"message" doc:"the text, with $Column as in the subject"`
	Rows    *int          `yaml:"rows" doc:"how many rows a consolidated e-mail has, from the top; all unless said otherwise"`
	Columns []source.Text `yaml:"columns" doc:"the columns that a consolidated e-mail has; all unless said otherwise"`
}

const sendPerRow = "per_row"

// Notification is the kind of block that sends e-mails and passes the rows on.
func Notification(o Options) workbook.Kind {
	return workbook.Kind{
		Name:   "notification",
		Doc:    "an e-mail with the rows, or one a row, through a mail server of integrations.yaml; the rows pass through",
		Config: NotificationConfig{},
		Passes: true,
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			var c NotificationConfig
			problems := source.Decode(b.Body, &c)
			p.ReportAll(problems)
			if !b.Body.IsMap() {
				return nil
			}
			made := prepareNotification(b.Body, c, o, p)
			if len(problems) > 0 {
				return nil
			}
			return made
		},
	}
}

func prepareNotification(body source.Node, c NotificationConfig, o Options, p *workbook.Preparation) workbook.Step {
	before := len(p.Problems())
	if p.First {
		p.Report(body.Problem("a notification needs rows, and no block before it gives any", "put a block such as sql, search or dql before it"))
	}
	n := &notification{perRow: c.Send == sendPerRow}
	var integration *Integration
	if o.Integrations != nil || !o.Broken {
		integration = o.Integrations.mailServer(body, c.Through, o.IntegrationsPath, p)
	}
	n.to = n.addresses(c.To, "to", p)
	n.cc = n.addresses(c.Cc, "cc", p)
	n.bcc = n.addresses(c.Bcc, "bcc", p)
	if c.To == nil && valueOf(body, "to").IsList() {
		p.Report(body.Problem("a notification needs a recipient", "as in to: [soc@example.org]"))
	}
	if subject := strings.TrimSpace(c.Subject.Value); c.Subject.Set() && (subject == "" || !oneLine(subject)) {
		p.Report(c.Subject.Problem(0, "the subject must be one line with something in it", ""))
	}
	n.subject = n.template(c.Subject, encodeHeader, p)
	n.message = n.template(c.Message, encodeMailText, p)
	n.choose(body, c, p)
	if integration == nil || len(p.Problems()[before:].Errors()) > 0 {
		return nil
	}
	n.step = newStep(integration, o, workbook.Facts{Spot: body.Spot(), All: true})
	n.step.facts.Doubts = n.outside(n.step.guard, slices.Concat(c.To, c.Cc, c.Bcc))
	return n
}

// newStep is what takes the requests of a configuration on their way.
func newStep(n *Integration, o Options, facts workbook.Facts) *step {
	judge := o.Guard
	if judge == nil {
		judge = guard.New()
	}
	return &step{n, o.Integrations.Protected(judge), rehearser{o.Vendor}, o.Planning, o.Look, facts}
}

// mailServer finds the configuration that a notification goes through; nil where
// that was reported.
func (n *Integrations) mailServer(body source.Node, through source.Text, path string, p *workbook.Preparation) *Integration {
	if n == nil {
		p.Report(body.Problem("no integrations.yaml found beside the workbook or in the folder above it", notFoundFix(path)))
		return nil
	}
	var names []string
	for _, i := range n.list {
		if i.isMail() {
			names = append(names, i.Name)
		}
	}
	const form = "write one as {name: SOC mail, url: 'smtp://mail.example.org:587', mail: {from: soc@example.org}}"
	switch {
	case len(names) == 0:
		p.Report(body.Problem("no configuration in "+n.document.Path+" is a mail server", form))
	case !through.Set() && len(names) > 1:
		p.Report(body.Problem(fmt.Sprintf("%d configurations are mail servers", len(names)), "name one of them as through: '"+strings.Join(names, "', '")+"'"))
	case !through.Set():
		found, _ := n.Find(names[0])
		return found
	default:
		found, suggestion := n.Find(through.Value)
		switch {
		case found == nil:
			p.Report(through.Problem(0, "no configuration "+guard.Quote(through.Value)+" in "+n.document.Path, suggestion))
		case !found.isMail():
			p.Report(through.Problem(0, through.Value+" is no mail server", "mail servers are '"+strings.Join(names, "', '")+"'"))
			return nil
		}
		return found
	}
	return nil
}

// choose reads which rows and columns a consolidated e-mail has.
func (n *notification) choose(body source.Node, c NotificationConfig, p *workbook.Preparation) {
	if n.perRow && (c.Rows != nil || len(c.Columns) > 0) {
		key := "rows"
		if c.Rows == nil {
			key = "columns"
		}
		p.Report(valueOf(body, key).Problem(key+" is for a consolidated e-mail, and per_row sends one a row", "remove it, or choose rows and columns in the block before"))
		return
	}
	if c.Rows != nil {
		if n.rows = *c.Rows; n.rows < 1 {
			p.Report(valueOf(body, "rows").Problem("rows must be 1 or more", "leave it out for all rows"))
		}
	}
	for _, column := range c.Columns {
		name := p.Expand(column)
		if p.In.Known && workbook.ColumnIndex(p.In.Names, name) < 0 {
			p.Report(column.Problem(0, "the rows have no column "+name, source.DidYouMean(name, p.In.Names)))
		}
		if slices.Contains(n.columns, name) {
			p.Report(column.Problem(0, name+" stands twice", "remove one of them"))
		}
		n.columns = append(n.columns, name)
	}
}

// addresses reads the recipients of one kind. What has no column must be an
// address as it stands.
func (n *notification) addresses(written []source.Text, key string, p *workbook.Preparation) []template {
	var list []template
	for _, text := range written {
		t := n.template(text, encodeHeader, p)
		switch {
		case t.constant():
			if _, err := readAddress(t.with("")); err != nil {
				p.Report(text.Problem(0, guard.Quote(text.Value)+" "+err.Error(), "write each recipient by itself, as soc@example.org or SOC <soc@example.org>"))
			}
		case !n.perRow: // as DNIF has it
			p.Report(text.Problem(0, "a consolidated e-mail takes no columns in "+key, "write the address out, or send: per_row"))
		}
		list = append(list, t)
	}
	return list
}

// outside warns of the recipients to whom a guard lets no e-mail go, as far as they
// are written out.
func (n *notification) outside(judge *guard.Guard, written []source.Text) source.Problems {
	var out source.Problems
	for i, t := range slices.Concat(n.to, n.cc, n.bcc) {
		address, err := readAddress(t.with(""))
		if !t.constant() || err != nil {
			continue
		}
		if j := judge.Judge(guard.TypeRecipients, guard.JoinRecipients([]string{address.Address})); j.Rule == guard.RuleMailDomain {
			out = append(out, written[i].Problem(0, "no e-mail goes to "+address.Address, j.Reason).Warn(findings.Unreachable))
		}
	}
	return out
}

// template reads a text of the notification, in which parameters and columns
// stand. What looks like a secret is text: none ever stands in an e-mail.
func (n *notification) template(text source.Text, e encoder, p *workbook.Preparation) template {
	if !text.Set() {
		return nil
	}
	t := scan(p.Expand(text))
	for i, part := range t {
		if part.secret != "" {
			t[i].literal, t[i].secret = part.name(), ""
		}
		if part.field != "" && p.In.Known && !p.First && workbook.ColumnIndex(p.In.Names, part.field) < 0 {
			p.Report(text.Problem(max(strings.Index(text.Value, part.field), 0), "the rows have no column "+part.field, source.DidYouMean(part.field, p.In.Names)))
		}
	}
	return t.encodeAll(e)
}
