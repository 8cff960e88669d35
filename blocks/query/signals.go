package query

import (
	"cmp"
	"strconv"

	"tabletop/workbook"
)

// SignalsStream is the stream in which a rehearsal's own signals are read.
const SignalsStream = "SIGNALS"

// signalColumns are DNIF's names for what a signal holds.
var signalColumns = []string{
	"$DetectionName", "$DetectionTactic", "$DetectionTechnique", "$DetectionConfidence", "$DetectionScore", "$DetectionSeverity",
	"$FirstSeen", "$LastSeen", "$Occurrences", "$SHash", "$SourceStream",
	"$SuspectHost", "$SuspectUser", "$SuspectObject", "$SuspectProcess", "$SuspectHash", "$SuspectUrl", "$SuspectAction",
	"$TargetHost", "$TargetUser", "$TargetResource", "$TargetPort", "$Uuid", "$Workbook", "$FalsePositive", "$CNAMTime",
}

// signalsTable gives the signals that a run has raised so far as a stream, and
// before them those of earlier runs that it may read.
func signalsTable(env *workbook.Env) workbook.Table {
	table := workbook.Table{Columns: signalColumns}
	for i, s := range workbook.Coalesce(workbook.AcrossRuns(env.Earlier), workbook.AcrossRuns(env.Signals)) {
		values := []workbook.Value{
			s.Name, text(s.Tactic), text(s.Technique), text(s.Confidence), strconv.Itoa(s.Score), s.Severity,
			s.FirstSeen.UnixMilli(), s.LastSeen.UnixMilli(), int64(s.Occurrences), s.Hash(), text(s.SourceStream),
			text(s.Suspect["host"]), text(s.Suspect["user"]), text(s.Suspect["object"]), text(s.Suspect["process"]),
			text(s.Suspect["hash"]), text(s.Suspect["url"]), text(s.Suspect["action"]),
			text(s.Target["host"]), text(s.Target["user"]), text(s.Target["resource"]), text(s.Target["port"]),
			s.Hash() + "-" + strconv.Itoa(i+1), cmp.Or(s.RaisedBy, env.Workbook), "false", s.LastSeen.UnixMilli(),
		}
		table.Rows = append(table.Rows, workbook.Row{Values: values})
	}
	return table
}

// text is nil for what a signal does not say.
func text(s string) workbook.Value {
	if s == "" {
		return nil
	}
	return s
}
