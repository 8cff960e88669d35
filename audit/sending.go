package audit

import (
	"errors"
	"fmt"
	"sync"

	"tabletop/workbook"
)

// A sending is what a run that goes on has made of its plan's actions so far,
// by their numbers.
type sending struct {
	mode string

	mu        sync.Mutex
	actions   map[int]*handled
	approvals int
}

// A handled is an action that has its entry, or is about to.
type handled struct {
	block int
	key   string
	// intended says that the entry is an intent, written that it is durable,
	// settled that an outcome is.
	intended, written, settled bool
}

// sends reports whether runs of a mode have intents.
func sends(mode string) bool { return mode == workbook.ModeApply || mode == workbook.ModeSimulate }

// reserve takes in actions whose entries are about to be written; an action has
// one entry, and so is sent once.
func (s *sending) reserve(actions []workbook.Action, intended bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	seen := make(map[int]bool, len(actions))
	for _, a := range actions {
		switch {
		case a.Number < 1:
			failed = errors.Join(failed, fmt.Errorf("an action has the number %d", a.Number))
		case s.actions[a.Number] != nil || seen[a.Number]:
			failed = errors.Join(failed, fmt.Errorf("action %d is recorded already: an action is recorded once, and sent once", a.Number))
		case intended && a.Key == "":
			failed = errors.Join(failed, fmt.Errorf("action %d has no key", a.Number))
		}
		seen[a.Number] = true
	}
	if failed != nil {
		return failed
	}
	for _, a := range actions {
		s.actions[a.Number] = &handled{block: a.Block, key: a.Key, intended: intended}
	}
	return nil
}

// free takes back what reserve took in.
func (s *sending) free(actions []workbook.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		delete(s.actions, a.Number)
	}
}

// wrote notes that entries are durable.
func (s *sending) wrote(actions []workbook.Action, settled []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		s.actions[a.Number].written = true
	}
	for _, number := range settled {
		s.actions[number].settled = true
	}
}

// find returns an action whose intent is durable.
func (s *sending) find(number int) (handled, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.actions[number]
	if h == nil || !h.intended || !h.written {
		return handled{}, false
	}
	return *h, true
}

// number numbers approvals: it returns the first of n numbers.
func (s *sending) number(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.approvals + 1
	s.approvals += n
	return first
}

// count is how many actions have an entry.
func (s *sending) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.actions)
}
