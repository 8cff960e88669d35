package events

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tabletop/workbook"
)

// Bounds on SQLite: the longest text it may make, in bytes, and the parameters
// of a statement.
const (
	maxTextBytes = 64 << 20
	maxSQLBytes  = 4 << 20
)

// Query answers q over the set's events. extra holds streams that stand in no
// file, by their upper-case names: the signals of a run; scans of those have
// neither Where nor Grouping. Reading stops when ctx ends.
func (s *Set) Query(ctx context.Context, q Query, extra map[string]workbook.Table) (Result, error) {
	if err := s.sniff(ctx); err != nil {
		return Result{}, err
	}
	var streams []string
	for _, scan := range q.Scans {
		if _, ok := extra[streamName(scan.Stream)]; !ok {
			streams = append(streams, scan.Stream)
		}
	}
	if len(streams) > 0 {
		defer s.reading(streams...)()
	}
	given := 0
	for {
		result, err := s.query(ctx, q, extra, given)
		if !s.readOtherwise(err) {
			return result, err
		}
		// Whichever way a file is read, what comes before the place that shows
		// that it can't be cut is the same: those rows were given already.
		if q.Each != nil {
			given = max(given, result.Rows)
		}
	}
}

// readOtherwise reports whether a pass failed because a file can't be cut the
// way it was, and notes the way that is left for it. Where a second file of a
// format has to be read in order, the others of the format are too: each would
// cost a pass of its own.
func (s *Set) readOtherwise(err error) bool {
	var in errFile
	if !errors.As(err, &in) {
		return false
	}
	switch {
	case errors.Is(err, errInOrder) && !in.file.inOrder:
		in.file.inOrder = true
		alike := func(f *file) bool { return f.format == in.file.format }
		if slices.ContainsFunc(s.files, func(f *file) bool { return alike(f) && f.inOrder && f != in.file }) {
			for _, f := range s.files {
				f.inOrder = f.inOrder || alike(f)
			}
		}
	case errors.Is(err, errUneven) && !in.file.uneven:
		in.file.uneven = true
	default:
		return false
	}
	return true
}

// query answers q once; Each does not get the first rows, so many as were given.
func (s *Set) query(ctx context.Context, q Query, extra map[string]workbook.Table, given int) (Result, error) {
	m := &module{ctx: ctx, set: s, extra: extra, scans: q.Scans, tables: make([]*table, len(q.Scans)), evidence: q.Evidence == GroupEvidence && q.Each == nil}
	db, err := open(m)
	if err != nil {
		return Result{}, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return Result{}, err
	}
	defer conn.Close()
	for i := range q.Scans {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf(`CREATE VIRTUAL TABLE temp."t%d" USING events(%d)`, i, i)); err != nil {
			return Result{}, fmt.Errorf("prepare the scan of %s: %w", q.Scans[i].Stream, err)
		}
	}
	if err := restrict(conn); err != nil {
		return Result{}, err
	}
	result, err := s.rows(ctx, conn, q, m, given)
	for _, t := range m.tables {
		t.close()
	}
	if m.failed != nil {
		err = m.failed
	}
	if err == nil {
		err = ctx.Err()
	}
	for _, t := range m.tables {
		result.Read = append(result.Read, t.reading)
		if t.damage.lines > result.Undecodable {
			result.Undecodable, result.Bad = t.damage.lines, t.damage.bad
		}
	}
	return result, err
}

// A connector opens connections of one driver, so that nothing is registered
// for the whole process.
type connector struct {
	driver *sqlite.Driver
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return c.driver.Open("file::memory:?_dqs=0&_pragma=temp_store(2)")
}

func (c connector) Driver() driver.Driver { return c.driver }

// open makes a database that knows the scans of m and the functions.
func open(m *module) (*sql.DB, error) {
	d := &sqlite.Driver{}
	if err := register(d); err != nil {
		return nil, err
	}
	if err := d.RegisterModule("events", m); err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{d})
	db.SetMaxOpenConns(1)
	return db, nil
}

// restrict leaves nothing but reading to the connection, within bounds.
func restrict(conn *sql.Conn) error {
	limits := map[int]int{sqlite3.SQLITE_LIMIT_LENGTH: maxTextBytes, sqlite3.SQLITE_LIMIT_SQL_LENGTH: maxSQLBytes, sqlite3.SQLITE_LIMIT_ATTACHED: 0}
	for id, most := range limits {
		if _, err := sqlite.Limit(conn, id, most); err != nil {
			return err
		}
	}
	return conn.Raw(func(c any) error { return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(readOnly) })
}

// readOnly allows SELECT and reading the scans, and of the functions none that
// reaches outside or makes much out of nothing.
func readOnly(action sqlite.AuthorizerActionCode, arg1, arg2, _, _ string) sqlite.AuthorizerReturnCode {
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRead:
		return sqlite.AuthorizerOK
	case sqlite.AuthFunction:
		switch strings.ToLower(arg2) {
		case "randomblob", "zeroblob", "load_extension", "readfile", "writefile", "fts3_tokenizer":
			return sqlite.AuthorizerDeny
		}
		return sqlite.AuthorizerOK
	}
	return sqlite.AuthorizerDeny
}

// rows runs the statement and takes its rows with their evidence, or hands them
// to Each behind those that were given.
func (s *Set) rows(ctx context.Context, conn *sql.Conn, q Query, m *module, given int) (Result, error) {
	result := Result{Table: workbook.Table{Columns: q.Columns}}
	rows, err := conn.QueryContext(ctx, q.SQL, q.Args...)
	if err != nil {
		return result, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return result, err
	}
	cells, into := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	var values []workbook.Value
	for ; rows.Next(); result.Rows++ {
		if result.Rows == q.MaxRows && (q.Each == nil || q.MaxRows > 0) {
			return result, workbook.TooManyRows(q.MaxRows)
		}
		if result.Rows < given {
			continue
		}
		if err := rows.Scan(into...); err != nil {
			return result, err
		}
		if q.Each == nil || values == nil {
			values = make([]workbook.Value, len(q.Columns))
		}
		for i := range values {
			values[i] = clean(cells[i])
		}
		row := workbook.Row{Values: values}
		if q.Each != nil {
			err = q.Each(row)
		} else if row.Evidence, err = s.evidence(q, cells[len(q.Columns):], m); err == nil {
			result.Table.Rows = append(result.Table.Rows, row)
		}
		if err != nil {
			return result, err
		}
	}
	return result, rows.Err()
}

// clean makes a Value of what the driver returned. A number beyond all bounds is
// nothing, since neither JSON nor a comparison has a place for it.
func clean(v any) workbook.Value {
	v = plain(v)
	switch value := v.(type) {
	case string:
		if utf8.ValidString(value) {
			return v // as it is, which costs nothing
		}
		return strings.ToValidUTF8(value, "\ufffd")
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return nil
		}
		return value
	default:
		return value
	}
}

// evidence reads the columns behind the result's own.
func (s *Set) evidence(q Query, cells []any, m *module) (workbook.Evidence, error) {
	switch q.Evidence {
	case RowEvidence:
		rowid, _ := cells[0].(int64)
		line, known := cells[1].(int64)
		if !known {
			return workbook.Evidence{Unknown: signalsEvidence}, nil
		}
		return workbook.Evidence{Events: 1, First: []workbook.Position{s.place(rowid, line)}}, nil
	case GroupEvidence:
		if t := m.tables[0]; t.scan.Grouping != nil {
			n, _ := cells[0].(int64)
			return s.evidenceOf(t.grouped.groups[n], t.grouped.lines), nil
		}
		e, err := decodeEvidence(workbook.Text(plain(cells[0])), s.place)
		if len(e.First) > 0 && e.First[0].Line == 0 {
			return workbook.Evidence{Unknown: signalsEvidence}, err
		}
		return e, err
	}
	return workbook.Evidence{Unknown: q.Unknown}, nil
}

const signalsEvidence = "made from signals, not from events"

// place turns a row id into a position.
func (s *Set) place(rowid, line int64) workbook.Position {
	return workbook.Position{File: s.files[rowid>>offsetBits].name, Offset: rowid & (1<<offsetBits - 1), Line: line}
}
