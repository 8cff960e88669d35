package workbook

import (
	"time"

	"tabletop/workbook/source"
)

// Facts are what one deed of a block does with rows, as far as that is known
// before anything has run: a query, a statement, a directive. Checks that look
// over several blocks are made of them; a step that tells none may do anything.
type Facts struct {
	// Spot is where the deed stands.
	Spot source.Spot
	// Fresh says that its rows are its own: those that come in end here.
	Fresh bool
	// All says that it may read any column of the rows that come in, or that it
	// shows the rows to somebody as they are.
	All bool
	// Shows says that it shows the columns of Reads to somebody.
	Shows bool
	// Reads are the columns that it reads of the rows that come in.
	Reads []Named
	// Makes are the columns that it gives to the rows; Drops those that it takes
	// away. A deed that is Fresh gives no others, unless Star says so.
	Makes, Drops []Named
	Star         bool
	// Bare says that the columns of Star stand in lower case.
	Bare bool
	// Ordered says that its rows come in an order that it tells.
	Ordered bool
	// Limit is where it keeps some of its rows only; nil where it keeps all.
	Limit *Limit
	// Streams are those that it asks; Columns are what it reads of them.
	Streams, Columns []Named
	// Windows are the spans of time that it reads before the clock.
	Windows []Window
	// Never says why no row can come out; nil where one may.
	Never *source.Problem
	// Doubts are what is likely a mistake by the deed alone: warnings under their
	// codes. One without a place is of the block.
	Doubts source.Problems
	// Signal and Trigger are set where it raises signals or acts.
	Signal  *SignalFacts
	Trigger *TriggerFacts
}

// A Named is a name and where it stands.
type Named struct {
	Name string
	source.Spot
	// By is the function that gives a column its values, empty where they come
	// from something else.
	By string
}

// A Limit keeps the first rows of those that a deed finds.
type Limit struct {
	Rows int64
	// Any says that the deed itself tells no order, so that any rows may be kept.
	Any bool
	source.Spot
}

// A Window is a span that a query reads of streams; all streams where it names
// none.
type Window struct {
	Streams []string
	Span    time.Duration
	source.Spot
}

// SignalFacts are what a signal says of each row.
type SignalFacts struct {
	// Name is the name as it is written; Open says that columns stand in it.
	Name string
	Open bool
	// Keys are the fields of target and suspect, as target.host.
	Keys                            []string
	Tactic, Technique, Subtechnique Written
	// Confidence is High, Medium, Low or empty.
	Confidence string
	// Score is from 1 to 10; Scored says that it is written, at ScoreAt.
	Score   int
	Scored  bool
	ScoreAt source.Spot
	// Targets counts what is named as attacked; Suspects is where the first
	// suspect stands.
	Targets  int
	Suspects source.Spot
}

// A Written is a text as it stands in the file, empty where it was not written,
// and its value with parameters in their places.
type Written struct {
	Text, Value string
	source.Spot
}

// TriggerFacts are what a trigger calls, and the columns that its requests need.
type TriggerFacts struct {
	Configuration string
	Needs         []string
	// Type is what the requests are aimed at, as ip, and Column where its value
	// stands; empty where no column is it alone.
	Type, Column string
	// Known says that the columns that come in were known, so that a missing one
	// was reported already.
	Known bool
}

// A factual step tells its facts, in the order of its deeds.
type factual interface{ Facts() []Facts }

// FactsOf are the facts of a step, false where it tells none.
func FactsOf(s Step) ([]Facts, bool) {
	told, ok := s.(factual)
	if !ok {
		return nil, false
	}
	return told.Facts(), true
}

// Spot is where the parameter is declared.
func (p Parameter) Spot() source.Spot { return p.place.Spot(0) }
