package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func address(n int) Target { return Target{"ip", fmt.Sprintf("203.0.113.%d", n)} }

func task(place, number string, target Target, minutes int) Record {
	return Record{Place: place, Task: number, Target: target, State: Done, Status: "succeeded", Time: at(minutes)}
}

func entry(place string, target Target, minutes int) Record {
	return Record{Kind: Entry, Place: place, Target: target, Time: at(minutes)}
}

func action(id string, target Target, minutes int) Action {
	return Action{ID: id, Target: target, Time: at(minutes)}
}

// said are findings in a line each.
func said(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s by %v at %v: %s\n", f.Kind, f.Target, f.Expected, f.Found, f.Reason)
	}
	return b.String()
}

func TestActions(t *testing.T) {
	one, day := address(1), 24*60
	hour := Options{Within: time.Hour}
	undo := task("u", "9", one, 30)
	undo.Undoes = true
	failed := task("t", "1", one, 5)
	failed.State, failed.Status = Failed, "rejected"
	expiring := entry("e", one, 0)
	expiring.Expires = at(day)
	guarded := entry("e", one, 0)
	guarded.Protected = "private_address: it is private"
	idle := entry("e", one, 0)
	idle.Idle = "it is only logged"
	untimed := entry("e", one, 0)
	untimed.Time = time.Time{}
	nameless := task("t", "7", Target{}, 0)
	sent := action("1/a1", one, 0)
	sent.Task = "7"
	back := action("1/a1", one, 0)
	back.TakenBack = true
	doubtful := action("1/a1", one, 0)
	doubtful.Doubt = "it may not have arrived"
	is := []Action{action("1/a1", one, 0)}
	tests := map[string]struct {
		actions []Action
		records []Record
		options Options
		want    string
	}{
		"there":          {is, []Record{task("t", "1", one, 5), entry("e", one, 5)}, hour, "there 203.0.113.1 by [1/a1] at [t e]: task 1 (succeeded), 2026-01-30T12:05:00Z; on the list, 2026-01-30T12:05:00Z\n"},
		"missing":        {is, nil, hour, "missing 203.0.113.1 by [1/a1] at []: no record of the target\n"},
		"in doubt":       {[]Action{doubtful}, nil, hour, "missing 203.0.113.1 by [1/a1] at []: no record of the target; it may not have arrived\n"},
		"unexpected":     {nil, []Record{task("t", "1", one, 5)}, hour, "unexpected 203.0.113.1 by [] at [t]: task 1 (succeeded), 2026-01-30T12:05:00Z; no recorded run expects it\n"},
		"one of two":     {nil, []Record{task("t", "1", one, 5), entry("e", one, 9)}, hour, "unexpected 203.0.113.1 by [] at [t e]: task 1 (succeeded), 2026-01-30T12:05:00Z; no recorded run expects it\n"},
		"twice":          {is, []Record{task("t", "1", one, 5), task("u", "2", one, 9)}, hour, "twice 203.0.113.1 by [1/a1] at [u]: task 2 (succeeded), 2026-01-30T12:09:00Z, beside task 1 (succeeded), 2026-01-30T12:05:00Z\nthere 203.0.113.1 by [1/a1] at [t]: task 1 (succeeded), 2026-01-30T12:05:00Z\n"},
		"a page twice":   {is, []Record{task("t", "1", one, 5), task("u", "1", one, 5)}, hour, "there 203.0.113.1 by [1/a1] at [t]: task 1 (succeeded), 2026-01-30T12:05:00Z\n"},
		"too late":       {is, []Record{task("t", "1", one, 61)}, Options{Within: time.Hour, From: at(-day), Until: at(day)}, "missing 203.0.113.1 by [1/a1] at []: none at that time; the nearest is task 1 (succeeded), 2026-01-30T13:01:00Z, 61 minutes away\nunexpected 203.0.113.1 by [] at [t]: task 1 (succeeded), 2026-01-30T13:01:00Z; 1/a1 expects it 61 minutes away\n"},
		"any time":       {is, []Record{task("t", "1", one, 90*day)}, Options{Within: -1}, "there 203.0.113.1 by [1/a1] at [t]: task 1 (succeeded), 2026-04-30T12:00:00Z\n"},
		"no time":        {is, []Record{untimed}, hour, "there 203.0.113.1 by [1/a1] at [e]: on the list\n"},
		"stood before":   {is, []Record{task("t", "1", one, -3*day)}, hour, "there 203.0.113.1 by [1/a1] at [t]: task 1 (succeeded), 2026-01-27T12:00:00Z: it stood there before, and the vendor makes no second one\n"},
		"asked again":    {[]Action{action("1/a1", one, 0), action("1/a2", one, 30), action("2/a1", one, 3*day)}, []Record{task("t", "1", one, 1)}, hour, "there 203.0.113.1 by [1/a1 1/a2] at [t]: task 1 (succeeded), 2026-01-30T12:01:00Z\nthere 203.0.113.1 by [2/a1] at [t]: task 1 (succeeded), 2026-01-30T12:01:00Z: it stood there before, and the vendor makes no second one\n"},
		"failed":         {is, []Record{failed}, hour, "missing 203.0.113.1 by [1/a1] at []: task 1 (rejected), 2026-01-30T12:05:00Z: it ended without a block\n"},
		"taken off":      {is, []Record{task("t", "1", one, 5), undo}, hour, "gone 203.0.113.1 by [1/a1] at [t]: taken off by task 9 (succeeded), 2026-01-30T12:30:00Z\n"},
		"off and on":     {is, []Record{task("t", "1", one, 5), undo, entry("e", one, 40)}, hour, "there 203.0.113.1 by [1/a1] at [t e]: task 1 (succeeded), 2026-01-30T12:05:00Z; on the list, 2026-01-30T12:40:00Z\n"},
		"expired":        {is, []Record{expiring}, Options{Within: time.Hour, AsOf: at(2 * day)}, "gone 203.0.113.1 by [1/a1] at [e]: on the list, and expired 2026-01-31T12:00:00Z\n"},
		"not yet":        {is, []Record{expiring}, Options{Within: time.Hour, AsOf: at(day - 1)}, "there 203.0.113.1 by [1/a1] at [e]: on the list, 2026-01-30T12:00:00Z\n"},
		"evicted":        {is, []Record{task("t", "1", one, 5)}, Options{Within: time.Hour, Listed: true}, "gone 203.0.113.1 by [1/a1] at [t]: task 1 (succeeded), 2026-01-30T12:05:00Z, and not on the list: it expired, was evicted or was taken off there\n"},
		"protected":      {is, []Record{guarded}, hour, "protected 203.0.113.1 by [1/a1] at [e]: private_address: it is private\nthere 203.0.113.1 by [1/a1] at [e]: on the list, 2026-01-30T12:00:00Z\n"},
		"without effect": {is, []Record{idle}, hour, "there 203.0.113.1 by [1/a1] at [e]: on the list, 2026-01-30T12:00:00Z, without effect: it is only logged\n"},
		"by its number":  {[]Action{sent}, []Record{nameless}, hour, "there 203.0.113.1 by [1/a1] at [t]: task 7 (succeeded), 2026-01-30T12:00:00Z\n"},
		"taken back":     {[]Action{back}, []Record{task("t", "1", one, 5), undo}, hour, "there 203.0.113.1 by [1/a1] at [t]: taken back, and gone: taken off by task 9 (succeeded), 2026-01-30T12:30:00Z\n"},
		"back and there": {[]Action{back}, []Record{entry("e", one, 5)}, hour, "unexpected 203.0.113.1 by [1/a1] at [e]: it was taken back, and on the list, 2026-01-30T12:05:00Z\n"},
		"changed later":  {is, []Record{task("t", "1", one, 5), entry("e", one, 5*day)}, hour, "there 203.0.113.1 by [1/a1] at [t e]: task 1 (succeeded), 2026-01-30T12:05:00Z; on the list, 2026-02-04T12:00:00Z\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := Actions(test.actions, test.records, test.options)
			if diff := cmp.Diff(test.want, said(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTheWindowBoundsWhatIsTold tells of what lies within it alone, also of what
// it takes to explain it.
func TestTheWindowBoundsWhatIsTold(t *testing.T) {
	actions := []Action{action("1/a1", address(1), 0), action("1/a2", address(2), 200)}
	records := []Record{task("t", "1", address(1), 10), task("u", "2", address(2), 190), task("v", "3", address(3), 900)}
	got := Actions(actions, records, Options{Within: time.Hour, From: at(5), Until: at(195)})
	if said(got) != "" || got.Expected != 0 || got.Found != 0 || got.Outside != 1 {
		t.Errorf("%+v", got)
	}
	got = Actions(actions, records, Options{Within: time.Hour})
	if got.From != at(-60) || got.Outside != 1 || got.Count(There) != 2 || !got.Holds() {
		t.Errorf("%+v", got)
	}
}

// TestNamelessTasksAreCounted leaves out what can be held against nothing.
func TestNamelessTasksAreCounted(t *testing.T) {
	got := Actions(nil, []Record{task("t", "7", Target{}, 0)}, Options{})
	if len(got.Findings) > 0 || !slices.Equal(got.Nameless, []string{"t"}) {
		t.Errorf("%+v", got)
	}
}

// TestWhatIsDoneToAnExportShows makes an export that has all that is expected,
// takes records away, adds and repeats some, and finds exactly that.
func TestWhatIsDoneToAnExportShows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var actions []Action
		var records []Record
		want := map[string]Kind{}
		for n := range rapid.IntRange(0, 12).Draw(rt, "targets") {
			target := address(n)
			for again := range rapid.IntRange(1, 3).Draw(rt, "again") {
				actions = append(actions, action(fmt.Sprintf("1/a%d.%d", n, again), target, 10*n+again))
			}
			made := []Record{task("task of "+target.Text, fmt.Sprint(n), target, 10*n)}
			if rapid.Bool().Draw(rt, "listed") {
				made = append(made, entry("entry of "+target.Text, target, 10*n))
			}
			switch rapid.IntRange(0, 3).Draw(rt, "done to it") {
			case 0: // taken away
				want[target.Text] = Missing
				continue
			case 1: // made a second time
				want[target.Text+" again"], want[target.Text] = Twice, There
				made = append(made, task("again", fmt.Sprint(n+1000), target, 10*n+1))
			case 2: // nobody expects it
				want[target.Text] = Unexpected
				actions = slices.DeleteFunc(actions, func(a Action) bool { return a.Target == target })
			default:
				want[target.Text] = There
			}
			records = append(records, made...)
		}
		o := Options{Within: 24 * time.Hour, From: at(-10000), Until: at(10000)}
		got := Actions(actions, records, o)
		found := map[string]Kind{}
		for _, f := range got.Findings {
			key := f.Target
			if f.Kind == Twice {
				key += " again"
			}
			if _, there := found[key]; there {
				rt.Fatalf("told twice: %s\n%s", key, said(got))
			}
			found[key] = f.Kind
		}
		if diff := cmp.Diff(want, found); diff != "" {
			rt.Fatalf("%s\n%s", diff, said(got))
		}
		shuffled := Actions(rapid.Permutation(actions).Draw(rt, "actions"), rapid.Permutation(records).Draw(rt, "records"), o)
		if diff := cmp.Diff(got, shuffled); diff != "" {
			rt.Fatalf("the order of the lists shows: %s", diff)
		}
	})
}

// TestNothingIsLost makes any lists and finds every action in one finding, and
// every record in one or counted, however they lie.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var actions []Action
		for n := range rapid.IntRange(0, 8).Draw(rt, "actions") {
			actions = append(actions, action(fmt.Sprintf("1/a%d", n), address(rapid.IntRange(0, 2).Draw(rt, "target")), rapid.IntRange(0, 300).Draw(rt, "time")))
		}
		var records []Record
		for n := range rapid.IntRange(0, 8).Draw(rt, "records") {
			records = append(records, Record{
				Kind: RecordKind(rapid.IntRange(0, 1).Draw(rt, "kind")), Place: fmt.Sprint(n), Task: fmt.Sprint(n), State: State(rapid.IntRange(0, 1).Draw(rt, "state")),
				Target: address(rapid.IntRange(0, 2).Draw(rt, "target")), Time: at(rapid.IntRange(-300, 600).Draw(rt, "time")),
			})
		}
		got := Actions(actions, records, Options{Within: time.Hour, From: at(-100000)})
		ids, places := map[string]int{}, map[string]bool{}
		for _, f := range got.Findings {
			for _, id := range f.Expected {
				if f.Kind != Twice {
					ids[id]++
				}
			}
			for _, place := range f.Found {
				places[place] = true
			}
		}
		for _, a := range actions {
			if ids[a.ID] != 1 {
				rt.Fatalf("%s is told %d times\n%s", a.ID, ids[a.ID], said(got))
			}
		}
		if len(places) != len(records) || got.Found != len(records) || got.Expected != len(actions) {
			rt.Fatalf("%d of %d records are told, %d counted\n%s", len(places), len(records), got.Found, said(got))
		}
	})
}
