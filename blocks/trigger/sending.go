package trigger

import (
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

	kind    string
	call    Call
	secrets map[string]string
}

// Fill fills the request of a planned action from the plan's values. Its error
// says what could not be filled, and never holds a secret.
func (n *Integration) Fill(values map[string]string, canonical string, secret func(name string) (string, error)) (*Filled, error) {
	return n.filled(n.SendCall, values, canonical, secret)
}

// FillUndo fills the inverse request of an action from its values.
func (n *Integration) FillUndo(values map[string]string, canonical string, secret func(name string) (string, error)) (*Filled, error) {
	return n.filled(n.UndoCall, values, canonical, secret)
}

type fillCall func(values map[string]string, secret func(name string) (string, error)) (Call, error)

func (n *Integration) filled(fill fillCall, values map[string]string, canonical string, secret func(name string) (string, error)) (*Filled, error) {
	shown, err := fill(values, Shown)
	if err != nil {
		return nil, err
	}
	f := &Filled{Shown: shown.Record(), kind: n.target.kind, Key: n.key(shown, canonical), secrets: map[string]string{}}
	if f.Target, err = n.TargetOf(shown, values); err != nil {
		return nil, err
	}
	if f.call, err = fill(values, f.noting(secret)); err != nil {
		return nil, err
	}
	// The guard judges what goes, and a secret is nothing to aim at.
	if f.Target, err = n.TargetOf(f.call, values); err != nil {
		return nil, err
	}
	return f, nil
}

// noting notes the secrets that are asked for.
func (f *Filled) noting(secret func(name string) (string, error)) func(string) (string, error) {
	return func(name string) (string, error) {
		value, err := secret(name)
		if err == nil {
			f.secrets[name] = value
		}
		return value, err
	}
}

// Message is the request as it goes, with the guard's approval of its target.
func (f *Filled) Message(action int, approved guard.Approved) delivery.Message {
	return delivery.Message{
		Action: action, Method: f.call.Method, URL: f.call.URL, Headers: f.call.Headers, Body: f.call.Body,
		Type: f.kind, Target: f.Target, Approved: approved, Secrets: f.secrets,
	}
}
