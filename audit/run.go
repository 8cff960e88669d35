package audit

import (
	"time"

	"tabletop/workbook"
)

// A Run is everything that is recorded of a run.
type Run struct {
	Number int64
	// Ended is zero for a run that has no end.
	Started, Ended time.Time
	Workbook       Workbook
	Mode           string
	// Plan is the SHA-256 of the plan that the run applies, Endpoint where it
	// sends instead of the real host, as FROM=TO.
	Plan, Endpoint string
	// Planned is the plan that the run made, without its text; nil for most.
	Planned *PlanEntry
	// Approvals are those on whose strength the run sends.
	Approvals []Approval
	// Now is the rehearsal's clock, in UTC; Zone names its zone.
	Now        time.Time
	NowSource  string
	Zone       string
	Parameters map[string]string
	User       string
	Host       string
	Reason     string
	Ticket     string
	Version    string
	Program    string
	// Integrations and Guard are nil where the run used none.
	Integrations *Document
	Guard        *Document
	// Events is the absolute path of what the events were read from, empty
	// where that is not recorded.
	Events string
	Files  []workbook.EventFile
	// Called are the workbooks that its own calls, as they were then.
	Called []Document
	// Caller is the block that called its workbook, nil for a run of its own.
	Caller *workbook.Caller
	// Under says for each run of a called workbook under which of the run's own
	// blocks it ran, also where another called workbook called it.
	Under map[int64]int
	// Terms are nil where the record is older than they are.
	Terms *workbook.Terms
	// Status is one of workbook's, or RunningOrDied.
	Status string
	Blocks []Block
	// Signals are its own, by their numbers, and behind them those of the runs that
	// its blocks called, which say their run.
	Signals []workbook.Signal
	// Actions are in the state that their last outcome tells, by their numbers.
	// Those of the runs that its blocks called are among them and say their run.
	Actions []workbook.Action
	// Totals are counted from the actions for a run that sends or has no end.
	Totals workbook.Totals
	// Warnings are those of the whole run; of a run that has no end, those that
	// were known before its first block.
	Warnings []string
	// Purged counts the entries of the run whose bodies were purged. What they
	// said is left out; a text that was purged is nil beside its digest.
	Purged int
	// Head is the run's last entry.
	Head workbook.Head
}

// A Workbook is the workbook of a run, as it was then. A run without one has
// nothing but a name here.
type Workbook struct {
	Name, Path, Folder, Stage string
	Tags                      []string
	// Text is the file; Digest its SHA-256 in hexadecimal.
	Text   []byte
	Digest string
}

// A Document is a configuration of a run, as it was then.
type Document struct {
	Path   string
	Text   []byte
	Digest string
}

// A Block is a block as it ran.
type Block struct {
	Index           int
	Kind, ID, Note  string
	Text            string
	RowsIn, RowsOut int
	Seconds         float64
	Columns         []string
	Warnings        []string
	// Failed is the error that ended the run here, or empty.
	Failed string
	// Rows are those that were kept, by number.
	Rows []Row
	// Stores are the changes to event stores.
	Stores []workbook.StoreChange
	// Called is the run of the workbook that the block called, 0 for most.
	Called int64
	// Guesses are what people thought would come of the block, before it ran.
	Guesses []workbook.Guess
}

// A Row is a kept row of a block.
type Row struct {
	// Number counts the block's rows from 1.
	Number int
	workbook.Row
}

// BlockOf is the index of the block of the run itself that a signal or an action
// of it came of: its own one, or the one under which its run was called.
func (r *Run) BlockOf(run int64, block int) int {
	if run == 0 {
		return block
	}
	return r.Under[run]
}

// begin fills in what the run's first entry says.
func (r *Run) begin(at, body string) (err error) {
	if r.Started, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return err
	}
	var said runBody
	if err := decodeBody(body, &said); err != nil {
		return err
	}
	w := said.Workbook
	r.Workbook = Workbook{
		Name: string(w.Name), Path: string(w.Path), Folder: string(w.Folder), Stage: string(w.Stage),
		Tags: plain(w.Tags), Digest: w.Digest,
	}
	r.Plan, r.Endpoint, r.Events = string(said.Plan), string(said.Endpoint), string(said.Events)
	r.Mode, r.Now, r.NowSource, r.Zone = string(said.Mode), said.Now.Time, string(said.NowSource), string(said.Zone)
	r.Parameters = said.Parameters
	r.User, r.Host, r.Reason, r.Ticket = string(said.User), string(said.Host), string(said.Reason), string(said.Ticket)
	r.Version, r.Program = string(said.Version), string(said.Program)
	r.Integrations, r.Guard = said.Integrations.document(), said.Guard.document()
	for _, f := range said.Files {
		r.Files = append(r.Files, workbook.EventFile{
			Path: string(f.Path), Kind: string(f.Kind), Bytes: f.Bytes, Root: string(f.Root), Events: f.Events, Undecodable: f.Undecodable,
		})
	}
	for _, d := range said.Called {
		r.Called = append(r.Called, *d.document())
	}
	r.Caller = said.Caller
	r.Terms = said.Terms.terms()
	r.Warnings = plain(said.Warnings)
	r.Status = RunningOrDied
	return nil
}

func (b *documentBody) document() *Document {
	if b == nil {
		return nil
	}
	return &Document{Path: string(b.Path), Digest: b.Digest}
}

// end fills in what the run's last entry says.
func (r *Run) end(at, body string) (err error) {
	if r.Ended, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return err
	}
	var said endBody
	if err := decodeBody(body, &said); err != nil {
		return err
	}
	r.Status, r.Warnings = string(said.Status), plain(said.Warnings)
	r.Totals = workbook.Totals{
		DNIFWouldSend: said.DNIFSends, Protected: said.Protected,
		ByVerdict: make(map[workbook.Verdict]int, len(said.ByVerdict)),
	}
	for stored, n := range said.ByVerdict {
		verdict, err := decodeText(stored)
		if err != nil {
			return err
		}
		r.Totals.ByVerdict[workbook.Verdict(verdict)] = n
	}
	return nil
}
