package simulator

import (
	"container/heap"
	"fmt"
	"slices"
	"time"
)

// An entry is one target of one type.
type entry struct{ kind, target string }

// A Target is what a request is aimed at; its type is one of ip, url, domain,
// mailbox, file_sha1, file_sha256, agent_guid and endpoint_name.
type Target struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

func (e entry) public() []Target { return []Target{{e.kind, e.target}} }

// A listed is a suspicious object: an entry of the list.
type listed struct {
	entry
	// change is the number of the change that put it where it is.
	change  int
	changed time.Time
	// expires is zero where the entry never does, as those of the response API.
	expires                 time.Time
	risk, scan, description string
	// task put the entry there; nil where the list itself was edited.
	task *task
	// at is the entry's place in the heap.
	at int
}

// A list holds the entries of one type. Its heap has the entry on top that goes
// first: the one closest to its expiry, and of those that never expire the
// oldest.
type list struct {
	byTarget map[string]*listed
	heap     []*listed
}

func (l *list) Len() int { return len(l.heap) }

func (l *list) Less(i, j int) bool {
	a, b := l.heap[i], l.heap[j]
	if a.expires.Equal(b.expires) {
		return a.change < b.change
	}
	return b.expires.IsZero() || !a.expires.IsZero() && a.expires.Before(b.expires)
}

func (l *list) Swap(i, j int) {
	l.heap[i], l.heap[j] = l.heap[j], l.heap[i]
	l.heap[i].at, l.heap[j].at = i, j
}

// Push is for package heap.
func (l *list) Push(x any) {
	e := x.(*listed)
	e.at = len(l.heap)
	l.heap = append(l.heap, e)
}

// Pop is for package heap.
func (l *list) Pop() any {
	last := len(l.heap) - 1
	e := l.heap[last]
	l.heap[last] = nil
	l.heap = l.heap[:last]
	return e
}

func (l *list) remove(e *listed) {
	heap.Remove(l, e.at)
	delete(l.byTarget, e.target)
}

// find returns an entry of the list, nil where there is none.
func (v *Vendor) find(e entry) *listed {
	if l := v.lists[e.kind]; l != nil {
		return l.byTarget[e.target]
	}
	return nil
}

// put adds an entry or changes the one that is there. Where the list is full,
// the first to go is returned.
func (v *Vendor) put(e *listed) (dropped *listed) {
	l := v.lists[e.kind]
	if l == nil {
		l = &list{byTarget: map[string]*listed{}}
		v.lists[e.kind] = l
	}
	if before := l.byTarget[e.target]; before != nil {
		l.remove(before)
	}
	if len(l.heap) >= v.capacity() {
		dropped = l.heap[0]
		l.remove(dropped)
	}
	v.changes++
	e.change, e.changed = v.changes, v.now()
	l.byTarget[e.target] = e
	heap.Push(l, e)
	return dropped
}

func (v *Vendor) drop(e *listed) { v.lists[e.kind].remove(e) }

func (v *Vendor) capacity() int {
	if v.Capacity > 0 {
		return v.Capacity
	}
	return MaxEntries
}

// expire takes the entries off that have had their time.
func (v *Vendor) expire() {
	now := v.now()
	for _, l := range v.lists {
		for len(l.heap) > 0 && !l.heap[0].expires.IsZero() && !l.heap[0].expires.After(now) {
			l.remove(l.heap[0])
		}
	}
}

// entries lists all entries in the order of their last change.
func (v *Vendor) entries() []*listed {
	var all []*listed
	for _, l := range v.lists {
		all = append(all, l.heap...)
	}
	slices.SortFunc(all, func(a, b *listed) int { return a.change - b.change })
	return all
}

// An exception is an entry of Trend Micro's Exception List, which wins over a
// block: what is blocked is accepted, and not enforced.
type exception struct {
	entry
	change      int
	changed     time.Time
	description string
}

// Except puts targets on the Exception List; the type of each is told by its
// text.
func (v *Vendor) Except(targets ...string) error {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for _, target := range targets {
		e, ok := guess(target)
		if !ok {
			return fmt.Errorf("except %q: no address, URL, domain, mailbox, SHA-1 or SHA-256", target)
		}
		if !v.except(e, "") {
			return fmt.Errorf("except %q: the Exception List holds %d entries at most", target, MaxEntries)
		}
	}
	return nil
}

// except reports whether there was room.
func (v *Vendor) except(e entry, description string) bool {
	if _, ok := v.exceptions[e]; !ok && len(v.exceptions) >= MaxEntries {
		return false
	}
	v.changes++
	v.exceptions[e] = &exception{e, v.changes, v.now(), description}
	return true
}

func (v *Vendor) isExcepted(e entry) bool { return v.exceptions[e] != nil }

// exceptionList lists the exceptions in the order of their last change.
func (v *Vendor) exceptionList() []*exception {
	all := make([]*exception, 0, len(v.exceptions))
	for _, e := range v.exceptions {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *exception) int { return a.change - b.change })
	return all
}
