package trigger

import (
	"fmt"
	"maps"
	"slices"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// A Filled is a planned action's request, filled anew from the values that the
// plan has.
type Filled struct {
	// Shown is the request as the plan and the audit have it, with [name] for
	// each secret.
	Shown *workbook.Request
	// Target is what it is aimed at, Key what it has in common with repetitions
	// of it.
	Target string
	Key    string

	integration *Integration
	sent        *request
	secrets     map[string]string
}

// Fill fills the request of a planned action. secret gives the value of each
// secret that the configuration names. Its error says what could not be filled;
// it never holds a secret.
func (n *Integration) Fill(values map[string]string, canonical string, secret func(name string) (string, error)) (*Filled, error) {
	shown, err := n.fill(fillerOf(values, rehearsed))
	if err != nil {
		return nil, err
	}
	f := &Filled{Shown: shown.record(), Target: shown.target, Key: shown.key(canonical), integration: n, secrets: map[string]string{}}
	f.sent, err = n.fill(fillerOf(values, f.taking(secret)))
	if err != nil {
		return nil, err
	}
	if f.sent.target != shown.target {
		return nil, fmt.Errorf("a secret changes the target of %s", guard.Quote(n.Name))
	}
	return f, nil
}

// taking notes the secrets that are asked for.
func (f *Filled) taking(secret func(name string) (string, error)) func(string) (string, error) {
	return func(name string) (string, error) {
		value, err := secret(name)
		if err == nil {
			f.secrets[name] = value
		}
		return value, err
	}
}

// fillerOf fills from values by the names of columns.
func fillerOf(values map[string]string, secret func(string) (string, error)) filler {
	f := filler{columns: make(map[string]int, len(values)), secret: secret}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f.columns[name] = len(f.values)
		f.values = append(f.values, values[name])
	}
	return f
}

// Message is the request as it goes, with the guard's approval of its target.
func (f *Filled) Message(action int, approved guard.Approved) delivery.Message {
	m := delivery.Message{
		Action: action, Method: f.integration.Method, URL: f.sent.url, Body: f.sent.body,
		Type: f.integration.target.kind, Target: f.sent.target, Approved: approved, Secrets: f.secrets,
	}
	for _, h := range f.sent.headers {
		m.Headers = append(m.Headers, delivery.Header{Name: h.name, Value: h.value})
	}
	return m
}

// values are the columns that the request is filled with.
func (p *pass) values(row workbook.Row) map[string]string {
	values := map[string]string{}
	for name, i := range p.columns {
		if i >= 0 && row.Values[i] != nil {
			values[name] = workbook.Text(row.Values[i])
		}
	}
	return values
}
