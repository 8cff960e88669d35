package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// A vendor is a server whose requests carry the number of their action as the
// body.
type vendor struct {
	*httptest.Server
	mu      sync.Mutex
	arrived []int
}

// serve starts a vendor; answer gives the status for an action, 0 for a
// connection that breaks.
func serve(t testing.TB, answer func(action int) int) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		action, bad := strconv.Atoi(string(body))
		if err != nil || bad != nil {
			t.Errorf("the body is %q: %v", body, err)
		}
		v.mu.Lock()
		v.arrived = append(v.arrived, action)
		v.mu.Unlock()
		status := answer(action)
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) actions() []int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]int(nil), v.arrived...)
}

// queue is a queue of messages whose bodies are their numbers.
func queue(name, url string, from, to int) Queue {
	q := Queue{Integration: name, Policy: patient}
	for i := from; i <= to; i++ {
		q.Messages = append(q.Messages, message(i, url, strconv.Itoa(i)))
	}
	return q
}

func TestDeliverInOrder(t *testing.T) {
	ledger := newLedger(t)
	v := serve(t, func(action int) int {
		if !ledger.holds(t, action) {
			t.Errorf("action %d arrived, and the ledger has no intent", action)
		}
		return http.StatusOK
	})
	c := client(t, newClock(), v.URL)
	report, err := c.Deliver(t.Context(), []Queue{queue("one", v.URL, 1, 20)}, ledger)
	if err != nil || report.Verdicts[workbook.Sent] != 20 || report.Stops != nil || report.Unrecorded != nil {
		t.Errorf("got %+v, %v", report, err)
	}
	entries := ledger.entries(t)
	if len(entries) != 21 {
		t.Fatalf("%d writes for 20 messages, want 21", len(entries))
	}
	for i, e := range entries {
		var outcomes []int
		for _, o := range e.Outcomes {
			outcomes = append(outcomes, o.Action)
		}
		var want entry
		if i < 20 {
			want.Intents = []int{i + 1}
		}
		if fmt.Sprint(e.Intents) != fmt.Sprint(want.Intents) || i > 0 && fmt.Sprint(outcomes) != fmt.Sprint([]int{i}) {
			t.Errorf("write %d has the outcomes %v and the intents %v", i, outcomes, e.Intents)
		}
	}
}

func TestDeliverQueuesTogether(t *testing.T) {
	// No request is answered before one of each queue has arrived.
	var all sync.WaitGroup
	all.Add(3)
	v := serve(t, func(action int) int {
		if action%100 == 1 {
			all.Done()
			all.Wait()
		}
		return http.StatusOK
	})
	ledger := newLedger(t)
	report, err := client(t, newClock(), v.URL).Deliver(t.Context(),
		[]Queue{queue("a", v.URL, 1, 9), queue("b", v.URL, 101, 109), queue("c", v.URL, 201, 209), {Integration: "empty"}}, ledger)
	if err != nil || report.Verdicts[workbook.Sent] != 27 {
		t.Errorf("got %+v, %v", report, err)
	}
	last := map[int]int{}
	for _, action := range v.actions() {
		if action != last[action/100]+1 && action%100 != 1 {
			t.Errorf("action %d arrived after %d", action, last[action/100])
		}
		last[action/100] = action
	}
}

func TestDeliverStopsAfterFailures(t *testing.T) {
	v := serve(t, func(action int) int {
		switch {
		case action == 4 || action > 100:
			return http.StatusOK
		case action == 6:
			return http.StatusBadGateway // unknown is as good a reason
		}
		return http.StatusForbidden
	})
	ledger := newLedger(t)
	report, err := client(t, newClock(), v.URL).Deliver(t.Context(), []Queue{queue("bad", v.URL, 1, 12), queue("good", v.URL, 101, 110)}, ledger)
	if err != nil {
		t.Error(err)
	}
	want := Report{
		Verdicts: map[workbook.Verdict]int{workbook.Sent: 11, workbook.Failed: 7, workbook.Unknown: 1},
		Stops:    []Stop{{"bad", CauseFailures, "5 messages in a row were not sent, the last since the vendor answered 403", []int{10, 11, 12}}},
	}
	if difference := cmp.Diff(want, report); difference != "" {
		t.Error(difference)
	}
	if intents, verdicts := ledger.story(t); len(intents) != 19 || len(verdicts) != 19 {
		t.Errorf("the ledger has %d intents and %d outcomes", len(intents), len(verdicts))
	}
}

// TestDeliverFailuresAtTheEnd: a queue that is through has not stopped.
func TestDeliverFailuresAtTheEnd(t *testing.T) {
	v := serve(t, func(int) int { return http.StatusForbidden })
	report, err := client(t, newClock(), v.URL).Deliver(t.Context(), []Queue{queue("bad", v.URL, 1, 5)}, newLedger(t))
	if err != nil || report.Stops != nil || report.Verdicts[workbook.Failed] != 5 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestDeliverInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	v := serve(t, func(action int) int {
		if action == 3 {
			stop() // while it is under way
		}
		return http.StatusOK
	})
	ledger := newLedger(t)
	report, err := client(t, newClock(), v.URL).Deliver(ctx, []Queue{queue("one", v.URL, 1, 5)}, ledger)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	want := Report{Verdicts: map[workbook.Verdict]int{workbook.Sent: 3}, Stops: []Stop{{"one", CauseInterrupted, "sending was stopped", []int{4, 5}}}}
	if difference := cmp.Diff(want, report); difference != "" {
		t.Error(difference)
	}
	if intents, verdicts := ledger.story(t); len(intents) != 3 || verdicts[3] != workbook.Sent {
		t.Errorf("the ledger has %v and %v", intents, verdicts)
	}
}

// TestDeliverInterruptedAtTheEnd: what was through was not stopped.
func TestDeliverInterruptedAtTheEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	v := serve(t, func(int) int { stop(); return http.StatusOK })
	report, err := client(t, newClock(), v.URL).Deliver(ctx, []Queue{queue("one", v.URL, 1, 1)}, newLedger(t))
	if err != nil || report.Stops != nil {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestDeliverInterruptedWhileWaiting(t *testing.T) {
	t.Run("to try again", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		clock := newClock()
		clock.onSleep = stop
		v := serve(t, func(int) int { return http.StatusTooManyRequests })
		ledger := newLedger(t)
		report, err := client(t, clock, v.URL).Deliver(ctx, []Queue{queue("one", v.URL, 1, 2)}, ledger)
		if !errors.Is(err, context.Canceled) || report.Verdicts[workbook.Failed] != 1 || len(v.actions()) != 1 {
			t.Errorf("got %+v, %v, arrived %v", report, err, v.actions())
		}
		o := ledger.entries(t)[1].Outcomes[0]
		if o.Attempts != 1 || o.Response == nil || o.Reason != "stopped before it was sent again: the vendor did not take it and answered 429" {
			t.Errorf("the outcome is %+v", o)
		}
	})
	t.Run("for the rate", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		clock := newClock()
		v := serve(t, func(int) int { return http.StatusOK })
		ledger := newLedger(t)
		clock.onSleep = func() {
			if _, verdicts := ledger.story(t); verdicts[2] != workbook.Sent {
				t.Error("the outcome of action 2 waits for the rate")
			}
			stop()
		}
		q := queue("one", v.URL, 1, 4)
		q.Policy.Rate = 2
		report, err := client(t, clock, v.URL).Deliver(ctx, []Queue{q}, ledger)
		if intents, _ := ledger.story(t); !errors.Is(err, context.Canceled) || len(intents) != 2 || len(report.Stops) != 1 || len(report.Stops[0].NotBegun) != 2 {
			t.Errorf("got %+v, %v, intents %v", report, err, intents)
		}
	})
}

// TestDeliverStoppedOnceTheIntentIsWritten: the intent stands, and the outcome
// says that nothing left.
func TestDeliverStoppedOnceTheIntentIsWritten(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	v := serve(t, func(int) int { return http.StatusOK })
	ledger := newLedger(t)
	ledger.refuse = func(entry) error { stop(); return nil }
	_, err := client(t, newClock(), v.URL).Deliver(ctx, []Queue{queue("one", v.URL, 1, 2)}, ledger)
	entries := ledger.entries(t)
	if !errors.Is(err, context.Canceled) || len(entries) != 2 || len(v.actions()) != 0 {
		t.Fatalf("got %v, %+v, arrived %v", err, entries, v.actions())
	}
	if o := entries[1].Outcomes[0]; o.Verdict != workbook.Failed || o.Attempts != 0 || o.Reason != "stopped before it left" {
		t.Errorf("the outcome is %+v", o)
	}
}

func TestDeliverLedgerFails(t *testing.T) {
	full := errors.New("the disk is full")
	ledger := newLedger(t)
	failed := make(chan struct{})
	ledger.refuse = func(e entry) error {
		if len(e.Intents) > 0 && e.Intents[0] == 3 {
			close(failed)
			return full
		}
		return nil
	}
	v := serve(t, func(action int) int {
		if action == 101 {
			<-failed // the other queue is under way when the ledger fails
		}
		return http.StatusOK
	})
	report, err := client(t, newClock(), v.URL).Deliver(t.Context(), []Queue{queue("one", v.URL, 1, 5), queue("two", v.URL, 101, 105)}, ledger)
	if !errors.Is(err, full) || !strings.Contains(err.Error(), `record what "one" sent`) || errors.Is(err, errLedger) {
		t.Errorf("the error is %v", err)
	}
	for _, action := range v.actions() {
		if !ledger.holds(t, action) || action == 3 {
			t.Errorf("action %d arrived without an intent", action)
		}
	}
	if len(report.Unrecorded) != 1 || report.Unrecorded[0].Action != 2 || len(report.Stops) != 2 {
		t.Fatalf("got %+v", report)
	}
	first, second := report.Stops[0], report.Stops[1]
	if first.Cause != CauseLedger || fmt.Sprint(first.NotBegun) != "[3 4 5]" || second.Cause != CauseLedger || second.NotBegun[len(second.NotBegun)-1] != 105 {
		t.Errorf("got %+v", report.Stops)
	}
	if _, verdicts := ledger.story(t); verdicts[101] != workbook.Sent {
		t.Errorf("what was under way is not recorded: %v", verdicts)
	}
}

func TestDeliverChecksAllFirst(t *testing.T) {
	v := serve(t, func(int) int { return http.StatusOK })
	q := queue("one", v.URL, 1, 6)
	q.Messages[1].URL = "https://" + secret + "/"
	q.Messages[2].URL = "https://elsewhere.example/"
	q.Messages[3].Approved = guard.Approved{}
	q.Messages[4].Headers = []Header{{"Host", "elsewhere.example"}}
	q.Messages[5].Headers = []Header{{"X", "a\r\nb"}}
	ledger := newLedger(t)
	report, err := client(t, newClock(), v.URL).Deliver(t.Context(), []Queue{q, queue("one", v.URL, 1, 1)}, ledger)
	if err == nil || len(ledger.entries(t)) != 0 || len(v.actions()) != 0 || report.Verdicts != nil {
		t.Fatalf("got %+v, %v", report, err)
	}
	for _, want := range []string{
		"action 2 can't be sent", "action 3 can't be sent: https://elsewhere.example:443 is not a host", "action 4 can't be sent: the guard has not approved",
		"action 5 can't be sent: the header Host is set", "action 6 can't be sent: the header X holds control bytes", "two queues", "action 1 stands twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "s3cr") {
		t.Errorf("the error shows a secret: %v", err)
	}
	long := queue("one", v.URL, 1, 100)
	for i := range long.Messages {
		long.Messages[i].Method = ""
	}
	if _, err := client(t, newClock(), v.URL).Deliver(t.Context(), []Queue{long}, ledger); err == nil || strings.Count(err.Error(), "\n") != maxMistakes {
		t.Errorf("got %v", err)
	}
}

func TestDeliverKeepsTheRate(t *testing.T) {
	clock := newClock()
	var mu sync.Mutex
	var times []time.Time
	v := serve(t, func(int) int {
		mu.Lock()
		defer mu.Unlock()
		times = append(times, clock.Now())
		return http.StatusOK
	})
	q := queue("one", v.URL, 1, 50)
	q.Policy.Rate = 7
	if _, err := client(t, clock, v.URL).Deliver(t.Context(), []Queue{q}, newLedger(t)); err != nil {
		t.Fatal(err)
	}
	for i := 7; i < len(times); i++ {
		if times[i].Sub(times[i-7]) < period {
			t.Errorf("requests %d to %d arrived within %s", i-7, i, times[i].Sub(times[i-7]))
		}
	}
	if end := times[49].Sub(times[0]); end != 7*period {
		t.Errorf("50 requests at 7 a minute took %s, want 7 minutes", end)
	}
}

// TestDeliverWhateverHappens has vendors fail at random, the ledger fail and the
// user stop at random places, and holds what arrived against what is recorded.
func TestDeliverWhateverHappens(t *testing.T) {
	statuses := []int{200, 200, 200, 200, 0, 400, 429, 503, 425, 502, 408}
	rapid.Check(t, func(rt *rapid.T) {
		perQueue := rapid.IntRange(0, 12).Draw(rt, "messages")
		plan := map[int][]int{}
		for q := range 3 {
			for i := range perQueue {
				plan[q*100+i] = rapid.SliceOfN(rapid.SampledFrom(statuses), 3, 3).Draw(rt, "statuses")
			}
		}
		breakAt, stopAt := rapid.IntRange(0, 60).Draw(rt, "write that fails"), rapid.IntRange(0, 60).Draw(rt, "request that stops")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ledger := newLedger(t)
		writes := 0
		ledger.refuse = func(entry) error {
			if writes++; writes == breakAt {
				return errors.New("broken")
			}
			return nil
		}
		var mu sync.Mutex
		said := map[int][]int{}
		requests := 0
		v := serve(t, func(action int) int {
			if !ledger.holds(t, action) {
				rt.Errorf("action %d arrived without an intent", action)
			}
			mu.Lock()
			defer mu.Unlock()
			if requests++; requests == stopAt {
				stop()
			}
			status := plan[action][len(said[action])]
			said[action] = append(said[action], status)
			return status
		})
		defer v.Close()
		c := client(t, newClock(), v.URL)
		defer c.Close()
		report, _ := c.Deliver(ctx, []Queue{queue("a", v.URL, 0, perQueue-1), queue("b", v.URL, 100, 99+perQueue), queue("c", v.URL, 200, 199+perQueue)}, ledger)

		intents, verdicts := ledger.story(t)
		for _, o := range report.Unrecorded {
			verdicts[o.Action] = o.Verdict
		}
		notBegun := 0
		for _, s := range report.Stops {
			notBegun += len(s.NotBegun)
		}
		if len(intents)+notBegun != 3*perQueue || len(verdicts) != len(intents) {
			rt.Errorf("%d messages: %d intents, %d outcomes, %d not begun", 3*perQueue, len(intents), len(verdicts), notBegun)
		}
		mu.Lock()
		defer mu.Unlock()
		for action, statuses := range said {
			checkTold(rt, action, statuses, verdicts[action])
		}
		for _, i := range intents {
			if len(said[i]) == 0 && verdicts[i] != workbook.Failed {
				rt.Errorf("action %d never arrived and is %s", i, verdicts[i])
			}
		}
	})
}

// checkTold holds a verdict against what the vendor said to an action.
func checkTold(rt *rapid.T, action int, statuses []int, verdict workbook.Verdict) {
	for _, s := range statuses[:len(statuses)-1] {
		if s != 429 && s != 503 && s != 425 {
			rt.Errorf("action %d arrived again after %v", action, statuses)
		}
	}
	want := workbook.Failed
	switch statuses[len(statuses)-1] {
	case 200:
		want = workbook.Sent
	case 0, 502, 408:
		want = workbook.Unknown
	}
	if verdict != want {
		rt.Errorf("action %d got %v and is %s, want %s", action, statuses, verdict, want)
	}
}

func BenchmarkDeliver(b *testing.B) {
	for _, queues := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("%d queues", queues), func(b *testing.B) {
			v := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				io.WriteString(w, `{"actionId":"00000120","taskStatus":"pending"}`)
			}))
			defer v.Close()
			c := client(b, newClock(), v.URL)
			const each = 1000
			var all []Queue
			for q := range queues {
				all = append(all, queue(strconv.Itoa(q), v.URL, q*each, q*each+each-1))
			}
			for b.Loop() {
				if report, err := c.Deliver(b.Context(), all, newLedger(b)); err != nil || report.Verdicts[workbook.Sent] != queues*each {
					b.Fatal(report, err)
				}
			}
			b.ReportMetric(float64(b.N*queues*each)/b.Elapsed().Seconds(), "actions/s")
		})
	}
}
