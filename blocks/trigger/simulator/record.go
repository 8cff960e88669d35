package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Limits of what a server remembers: requests, and bytes of their bodies.
const (
	maxRemembered      = 10_000
	maxRememberedBytes = 32 << 20
)

// Totals counts requests: all that arrived, those that the vendor took, and those
// that met a fault.
type Totals struct {
	Requests int `json:"requests"`
	Taken    int `json:"taken"`
	Faults   int `json:"faults"`
}

// A record keeps what arrived: all of it in the log, the newest in memory.
type record struct {
	mutex  sync.Mutex
	log    Log
	report func(Arrival)
	kept   []Arrival
	bytes  int
	totals Totals
}

// add keeps a request; its line is on the disk when add returns.
func (r *record) add(a Arrival) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.log != nil {
		line, err := a.line()
		if err == nil {
			_, err = r.log.Write(line)
		}
		if err == nil {
			err = r.log.Sync()
		}
		if err != nil {
			return fmt.Errorf("write the log of requests: %w", err)
		}
	}
	r.remember(a)
	if r.report != nil {
		r.report(a)
	}
	return nil
}

// line is a request as a line of JSON.
func (a Arrival) line() ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(a)
	return line.Bytes(), err
}

func (r *record) remember(a Arrival) {
	r.totals.Requests++
	if a.Taken {
		r.totals.Taken++
	}
	if a.Fault != "" {
		r.totals.Faults++
	}
	r.kept = append(r.kept, a)
	r.bytes += a.size()
	for len(r.kept) > maxRemembered || r.bytes > maxRememberedBytes {
		r.bytes -= r.kept[0].size()
		r.kept[0] = Arrival{}
		r.kept = r.kept[1:]
	}
}

// size is about what a request takes in memory, in bytes.
func (a Arrival) size() int {
	return len(a.Body) + len(a.BodyBase64) + len(a.Path) + 100*len(a.Targets) + len(a.Note)
}

func (r *record) sum() Totals {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.totals
}

// after lists the requests that are remembered, those with a higher sequence.
func (r *record) after(sequence int) []Arrival {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	found := []Arrival{}
	for _, a := range r.kept {
		if a.Sequence > sequence {
			found = append(found, a)
		}
	}
	return found
}
