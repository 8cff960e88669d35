package trigger

import (
	"errors"
	"fmt"
	"slices"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// taskNode is how a vendor's task is followed, as written.
type taskNode struct {
	ID      source.Text `yaml:"id,required" doc:"the expression that gives the task's name from the answer to the request"`
	URL     source.Text `yaml:"url,required" doc:"where its state is asked for, on the same host, with [task] for its name"`
	Headers source.Node `yaml:"headers" doc:"a map, or JSON under |; those of the request unless said otherwise"`
	State   source.Text `yaml:"state,required" doc:"the expression that gives the state from the answer"`
	Done    []string    `yaml:"done,required" doc:"the states of a task that came to its good end"`
	Failed  []string    `yaml:"failed" doc:"the states of one that ended otherwise"`
}

var errNoTask = errors.New("the configuration names no task")

// taskName stands in the URL for the name of the vendor's task.
const taskName = "task"

// A taskRule is how a vendor's task is followed.
type taskRule struct {
	id           *expression
	form         form
	state        *expression
	done, failed []string
}

func (n *Integration) compileTask(t *taskNode, s reading) (*taskRule, source.Problems) {
	if t == nil {
		return nil, nil
	}
	var problems, more source.Problems
	rule := &taskRule{done: t.Done, failed: t.Failed}
	rule.id, problems = s.expressions.compile(t.ID, answerView{}, false)
	rule.state, more = s.expressions.compile(t.State, answerView{}, false)
	problems = append(problems, more...)
	rule.form, more = formNode{method: "GET", url: t.URL, headers: t.Headers, inherited: n.form().withoutBody(true)}.compile(s.scanner)
	problems = append(problems, more...)
	if more.Err() != nil {
		return rule, problems
	}
	if !slices.ContainsFunc(rule.form.endpoint.parts, func(p part) bool { return p.secret == taskName }) {
		problems = append(problems, t.URL.Problem(0, "the URL of the task does not hold [task]", "write [task] where the vendor's name of the task goes"))
	}
	for _, state := range t.Failed {
		if slices.Contains(t.Done, state) {
			problems = append(problems, t.State.Problem(0, "the state "+state+" is both done and failed", "remove one of them"))
		}
	}
	problems = append(problems, n.sameHost(rule.form.endpoint, t.URL, "task")...)
	return rule, append(problems, n.onlyFields(rule.form, t.URL, "task")...)
}

// name is the vendor's name of the task that an answer tells of, empty where it
// tells of none.
func (r *taskRule) name(a delivery.Answer) string {
	value, err := r.id.value(viewOf(a))
	if err != nil {
		return ""
	}
	return asName(value)
}

// HasTask reports whether what became of a request can be asked by the vendor's
// name of its task.
func (n *Integration) HasTask() bool { return n.task != nil }

// TaskCall builds the request that asks for the state of a task, as an answer
// named it, for an action with the values. The name takes one segment of the
// path, or one value of the query, whatever it holds.
func (n *Integration) TaskCall(task string, values map[string]string, secret func(name string) (string, error)) (Call, error) {
	if n.task == nil {
		return Call{}, errNoTask
	}
	if task == "" || asName(task) != task {
		return Call{}, fmt.Errorf("%s is no name of a vendor's task", guard.Quote(task))
	}
	r := n.task.form
	f := fillerOf(values, secret)
	c, err := form{method: r.method, headers: r.headers}.fill(f)
	if err != nil {
		return Call{}, err
	}
	f.secret = func(name string) (string, error) {
		if name == taskName {
			return task, nil
		}
		return secret(name)
	}
	if c.URL, err = r.endpoint.fill(f); err != nil {
		return Call{}, fmt.Errorf("the URL of the task can't be filled: %w", err)
	}
	return c, nil
}

// A TaskState is what a vendor says of a task.
type TaskState struct {
	// State is the vendor's word, empty where the answer has none; Reason then
	// says why.
	State  string
	Reason string
	// Ended says that the task will not change any more, Done that it came to
	// its good end.
	Ended, Done bool
}

// TaskState reads the answer to a TaskCall.
func (n *Integration) TaskState(a delivery.Answer) TaskState {
	if n.task == nil {
		return TaskState{Reason: errNoTask.Error()}
	}
	view := viewOf(a)
	if a.Status < 200 || a.Status > 299 {
		return TaskState{Reason: "asked for the task, the vendor answered " + statusText(a.Status) + ": " + complaint(view)}
	}
	value, err := n.task.state.value(view)
	state := asName(value)
	switch {
	case err != nil:
		return TaskState{Reason: "the state of the task can't be read: " + err.Error()}
	case state == "":
		return TaskState{Reason: "the answer holds no state of the task"}
	}
	s := TaskState{State: state, Done: slices.Contains(n.task.done, state)}
	s.Ended = s.Done || slices.Contains(n.task.failed, state)
	return s
}
