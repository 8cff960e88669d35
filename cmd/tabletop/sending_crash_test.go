package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

const drillWorkbook = `workbook: Twenty addresses
blocks:
  - sql: |
      SELECT $SrcIP, count(*) FROM FIREWALL WHERE $Duration=1d GROUP BY $SrcIP
  - trigger: 'Trend Micro XDR: Block IP'
  - trigger: chat
`

const drillChat = `
  - name: chat
    url: https://chat.example.com/hook
    payload: |
      {"text": "blocked $SrcIP"}
    target: none
`

// twentyAddresses is a drill that blocks twenty addresses and tells a chat of each.
func twentyAddresses(t *testing.T) *drill {
	t.Helper()
	integrations, err := os.ReadFile("../../examples/integrations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var events strings.Builder
	for i := range 20 {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.113.%d","$DstIP":"192.0.2.5"}`+"\n", 1769860800+i, i+1)
	}
	return newDrill(t, map[string]string{
		"workbook.yaml": drillWorkbook, "guard.yaml": drillGuard, "integrations.yaml": strings.TrimRight(string(integrations), "\n") + "\n" + drillChat,
		"events/FIREWALL.ndjson": events.String(),
	})
}

// TestAKilledApplyIsTold kills apply at many moments. Whatever the moment:
// what arrived has its intent in the audit, nothing arrived twice, and after
// resume each action has the verdict that is true.
func TestAKilledApplyIsTold(t *testing.T) {
	s := twentyAddresses(t)
	s.build(t)
	t.Chdir(s.folder)
	stop := s.serve(t, simulator.New())
	s.run(t, append([]string{"integrations", "validate", "--all"}, s.endpoints()...)...)
	s.run(t, append([]string{"integrations", "enable", "--all"}, s.endpoints()...)...)
	stop()
	s.run(t, "plan", "workbook.yaml", "--to", "plan.json")
	whole := s.killed(t, time.Hour, 0)
	if whole.killed || whole.sent != 40 {
		t.Fatalf("apply alone sent %d of 40", whole.sent)
	}
	settled, cutShort := 0, 0
	for round := range kills {
		after, at := time.Hour, 0
		if round%2 == 0 {
			after = time.Duration(rand.Int64N(int64(whole.took)))
		} else {
			at = 1 + rand.IntN(40)
		}
		r := s.killed(t, after, at)
		if r.killed && r.began {
			cutShort++
		}
		settled += r.settled
	}
	t.Logf("of %d applies %d died while they sent, and left %d actions to settle", kills, cutShort, settled)
	if cutShort < kills/4 || settled < kills/10 {
		t.Errorf("only %d applies died while they sent, and left %d actions to settle", cutShort, settled)
	}
	code, _, report := tabletop(t, "verify")
	if code != 0 {
		t.Error(report)
	}
}

// A kill is what came of one apply.
type kill struct {
	killed, began bool
	took          time.Duration
	sent, settled int
}

// killed runs apply against a fresh vendor and kills it after a while, or when a
// request arrives, counted from 1; then it has resume settle what is left.
func (s *drill) killed(t *testing.T, after time.Duration, at int) kill {
	t.Helper()
	vendor := simulator.New()
	stop := s.serve(t, vendor)
	s.forget()
	args := append([]string{"apply", "plan.json", "--yes", "40", "-o", "json"}, s.endpoints()...)
	cmd := exec.Command(s.program, args...)
	started := make(chan struct{})
	s.whenArrived(func(n int) {
		if n == at {
			<-started
			_ = cmd.Process.Kill()
		}
	})
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	timer.Stop()
	r := kill{killed: !cmd.ProcessState.Exited(), took: time.Since(start)}
	stop() // so that all that was on its way has arrived
	s.whenArrived(nil)
	stop = s.serve(t, vendor)
	defer stop()
	return s.checkKill(t, r)
}

// checkKill holds the audit against what arrived.
func (s *drill) checkKill(t *testing.T, r kill) kill {
	t.Helper()
	ctx := context.Background()
	reader, err := audit.OpenReader(ctx, "audit.db")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	runs, err := reader.Runs(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	arrived := s.arrivedByBody()
	if runs[0].Mode != workbook.ModeSimulate || runs[0].Run <= s.last { // it died before it began
		if len(arrived) > 0 {
			t.Fatalf("%d requests arrived, and the audit has no run for them", len(arrived))
		}
		return r
	}
	r.began, s.last = true, runs[0].Run
	before, err := reader.Show(ctx, runs[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]int{}
	for _, a := range before.Actions {
		bodies[a.Request.Body] = a.Number
	}
	for body, times := range arrived {
		if bodies[body] == 0 {
			t.Errorf("%q arrived without an intent", body)
		}
		if times > 1 {
			t.Errorf("%q arrived %d times", body, times)
		}
	}
	r.settled = s.resume(t, before, arrived)
	after, err := reader.Show(ctx, runs[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range after.Actions {
		want := workbook.Failed
		if arrived[a.Request.Body] > 0 {
			want = workbook.Sent
			r.sent++
		}
		if a.Verdict != want {
			t.Errorf("action %d is %s (%s), and %d such requests arrived", a.Number, a.Verdict, a.Reason, arrived[a.Request.Body])
		}
	}
	return r
}

// resume settles what is unknown; of the chat, which can't be asked, the test
// says what it saw.
func (s *drill) resume(t *testing.T, run audit.Run, arrived map[string]int) (unknown int) {
	t.Helper()
	args := append([]string{"resume", fmt.Sprint(run.Number), "-o", "json"}, s.endpoints()...)
	for _, a := range run.Actions {
		if a.Verdict != workbook.Unknown {
			continue
		}
		unknown++
		if a.Integration != "chat" {
			continue
		}
		flag := "--not-sent"
		if arrived[a.Request.Body] > 0 {
			flag = "--sent"
		}
		args = append(args, flag, fmt.Sprintf("a%d", a.Number))
	}
	if unknown == 0 {
		return 0
	}
	var told struct {
		Settled []workbook.Action `json:"settled"`
		Open    int               `json:"unknown"`
	}
	if err := json.Unmarshal([]byte(s.run(t, args...)), &told); err != nil {
		t.Fatal(err)
	}
	if told.Open != 0 || len(told.Settled) != unknown {
		t.Errorf("resume settled %d of %d and leaves %d open", len(told.Settled), unknown, told.Open)
	}
	return unknown
}

// arrivedByBody counts the POSTs that arrived, by their bodies.
func (s *drill) arrivedByBody() map[string]int {
	out := map[string]int{}
	for _, a := range s.seen() {
		if a.Method == "POST" && a.Read {
			out[a.Body]++
		}
	}
	return out
}
