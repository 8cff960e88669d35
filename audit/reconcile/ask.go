package reconcile

import (
	"cmp"
	"slices"
	"time"
)

// An ask is one time that a target is to be blocked: the actions aimed at it whose
// times lie near one another. The windows of a workbook overlap, so that the same
// row comes again and again, and a vendor that has blocked a target takes a second
// request for the same.
type ask struct {
	span
	ids       []string
	takenBack bool
	// doubt is that of the last action, empty where one of them has none.
	doubt string
	sure  bool
	// task and entry are the records that belong to it, nil where none does;
	// standing is one that was there before.
	task, entry, standing *Record
}

// asksOf joins the actions at one target.
func (o Options) asksOf(actions []Action) []*ask {
	slices.SortStableFunc(actions, func(a, b Action) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	var asks []*ask
	for _, a := range actions {
		if len(asks) == 0 || !o.near(a.Time.Sub(asks[len(asks)-1].last)) {
			asks = append(asks, &ask{span: span{a.Time, a.Time}})
		}
		current := asks[len(asks)-1]
		current.last = a.Time
		current.ids = append(current.ids, a.ID)
		// The last action tells how it stands.
		current.takenBack = a.TakenBack
		current.sure = current.sure || a.Doubt == ""
		if current.doubt = a.Doubt; current.sure {
			current.doubt = ""
		}
	}
	return asks
}

func spansOf(asks []*ask) []span {
	spans := make([]span, len(asks))
	for i, a := range asks {
		spans[i] = a.span
	}
	return spans
}

// records are those that belong to the ask.
func (a *ask) records() []*Record {
	var all []*Record
	for _, r := range []*Record{a.task, a.entry, a.standing} {
		if r != nil {
			all = append(all, r)
		}
	}
	return all
}

// newest is the newest time of records.
func newest(records []*Record) (t time.Time) {
	for _, r := range records {
		if r.Time.After(t) {
			t = r.Time
		}
	}
	return t
}
