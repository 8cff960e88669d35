package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"
)

// A cut is where the entries that are moved end.
type cut struct {
	// through is the last entry that is moved, hash its hash.
	through int64
	hash    string
	// runs counts the runs that are moved, lastRun is the last of them, and
	// linkedRun the last one that was moved before.
	runs, lastRun, linkedRun int64
	// first is the entry that the file begins with.
	first entry
}

// findCut finds the last entry before a time up to which every run that has an
// entry is over before that time, and has all of them.
func (m *mover) findCut(before, now time.Time) (c cut, err error) {
	if err := m.tx.GetContext(m.ctx, &c.first, "SELECT * FROM entries ORDER BY seq LIMIT 1"); err != nil {
		if missing(err) {
			return c, fmt.Errorf("archive from %s: %w: it holds no entry", m.log.path, ErrNoneFits)
		}
		return c, err
	}
	spans, err := runSpans(m.ctx, m.tx, now)
	if err != nil {
		return c, err
	}
	limit := stamp(before)
	err = m.tx.GetContext(m.ctx, &c.through, `SELECT coalesce((SELECT min(seq) - 1 FROM entries WHERE run = 0 AND kind <> 'link' AND time >= ?),
		(SELECT max(seq) FROM entries))`, limit)
	if err != nil {
		return c, err
	}
	inTheWay := c.bound(spans, limit)
	floor := c.first.Seq - 1
	if c.first.Kind == kindLink {
		floor = c.first.Seq
	}
	if c.through <= floor {
		return c, fmt.Errorf("archive from %s: %w: no run was over before %s%s", m.log.path, ErrNoneFits, limit, inTheWay)
	}
	for _, s := range spans {
		if s.Last <= c.through {
			c.runs, c.lastRun = c.runs+1, max(c.lastRun, s.Run)
		}
	}
	return c, m.fill(&c)
}

// bound brings the cut down until no run stands on both sides, and none that is
// moved is open or too young. It says which one is in the way.
func (c *cut) bound(spans []runSpan, limit string) (inTheWay string) {
	for again := true; again; {
		again = false
		for _, s := range spans {
			if s.First > c.through || s.Last <= c.through && !s.Open && s.Time < limit {
				continue
			}
			c.through, again = s.First-1, true
			if s.Open {
				inTheWay = fmt.Sprintf("; run %d may go on: tabletop resume %d settles a run that sent", s.Run, s.Run)
			}
		}
	}
	return inTheWay
}

// fill reads what else is to be known of a cut.
func (m *mover) fill(c *cut) error {
	var sum []byte
	if err := m.tx.GetContext(m.ctx, &sum, "SELECT hash FROM entries WHERE seq = ?", c.through); err != nil {
		return fmt.Errorf("read entry %d: %w", c.through, err)
	}
	c.hash = hex.EncodeToString(sum)
	if c.first.Kind != kindLink {
		return nil
	}
	return m.tx.GetContext(m.ctx, &c.linkedRun, "SELECT json_extract(body, '$.last_run') FROM bodies WHERE seq = ?", c.first.Seq)
}

// A counting is a validation or an enabling that is the last one for a
// configuration.
type counting struct {
	Kind    string
	Time    string
	Subject *string
	Body    string
}

// stillCounting reads those that are about to be moved.
func (m *mover) stillCounting(ctx context.Context) ([]counting, error) {
	var still []counting
	err := m.tx.SelectContext(ctx, &still, `
		SELECT e.kind, e.time, b.subject, b.body FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = 0 AND e.kind IN ('validation', 'enabling') AND e.seq <= ? AND substr(b.body, 1, 10) <> '{"purged":' AND e.seq = (
			SELECT max(o.seq) FROM bodies ob JOIN entries o ON o.seq = ob.seq
			WHERE ob.subject = b.subject AND o.kind = e.kind AND json_extract(ob.body, '$.endpoint') = json_extract(b.body, '$.endpoint'))
		ORDER BY e.seq`, m.cut.through)
	if err != nil {
		return nil, fmt.Errorf("read which configurations are enabled: %w", err)
	}
	return still, nil
}
