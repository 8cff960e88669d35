package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Trend Micro's response API v3.0: each request is an array, each of its items
// names one target and is answered for itself, with status 207 for the whole.

// maxItems is the most items of a request.
const maxItems = 1000

// fieldsV3 are the fields that name a target, and the type of each.
var fieldsV3 = []struct{ field, kind string }{
	{"ip", kindIP},
	{"url", kindURL},
	{"domain", kindDomain},
	{"fileSha1", kindSHA1},
	{"fileSha256", kindSHA256},
	{"senderMailAddress", kindMailbox},
	{"agentGuid", kindAgent},
	{"endpointName", kindEndpoint},
}

// fieldOf is the field of a type.
func fieldOf(kind string) string {
	for _, f := range fieldsV3 {
		if f.kind == kind {
			return f.field
		}
	}
	return ""
}

// An item is one target of a request, and what goes with it.
type item struct {
	entry
	description string
	fields      map[string]any
	base        string
}

// An itemAnswer is what an item of a request gets.
type itemAnswer struct {
	Status  int        `json:"status"`
	Headers []itemLine `json:"headers,omitempty"`
	Body    any        `json:"body,omitempty"`
	note    string
	// taken is as for an answer: a duplicate is an error, and taken.
	taken bool
}

type itemLine struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func itemFailure(status int, code, message string) itemAnswer {
	return itemAnswer{Status: status, Body: errorBody{errorText{Code: code, Message: message}}, note: message}
}

// itemTask answers that a task was begun.
func itemTask(i item, t *task, note string) itemAnswer {
	return itemAnswer{Status: http.StatusAccepted, Headers: []itemLine{i.location(t)}, note: note, taken: true}
}

// itemDuplicate answers that a task for the same does its work already.
func itemDuplicate(i item, t *task, note string) itemAnswer {
	a := itemFailure(http.StatusBadRequest, "TaskError", "Task duplication.")
	a.Headers, a.note, a.taken = []itemLine{i.location(t)}, note, true
	return a
}

func (i item) location(t *task) itemLine {
	return itemLine{"Operation-Location", i.base + pathTasksV3 + "/" + t.number}
}

// An itemHandler does what an item asks.
type itemHandler func(*Vendor, item) itemAnswer

// objects answers each item of a request that names suspicious objects.
func objects(do itemHandler) handler { return batch(do, false) }

// endpoints answers each item of a request that names endpoints.
func endpoints(do itemHandler) handler { return batch(do, true) }

func batch(do itemHandler, endpoints bool) handler {
	return func(v *Vendor, c call) answer {
		var items []json.RawMessage
		if err := json.Unmarshal(c.text, &items); err != nil || len(items) == 0 {
			return failure(http.StatusBadRequest, "BadRequest", invalidFormat+": the body is no JSON array with items")
		}
		if len(items) > maxItems {
			return failure(http.StatusBadRequest, "BadRequest", fmt.Sprintf("%s: more than %d items", invalidFormat, maxItems))
		}
		answers := make([]itemAnswer, len(items))
		var all answer
		for n, text := range items {
			i, problem := readItem(text, endpoints)
			i.base = c.base()
			switch {
			case problem != "":
				answers[n] = itemFailure(http.StatusBadRequest, "BadRequest", problem)
			case c.mixed && (n%2 == 1 || len(items) == 1):
				answers[n] = itemFailure(http.StatusInternalServerError, "InternalServerError", "The server could not do it.")
			default:
				answers[n] = do(v, i)
			}
			if i.target != "" {
				all.targets = append(all.targets, i.public()...)
			}
			all.taken = all.taken || answers[n].taken
		}
		a := reply(http.StatusMultiStatus, answers)
		a.targets, a.taken, a.note = all.targets, all.taken, noteOf(answers)
		return a
	}
}

// noteOf says in words what became of the items.
func noteOf(answers []itemAnswer) string {
	if len(answers) == 1 {
		return fmt.Sprintf("item %d, %s", answers[0].Status, answers[0].note)
	}
	taken := 0
	for _, a := range answers {
		if a.taken {
			taken++
		}
	}
	return fmt.Sprintf("%d of %d items taken", taken, len(answers))
}

// readItem reads an item with its one target.
func readItem(text []byte, endpoints bool) (i item, problem string) {
	if err := json.Unmarshal(text, &i.fields); err != nil || i.fields == nil {
		return item{}, invalidFormat + ": an item is no JSON object"
	}
	var named []string
	for _, f := range fieldsV3 {
		value, ok := i.fields[f.field]
		if !ok || endpoints != (f.kind == kindAgent || f.kind == kindEndpoint) {
			continue
		}
		named = append(named, f.field)
		written, _ := value.(string)
		if i.target, ok = canonical(f.kind, written); !ok {
			return item{}, invalidFormat + ": " + f.field
		}
		i.kind = f.kind
	}
	switch {
	case len(named) == 0:
		return item{}, fieldsNotFound
	case len(named) > 1:
		return item{}, invalidFormat + ": one target an item, not " + strings.Join(named, " and ")
	}
	if written, has := i.fields["description"]; has {
		var ok bool
		if i.description, ok = written.(string); !ok {
			return item{}, invalidFormat + ": description"
		}
	}
	return i, ""
}

func blockItem(v *Vendor, i item) itemAnswer {
	t, again, note := v.block(i.entry, i.description)
	if again {
		return itemDuplicate(i, t, note)
	}
	return itemTask(i, t, note)
}

func unblockItem(v *Vendor, i item) itemAnswer {
	t, ok := v.unblock(i.entry, i.description)
	if !ok {
		return itemFailure(http.StatusBadRequest, "BadRequest", targetNotFound)
	}
	return itemTask(i, t, "taken off the list, task "+t.number)
}

func isolateItem(v *Vendor, i item) itemAnswer {
	if v.isolated[i.entry] == nil && len(v.isolated) >= MaxEntries {
		return itemFailure(http.StatusInternalServerError, "InternalServerError", "Too many endpoints are isolated.")
	}
	t, again := v.isolate(i.entry, i.description)
	if again {
		return itemDuplicate(i, t, "isolated before, as task "+t.number)
	}
	return itemTask(i, t, "isolated, task "+t.number)
}

func reconnectItem(v *Vendor, i item) itemAnswer {
	t, ok := v.reconnect(i.entry, i.description)
	if !ok {
		return itemFailure(http.StatusBadRequest, "BadRequest", targetNotFound)
	}
	return itemTask(i, t, "connected again, task "+t.number)
}

type taskV3 struct {
	ID          string     `json:"id"`
	Status      string     `json:"status"`
	Action      string     `json:"action"`
	Created     string     `json:"createdDateTime"`
	LastAction  string     `json:"lastActionDateTime"`
	Description string     `json:"description,omitempty"`
	Type        string     `json:"type,omitempty"`
	Value       string     `json:"value,omitempty"`
	AgentGUID   string     `json:"agentGuid,omitempty"`
	Endpoint    string     `json:"endpointName,omitempty"`
	Error       *errorText `json:"error,omitempty"`
}

func (v *Vendor) getTaskV3(number string) answer {
	t, ok := v.poll(number)
	if !ok {
		return failure(http.StatusNotFound, "NotFound", "The task does not exist.")
	}
	body := v.taskV3(t)
	a := reply(http.StatusOK, body)
	a.note = "task " + t.number + " is " + body.Status
	return a
}

func (v *Vendor) taskV3(t *task) taskV3 {
	s, worked, ended := v.progress(t)
	d := taskV3{ID: t.number, Action: t.action, Created: stamp(t.created), Description: t.description}
	switch t.kind {
	case kindAgent:
		d.AgentGUID = t.target
	case kindEndpoint:
		d.Endpoint = t.target
	default:
		d.Type, d.Value = fieldOf(t.kind), t.target
	}
	switch s {
	case waiting:
		d.Status, d.LastAction = "queued", d.Created
	case working:
		d.Status, d.LastAction = "running", stamp(worked)
	case done:
		d.Status, d.LastAction = "succeeded", stamp(ended)
	case withoutEffect:
		d.Status, d.LastAction = "rejected", stamp(ended)
		d.Error = &errorText{Code: exceptedCode, Message: notEnforced}
	}
	return d
}

// stampForm is how v3.0 writes times.
const stampForm = "2006-01-02T15:04:05Z"

func stamp(t time.Time) string { return t.UTC().Format(stampForm) }
