package simulator

import (
	"fmt"
	"time"
)

// The actions of tasks, in the words of v3.0.
const (
	actionBlock     = "block"
	actionUnblock   = "restoreBlock"
	actionIsolate   = "isolate"
	actionReconnect = "restoreIsolate"
)

const (
	// firstTask is the number of the first task.
	firstTask = 120
	// maxTasks is the most tasks that are remembered.
	maxTasks = 100_000
)

// A stage is how far a task is.
type stage int

const (
	waiting stage = iota
	working
	done
	// withoutEffect is the end of a block whose target is an exception.
	withoutEffect
)

// A task is what the vendor does about one target of a request.
type task struct {
	number, action, description string
	entry
	created time.Time
	// ended is when the task was first seen to be done.
	ended time.Time
	// polls counts how often its state was asked for, where tasks go on by that:
	// waiting before the first time, working at the first, done from then on.
	polls int
	// excepted says that the target was on the Exception List.
	excepted bool
}

// tasks are those remembered, the oldest first; begun counts all.
type tasks struct {
	all      []*task
	begun    int
	byNumber map[string]*task
}

func (v *Vendor) begin(action string, e entry, description string) *task {
	t := &task{
		number: fmt.Sprintf("%08d", firstTask+v.tasks.begun), action: action, description: description,
		entry: e, created: v.now(), excepted: action == actionBlock && v.isExcepted(e),
	}
	v.tasks.begun++
	v.tasks.all = append(v.tasks.all, t)
	v.tasks.byNumber[t.number] = t
	if len(v.tasks.all) > maxTasks {
		delete(v.tasks.byNumber, v.tasks.all[0].number)
		v.tasks.all[0] = nil
		v.tasks.all = v.tasks.all[1:]
	}
	return t
}

// poll finds a task for one who asks for its state, which moves it on.
func (v *Vendor) poll(number string) (*task, bool) {
	t, ok := v.tasks.byNumber[number]
	if !ok {
		return nil, false
	}
	if t.polls++; t.polls == 2 && v.TaskTime <= 0 {
		t.ended = v.now()
	}
	return t, true
}

// progress tells how far a task is, when it began to work and when it was done;
// a time that has not come is zero.
func (v *Vendor) progress(t *task) (s stage, worked, ended time.Time) {
	if v.TaskTime > 0 {
		worked, ended = t.created.Add(v.TaskTime/2), t.created.Add(v.TaskTime)
		switch now := v.now(); {
		case now.Before(worked):
			return waiting, time.Time{}, time.Time{}
		case now.Before(ended):
			return working, worked, time.Time{}
		}
	} else {
		worked, ended = t.created, t.ended
		switch t.polls {
		case 0:
			return waiting, time.Time{}, time.Time{}
		case 1:
			return working, worked, time.Time{}
		}
	}
	if t.excepted {
		return withoutEffect, worked, ended
	}
	return done, worked, ended
}

// notEnforced says what an exception does to a block. How the vendor words it is
// not public; its states are.
const notEnforced = "The target is in the Exception List: the block was accepted and is not enforced."

// block puts a target on the list for good. One that stands there by a task
// keeps that task.
func (v *Vendor) block(e entry, description string) (t *task, again bool, note string) {
	if there := v.find(e); there != nil && there.task != nil {
		return there.task, true, "blocked before, as task " + there.task.number
	}
	t = v.begin(actionBlock, e, description)
	note = "blocked, task " + t.number
	if t.excepted {
		note += ", not enforced: an exception"
	}
	if dropped := v.put(&listed{entry: e, risk: "high", scan: "block", description: description, task: t}); dropped != nil {
		note += fmt.Sprintf(", %s dropped: the list is full", dropped.target)
	}
	return t, false, note
}

// unblock takes a target off the list.
func (v *Vendor) unblock(e entry, description string) (t *task, ok bool) {
	there := v.find(e)
	if there == nil {
		return nil, false
	}
	v.drop(there)
	return v.begin(actionUnblock, e, description), true
}

// isolate cuts an endpoint off; one that is cut off keeps its task.
func (v *Vendor) isolate(e entry, description string) (t *task, again bool) {
	if t = v.isolated[e]; t != nil {
		return t, true
	}
	t = v.begin(actionIsolate, e, description)
	v.isolated[e] = t
	return t, false
}

// reconnect ends the isolation of an endpoint.
func (v *Vendor) reconnect(e entry, description string) (t *task, ok bool) {
	if v.isolated[e] == nil {
		return nil, false
	}
	delete(v.isolated, e)
	return v.begin(actionReconnect, e, description), true
}
