package query

import (
	"fmt"
	"strings"
	"time"
)

// meaning says a SELECT step by step in plain words.
func (s *Select) meaning(standard time.Duration) []string {
	var steps []string
	for _, src := range s.From {
		steps = append(steps, src.meaning())
	}
	steps = append(steps, s.Window.meaning(standard))
	if s.Where != nil {
		for i, term := range terms(s.Where) {
			word := "keep those for which "
			if i > 0 {
				word = "and of those "
			}
			steps = append(steps, word+print(term, 0))
		}
	}
	switch {
	case len(s.Groups) > 0:
		steps = append(steps, "put those together that have the same "+printAll(s.Groups))
	case aggregated(s):
		steps = append(steps, "put all of them together")
	}
	if s.Having != nil {
		steps = append(steps, "keep the groups for which "+print(s.Having, 0))
	}
	steps = append(steps, "show "+s.shown())
	if order := s.ordered(); order != "" {
		steps = append(steps, order)
	}
	if s.Offset > 0 {
		steps = append(steps, fmt.Sprintf("pass over the first %d", s.Offset))
	}
	if s.Limit >= 0 {
		text := fmt.Sprintf("stop after %d rows", s.Limit)
		if s.defaultLimit {
			text += ", DNIF's limit where none is named"
		}
		steps = append(steps, text)
	}
	return steps
}

func (src Source) meaning() string {
	lead := "read "
	if src.Join != "" {
		lead = strings.ToLower(src.Join) + " "
	}
	text := ""
	switch {
	case src.Select != nil && len(src.Unions) > 0:
		text = fmt.Sprintf("the rows of %d SELECTs, one behind the other", len(src.Unions)+1)
	case src.Select != nil:
		text = "the rows of a SELECT of its own"
	case src.Every:
		text = "the events of every stream"
	case len(src.Streams) > 0:
		text = "the events of the streams " + strings.Join(src.Streams, ", ")
	case src.Store == rowsStore:
		text = "the rows that come in"
	case src.Store != "":
		text = "the rows of the event store " + src.Store
	default:
		text = "the events of the stream " + src.Stream
	}
	if src.On != nil {
		text += ", where " + print(src.On, 0)
	}
	return lead + text
}

func (w Window) meaning(standard time.Duration) string {
	switch {
	case w.Duration != "" && w.End != "":
		return "keep those of the " + w.Duration + " before " + w.End
	case w.Duration != "":
		return "keep those of the last " + w.Duration + " before the clock"
	case w.Start != "" && w.End != "":
		return "keep those from " + w.Start + " to " + w.End
	case w.Start != "":
		return "keep those from " + w.Start + " to the clock"
	case w.End != "":
		return "keep those up to " + w.End
	case standard > 0:
		return "keep those of the last " + span(standard) + " before the clock: the query names no time"
	}
	return "keep those of all times: the query names none"
}

// shown lists the columns of the result.
func (s *Select) shown() string {
	var parts []string
	for _, item := range s.Items {
		if item.Expr == nil {
			text := "every column"
			if len(item.Except) > 0 {
				text += " but " + strings.Join(item.Except, ", ")
			}
			parts = append(parts, text)
			continue
		}
		text := print(item.Expr, 0)
		if item.Alias != "" && !sameColumn(item.Alias, strings.Trim(text, "`")) {
			text += " as " + item.Alias
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func (s *Select) ordered() string {
	switch {
	case len(s.Order) > 0:
		terms := make([]string, len(s.Order))
		for i, o := range s.Order {
			terms[i] = print(o.Expr, 0)
			if o.Descending {
				terms[i] += ", the greatest first"
			}
		}
		return "sort by " + strings.Join(terms, "; ")
	case s.Newest:
		return "the newest first"
	case s.Oldest:
		return "the oldest first"
	}
	return ""
}

// meaning says what of a _fetch its query does not.
func (f *fetch) meaning() []string {
	if f.nested == 0 {
		return nil
	}
	return []string{fmt.Sprintf("keep up to %d values of the first field, and of each further field up to %d for each of those", f.nested, f.nested)}
}

// meaning says a directive that asks no events.
func meaning(made part) string {
	switch d := made.(type) {
	case aggregating:
		return "aggregate the rows: " + strings.Join(d.names(), ", ")
	case checking:
		word := "keep"
		if d.exclude {
			word = "drop"
		}
		if d.store != "" {
			return fmt.Sprintf("%s the rows whose %s is a %s of the event store %s, where there also %s", word, d.rowsKey.Text, d.storeKey.Text, d.store, d.compare.meaning())
		}
		return word + " the rows for which " + d.compare.meaning()
	case sorting:
		if d.descending {
			return "sort the rows by " + d.by.Text + ", the greatest first"
		}
		return "sort the rows by " + d.by.Text
	case limiting:
		return fmt.Sprintf("keep the first %d rows", d.n)
	case exporting:
		return "pass the rows on; DNIF would write them as " + d.form
	case storing:
		return fmt.Sprintf("write the rows to the event store %s (%s) and pass them on", d.store, d.mode)
	case retrieving:
		if d.store == "" {
			return "list the event stores"
		}
		return "read the event store " + d.store
	case lookingUp:
		return "add to each row what the event store " + d.plugin + " holds of it"
	case acting:
		if says, ok := d.step.(interface{ Meaning() []string }); ok {
			return strings.Join(says.Meaning(), "; ")
		}
	}
	return "act on each row"
}

func (c comparison) meaning() string {
	switch {
	case c.kind == "key_exists":
		return c.left.Text + " has no value"
	case c.pattern != nil:
		return c.left.Text + " matches " + c.pattern.String()
	}
	return fmt.Sprintf("%s %s %v", c.left.Text, c.op, c.right)
}
