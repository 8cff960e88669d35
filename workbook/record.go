package workbook

import (
	"context"
	"time"
)

// A Recorder keeps the record of runs. Each call returns once what it was given
// is durable.
type Recorder interface {
	// Begin opens the record of a run and returns its number, from 1.
	Begin(ctx context.Context, info Info) (run int64, err error)
	// Block records a block with all that it did.
	Block(ctx context.Context, run int64, done BlockResult) error
	// End closes the record of the run and returns the head of the log.
	End(ctx context.Context, result Result) (Head, error)
}

// A Head is the last entry of the log: the whole record stands behind it.
type Head struct {
	File     string `json:"file"`
	Sequence int64  `json:"sequence"`
	Hash     string `json:"head"`
}

// The modes of a run. ModeApply sends to a vendor and ModeResume asks one;
// ModeSimulate sends to a simulator on this machine. ModePlan is a rehearsal
// that wrote a plan, ModeStream one of those that played a workbook over its
// events, ModeUndo the making of a plan that takes actions back,
// ModeRefuse a plan that was not applied.
const (
	ModeRehearse = "rehearse"
	ModePlan     = "plan"
	ModeStream   = "stream"
	ModeApply    = "apply"
	ModeSimulate = "simulate"
	ModeResume   = "resume"
	ModeUndo     = "undo"
	ModeRefuse   = "refuse"
)

// Info is what is known of a run before its first block: who runs what, where,
// on which files, and why.
type Info struct {
	// Workbook is nil for a run that has none, such as the making of a plan that
	// takes actions back; Name then says what the run is.
	Workbook *Workbook
	Name     string
	Mode     string
	// Called are the workbooks that it calls, as they stand in their files.
	Called []Document
	// Caller is the block that called the workbook, nil for a run of its own.
	Caller *Caller
	// Plan is the SHA-256 of the plan that is applied, in hexadecimal, Endpoint
	// where a simulated run sends to, as FROM=TO.
	Plan     string
	Endpoint string
	// Now is the rehearsal's clock, NowSource says where it was taken from.
	Now       time.Time
	NowSource string
	Zone      *time.Location
	// Parameters are the values that the run uses.
	Parameters map[string]string

	User   string
	Host   string
	Reason string
	Ticket string

	// Version and Program name the program: its version and the SHA-256 of its
	// file.
	Version string
	Program string

	// Integrations is the text of the configurations that the run uses, under
	// its path; nil where it uses none. Guard likewise.
	Integrations *Document
	Guard        *Document
	// Events is the folder or file that the events were read from, as an
	// absolute path, so that they are found again.
	Events string
	Files  []EventFile
	// Terms are what else the answer hangs on; nil in records that are older
	// than they are, and for runs that prepare no workbook.
	Terms *Terms

	// Warnings are known before the first block runs.
	Warnings []string
}

// A Caller is a block that calls a workbook: its run, and its index there.
type Caller struct {
	Run   int64 `json:"run"`
	Block int   `json:"block"`
}

// Terms are the flags of a run, and what it found beside its files, without
// which it can't be repeated.
type Terms struct {
	// Folder is the working directory: a path of the record that is relative is
	// one below it.
	Folder string
	// Window is the span that a query without a time reads, as in 5m, or all.
	Window string
	// Zone is that of times that name none, empty where nobody named one; Info's
	// is UTC then.
	Zone string
	// Year is that of a file's first event where times name none, 0 where nobody
	// named one.
	Year int
	// MaxRows is the most rows that a block could give.
	MaxRows int
	Strict  bool
	// Sources is the sources file that was named, empty where none was.
	Sources string
	// SignalsFrom is the first of the runs before this one whose signals it could
	// read, which are those of its mode and workbook; 0 where it read its own.
	SignalsFrom int64
	// SignalsOf is one run whose signals it could read, 0 for none.
	SignalsOf int64
	// Stores is the file of event stores, StoreStates the stores in it when the
	// run began.
	Stores      string
	StoreStates []StoreState
}

// A StoreState tells whether an event store is the one that a run saw.
type StoreState struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	// Updated is when it was written last, Run the run that did, 0 for none.
	Updated time.Time `json:"updated"`
	Run     int64     `json:"run"`
}

// A Document is a configuration file that a run used.
type Document struct {
	Path string
	Text []byte
}

// The kinds of files that a run reads beside its events.
const (
	KindSources = "sources" // what raw logs mean
	KindList    = "list"    // a CSV list that is joined to events
	KindMMDB    = "mmdb"    // a database of addresses
	KindStore   = "store"   // an event store that is joined to events
	KindGuard   = "guard"   // a list that guard.yaml includes
)

// An EventFile is a file of events as it was read, or one that they were read
// with.
type EventFile struct {
	Path string `json:"path"`
	// Kind is empty for a file of events, else one of KindSources, KindList,
	// KindMMDB, KindStore and KindGuard: files without events that the answer depends on.
	Kind string `json:"kind,omitempty"`
	// Bytes is the size of the file as stored, Root the RFC 6962 tree hash over
	// its 1 MiB chunks, in hexadecimal.
	Bytes int64  `json:"bytes"`
	Root  string `json:"root"`
	// Events counts what could be decoded, Undecodable the lines that could
	// not.
	Events      int64 `json:"events"`
	Undecodable int64 `json:"undecodable"`
}
