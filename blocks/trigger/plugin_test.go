package trigger

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

const plugins = `integrations:
  - name: Palo Alto
    url: https://pan.example/api/$1?by=$User
    payload: '{"ip": "$1", "tag": "$2", "who": "$User"}'
    target: {type: ip, column: $1}
    plugin: {name: paloalto, function: add_to_group}
    undo: {method: DELETE, url: 'https://pan.example/api/$1', payload: '{"tag": "$2"}'}
  - name: Palo Alto Lab
    url: https://lab.example/api
    payload: '{"ip": "$1", "tag": "$2"}'
    target: {type: ip, column: $1}
    plugin: {name: paloalto, function: add_to_group}
  - name: Kill
    url: https://agent.example/kill/$1
    target: none
    plugin: {name: ssh, function: execute_command}
  - name: Chat
    url: https://chat.example/$User
    target: none
`

// prepared prepares _trigger api of the call's plugin on the columns.
func prepared(t testing.TB, text string, c PluginCall, in workbook.Columns, columns ...string) (workbook.Step, *workbook.Preparation) {
	t.Helper()
	o := Options{Vendor: simulator.New(), Planning: true}
	if text != "" {
		n, err := loadText(t, text)
		if err != nil {
			t.Fatal(err)
		}
		o.Integrations = n
	}
	for i, column := range columns {
		c.Parameters = append(c.Parameters, PluginParameter{column, i})
	}
	p := workbook.NewPreparation(nil)
	p.First, p.In = false, in
	return PreparePlugin(source.NewText("workbook.yaml", "_trigger api x y z"), c, o, p), p
}

func TestPluginWithAConfiguration(t *testing.T) {
	rows := table("$SrcIP,$Tag,$User", values{"203.0.113.7", "bad", "anna"}, values{"10.0.0.1", "bad", "anna"}, values{"203.0.113.8", nil, "anna"})
	call := PluginCall{Plugin: "paloalto", Function: "add_to_group", Configuration: "Palo Alto"}
	step, p := prepared(t, plugins, call, workbook.Columns{Names: rows.Columns, Known: true}, "$SrcIP", "$Tag")
	if step == nil {
		t.Fatal(p.Problems())
	}
	if diff := cmp.Diff(workbook.Columns{Names: []string{"$SrcIP", "$Tag", "$User", StatusColumn, ResponseColumn}, Known: true}, p.Out); diff != "" {
		t.Error(diff)
	}
	out, err := step.Run(t.Context(), rows, &workbook.Env{})
	if err != nil {
		t.Fatal(err)
	}
	want := &workbook.Request{Method: "POST", URL: "https://pan.example/api/203.0.113.7?by=anna", Headers: map[string]string{}, Body: `{"ip": "203.0.113.7", "tag": "bad", "who": "anna"}`}
	if diff := cmp.Diff(want, out.Actions[0].Request); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"$1": "203.0.113.7", "$2": "bad", "$User": "anna"}, out.Actions[0].Values); diff != "" {
		t.Error("what a plan fills the request with anew:", diff)
	}
	var verdicts []workbook.Verdict
	for _, a := range out.Actions {
		verdicts = append(verdicts, a.Verdict)
	}
	if diff := cmp.Diff([]workbook.Verdict{workbook.WouldSend, workbook.RefusedProtected, workbook.Invalid}, verdicts); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(out.Actions[2].Reason, "no value for $Tag") || out.Actions[0].Target != "203.0.113.7" || out.Actions[0].Integration != "Palo Alto" {
		t.Error(out.Actions[2].Reason, out.Actions[0])
	}
}

// TestPluginValues takes the values of a call from its row to the configuration
// as it is loaded anew: by $1 and $2.
func TestPluginValues(t *testing.T) {
	n, err := loadText(t, plugins)
	if err != nil {
		t.Fatal(err)
	}
	loaded, _ := n.Find("Palo Alto")
	bound := loaded.bind([]string{"$SrcIP", "$Tag"})
	f := filler{map[string]int{"$SrcIP": 0, "$Tag": 1, "$User": 2}, values{"203.0.113.7", "bad", "anna"}, Shown}
	got, err := bound.valuesOf(f)
	if diff := cmp.Diff(map[string]string{"$1": "203.0.113.7", "$2": "bad", "$User": "anna"}, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	request, err := bound.fill(f)
	if err != nil {
		t.Fatal(err)
	}
	call, err := loaded.SendCall(got, Shown)
	if diff := cmp.Diff(request.Record(), call.Record()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	undo, err := bound.undoRequest(f)
	again, againErr := loaded.UndoCall(got, Shown)
	if diff := cmp.Diff(undo, again.Record()); diff != "" || err != nil || againErr != nil || undo.Body != `{"tag": "bad"}` {
		t.Error(diff, err, againErr)
	}
	if target, err := loaded.TargetOf(call, got); target != "203.0.113.7" || err != nil {
		t.Error(target, err)
	}
	if bound.Digest() != loaded.Digest() || len(loaded.needs()) != 3 || loaded.needs()[0].field != "$1" {
		t.Error("binding changed the configuration")
	}
}

func TestPluginWithoutAConfiguration(t *testing.T) {
	rows := table("$User", values{"anna"}, values{nil}, values{"anna"}, values{"bert"})
	for _, text := range []string{"", plugins} {
		call := PluginCall{Plugin: "ad", Function: "disable_user", Configuration: "Active Directory"}
		step, p := prepared(t, text, call, workbook.Columns{Names: rows.Columns, Known: true}, "$User")
		if step == nil {
			t.Fatal(p.Problems())
		}
		if p.Out.Known {
			t.Error("what the plugin adds is not known")
		}
		before := workbook.Action{Number: 1, Verdict: workbook.WouldSend, Key: unmapped{call: call}.key([]string{"bert"})}
		out, err := step.Run(t.Context(), rows, &workbook.Env{Actions: []workbook.Action{before}})
		if err != nil {
			t.Fatal(err)
		}
		action := func(number int, dnif workbook.DNIFAnswer, verdict workbook.Verdict, target, reason string, same int) workbook.Action {
			return workbook.Action{
				Number: number, Row: number - 1, Integration: "Active Directory", Type: "none", Target: target,
				DNIF: dnif, Verdict: verdict, Reason: reason, SameAs: same,
			}
		}
		want := []workbook.Action{
			action(2, workbook.DNIFWouldSend, workbook.WouldSend, "anna", ReasonUnmapped, 0),
			action(3, workbook.DNIFUnpublished, workbook.Invalid, "", "the call can't be filled: the row has no value for $User", 0),
			action(4, workbook.DNIFWouldSend, workbook.Deduplicated, "anna", "the same call as action 2", 2),
			action(5, workbook.DNIFWouldSend, workbook.Deduplicated, "bert", "the same call as action 1", 1),
		}
		for i := range out.Actions {
			out.Actions[i].Key = ""
		}
		if diff := cmp.Diff(want, out.Actions); diff != "" {
			t.Error(diff)
		}
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "_trigger api ad disable_user") {
			t.Error(out.Warnings)
		}
		if diff := cmp.Diff(rows.Columns, out.Table.Columns); diff != "" || len(out.Table.Rows) != 4 || out.Table.Rows[3].From != 4 {
			t.Error(diff, out.Table.Rows)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := step.Run(ctx, rows, &workbook.Env{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestPluginMistakes(t *testing.T) {
	known := workbook.Columns{Names: []string{"$SrcIP", "$Tag", "$User"}, Known: true}
	for _, c := range []struct {
		plugin, function, configuration string
		in                              workbook.Columns
		columns                         []string
		want                            string
	}{
		{"paloalto", "add_to_group", "Palo Alt", known, []string{"$SrcIP", "$Tag"}, "did you mean Palo Alto?"},
		{"paloalto", "add_to_group", "", known, []string{"$SrcIP", "$Tag"}, "2 configurations stand for paloalto add_to_group"},
		{"paloalto", "add_to_group", "Chat", known, []string{"$SrcIP", "$Tag"}, "does not stand for paloalto add_to_group"},
		{"paloalto", "add_to_groups", "Palo Alto", known, []string{"$SrcIP", "$Tag"}, "write _trigger api paloalto add_to_group 'Palo Alto'"},
		{"paloalto", "add_to_group", "Palo Alto", known, []string{"$SrcIP"}, "takes 2 parameters, and is called with 1"},
		{"ssh", "execute_command", "", known, []string{"$SrcIP", "$Tag"}, "takes 1 parameter, and is called with 2"},
		{"paloalto", "add_to_group", "Palo Alto", known, []string{"$SrcIp", "$Tag"}, "the rows have no column $SrcIp\n    _trigger api x y z\n    ^\n    did you mean $SrcIP?"},
		{"paloalto", "add_to_group", "Palo Alto", workbook.Columns{Names: []string{"$SrcIP", "$Tag"}, Known: true}, []string{"$SrcIP", "$Tag"}, "needs $User, which no block before gives"},
		{"ad", "disable_user", "", known, []string{"$Users"}, "did you mean $User?"},
	} {
		step, p := prepared(t, plugins, PluginCall{Plugin: c.plugin, Function: c.function, Configuration: c.configuration}, c.in, c.columns...)
		if problems := p.Problems(); step != nil || len(problems) != 1 || !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%+v: got %v, want %s", c, problems, c.want)
		}
	}
	p := workbook.NewPreparation(nil)
	p.First = true
	if s := PreparePlugin(source.NewText("w", "x"), PluginCall{Plugin: "ad", Function: "disable_user"}, Options{}, p); s != nil || !strings.Contains(p.Problems().Error(), "a trigger needs rows") {
		t.Error(p.Problems())
	}
	n, err := loadText(t, plugins)
	if err != nil {
		t.Fatal(err)
	}
	mapped, _ := n.Find("Kill")
	plain, _ := n.Find("Chat")
	if plain.called() != "" || !strings.Contains(mapped.called(), "_trigger api ssh execute_command 'Kill'") {
		t.Error(plain.called(), mapped.called())
	}
	if name, function := mapped.Plugin(); name != "ssh" || function != "execute_command" {
		t.Error(name, function)
	}
}
