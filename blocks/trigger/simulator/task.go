package simulator

import (
	"fmt"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// An entry is one target on the vendor's block list. Entries never expire.
type entry struct{ kind, target string }

// A task is what the vendor does about one request.
type task struct {
	number  string
	created time.Time
	// ended is when the task was first seen to be done.
	ended time.Time
	// polls counts how often its state was asked for: pending before the first
	// time, ongoing at the first, success from then on.
	polls int
}

const (
	// firstTask is the number of the first task.
	firstTask = 120
	// maxTasks is the most tasks that are remembered.
	maxTasks = 100_000
)

type accepted struct {
	ActionID   string `json:"actionId"`
	TaskStatus string `json:"taskStatus"`
}

// block puts a target on the list. A target that stands there gets the answer
// that it had.
func (v *Vendor) block(e entry) answer {
	t, ok := v.blocked[e]
	if !ok {
		t = v.begin()
		v.keep(e, t)
	}
	return reply(http.StatusOK, accepted{t.number, "pending"})
}

// keep adds an entry to the list; past the most that it holds, the oldest of
// its type goes.
func (v *Vendor) keep(e entry, t *task) {
	v.blocked[e] = t
	v.order[e.kind] = append(v.order[e.kind], e)
	if order := v.order[e.kind]; len(order) > MaxEntries {
		delete(v.blocked, order[0])
		v.order[e.kind] = order[1:]
	}
}

// restore takes a target off the list.
func (v *Vendor) restore(e entry) answer {
	if _, ok := v.blocked[e]; !ok {
		return failure(http.StatusBadRequest, "BadRequest", "Target not found")
	}
	delete(v.blocked, e)
	order := v.order[e.kind]
	for i := range order {
		if order[i] == e {
			v.order[e.kind] = append(order[:i:i], order[i+1:]...)
			break
		}
	}
	return reply(http.StatusOK, accepted{v.begin().number, "pending"})
}

func (v *Vendor) begin() *task {
	t := &task{number: fmt.Sprintf("%08d", firstTask+v.begun), created: v.now()}
	v.begun++
	v.tasks = append(v.tasks, t)
	v.byNumber[t.number] = t
	if len(v.tasks) > maxTasks {
		delete(v.byNumber, v.tasks[0].number)
		v.tasks = v.tasks[1:]
	}
	return t
}

type taskBody struct {
	Data taskData `json:"data"`
}

type taskData struct {
	ActionID     string   `json:"actionId,omitempty"`
	CreatedTime  *int64   `json:"createdTime"`
	ExecutedTime *int64   `json:"executedTime"`
	FinishedTime *int64   `json:"finishedTime"`
	TaskStatus   string   `json:"taskStatus"`
	Error        struct{} `json:"error"`
}

func (v *Vendor) getTask(number string) answer {
	t, ok := v.byNumber[number]
	if !ok {
		return failure(http.StatusNotFound, "NotFound", "The task does not exist.")
	}
	t.polls++
	if t.polls == 2 {
		t.ended = v.now()
	}
	return reply(http.StatusOK, taskBody{t.data()})
}

func (v *Vendor) listTasks() answer {
	list := struct {
		Data []taskData `json:"data"`
	}{Data: []taskData{}}
	for _, t := range v.tasks {
		data := t.data()
		data.ActionID = t.number
		list.Data = append(list.Data, data)
	}
	return reply(http.StatusOK, list)
}

func (t *task) data() taskData {
	d := taskData{CreatedTime: seconds(t.created), TaskStatus: "pending"}
	if t.polls > 0 {
		d.TaskStatus, d.ExecutedTime = "ongoing", seconds(t.created)
	}
	if t.polls > 1 {
		d.TaskStatus, d.FinishedTime = "success", seconds(t.ended)
	}
	return d
}

// canonical reads a target of one of the vendor's types: no wildcard, no
// network, one thing. Two spellings of one target come back as the same text.
func canonical(kind, target string) (string, bool) {
	if strings.TrimSpace(target) != target {
		return "", false
	}
	switch kind {
	case "ip":
		address, err := netip.ParseAddr(target)
		return address.Unmap().String(), err == nil && address.Zone() == ""
	case "url":
		u, err := url.Parse(target)
		return target, err == nil && u.Scheme != "" && u.Host != "" && !strings.Contains(u.Host, "*")
	case "domain":
		name := strings.TrimSuffix(strings.ToLower(target), ".")
		return name, strings.Contains(name, ".") && !strings.ContainsAny(name, "*/:@ ")
	case "mailbox":
		address, err := mail.ParseAddress(target)
		return strings.ToLower(target), err == nil && address.Address == target && !strings.Contains(target, "*")
	case "file_sha1":
		hash := strings.ToLower(target)
		return hash, len(hash) == 40 && strings.Trim(hash, "0123456789abcdef") == ""
	}
	return "", false
}
