package query

import "tabletop/workbook/events"

// SignalColumns lists the columns of the stream SIGNALS, with what they hold.
func SignalColumns() []events.Column {
	docs := map[string]string{
		"$DetectionName": "the signal's name", "$DetectionTactic": "the MITRE ATT&CK tactic", "$DetectionTechnique": "the technique",
		"$DetectionConfidence": "High, Medium or Low", "$DetectionScore": "1 to 10", "$DetectionSeverity": "Low, Medium, High or Critical, by the score",
		"$FirstSeen": "when it was raised first, in milliseconds", "$LastSeen": "when last", "$Occurrences": "how many rows raised it",
		"$SHash": "equal for signals that coalesce", "$SourceStream": "the stream of the rows",
		"$SuspectHost": "the machine that attacked", "$SuspectUser": "the user", "$SuspectObject": "the object", "$SuspectProcess": "the process",
		"$SuspectHash": "the file's hash", "$SuspectUrl": "the URL", "$SuspectAction": "the action",
		"$TargetHost": "the machine that was attacked", "$TargetUser": "the user", "$TargetResource": "the resource", "$TargetPort": "the port",
		"$Uuid": "the signal's own name", "$Workbook": "the workbook that raised it", "$FalsePositive": "whether somebody called it one", "$CNAMTime": "its time, as $LastSeen",
	}
	out := make([]events.Column, len(signalColumns))
	for i, name := range signalColumns {
		out[i] = events.Column{Name: name, Doc: docs[name]}
	}
	return out
}
