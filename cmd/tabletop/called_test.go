package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// newCallingSite is a site whose workbook blocks two addresses itself, hands all
// three to a workbook that blocks them and those that another one gives back.
func newCallingSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.write("workbook.yaml", `workbook: Caller
blocks:
  - sql: |
      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=1d
  - code: where $SrcIP != '203.0.113.3'
  - trigger: own
  - sql: |
      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=1d
  - call: called/block.yaml
`)
	s.write("called/block.yaml", `workbook: Blocker
blocks:
  - signal: {name: 'seen _$SrcIP_', target: {host: $SrcIP}}
  - return: more.yaml
  - trigger: own
`)
	s.write("called/more.yaml", `workbook: One more
blocks:
  - code: |
      $Was = $SrcIP
      $SrcIP = $SrcIP == '203.0.113.2' ? '203.0.113.4' : $SrcIP
`)
	return s
}

// TestCalledWorkbooksCountIntoTheRehearsal: actions are numbered through, none is
// done twice, and the totals are those of all.
func TestCalledWorkbooksCountIntoTheRehearsal(t *testing.T) {
	s := newCallingSite(t)
	var told struct {
		Actions []workbook.Action
		Signals []workbook.Signal
		Totals  map[string]int
	}
	if err := json.Unmarshal([]byte(s.do("run", ".", "-o", "json")), &told); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range told.Actions {
		got = append(got, fmt.Sprintf("%d: %d/%d/%d %s %s like %d/%d", a.Number, a.Run, a.Block, a.Row, a.Target, a.Verdict, a.SameRun, a.SameAs))
	}
	want := []string{
		"1: 0/3/1 203.0.113.1 would_send like 0/0", "2: 0/3/2 203.0.113.2 would_send like 0/0",
		"3: 2/3/1 203.0.113.1 deduplicated like 1/1", "4: 2/3/2 203.0.113.4 would_send like 0/0", "5: 2/3/3 203.0.113.3 would_send like 0/0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the actions are\n%s", strings.Join(got, "\n"))
	}
	if told.Totals["dnif_would_send"] != 5 || told.Totals["would_send"] != 4 || len(told.Signals) != 3 || told.Signals[0].Run != 2 {
		t.Errorf("totals %v, signals %v", told.Totals, told.Signals)
	}
	// The record says the same.
	r := s.run(1)
	if fmt.Sprint(r.Totals) != fmt.Sprint(workbook.Count(told.Actions)) || len(r.Actions) != 5 || r.Actions[3].Run != 2 || len(r.Signals) != 3 || len(r.Called) != 2 || r.Under[3] != 5 {
		t.Errorf("%+v", r)
	}
	if called := s.run(3); called.Workbook.Name != "One more" || *called.Caller != (workbook.Caller{Run: 2, Block: 2}) || string(called.Workbook.Text) == "" {
		t.Errorf("%+v", called)
	}
	s.says(0, "called by 2/2", "runs")
	s.says(0, "2/a4 would_send", "why", "1/a4") // as the run that called shows it
	s.says(exitNothingRan, "action 1/a9: the audit holds nothing", "why", "1/a9")
	s.says(0, `"1/5"`, "sql", "SELECT called_by FROM runs WHERE run = 2", "-o", "json")
	s.says(0, "the request that it repeats: tabletop why 1/a1", "why", "2/a3")
}

// TestCapsHoldForTheWholeRehearsal: a called workbook has no cap of its own.
func TestCapsHoldForTheWholeRehearsal(t *testing.T) {
	s := newCallingSite(t)
	integrations := strings.Replace(siteIntegrations, "  - name: own\n", "  - name: own\n    max_actions: 3\n", 1)
	s.write("integrations.yaml", strings.ReplaceAll(integrations, "URL", s.url))
	s.do("integrations", "validate", "own")
	s.do("integrations", "enable", "own")
	s.says(0, "own: 4 actions, over the cap of 3: apply would send none of them", "run", ".")
	s.do("plan", ".", "--to", "plan.json")
	s.says(exitRefused, "4 actions, over the cap of 3", "apply", "plan.json", "--yes", "4")
	if s.listed() != 0 {
		t.Error("something was sent")
	}
}

// TestAPlanHoldsTheActionsOfCalledWorkbooks sends them, leads from each to its
// events, and takes them back.
func TestAPlanHoldsTheActionsOfCalledWorkbooks(t *testing.T) {
	s := newCallingSite(t)
	s.do("plan", ".", "--to", "plan.json")
	p, _, err := plan.Load("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Actions) != 5 || p.Actions[3].Run != 2 || p.Actions[3].Evidence.Events != 1 || len(p.Called) != 2 {
		t.Fatalf("%+v", p)
	}
	text, err := os.ReadFile("called/more.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.write("called/more.yaml", string(text)+"# changed\n")
	s.says(exitRefused, "the called workbook, called/more.yaml, changed", "apply", "plan.json", "--yes", "4")
	s.write("called/more.yaml", string(text))
	sent := s.applied(0, "plan.json")
	s.is(sent, workbook.Sent, workbook.Sent, workbook.Deduplicated, workbook.Sent, workbook.Sent)
	if s.listed() != 4 {
		t.Errorf("%d addresses are blocked", s.listed())
	}
	for _, action := range []string{fmt.Sprintf("%d/a4", sent), "203.0.113.4"} {
		said := s.do("why", action)
		for _, part := range []string{"planned as 2/a4", "row 2/3/2", "row 2/2/2", "row 3/1/2", "from $SrcIP 203.0.113.2", "row 1/4/2", "events/FIREWALL.ndjson:2", `"$SrcIP":"203.0.113.2"`, "the file is as the run read it"} {
			if !strings.Contains(said, part) {
				t.Errorf("why %s lacks %q:\n%s", action, part, said)
			}
		}
	}
	s.says(0, fmt.Sprintf("%d/a4: run of mode apply, sent", sent), "why", "2/a4")
	s.do("undo", fmt.Sprint(sent), "--to", "undo.json")
	undone := s.applied(0, "undo.json")
	s.is(undone, workbook.Sent, workbook.Sent, workbook.Sent, workbook.Sent)
	s.says(0, "row 3/1/3", "why", fmt.Sprintf("%d/a1", undone)) // which takes back the last one
	for _, run := range []int64{1, 2, sent, undone} {
		for _, form := range []string{"md", "html"} {
			s.do("report", fmt.Sprint(run), "-o", form)
		}
		s.do("show", fmt.Sprint(run))
	}
	s.says(0, "whole:", "verify")
}

// TestWhyThroughManyCalledRows keeps no row but those behind actions: the chain is
// whole all the same, through what came back and what was handed over.
func TestWhyThroughManyCalledRows(t *testing.T) {
	const many = 1500
	s := newSite(t)
	var events strings.Builder
	for i := range many {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.%d.%d","$DstIP":"192.0.2.5"}`+"\n", 1769860800+i, i/200+120, i%200+1)
	}
	s.write("events/FIREWALL.ndjson", events.String())
	s.write("workbook.yaml", `workbook: Caller
blocks:
  - sql: |
      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=1d
  - return: turn.yaml
  - call: block.yaml
  - code: where $SrcIP == '203.0.127.99'
  - trigger: own
`)
	s.write("turn.yaml", "workbook: Turn\nblocks:\n  - dql: _sort by $SrcIP DESC\n  - text: and on\n  - code: where $SrcIP != '203.0.127.100'\n")
	s.write("block.yaml", "workbook: Block\nblocks:\n  - code: where $SrcIP == '203.0.127.98' || $SrcIP == '203.0.120.1'\n  - trigger: own\n")
	s.do("run", ".", "--keep-rows", "0")
	for action, line := range map[string]int{"3/a1": many - 2, "3/a2": 1, "1/a3": many - 1} {
		said := s.do("why", action)
		for _, part := range []string{"block 2 return", "row 2/3/", "row 2/1/", fmt.Sprintf("row 1/1/%d\n", line), fmt.Sprintf("events/FIREWALL.ndjson:%d,", line)} {
			if !strings.Contains(said, part) {
				t.Errorf("why %s lacks %q:\n%s", action, part, said)
			}
		}
		if strings.Contains(said, "not kept") || strings.Contains(said, "not known") {
			t.Errorf("why %s has a gap:\n%s", action, said)
		}
	}
	rows := 0
	for run := int64(1); run <= 3; run++ {
		for _, b := range s.run(run).Blocks {
			rows += len(b.Rows)
		}
	}
	if rows > 40 {
		t.Errorf("%d rows are kept for 3 actions", rows)
	}
	s.says(0, "whole:", "verify")
}

// TestACalledWorkbookFails: the failure ends the callers too, all is recorded, and
// what was done before counts.
func TestACalledWorkbookFails(t *testing.T) {
	s := newCallingSite(t)
	s.write("called/more.yaml", "workbook: One more\nblocks:\n  - sql: SELECT one.$SrcIP, one.$DstIP FROM FIREWALL AS one, FIREWALL AS other WHERE one.$DstIP = other.$DstIP AND $Duration=1d\n")
	s.write("called/block.yaml", "workbook: Blocker\nblocks:\n  - trigger: own\n  - return: more.yaml\n  - trigger: own\n")
	s.says(exitFailed, "block 5 (call): called/block.yaml: block 2 (return): called/more.yaml: block 1 (sql): more than 4 rows", "run", ".", "--max-rows", "4")
	for run, blocks := range map[int64]int{1: 5, 2: 2, 3: 1} {
		r := s.run(run)
		if r.Status != workbook.Broken || len(r.Blocks) != blocks || r.Blocks[blocks-1].Failed == "" {
			t.Errorf("run %d: %s, %+v", run, r.Status, r.Blocks)
		}
	}
	if r := s.run(1); len(r.Actions) != 5 || r.Totals.DNIFWouldSend != 5 {
		t.Errorf("%+v", r.Actions)
	}
	s.says(0, "by the blocks that ran", "show", "1")
	s.says(0, "whole:", "verify")
}

// TestSignalsOfCalledWorkbooks: each names its workbook, blocks behind read it, and
// a workbook that is called twice raises one signal twice.
func TestSignalsOfCalledWorkbooks(t *testing.T) {
	s := newSite(t)
	signal := "  - signal: {name: seen, target: {host: $SrcIP}}\n"
	s.write("workbook.yaml", "workbook: Caller\nblocks:\n  - sql: SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d LIMIT 1\n"+signal+
		"  - call: b.yaml\n  - call: b.yaml\n  - sql: SELECT $Workbook, $Occurrences, $SourceStream FROM SIGNALS WHERE $Duration=1d\n")
	s.write("b.yaml", "workbook: Called\nblocks:\n"+signal)
	said := strings.Join(strings.Fields(s.do("run", ".")), " ")
	if want := "$Workbook $Occurrences $SourceStream Caller 1 FIREWALL Called 2 FIREWALL 2 records"; !strings.Contains(said, want) {
		t.Errorf("%q is not in %s", want, said)
	}
}

// TestStreamsOfCalledWorkbooks are read ahead with the others, and set the clock.
func TestStreamsOfCalledWorkbooks(t *testing.T) {
	s := newSite(t)
	s.write("events/PROXY.ndjson", `{"$CNAMTime":1769860900,"$URL":"http://one.example/"}`+"\n")
	s.write("workbook.yaml", "workbook: Caller\nblocks:\n  - call: b.yaml\n    set: {Where: PROXY}\n")
	s.write("b.yaml", "workbook: Called\nparameters:\n  Where: {}\nblocks:\n  - sql: SELECT $URL FROM PROXY WHERE $Duration=1m AND '{Where}'='PROXY'\n")
	s.says(0, "the newest event of PROXY", "run", ".")
	if b := s.run(2).Blocks[0]; b.RowsOut != 1 || s.run(2).Parameters["Where"] != "PROXY" {
		t.Errorf("%+v", b)
	}
	s.write("b.yaml", "workbook: Called\nparameters:\n  Where: {}\nblocks:\n  - sql: SELECT $URI FROM PROXY WHERE $Duration=1m\n")
	s.says(0, "no event of PROXY has the column $URI", "check", ".")
	s.write("b.yaml", "workbook: Called\nblocks:\n  - squirrel: x\n")
	s.says(exitNothingRan, "b.yaml:3:5: unknown kind of block squirrel", "run", ".")
}

// TestABentRecordEnds: whoever makes runs call each other in a circle gets no
// endless answer.
func TestABentRecordEnds(t *testing.T) {
	ctx := context.Background()
	t.Chdir(t.TempDir())
	log, err := audit.Open(ctx, "audit.db", audit.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	table := workbook.Table{Columns: []string{"$A"}, Rows: []workbook.Row{{Values: []workbook.Value{"x"}, From: 1}}}
	for run := int64(1); run <= 2; run++ {
		other := 3 - run
		info := workbook.Info{Workbook: &workbook.Workbook{Name: "bent"}, Mode: workbook.ModeRehearse, Caller: &workbook.Caller{Run: other, Block: 2}}
		if _, err := log.Begin(ctx, info); err != nil {
			t.Fatal(err)
		}
		for index, name := range []string{"code", "return"} {
			done := workbook.BlockResult{Block: workbook.Block{Index: index + 1, Kind: workbook.Kind{Name: name}}, RowsIn: 1}
			done.Output.Table = workbook.Table{Columns: table.Columns, Rows: slices.Clone(table.Rows)}
			if name == "return" {
				done.Output.Called = &workbook.CalledRun{Result: workbook.Result{Run: other}}
			}
			if err := log.Block(ctx, run, done); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, args := range [][]string{{"show", "1"}, {"show", "2", "-o", "json"}, {"why", "1/2/1"}, {"why", "2/1/1"}, {"report", "1", "-o", "md"}, {"runs"}} {
		if code, _, said := tabletop(t, args...); code != exitDone && code != exitFailed || strings.Contains(said, "panic") {
			t.Errorf("%v exits %d: %s", args, code, said)
		}
	}
}

// TestACallIsOneStep: who steps through a rehearsal stops before the blocks of the
// workbook itself, and a guess of targets is held against what the called one does.
func TestACallIsOneStep(t *testing.T) {
	ctx := context.Background()
	newCallingSite(t)
	in := &input{window: "5m"}
	b, err := in.prepare(ctx, ".", true)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(ctx, "audit.db", audit.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var stops []string
	result, err := b.program.Run(ctx, workbook.Options{
		Info: workbook.Info{Workbook: b.program.Workbook, Mode: workbook.ModeRehearse, Now: time.Unix(1769860900, 0), Zone: time.UTC}, MaxRows: 100, Recorder: log,
		Before: func(_ context.Context, of workbook.Block, _ workbook.Table, _ *workbook.Env) (workbook.Stop, error) {
			stops = append(stops, of.Kind.Name)
			if of.Kind.Name != "call" {
				return workbook.Stop{}, nil
			}
			return workbook.Stop{Guesses: []workbook.Guess{{Who: "ada", Of: workbook.GuessTargets, Said: "203.0.113.3 203.0.113.4"}}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(stops) != "[sql code trigger sql call]" {
		t.Errorf("it stopped before %v", stops)
	}
	if guesses := result.Blocks[4].Guesses; len(guesses) != 1 || !guesses[0].Right {
		t.Errorf("%+v", guesses)
	}
}
