package audit

import (
	"context"
	"fmt"
	"time"

	"tabletop/workbook"
)

// Sightings are what an audit holds of a value: the actions aimed at it and the
// signals named so.
type Sightings struct {
	Value string
	// Entries counts the entries that are looked up by the value: its actions
	// and signals, and hardly ever anything else. Over says that there are more
	// than were counted, which happens only where not all were asked for.
	Entries int64
	Over    bool
	// First and Last are the oldest and the newest.
	First, Last Sighting
	// Counted are the newest so many, of which there are Actions and Signals of
	// so many Runs, and ByVerdict tells the state of the actions. It is all of
	// them where Whole is set.
	Counted, Actions, Signals, Runs int
	ByVerdict                       map[workbook.Verdict]int
	Whole                           bool
	// List is those that were counted, the newest first.
	List []Sighting
}

// mostEntries is how many entries of a value are counted where not all are
// asked for.
const mostEntries = 10_000

// A Sighting is an action or a signal.
type Sighting struct {
	ID    ID
	Entry int64
	Time  time.Time
	// Type and Verdict are an action's.
	Type    string
	Verdict workbook.Verdict
}

// sightingsQuery lists what is looked up by a subject; its verdicts are those of
// the last outcome.
const sightingsQuery = `
	SELECT e.seq, e.run, e.number, e.kind, e.time,
		coalesce(json_extract(b.body, '$.type'), '') AS type,
		coalesce(json_extract(ob.body, '$.verdict'), json_extract(b.body, '$.verdict'), '') AS verdict
	FROM bodies b
	JOIN entries e ON e.seq = b.seq
	LEFT JOIN bodies ob ON ob.seq = CASE e.kind WHEN 'intent' THEN
		(SELECT max(o.seq) FROM entries o WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block) END
	WHERE b.subject = ? AND e.kind IN ('action', 'intent', 'signal')
	ORDER BY b.seq `

// Sightings looks for a value: a target in the form in which it was judged, or a
// signal's name. It looks at the newest entries, at most limit of them, or at
// all where limit is 0, and besides at the first and the last. found says
// whether there is any.
func (r *Reader) Sightings(ctx context.Context, value string, limit int) (s Sightings, found bool, err error) {
	fail := func(err error) (Sightings, bool, error) {
		return s, false, explain(r.path, "look for a value in", defaultWait, err)
	}
	s = Sightings{Value: value, ByVerdict: map[workbook.Verdict]int{}}
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return fail(err)
	}
	defer tx.Rollback()
	stored := encodeText(value)
	most := mostEntries + 1
	if limit <= 0 {
		limit, most = -1, -1
	}
	if err := tx.GetContext(ctx, &s.Entries, "SELECT count(*) FROM (SELECT 1 FROM bodies WHERE subject = ? LIMIT ?)", stored, most); err != nil {
		return fail(err)
	}
	if most > 0 && s.Entries == int64(most) {
		s.Entries, s.Over = mostEntries, true
	}
	var rows []sightingRow
	if err := tx.SelectContext(ctx, &rows, sightingsQuery+"DESC LIMIT ?", stored, limit); err != nil {
		return fail(err)
	}
	if len(rows) == 0 {
		return s, false, nil
	}
	var first sightingRow
	if err := tx.GetContext(ctx, &first, sightingsQuery+"LIMIT 1", stored); err != nil {
		return fail(err)
	}
	if s.First, err = first.sighting(); err != nil {
		return fail(err)
	}
	s.Whole = limit < 0 || len(rows) < limit || rows[len(rows)-1].Seq == first.Seq
	return s, true, s.count(rows)
}

// count takes in the newest, the newest first.
func (s *Sightings) count(rows []sightingRow) error {
	// An action that is sent has an intent alone, and a signal may have several
	// entries; each is counted once.
	known, runs := map[ID]bool{}, map[int64]bool{}
	for _, row := range rows {
		one, err := row.sighting()
		if err != nil {
			return fmt.Errorf("entry #%d: %w", row.Seq, err)
		}
		if known[one.ID] {
			continue
		}
		known[one.ID], runs[one.ID.Run] = true, true
		s.List = append(s.List, one)
		if one.ID.Signal > 0 {
			s.Signals++
			continue
		}
		s.Actions++
		s.ByVerdict[one.Verdict]++
	}
	s.Last, s.Counted, s.Runs = s.List[0], len(s.List), len(runs)
	return nil
}

type sightingRow struct {
	Seq     int64
	Run     int64
	Number  int
	Kind    string
	Time    string
	Type    string
	Verdict string
}

func (r sightingRow) sighting() (Sighting, error) {
	s := Sighting{ID: ID{Run: r.Run, Action: r.Number}, Entry: r.Seq, Type: r.Type}
	if r.Kind == kindSignal {
		s.ID = ID{Run: r.Run, Signal: r.Number}
	}
	verdict, err := decodeText(r.Verdict)
	if err != nil {
		return s, err
	}
	s.Verdict = workbook.Verdict(verdict)
	s.Time, err = time.Parse(time.RFC3339Nano, r.Time)
	return s, err
}
