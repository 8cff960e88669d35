package audit

// A View is one of the views through which people read an audit.
type View struct {
	Name string `json:"view"`
	// Doc says in a line what a row of it is.
	Doc     string       `json:"doc"`
	Columns []ViewColumn `json:"columns"`
}

// A ViewColumn is a column of a view. Any of them may be null.
type ViewColumn struct {
	Name string `json:"column"`
	// Type is integer, real, text, or json for a text that holds JSON.
	Type string `json:"type"`
	Doc  string `json:"doc"`
}

// The types of columns.
const (
	typeInteger = "integer"
	typeReal    = "real"
	typeText    = "text"
	typeJSON    = "json"
)

// Columns that several views have.
var (
	columnRun    = ViewColumn{"run", typeInteger, "the run, from 1"}
	columnBlock  = ViewColumn{"block", typeInteger, "the block within its run, from 1"}
	columnRow    = ViewColumn{"row", typeInteger, "the row within its block, from 1"}
	columnAction = ViewColumn{"action", typeInteger, "the action within its run, from 1"}
	columnEntry  = ViewColumn{"entry", typeInteger, "the entry of the chain that says so"}
	columnUser   = ViewColumn{"user", typeText, "the operating system's user"}
	columnHost   = ViewColumn{"host", typeText, "the machine"}
)

// Views lists the views with all their columns, in the order in which they are
// most often asked for. A test holds it against the schema.
func Views() []View {
	return []View{
		viewActions(), viewSignals(), viewRuns(), viewBlockRuns(), viewRows(), viewEvidence(),
		viewRequests(), viewPlans(), viewApprovals(), viewValidations(), viewPurges(), viewArchives(),
	}
}

func viewActions() View {
	return View{"actions", "one row an action of a trigger, in its last state", []ViewColumn{
		columnRun, columnAction, columnBlock,
		{"row", typeInteger, "the trigger's row; 0 where it was dropped later"},
		{"type", typeText, "ip, url, domain, mailbox, file_sha1 …, or none"},
		{"target", typeText, "the target in the form that was judged"},
		{"dnif", typeText, "what DNIF would do, as would_send or no_request"},
		{"verdict", typeText, "what tabletop says of it, as refused_protected"},
		{"rule", typeText, "the guard's rule behind the verdict"},
		{"reason", typeText, "the reason for the verdict, in words"},
		{"protected", typeInteger, "1 where the target is never to be blocked"},
		{"same_as", typeInteger, "the action that this one repeats"},
		{"same_as_run", typeInteger, "the run that has it; null for its own"},
		{"of_run", typeInteger, "the run of block and row, if of a called one"},
		{"attempts", typeInteger, "how often the request was sent or tried"},
		{"task", typeText, "the vendor's name for what it does about it"},
		{"settled_by", typeInteger, "the later run that found the verdict out"},
		{"integration", typeText, "the name of the webhook's configuration"},
		{"written_as", typeText, "the target as the row has it"},
		{"time", typeText, "when it was recorded, RFC 3339 in UTC"},
		columnEntry,
	}}
}

func viewSignals() View {
	return View{"signals", "one row a signal, as it was when it was last raised", []ViewColumn{
		columnRun,
		{"signal", typeInteger, "the signal within its run, from 1"},
		{"block", typeInteger, "the block that raised it"},
		{"row", typeInteger, "the first row that raised it"},
		{"name", typeText, "its name, filled in from the row"},
		{"severity", typeText, "Low, Medium, High or Critical, by the score"},
		{"score", typeInteger, "from 1 to 10"},
		{"target", typeJSON, `whom it is about, as {"host": "10.20.0.11"}`},
		{"suspect", typeJSON, `who did it, as {"host": "203.0.113.7"}`},
		{"occurrences", typeInteger, "how often it was raised within three hours each"},
		{"first_seen", typeText, "the first time of its events, RFC 3339 in UTC"},
		{"last_seen", typeText, "the last time of its events"},
		{"confidence", typeText, "as the workbook says: Low, Medium or High"},
		{"tactic", typeText, "the tactic of MITRE ATT&CK"},
		{"technique", typeText, "the technique"},
		{"subtechnique", typeText, "the sub-technique"},
		{"tags", typeJSON, "a list of texts"},
		{"source_stream", typeText, "the streams that its query read"},
		columnEntry,
	}}
}

func viewRuns() View {
	return View{"runs", "one row a run", []ViewColumn{
		columnRun,
		{"started", typeText, "when it began, RFC 3339 in UTC"},
		{"workbook", typeText, "the workbook's name"},
		{"mode", typeText, "rehearse, plan, apply, simulate, undo …"},
		{"called_by", typeText, "the block that called its workbook, as 7/3"},
		{"status", typeText, "completed, failed, refused, running or died …"},
		{"dnif_would_send", typeInteger, "how many requests DNIF would send"},
		{"to_protected", typeInteger, "how many of them to targets never to be blocked"},
		{"actions", typeInteger, "how many actions it has"},
		{"signals", typeInteger, "how many signals it raised"},
		{"blocks", typeInteger, "how many blocks ran"},
		{"ended", typeText, "when it ended; null where it runs or died"},
		columnUser, columnHost,
		{"reason", typeText, "the reason that was given with --reason"},
		{"ticket", typeText, "the ticket that was given with --ticket"},
		{"plan", typeText, "SHA-256 of the plan that it applies"},
		{"endpoint", typeText, "where it sent to instead, as FROM=TO"},
		{"clock", typeText, "the clock of the rehearsal, RFC 3339 in UTC"},
		{"clock_from", typeText, "what the clock was taken from"},
		{"zone", typeText, "the zone of times that name none"},
		{"parameters", typeJSON, "the workbook's parameters by name"},
		{"workbook_file", typeText, "the workbook's path"},
		{"workbook_sha256", typeText, "SHA-256; show RUN --workbook gives the text"},
		{"integrations_sha256", typeText, "SHA-256 of the integrations"},
		{"guard_sha256", typeText, "SHA-256 of the guard's lists"},
		{"version", typeText, "the version of tabletop"},
		{"program_sha256", typeText, "SHA-256 of its program"},
		columnEntry,
	}}
}

func viewBlockRuns() View {
	return View{"block_runs", "one row a block that ran", []ViewColumn{
		columnRun, columnBlock,
		{"kind", typeText, "sql, search, dql, code, signal, trigger, call …"},
		{"rows_in", typeInteger, "how many rows came in"},
		{"rows_out", typeInteger, "how many rows went out"},
		{"seconds", typeReal, "how long it took"},
		{"failed", typeText, "the error that ended the run here, else empty"},
		{"warnings", typeJSON, "a list of texts"},
		{"id", typeText, "the block's id in the workbook"},
		{"columns", typeJSON, "the names of its columns, in order"},
		{"called_run", typeInteger, "the run of the workbook that it called"},
		{"note", typeText, "the block's note"},
		{"text", typeText, "the block as the workbook has it"},
		columnEntry,
	}}
}

func viewRows() View {
	return View{"rows", "one row a row of a block that was kept", []ViewColumn{
		columnRun, columnBlock, columnRow,
		{"cells", typeJSON, `values by column: cells ->> '$."$SrcIP"' is one`},
		{"made_from", typeInteger, "the row of the block before it that it is of"},
		{"events", typeInteger, "how many events stand behind it"},
		columnEntry,
	}}
}

func viewEvidence() View {
	return View{"evidence", "one row an event behind a kept row, up to 100 a row", []ViewColumn{
		columnRun, columnBlock, columnRow,
		{"events", typeInteger, "how many events stand behind the row in all"},
		{"file", typeText, "the event's file"},
		{"line", typeInteger, "its line, from 1"},
		{"offset", typeInteger, "its first byte in the decompressed file, from 0"},
		{"unknown", typeText, "why the events are not known, where they are not"},
	}}
}

func viewRequests() View {
	return View{"requests", "one row an action that has a request", []ViewColumn{
		columnRun, columnAction,
		{"verdict", typeText, "as in actions"},
		{"method", typeText, "GET, POST …"},
		{"url", typeText, "the address, secrets in it as [name]"},
		{"request", typeText, "the body, secrets in it as [name]"},
		{"status", typeInteger, "the answer's HTTP status"},
		{"response", typeText, "the answer's body"},
		{"headers", typeJSON, "the request's headers, secrets in them as [name]"},
		columnEntry,
	}}
}

func viewPlans() View {
	return View{"plans", "one row a plan", []ViewColumn{
		{"run", typeInteger, "the run that made it"},
		{"plan", typeText, "its SHA-256"},
		{"file", typeText, "where it was written to"},
		{"made", typeText, "when, RFC 3339 in UTC"},
		{"expires", typeText, "until when it holds, RFC 3339 in UTC"},
		{"actions", typeInteger, "how many actions it has"},
		{"need_approval", typeInteger, "how many of them need an approval of their own"},
		{"applied_by", typeInteger, "the run that sent it"},
		columnEntry,
	}}
}

func viewApprovals() View {
	return View{"approvals", "one row an approval of a plan that was applied", []ViewColumn{
		{"run", typeInteger, "the run that applied the plan on its strength"},
		{"approval", typeInteger, "the approval within that run, from 1"},
		{"approver", typeText, "who approved"},
		{"key", typeText, "the fingerprint of the SSH key"},
		{"reason", typeText, "the reason that was given"},
		{"actions", typeJSON, "the numbers of actions approved one by one"},
		{"approved", typeText, "when, RFC 3339 in UTC"},
		{"statement", typeText, "what was signed"},
		{"signature", typeText, "the SSH signature"},
		columnEntry,
	}}
}

func viewValidations() View {
	return View{"validations", "one row a validating, enabling or disabling", []ViewColumn{
		{"time", typeText, "when, RFC 3339 in UTC"},
		{"integration", typeText, "the name of the configuration"},
		{"what", typeText, "validated, enabled or disabled"},
		{"status", typeText, "what validating came to"},
		{"detail", typeText, "the same in words"},
		{"endpoint", typeText, "where it was tried instead of the real host"},
		columnUser, columnHost,
		{"digest", typeText, "SHA-256 of the configuration as it was"},
		columnEntry,
	}}
}

func viewPurges() View {
	return View{"purges", "one row a purge of what entries said", []ViewColumn{
		{"time", typeText, "when, RFC 3339 in UTC"},
		{"what", typeText, "before and a time, or value"},
		{"entries", typeInteger, "how many bodies it removed"},
		{"texts", typeInteger, "how many kept texts it removed"},
		{"reason", typeText, "why"},
		columnUser, columnHost, columnEntry,
	}}
}

func viewArchives() View {
	return View{"archives", "one row a time that old runs were moved to another file", []ViewColumn{
		{"time", typeText, "when, RFC 3339 in UTC"},
		{"file", typeText, "where to"},
		{"through", typeInteger, "the last entry that was moved"},
		{"head", typeText, "its hash"},
		{"archive_head", typeText, "the hash of the other file's last entry"},
		{"runs", typeInteger, "how many runs were moved"},
		{"reason", typeText, "why"},
		columnUser, columnHost, columnEntry,
	}}
}
