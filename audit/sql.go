package audit

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"tabletop/workbook"
)

// ErrTooSlow is a query that did not end in its time.
var ErrTooSlow = errors.New("the query takes too long")

// The bounds of a query that no option raises: of its text, of one value, of a
// pattern for LIKE, within which nothing can interrupt SQLite. All in bytes.
const (
	maxQueryBytes   = 1 << 20
	maxValueBytes   = 32 << 20
	maxPatternBytes = 1 << 10
)

// SelectOptions bound a query.
type SelectOptions struct {
	// MaxRows is the most rows that the answer may have; 0 for no bound.
	MaxRows int
	// Within is the time that the query may take; 0 for no bound.
	Within time.Duration
}

// A Receiver takes an answer row by row. An error of it ends the answer.
type Receiver struct {
	// Columns takes the names of the columns, once, before the first row.
	Columns func([]string) error
	// Row takes a row, a value a column. The slice is its own to keep.
	Row func([]workbook.Value) error
}

// Select asks one SELECT of the views; Views lists them. The connection is one
// of its own that can do nothing but read them, through an authorizer of
// SQLite. A mistake in the query is source.Problems with its place, before the
// receiver is told anything; too many rows are workbook.TooManyRows, and too
// long a time ErrTooSlow, after those that came before. Texts are as they are
// stored: a byte that is not UTF-8 or would act on a terminal stands as U+FFFD
// and two hexadecimal digits.
func (r *Reader) Select(ctx context.Context, query string, o SelectOptions, to Receiver) error {
	if mistakes := precheck(query); mistakes.Err() != nil {
		return mistakes
	}
	limited := ctx
	if o.Within > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.Within)
		defer cancel()
	}
	err := r.selecting(limited, query, o.MaxRows, to)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: more than %s; narrow it with WHERE run = N, or raise --timeout", ErrTooSlow, o.Within)
	}
	return err
}

func (r *Reader) selecting(ctx context.Context, query string, maxRows int, to Receiver) (err error) {
	db, err := connect(ctx, r.path, r.how, defaultWait)
	if err != nil {
		return explain(r.path, "read", defaultWait, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return explain(r.path, "read", defaultWait, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	keeper, err := confine(conn, query)
	if err != nil {
		return err
	}
	statement, err := conn.PrepareContext(ctx, query)
	if err != nil {
		return r.mistake(ctx, conn, query, keeper, err)
	}
	defer statement.Close()
	rows, err := statement.QueryContext(ctx)
	if err != nil {
		return r.running(err)
	}
	defer rows.Close()
	return r.receive(rows, maxRows, to)
}

// confine bounds a connection and leaves nothing but reading the views to it.
func confine(conn *sql.Conn, query string) (*gatekeeper, error) {
	for id, most := range map[int]int{
		sqlitecode.SQLITE_LIMIT_LENGTH: maxValueBytes, sqlitecode.SQLITE_LIMIT_SQL_LENGTH: maxQueryBytes,
		sqlitecode.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: maxPatternBytes, sqlitecode.SQLITE_LIMIT_ATTACHED: 0,
	} {
		if _, err := sqlite.Limit(conn, id, most); err != nil {
			return nil, err
		}
	}
	keeper := newGatekeeper(query)
	return keeper, conn.Raw(func(c any) error { return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(keeper.allows) })
}

// receive hands over the answer.
func (r *Reader) receive(rows *sql.Rows, maxRows int, to Receiver) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := to.Columns(distinct(names)); err != nil {
		return err
	}
	for n := 1; rows.Next(); n++ {
		if maxRows > 0 && n > maxRows {
			return workbook.TooManyRows(maxRows)
		}
		values := make([]workbook.Value, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return r.running(err)
		}
		for i, v := range values {
			values[i] = plainValue(v)
		}
		if err := to.Row(values); err != nil {
			return err
		}
	}
	return r.running(rows.Err())
}

// running is the error of a query that was well formed.
func (r *Reader) running(err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlitecode.SQLITE_TOOBIG:
		return fmt.Errorf("a value of the answer has more than %d MiB: cut it with substr", maxValueBytes>>20)
	case sqlitecode.SQLITE_ERROR: // what a function says of its arguments
		return errors.New(said(err))
	}
	return explain(r.path, "read", defaultWait, err)
}

// plainValue is a value of SQLite as one of a table: bytes stand in
// hexadecimal, and an infinite number, which JSON has none for, as text.
func plainValue(v any) workbook.Value {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case float64:
		if math.IsInf(v, 0) {
			return workbook.Text(v)
		}
	}
	return v
}

// distinct gives each column a name of its own, as an object needs: the second
// run is run:1, as in SQLite's own subqueries.
func distinct(names []string) []string {
	taken := make(map[string]bool, len(names))
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name
		for n := 1; taken[strings.ToLower(out[i])]; n++ {
			out[i] = fmt.Sprintf("%s:%d", name, n)
		}
		taken[strings.ToLower(out[i])] = true
	}
	return out
}
