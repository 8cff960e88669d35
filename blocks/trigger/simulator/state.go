package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What a server shows of itself, as JSON. These requests are no arrivals.
const (
	statePath     = "/_simulator/"
	stateRequests = statePath + "requests"
	stateList     = statePath + "list"
)

// A Blocked is a suspicious object as the simulator shows it.
type Blocked struct {
	Target
	// Task is the number of the task that blocked it, "" where the list itself was
	// edited.
	Task string `json:"task,omitempty"`
	// Enforced is false where the target is an exception, or is only logged.
	Enforced bool   `json:"enforced"`
	Changed  string `json:"changed"`
	// Expires is a time, or never.
	Expires string `json:"expires"`
}

// A State is what a vendor holds. Suspicious objects stand in the order of their
// last change.
type State struct {
	SuspiciousObjects []Blocked `json:"suspicious_objects"`
	Exceptions        []Target  `json:"exceptions"`
	Isolated          []Target  `json:"isolated"`
	// Tasks counts the tasks that were ever begun, Capacity the entries that the
	// list holds of a type.
	Tasks    int `json:"tasks"`
	Capacity int `json:"capacity"`
}

// State tells what the vendor holds.
func (v *Vendor) State() State {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.expire()
	s := State{SuspiciousObjects: []Blocked{}, Exceptions: []Target{}, Isolated: []Target{}, Tasks: v.tasks.begun, Capacity: v.capacity()}
	for _, e := range v.entries() {
		b := Blocked{
			Target: Target{e.kind, e.target}, Enforced: e.scan == "block" && !v.isExcepted(e.entry),
			Changed: stamp(e.changed), Expires: "never",
		}
		if e.task != nil {
			b.Task = e.task.number
		}
		if !e.expires.IsZero() {
			b.Expires = stamp(e.expires)
		}
		s.SuspiciousObjects = append(s.SuspiciousObjects, b)
	}
	for _, e := range v.exceptionList() {
		s.Exceptions = append(s.Exceptions, e.public()...)
	}
	for e := range v.isolated {
		s.Isolated = append(s.Isolated, e.public()...)
	}
	slices.SortFunc(s.Isolated, func(a, b Target) int { return strings.Compare(a.Type+a.Target, b.Type+b.Target) })
	return s
}

// state answers a request that asks for what the server holds.
func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	// A page of another site that resolves its name to this machine reads nothing.
	if !isLoopback(hostOf(r.Host)) {
		http.Error(w, "ask by an address of this machine, as "+s.URL()+stateList, http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet {
		http.Error(w, "only GET is allowed here", http.StatusMethodNotAllowed)
		return
	}
	var shown any
	switch r.URL.Path {
	case stateRequests:
		after := 0
		if text := r.URL.Query().Get("after"); text != "" {
			var err error
			if after, err = strconv.Atoi(text); err != nil {
				http.Error(w, "after takes a sequence, as ?after=12", http.StatusBadRequest)
				return
			}
		}
		shown = struct {
			Totals
			Arrivals []Arrival `json:"arrivals"`
		}{s.record.sum(), s.record.after(after)}
	case stateList:
		shown = s.play.vendor.State()
	default:
		http.Error(w, "ask for "+stateRequests+" or "+stateList, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	// The client is gone where this fails, and nobody is left to tell.
	_ = encoder.Encode(shown)
}
