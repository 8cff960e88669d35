package workbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// A Signal is a detection that a block raised, or several of the same that
// came within three hours and were made one.
type Signal struct {
	Block int `json:"block"`
	// Row is the first row that raised it, Rows are all of them, from 1.
	Row  int   `json:"row"`
	Rows []int `json:"-"`
	// Run is the run that raised it, where that is one of a called workbook; 0 for
	// the run itself.
	Run int64 `json:"of_run,omitempty"`
	// RaisedBy is the name of the workbook that raised it, as far as the run that
	// goes on knows it.
	RaisedBy string `json:"-"`

	Name         string            `json:"name"`
	Tactic       string            `json:"tactic,omitempty"`
	Technique    string            `json:"technique,omitempty"`
	Subtechnique string            `json:"subtechnique,omitempty"`
	Confidence   string            `json:"confidence,omitempty"`
	Score        int               `json:"score"`
	Severity     string            `json:"severity"`
	Target       map[string]string `json:"target"`
	Suspect      map[string]string `json:"suspect"`
	Tags         []string          `json:"tags,omitempty"`

	// Knowledge is Markdown for the analyst who gets the signal.
	Knowledge string `json:"knowledge,omitempty"`

	SourceStream string    `json:"source_stream,omitempty"`
	Occurrences  int       `json:"occurrences"`
	FirstSeen    time.Time `json:"first_seen"`
	LastSeen     time.Time `json:"last_seen"`
}

// coalesceWithin is DNIF's rolling window in which equal signals become one.
const coalesceWithin = 3 * time.Hour

// Hash is the digest of the fields by which two signals are the same: all but
// where, when and how often it was raised.
func (s Signal) Hash() string {
	// One that was read back from a record has empty lists where it had none.
	if len(s.Tags) == 0 {
		s.Tags = nil
	}
	if s.Target == nil {
		s.Target = map[string]string{}
	}
	if s.Suspect == nil {
		s.Suspect = map[string]string{}
	}
	text, err := json.Marshal([]any{s.Name, s.Tactic, s.Technique, s.Subtechnique, s.Confidence, s.Score, s.Target, s.Suspect, s.Tags, s.SourceStream})
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Coalesce adds raised signals to those of a run: one with the same fields,
// last seen within three hours, counts as one more occurrence of it. Those of
// different runs and workbooks stay apart.
func Coalesce(signals, raised []Signal) []Signal {
	type same struct {
		run            int64
		workbook, hash string
	}
	known := make(map[same]int, len(signals))
	for i, s := range signals {
		known[same{s.Run, s.RaisedBy, s.Hash()}] = i
	}
	signals = slices.Clone(signals)
	for _, s := range raised {
		hash := same{s.Run, s.RaisedBy, s.Hash()}
		i, ok := known[hash]
		if !ok || s.FirstSeen.Sub(signals[i].LastSeen) > coalesceWithin {
			known[hash] = len(signals)
			signals = append(signals, s)
			continue
		}
		same := &signals[i]
		same.Occurrences += s.Occurrences
		same.LastSeen = s.LastSeen
		if same.Block == s.Block {
			same.Rows = append(slices.Clone(same.Rows), s.Rows...)
		}
	}
	return signals
}

// Severity names the band of a score from 1 to 10. DNIF publishes only that 5
// is Medium; the other bands are ours.
func Severity(score int) string {
	switch {
	case score <= 3:
		return "Low"
	case score <= 6:
		return "Medium"
	case score <= 8:
		return "High"
	}
	return "Critical"
}
