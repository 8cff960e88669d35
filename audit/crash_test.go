package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tabletop/workbook"
)

// examplePlan is the text of the plan that the processes of these tests apply.
const examplePlan = "{}"

// child starts this test program in a role, with its input and its output.
func child(t *testing.T, path, role string) (*exec.Cmd, io.WriteCloser, *bufio.Scanner) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), writerPath+"="+path, writerRole+"="+role)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	must(t, err)
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	return command, in, bufio.NewScanner(out)
}

// applyOnce begins a run that applies the plan and says which run that is, or
// which one has applied it.
func applyOnce(path string) error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	log, err := Open(ctx, path, Options{Now: clock})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	run, err := log.Begin(ctx, applyInfo(workbook.ModeApply, digestOf([]byte(examplePlan))))
	var applied *AppliedError
	switch {
	case err == nil:
		fmt.Println("applies", run)
	case errors.As(err, &applied):
		fmt.Println("applied", applied.Run)
	default:
		return err
	}
	return log.Close()
}

func TestOfProcessesOneAppliesAPlan(t *testing.T) {
	const processes = 5
	path := auditPath(t)
	log := newLog(t, path)
	planned(t, log, examplePlan)
	closeLog(t, log)
	commands, ins, outs := make([]*exec.Cmd, processes), make([]io.WriteCloser, processes), make([]*bufio.Scanner, processes)
	for i := range processes {
		commands[i], ins[i], outs[i] = child(t, path, "apply")
	}
	for i := range processes {
		if !outs[i].Scan() || outs[i].Text() != "ready" {
			t.Fatalf("process %d said %q", i, outs[i].Text())
		}
	}
	for i := range processes {
		_, err := io.WriteString(ins[i], "go\n")
		must(t, err)
	}
	var said []string
	for i := range processes {
		outs[i].Scan()
		said = append(said, outs[i].Text())
		must(t, commands[i].Wait())
	}
	slices.Sort(said)
	if want := []string{"applied 2", "applied 2", "applied 2", "applied 2", "applies 2"}; !slices.Equal(said, want) {
		t.Errorf("said %v", said)
	}
	if report := mustVerify(t, path); !report.Whole() || report.Runs != 2 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
}

func TestOfGoroutinesOneAppliesAPlan(t *testing.T) {
	path := auditPath(t)
	first, second := newLog(t, path), newLog(t, path)
	defer closeLog(t, first)
	defer closeLog(t, second)
	_, plan := planned(t, first, examplePlan)
	var mu sync.Mutex
	begun, refused := 0, 0
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			_, err := []*Log{first, second}[i%2].Begin(t.Context(), applyInfo(workbook.ModeApply, plan))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				begun++
			case errors.Is(err, ErrApplied):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if begun != 1 || refused != 11 {
		t.Errorf("%d began and %d were refused", begun, refused)
	}
}

// senders is how many goroutines of a process send at once.
const senders = 3

// sendOn sends until it is killed. It says of each action that it leaves once
// its intent is recorded, and that it came back before its outcome is.
func sendOn(path string) error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	log, err := Open(ctx, path, Options{Now: clock})
	if err != nil {
		return err
	}
	run, err := log.Begin(ctx, applyInfo(workbook.ModeApply, digestOf([]byte(examplePlan))))
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	failed := make([]error, senders)
	for c := range senders {
		wait.Go(func() {
			var outcomes []Outcome
			for number := c + 1; failed[c] == nil; number += senders {
				failed[c] = log.Deliver(ctx, run, outcomes, []workbook.Action{sendable(number)})
				// One write each, which a pipe takes whole.
				fmt.Println("leaves", number)
				outcomes = []Outcome{sent(number)}
				fmt.Println("back", number)
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

// TestKilledBetweenIntentAndOutcome kills a process that sends, at random
// points. Whatever it said has left has its intent in the record, and what is
// open can be told from what is settled.
func TestKilledBetweenIntentAndOutcome(t *testing.T) {
	path := auditPath(t)
	for i := range 12 {
		log := newLog(t, path)
		digest := digestOf([]byte(examplePlan))
		if i == 0 {
			planned(t, log, examplePlan)
		}
		closeLog(t, log)
		run, left := killed(t, path, 1+rand.IntN(60))
		checkKilled(t, path, run, left)
		// The plan is used up: the next process needs an audit of its own.
		log = newLog(t, path)
		if _, err := log.Begin(t.Context(), applyInfo(workbook.ModeApply, digest)); !errors.Is(err, ErrApplied) {
			t.Fatalf("after the crash the plan is not applied: %v", err)
		}
		settleAll(t, log, run)
		closeLog(t, log)
		checkSettled(t, path, run)
		path = auditPath(t)
		log = newLog(t, path)
		planned(t, log, examplePlan)
		closeLog(t, log)
	}
}

// killed lets a process send until it has said some lines and kills it. It
// returns the run and the actions of which it was said that they left.
func killed(t *testing.T, path string, lines int) (int64, map[int]bool) {
	t.Helper()
	command, _, out := child(t, path, "send")
	left := map[int]bool{}
	for n := 0; out.Scan(); n++ {
		if n == lines {
			must(t, command.Process.Kill())
		}
		if number, leaves := strings.CutPrefix(out.Text(), "leaves "); leaves {
			var action int
			_, err := fmt.Sscan(number, &action)
			must(t, err)
			left[action] = true
		}
	}
	if err := command.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	return 2, left
}

func checkKilled(t *testing.T, path string, run int64, left map[int]bool) {
	t.Helper()
	reader := newReader(t, path)
	shown := show(t, reader, run)
	open, err := reader.Unsettled(t.Context(), run)
	must(t, err)
	if shown.Status != RunningOrDied || len(open) == 0 || len(open) > senders {
		t.Errorf("status %q, %d of %d actions are open", shown.Status, len(open), len(shown.Actions))
	}
	recorded := map[int]bool{}
	for _, a := range shown.Actions {
		recorded[a.Number] = true
	}
	for number := range left {
		if !recorded[number] {
			t.Errorf("action %d left without an intent", number)
		}
	}
	for _, a := range open {
		if a.Request == nil || a.Undo == nil || a.Values == nil || a.Key != sendable(a.Number).Key {
			t.Errorf("what is open of action %d is not all there: %+v", a.Number, a)
		}
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

// settleAll has a run of its own settle what is open of another.
func settleAll(t *testing.T, log *Log, run int64) {
	t.Helper()
	open, err := newReader(t, log.path).Unsettled(t.Context(), run)
	must(t, err)
	resume := begin(t, log, applyInfo(workbook.ModeResume, digestOf([]byte(examplePlan))))
	for _, a := range open {
		deliver(t, log, resume, []Outcome{{Run: run, Action: a.Number, Verdict: workbook.Failed, Reason: "not listed"}})
	}
	_, err = log.End(t.Context(), workbook.Result{Run: resume, Status: workbook.Completed})
	must(t, err)
}

func checkSettled(t *testing.T, path string, run int64) {
	t.Helper()
	reader := newReader(t, path)
	open, err := reader.Unsettled(t.Context(), run)
	if err != nil || len(open) != 0 {
		t.Errorf("still open: %v, %v", open, err)
	}
	totals := show(t, reader, run).Totals
	if totals.ByVerdict[workbook.Unknown] != 0 || totals.ByVerdict[workbook.Failed] == 0 {
		t.Errorf("totals %v", totals)
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}
