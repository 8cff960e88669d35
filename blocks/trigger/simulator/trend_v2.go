package simulator

import (
	"encoding/json"
	"net/http"
)

// Trend Micro's response API v2.0.

type acceptedV2 struct {
	ActionID   string `json:"actionId"`
	TaskStatus string `json:"taskStatus"`
}

// accept answers that a command was taken; whether it was before does not show.
func accept(t *task, note string) answer {
	a := reply(http.StatusOK, acceptedV2{t.number, "pending"})
	a.taken, a.note, a.targets = true, note, t.public()
	return a
}

func (v *Vendor) blockV2(c call) answer {
	e, description, problem := readEntryV2(c.text)
	if problem != "" {
		return failure(http.StatusBadRequest, "BadRequest", problem)
	}
	t, _, note := v.block(e, description)
	return accept(t, note)
}

func (v *Vendor) unblockV2(c call) answer {
	e, description, problem := readEntryV2(c.text)
	if problem != "" {
		return failure(http.StatusBadRequest, "BadRequest", problem)
	}
	t, ok := v.unblock(e, description)
	if !ok {
		a := failure(http.StatusBadRequest, "BadRequest", targetNotFound)
		a.targets = e.public()
		return a
	}
	return accept(t, "taken off the list, task "+t.number)
}

// What the vendor says of a request that is not whole.
const (
	fieldsNotFound = "Required fields not found"
	invalidFormat  = "Invalid field format"
	targetNotFound = "Target not found"
)

// readEntryV2 reads the body of a block or its undoing; the problem says what is
// wrong with it.
func readEntryV2(text []byte) (e entry, description, problem string) {
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		return entry{}, "", invalidFormat + ": the body is no JSON object"
	}
	kind, hasKind := body["valueType"]
	value, hasValue := body["targetValue"]
	if !hasKind || !hasValue {
		return entry{}, "", fieldsNotFound + ": valueType and targetValue"
	}
	var ok bool
	if e.kind, ok = kind.(string); !ok {
		return entry{}, "", invalidFormat + ": valueType"
	}
	written, ok := value.(string)
	if !ok || written == "" {
		return entry{}, "", invalidFormat + ": targetValue"
	}
	switch e.kind {
	case kindIP, kindURL, kindDomain, kindMailbox, kindSHA1:
		e.target, ok = canonical(e.kind, written)
	default:
		ok = false
	}
	if !ok {
		return entry{}, "", invalidFormat + ": targetValue is no " + e.kind
	}
	for _, name := range []string{"productId", "description"} {
		if other, has := body[name]; has {
			if description, ok = other.(string); !ok {
				return entry{}, "", invalidFormat + ": " + name
			}
		} else {
			description = ""
		}
	}
	return e, description, ""
}

type taskBodyV2 struct {
	Data taskV2 `json:"data"`
}

type taskV2 struct {
	ActionID     string      `json:"actionId,omitempty"`
	CreatedTime  *int64      `json:"createdTime"`
	ExecutedTime *int64      `json:"executedTime"`
	FinishedTime *int64      `json:"finishedTime"`
	TaskStatus   string      `json:"taskStatus"`
	Error        taskErrorV2 `json:"error"`
}

type taskErrorV2 struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

func (v *Vendor) getTaskV2(c call) answer {
	t, ok := v.poll(c.request.URL.Query().Get("actionId"))
	if !ok {
		return failure(http.StatusNotFound, "NotFound", "The task does not exist.")
	}
	body := v.taskV2(t)
	a := reply(http.StatusOK, taskBodyV2{body})
	a.note = "task " + t.number + " is " + body.TaskStatus
	return a
}

func (v *Vendor) listTasksV2(call) answer {
	all := struct {
		Data []taskV2 `json:"data"`
	}{Data: make([]taskV2, 0, len(v.tasks.all))}
	for _, t := range v.tasks.all {
		data := v.taskV2(t)
		data.ActionID = t.number
		all.Data = append(all.Data, data)
	}
	return reply(http.StatusOK, all)
}

func (v *Vendor) taskV2(t *task) taskV2 {
	s, worked, ended := v.progress(t)
	d := taskV2{CreatedTime: seconds(t.created), ExecutedTime: seconds(worked), FinishedTime: seconds(ended)}
	switch s {
	case waiting:
		d.TaskStatus = "pending"
	case working:
		d.TaskStatus = "ongoing"
	case done:
		d.TaskStatus = "success"
	case withoutEffect:
		d.TaskStatus, d.Error = "skipped", taskErrorV2{exceptedCode, notEnforced}
	}
	return d
}

// exceptedCode marks a block that an exception keeps from its effect.
const exceptedCode = "TargetInExceptionList"
