// Package workbook is the language of DNIF workbooks and its interpreter. In
// goes a YAML file and the kinds of block that the program knows; out come all
// its mistakes at once, or a Program that runs block by block, each block on
// the rows of the one before, every one of them recorded.
//
// The package knows no kind of block, no event file and no database: kinds
// come in as a table, and what happened goes out to a Recorder.
package workbook

import (
	"crypto/sha256"
	"encoding/hex"

	"tabletop/workbook/source"
)

// A Workbook is one use case as it stands in its file: an ordered list of
// blocks with their parameters. It has been read, not yet checked.
type Workbook struct {
	// Path is the file as the user named it.
	Path   string
	Name   string
	Folder string
	// Stage is test, beta, dev or prod.
	Stage      string
	Tags       []string
	Parameters []Parameter
	Schedule   Schedule
	// Suppress are the rules that silence signals, in the order in which they are
	// tried.
	Suppress []Suppression
	Blocks   []Block
	// Text is the file, byte for byte.
	Text []byte

	// kinds and files are those by which the workbooks that it calls are read.
	kinds []Kind
	files Files
}

// Calling is the workbook with its calls read from files, and not from its folder:
// as a record keeps them.
func (w *Workbook) Calling(files Files) *Workbook {
	other := *w
	other.files = files
	return &other
}

// Digest is the SHA-256 of the workbook's file, in hexadecimal.
func (w *Workbook) Digest() string {
	sum := sha256.Sum256(w.Text)
	return hex.EncodeToString(sum[:])
}

// A Parameter is a value that the person who runs a workbook may set; queries
// name it as {Name}.
type Parameter struct {
	Name        string
	Description string
	// Default is nil where the parameter must be set.
	Default *string
	place   source.Text
}

// A Block is one step of a workbook as written.
type Block struct {
	// Index counts from 1.
	Index int
	ID    string
	Note  string
	Kind  Kind
	// At is where the block begins in its file.
	At source.Place
	// Body is the value behind the kind's key.
	Body source.Node
	// Beside are the keys beside it that belong to the kind.
	Beside []source.Pair
	// Recorded is the text of a block that was read back from a record, where
	// there is no file behind it.
	Recorded string
}

// Text is the block as a reader should see it: the text of a block that is
// text, else its YAML.
func (b Block) Text() string {
	if b.Recorded != "" {
		return b.Recorded
	}
	if t, ok := b.Body.Text(); ok {
		return t.Value
	}
	return b.Body.YAML()
}

// A Kind is a kind of block: its key in the file, what it does in one line,
// and the functions that read it.
type Kind struct {
	Name string
	Doc  string
	// Config is a zero value of what stands behind the key: source.Text for a
	// block that is a text, else a structure for source.Decode. The schema of
	// workbooks is made from it.
	Config any
	// Beside is a zero value of the structure of further keys beside the
	// kind's own, or nil where there are none.
	Beside any
	// Silent kinds neither make nor change rows: what needs rows can't come
	// first after them.
	Silent bool
	// Passes says that the rows pass through unchanged, so that what comes behind
	// a block with mistakes can be checked all the same.
	Passes bool
	// Prepare checks a block against what comes into it and returns the step
	// that runs it. Mistakes are reported to p; after a mistake the step may be
	// nil. Prepare has no effects outside the program.
	Prepare func(b Block, p *Preparation) Step
}

// Columns are the columns that come out of a block, as far as they are known
// before anything has run.
type Columns struct {
	Names []string
	// Known is false where only the run will tell (SELECT *, Python).
	Known bool
}

// A Preparation is what a block may know while it is checked, and where it
// reports its mistakes.
type Preparation struct {
	// In are the columns of the block before; none for the first block.
	In Columns
	// First says that no block that gives rows stands before this one.
	First bool
	// Out is set by the block to the columns that it gives. It starts as In.
	Out Columns

	parameters map[string]string
	problems   source.Problems
	// frame is the workbook of the block, nil for a text outside of one.
	frame *frame
}

// NewPreparation makes a preparation for a text outside of a workbook.
func NewPreparation(parameters map[string]string) *Preparation {
	return &Preparation{First: true, parameters: parameters}
}

// Report adds a mistake.
func (p *Preparation) Report(problem source.Problem) { p.problems = append(p.problems, problem) }

// ReportAll adds mistakes.
func (p *Preparation) ReportAll(problems source.Problems) {
	p.problems = append(p.problems, problems...)
}

// Problems returns what has been reported.
func (p *Preparation) Problems() source.Problems { return p.problems }

// Parameter returns the value of a parameter, and whether it is declared.
func (p *Preparation) Parameter(name string) (string, bool) {
	value, ok := p.parameters[name]
	return value, ok
}

// ParameterNames lists the declared parameters.
func (p *Preparation) ParameterNames() []string {
	names := make([]string, 0, len(p.parameters))
	for name := range p.parameters {
		names = append(names, name)
	}
	return names
}
