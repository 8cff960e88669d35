// Package stores keeps event stores: named tables that one run writes and later
// ones read, in an SQLite file of their own. In go tables, and the path of the
// file; out come tables, and what a write changed. A run works on a Session:
// it sees what it writes, and the file changes only where it is committed.
//
// The rules of the three modes are those of DNIF's directive _store.
package stores

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tabletop/workbook"
)

// A Mode is how rows are written.
type Mode = workbook.StoreMode

// The modes of DNIF's _store.
const (
	StackReplace = workbook.StackReplace
	StackAppend  = workbook.StackAppend
	KeyReplace   = workbook.KeyReplace
)

// Modes lists them.
func Modes() []string {
	return []string{string(StackReplace), string(StackAppend), string(KeyReplace)}
}

// The bounds of a store.
const (
	// MaxRows and MaxColumns are the most that a store has.
	MaxRows    = 1_000_000
	MaxColumns = 200
	// MaxValue is the most bytes of a text, MaxBytes of a whole store: its texts,
	// and sixteen bytes for each cell.
	MaxValue = 1 << 20
	MaxBytes = 1 << 30
	// MaxName is the most bytes of the name of a store, MaxColumnName of that of
	// a column.
	MaxName       = 64
	MaxColumnName = 4096
)

// An Info describes a store.
type Info struct {
	Name    string
	Columns []string
	Rows    int64
	// Updated is when it was written last; Run is the run that did, 0 where
	// none did, as in an import.
	Updated time.Time
	Run     int64
}

// A Change is what one write changed.
type Change = workbook.StoreChange

// Stores is a file of event stores. Its methods may be called from several
// goroutines, and several processes may use one file.
type Stores struct {
	path string

	mu       sync.Mutex
	sessions map[*Session]struct{}
	closed   bool
}

// Open names the file; nothing is read yet. A file that is not there holds no
// stores, and is made by the first commit, readable by its owner only.
func Open(path string) (*Stores, error) {
	if _, err := dataSource(path, reading); err != nil {
		return nil, fmt.Errorf("open the stores: %w", err)
	}
	return &Stores{path: path, sessions: map[*Session]struct{}{}}, nil
}

// Path is the file's.
func (s *Stores) Path() string { return s.path }

// Close drops the sessions that are still open.
func (s *Stores) Close() error {
	s.mu.Lock()
	s.closed = true
	open := make([]*Session, 0, len(s.sessions))
	for x := range s.sessions {
		open = append(open, x)
	}
	s.mu.Unlock()
	var err error
	for _, x := range open {
		err = errors.Join(err, x.Discard())
	}
	return err
}

// List describes all stores, by name.
func (s *Stores) List(ctx context.Context) (infos []Info, err error) {
	err = s.look(ctx, func(x *Session) error {
		infos, err = x.List(ctx)
		return err
	})
	return infos, err
}

// Info describes one store. Letter case does not count. Where there is none of
// the name the error is a *NotFoundError.
func (s *Stores) Info(ctx context.Context, name string) (info Info, err error) {
	err = s.look(ctx, func(x *Session) error {
		info, err = x.Info(ctx, name)
		return err
	})
	return info, err
}

// Rows reads a store, in the order in which its rows were added: at most limit
// rows, or all where limit is not positive.
func (s *Stores) Rows(ctx context.Context, name string, limit int) (t workbook.Table, err error) {
	err = s.look(ctx, func(x *Session) error {
		t, err = x.Rows(ctx, name, limit)
		return err
	})
	return t, err
}

// look reads the file as it stands now.
func (s *Stores) look(ctx context.Context, do func(*Session) error) error {
	x, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(x), x.Discard())
}

// Begin starts a session: it reads the file as it stands now, whatever others
// commit later, and keeps its own writes to itself. End it with Commit or with
// Discard.
func (s *Stores) Begin(ctx context.Context) (*Session, error) {
	at, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	x := &Session{stores: s, at: at, drafts: map[string]*draft{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.Join(fmt.Errorf("read %s: it was closed", s.path), at.close())
	}
	s.sessions[x] = struct{}{}
	return x, nil
}

// Later is Begin for who may ask for no store at all: the session begins with
// the first question, of which a file that can't be read is the error.
func (s *Stores) Later() *Session {
	x := &Session{stores: s, drafts: map[string]*draft{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[x] = struct{}{}
	return x
}

func (s *Stores) forget(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x)
}

// fold is the form of a name by which a store is found. An error says what a
// name may be.
func fold(name string) (string, error) {
	ok := name != "" && len(name) <= MaxName
	for i := 0; i < len(name) && ok; i++ {
		c := name[i]
		ok = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	if !ok {
		return "", fmt.Errorf("%.100q is %w: write letters, digits, _ and -, at most %d", name, ErrName, MaxName)
	}
	return strings.ToLower(name), nil
}
