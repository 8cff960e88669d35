// Package plan is what stands between a rehearsal and a vendor: a file that
// names every request that would be sent, and people's approvals of it. In go a
// rehearsal's actions and the hashes of all that they came from; out come the
// plan's file, the check that nothing changed since, and who approved what.
package plan

import (
	"time"

	"tabletop/workbook"
)

// Form is the form of the plans that this program writes and reads.
const Form = 1

// Lifetime is how long a plan can be applied.
const Lifetime = 24 * time.Hour

// MaxBytes is the largest plan that is written or read.
const MaxBytes = 64 << 20

// A Plan is a file of requests, reviewed before they are sent.
type Plan struct {
	// Form is the file's form, Form.
	Form int `json:"tabletop_plan"`
	// Run is the rehearsal that made the plan, in the audit that recorded it.
	Run     int64     `json:"run"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Planner Planner   `json:"planner"`
	Reason  string    `json:"reason"`
	Ticket  string    `json:"ticket"`
	// Name is the workbook's, or says what the plan is for.
	Name string `json:"name"`

	// Folder is where the plan was made; the paths below are relative to it.
	Folder       string               `json:"folder"`
	Workbook     *File                `json:"workbook"`
	Called       []File               `json:"called,omitempty"` // the workbooks that it calls
	Integrations *File                `json:"integrations"`
	Guard        *File                `json:"guard"`
	Approvers    *File                `json:"approvers"`
	Events       []workbook.EventFile `json:"events"`
	// Undoes is the run whose actions this plan takes back, 0 for none.
	Undoes int64 `json:"undoes,omitempty"`
	// Simulated says that what it takes back was sent to a simulator.
	Simulated bool `json:"simulated,omitempty"`

	Clock      time.Time         `json:"clock"`
	ClockFrom  string            `json:"clock_from"`
	Parameters map[string]string `json:"parameters"`

	// Caps are the configurations that actions go through, in the order of
	// their first action.
	Caps    []Cap    `json:"caps"`
	Actions []Action `json:"actions"`
}

// A Planner is who made a plan.
type Planner struct {
	User string `json:"user"`
	Host string `json:"host"`
	// Key is the fingerprint of the planner's SSH key, where one was named.
	Key string `json:"key,omitempty"`
}

// A File is a file that a plan rests on.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// A Cap is how many actions go through a configuration, and the most that may.
type Cap struct {
	Integration string `json:"integration"`
	// Digest is that of the configuration.
	Digest  string `json:"digest"`
	Planned int    `json:"planned"`
	Most    int    `json:"most"`
}

// An Action is one request of a plan.
type Action struct {
	workbook.Action
	// Key and Values are those of the action, which it does not write itself.
	Key    string            `json:"key"`
	Values map[string]string `json:"values"`
	// Undo is the inverse request, nil where there is none; CannotUndo says why.
	Undo       *workbook.Request `json:"undo"`
	CannotUndo string            `json:"cannot_undo,omitempty"`
	// Undoes is the action that this one takes back, 0 for none.
	Undoes int `json:"undoes,omitempty"`
	// Evidence is what the row rests on.
	Evidence workbook.Evidence `json:"evidence"`
}
