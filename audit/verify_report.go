package audit

import "tabletop/workbook"

// VerifyOptions say what to verify against. The zero value is the heads beside
// the audit.
type VerifyOptions struct {
	// Expect are heads from elsewhere, beside those in HeadFile.
	Expect []KnownHead
	// Signatures checks the signatures of heads; nil checks none.
	Signatures HeadVerifier
	// Signed makes a break of an audit without a signature that holds.
	Signed bool
}

// A HeadVerifier checks an armoured signature over the text of a head and
// returns who signed. A signature of someone who does not count is an error.
type HeadVerifier interface {
	VerifyHead(text, signature string) (signer string, err error)
}

// A Report is what Verify found.
type Report struct {
	// Entries and Runs count what was checked.
	Entries, Runs int64
	// Purged and PurgedTexts count the bodies and the kept texts that purges
	// removed, which nothing can be said of.
	Purged, PurgedTexts int64
	// Moved is nil where no entries were moved to an archive.
	Moved *Moved
	// Head is the last entry.
	Head workbook.Head
	// Signed are the signatures that hold, in the order of the file of heads.
	Signed []SignedHead
	// Breaks are what does not hold: those of the file as a whole, then those
	// of entries in their order, then those that heads show. At most MaxBreaks
	// are listed of each kind of check; More counts those beyond.
	Breaks []Break
	More   int
	// Notes are remarks on what holds, Unchecked what could not be checked, a
	// sentence each.
	Notes, Unchecked []string
}

// Moved tells of entries that stand in an archive.
type Moved struct {
	// Through is the last of them, File the name of the archive.
	Through int64
	File    string
}

// A SignedHead is a signature over a head that holds.
type SignedHead struct {
	Sequence int64
	Signer   string
	From     string
}

// MaxBreaks bounds the breaks that one kind of check lists.
const MaxBreaks = 100

// A Kind says what was done to a record, as far as the evidence goes.
type Kind string

// The kinds of break.
const (
	// Edited is an entry, a body or a text that is not what was written.
	Edited Kind = "edited"
	// Deleted is something that is missing between what is there.
	Deleted Kind = "deleted"
	// Cut is a tail that is missing.
	Cut Kind = "cut"
	// Inserted is an entry or a body that was put in.
	Inserted Kind = "inserted"
	// Reordered is an entry that stood elsewhere.
	Reordered Kind = "reordered"
	// Rewritten is a chain that was written anew.
	Rewritten Kind = "rewritten"
	// Schema is a table, index, trigger or view that is not the program's.
	Schema Kind = "schema"
	// Damaged is a file that SQLite can't read as it should be.
	Damaged Kind = "damaged"
	// Inconsistent is an entry that the program would have refused.
	Inconsistent Kind = "inconsistent"
	// Outside is something about the heads themselves.
	Outside Kind = "heads"
)

// A Break is something that does not hold.
type Break struct {
	Kind Kind
	// Entry is the entry concerned; 0 where it is the file as a whole.
	Entry int64
	// What says in a sentence what is wrong.
	What string
}

// Whole reports whether the record is whole.
func (r Report) Whole() bool { return len(r.Breaks) == 0 }

// First is the first bad entry, 0 where none is known.
func (r Report) First() int64 {
	first := int64(0)
	for _, b := range r.Breaks {
		if b.Entry != 0 && (first == 0 || b.Entry < first) {
			first = b.Entry
		}
	}
	return first
}
