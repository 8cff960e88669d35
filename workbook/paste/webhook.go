package paste

import (
	"fmt"
)

// fill fills a field of a webhook in. A webhook that has the field already is
// whole, and another one begins.
func (r *reader) fill(name, value string, line int) {
	r.closeLabelled()
	r.group, r.side = groupWebhook, ""
	if r.webhook == nil || *r.webhook.field(name) != "" {
		r.webhook = &Webhook{Line: line + 1}
		r.out.Webhooks = append(r.out.Webhooks, r.webhook)
	}
	*r.webhook.field(name) = value
}

func (w *Webhook) field(name string) *string {
	switch name {
	case "name":
		return &w.Name
	case "method":
		return &w.Method
	case "url":
		return &w.URL
	case "headers":
		return &w.Headers
	}
	return &w.Payload
}

// called finds the configurations that triggers name.
var called = compiled(`(?i)_trigger\s+api\s+generic_webhook\s+send_alert\s+(?:'([^']+)'|"([^"]+)")`)

// nameWebhooks gives a webhook without a name the one that a trigger calls,
// where there is only one of each; others get a number, and are told.
func (r *reader) nameWebhooks() {
	known := map[string]bool{}
	var nameless []*Webhook
	for _, w := range r.out.Webhooks {
		known[w.Name] = true
		if w.Name == "" {
			nameless = append(nameless, w)
		}
	}
	wanted := r.wanted(known)
	if len(nameless) == 1 && len(wanted) == 1 {
		nameless[0].Name = wanted[0]
		return
	}
	for i, w := range nameless {
		w.Name = fmt.Sprintf("Webhook %d", i+1)
		r.out.Problems = append(r.out.Problems, r.problem(w.Line-1, "a webhook without a name, called "+w.Name+" here", "write Configuration Name: and its name above it"))
	}
}

// wanted lists the configurations that triggers name and the text has not.
func (r *reader) wanted(known map[string]bool) []string {
	var names []string
	for _, b := range r.out.Blocks {
		for _, m := range called.FindAllStringSubmatch(b.Text, -1) {
			if name := m[1] + m[2]; !known[name] {
				known[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
