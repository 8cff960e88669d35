package findings

var columnRules = []Rule{
	{
		Code: Mistake, Name: "mistake", Severity: Error, Mends: true,
		Summary: "a workbook, or what stands beside it, that can't be read or prepared",
		Why:     "Nothing runs while there is one.",
		Mend:    "The message says what to write instead. Where only the case of letters is wrong in one of a few words, --fix mends it.",
	},
	{
		Code: UnknownColumn, Name: "unknown-column", Severity: Error, Mends: true,
		Summary: "a column that no earlier block makes",
		Why:     "Names are exact between blocks: $SrcIp and srcip are not $SrcIP, and DNIF leaves a hole in their place.",
		Mend:    "Write a column that the block before gives. Where only the case of letters differs, --fix does.",
	},
	{
		Code: UnusedColumn, Name: "unused-column", Severity: Warning,
		Summary: "a column that no later block uses",
		Why:     "It is made, taken away or written over again, and nobody has read it: a block was forgotten, or the column can go.",
		Mend:    "Take the column out, or use it.",
	},
	{
		Code: UnusedRows, Name: "unused-rows", Severity: Warning,
		Summary: "rows that no later block uses",
		Why:     "A query begins anew: the rows of the block before it end there, and no signal, trigger or picture was made of them.",
		Mend:    "Use the rows before the query, or take the first query out.",
	},
	{
		Code: RepeatedColumn, Name: "repeated-column", Severity: Warning,
		Summary: "two columns of a query share a name",
		Why:     "Later blocks see only the first.",
		Mend:    "Name one with AS.",
	},
	{
		Code: UngroupedColumn, Name: "ungrouped-column", Severity: Error,
		Summary: "GROUP BY lacks a selected column",
		Why:     "A group has many values of it, and DNIF refuses to choose one.",
		Mend:    "Add it to GROUP BY, or take one of its values with min or max.",
	},
	{
		Code: UnusedParameter, Name: "unused-parameter", Severity: Warning,
		Summary: "a parameter that no block names",
		Why:     "Whoever sets it expects the workbook to change.",
		Mend:    "Name it as {Name} in a block, or take it out.",
	},
}

var signalRules = []Rule{
	{
		Code: NoTarget, Name: "signal-without-target", Severity: Warning,
		Summary: "a signal names a suspect and no target",
		Why:     "Signals coalesce by target and suspect: without a target, attacks on many machines become one signal.",
		Mend:    "Say what was attacked, as in target: {host: $DstIP}.",
	},
	{
		Code: ScoreOfConfidence, Name: "score-against-confidence", Severity: Warning,
		Summary: "a signal's score and confidence contradict each other",
		Why:     "Low confidence with a score of 7 or more, medium with 9 or more, or high with 3 or less sends analysts two ways.",
		Mend:    "Change one of the two.",
	},
	{
		Code: UnknownTactic, Name: "unknown-tactic", Severity: Warning, Mends: true,
		Summary: "a tactic that MITRE ATT&CK does not have",
		Why:     "Coverage and searches go by ATT&CK's own names.",
		Mend:    "Write its name or identifier. Where only case, blanks or dashes differ, --fix does.",
	},
	{
		Code: UnknownTechnique, Name: "unknown-technique", Severity: Warning, Mends: true,
		Summary: "a technique that MITRE ATT&CK does not have",
		Why:     "Coverage and searches go by ATT&CK's own names.",
		Mend:    "Write its name or identifier. Where only case, blanks or dashes differ, --fix does.",
	},
	{
		Code: UnknownSub, Name: "unknown-subtechnique", Severity: Warning, Mends: true,
		Summary: "a sub-technique that MITRE ATT&CK does not have",
		Why:     "Coverage and searches go by ATT&CK's own names.",
		Mend:    "Write its name or identifier. Where only case, blanks or dashes differ, --fix does.",
	},
	{
		Code: TechniqueOfTactic, Name: "technique-of-another-tactic", Severity: Warning,
		Summary: "a technique that does not serve the signal's tactic",
		Why:     "One of the two is wrong, and the signal is counted in the wrong place.",
		Mend:    "The message lists the tactics that the technique serves.",
	},
	{
		Code: SubOfTechnique, Name: "subtechnique-of-another-technique", Severity: Warning,
		Summary: "a sub-technique that is not one of the signal's technique",
		Why:     "One of the two is wrong, and the signal is counted in the wrong place.",
		Mend:    "The message names the technique that it belongs to.",
	},
	{
		Code: IdleSuppression, Name: "idle-suppression", Severity: Warning,
		Summary: "a rule of suppress that can silence no signal of the workbook",
		Why:     "What it should silence is raised all the same.",
		Mend:    "Write what the signals say: values are compared letter by letter, with * for any text at either end.",
	},
}

var triggerRules = []Rule{
	{
		Code: PayloadColumn, Name: "payload-column", Severity: Error,
		Summary: "a trigger's request needs a column that the rows lack",
		Why:     "The request would go out with a hole in it; here each such action is invalid.",
		Mend:    "Give the rows that column in a block before, or change the configuration.",
	},
	{
		Code: PayloadUnseen, Name: "payload-column-unseen", Severity: Warning, OfEvents: true,
		Summary: "a trigger's request needs a column that neither the events nor a block give",
		Why:     "The rows come from SELECT * or a search, so their columns are those of the events, and none has this one.",
		Mend:    "Make the column in a code block, or check its name against tabletop events.",
	},
	{
		Code: NoSignal, Name: "trigger-without-signal", Severity: Warning,
		Summary: "a trigger without a signal before it",
		Why:     "What is blocked leaves no detection: no analyst is told why, and no later workbook can look it up in SIGNALS.",
		Mend:    "Put a signal block before the trigger.",
	},
	{
		Code: AnyRows, Name: "limit-without-order", Severity: Warning,
		Summary: "LIMIT before a trigger, without an order",
		Why:     "Which rows are acted upon is chance: the next run may choose others.",
		Mend:    "Add ORDER BY, or take LIMIT away.",
	},
	{
		Code: RequestsADay, Name: "requests-a-day", Severity: Warning,
		Summary: "more requests a day than a tier of DNIF allows",
		Why:     "DNIF's tiers allow 1,000, 5,000 or 10,000 invocations a day; a streamed workbook runs every minute, or three times in its duration.",
		Mend:    "Lower the limit, read a longer duration, or group by what is acted upon.",
	},
	{
		Code: Configurations, Name: "configurations-of-a-tier", Severity: Warning,
		Summary: "a workbook calls more configurations than DNIF's smallest tier allows",
		Why:     "DNIF's tiers allow 5, 10 or 25 configurations.",
		Mend:    "Call fewer, or know your tier.",
	},
	{
		Code: Unreachable, Name: "recipient-outside", Severity: Warning,
		Summary: "a recipient to whom the guard lets no e-mail go",
		Why:     "Each such e-mail is refused, all its recipients with it.",
		Mend:    "Name the domain or the mailbox under mail in guard.yaml, or change the recipient.",
	},
	{
		Code: OtherType, Name: "target-of-another-type", Severity: Warning,
		Summary: "a target whose column a function gives values of another type",
		Why:     "No such value is a target of that type: each action is invalid.",
		Mend:    "Change the type or the column of the configuration's target, or the function.",
	},
}

var queryRules = []Rule{
	{
		Code: NeverRows, Name: "never-rows", Severity: Warning,
		Summary: "a block that can never give rows",
		Why:     "Its conditions contradict each other, its limit is 0 or its time ends before it begins: nothing behind it ever happens.",
		Mend:    "The message says what contradicts what.",
	},
	{
		Code: NoEvents, Name: "stream-without-events", Severity: Warning, OfEvents: true,
		Summary: "a stream that no event has",
		Why:     "The block gives no rows over these events.",
		Mend:    "Check the stream's name against tabletop events.",
	},
	{
		Code: UnseenColumn, Name: "unseen-column", Severity: Warning, OfEvents: true,
		Summary: "a column that a query reads and no event has",
		Why:     "It is null in every row.",
		Mend:    "Check its name against tabletop events, or map or enrich it in sources.yaml.",
	},
	{
		Code: BeyondEvents, Name: "duration-beyond-events", Severity: Warning, OfEvents: true,
		Summary: "a duration longer than the events reach",
		Why:     "Counts over the whole duration are too small in a rehearsal. Told only where the files were read to their ends.",
		Mend:    "Rehearse on more events, or shorten the duration.",
	},
	{
		Code: EqualsNull, Name: "equals-null", Severity: Warning, Mends: true,
		Summary: "a comparison with NULL",
		Why:     "Nothing equals NULL, so it holds for no event.",
		Mend:    "Write IS NULL or IS NOT NULL; --fix does.",
	},
	{
		Code: QuotedName, Name: "quoted-name", Severity: Warning,
		Summary: "a text in quotes where a column may be meant",
		Why:     "'$SrcIP' is the text, not the column.",
		Mend:    "Write names without quotes, or in backticks.",
	},
	{
		Code: LiteralStar, Name: "literal-star", Severity: Warning,
		Summary: "a * that stands for itself",
		Why:     "In SQL any text is %, behind LIKE.",
		Mend:    "Write LIKE 'x%'.",
	},
	{
		Code: KeyExists, Name: "key-exists", Severity: Warning,
		Summary: "key_exists keeps the rows without a value",
		Why:     "The name says the opposite.",
		Mend:    "Allow it where that is meant; else write exclude.",
	},
	{
		Code: UnknownStore, Name: "unknown-store", Severity: Warning, OfEvents: true,
		Summary: "an event store that is not there and that no block writes",
		Why:     "What is looked up in it is not found.",
		Mend:    "Fill it with _store or tabletop stores import.",
	},
	{
		Code: LimitOfGroups, Name: "last-of-groups", Severity: Warning,
		Summary: "first or last beside group, which is read as limit",
		Why:     "DNIF asks to write limit there.",
		Mend:    "Write limit.",
	},
	{
		Code: CaseOfStream, Name: "case-of-stream", Severity: Warning, Mends: true,
		Summary: "a stream that is not written in capitals",
		Why:     "In _fetch the case of letters counts, so that no event has it.",
		Mend:    "Write it in capitals; --fix does.",
	},
	{
		Code: FieldsOfLabel, Name: "fields-of-label", Severity: Warning,
		Summary: "fields named beside a label",
		Why:     "A label makes _fetch give every field.",
		Mend:    "Write _fetch *.",
	},
	{
		Code: NoTime, Name: "query-without-time", Severity: Warning,
		Summary: "a query that names no time",
		Why:     "It reads the last five minutes before the clock, as DNIF does, and of older events none.",
		Mend:    "Write $Duration=1h and the like, in the fields of a search or outlier duration: 1h.",
	},
}

var fileRules = []Rule{
	{
		Code: UnfoundField, Name: "unfound-field", Severity: Warning, OfEvents: true,
		Summary: "a field that sources.yaml names and no event has",
		Why:     "The column that it gives is empty.",
		Mend:    "Check its name against the events.",
	},
	{
		Code: UnusedPattern, Name: "unused-pattern", Severity: Warning, OfEvents: true,
		Summary: "a pattern of sources.yaml that fits no file",
		Why:     "What it maps is not read.",
		Mend:    "Check the pattern against the files.",
	},
	{
		Code: LeftOut, Name: "left-out", Severity: Warning, OfEvents: true,
		Summary: "a file of the folder that holds no events",
		Why:     "It is not read.",
		Mend:    "Take it out of the folder.",
	},
	{
		Code: IdleAllow, Name: "idle-allow", Severity: Warning, Mends: true,
		Summary: "a comment that allows a finding that is not there",
		Why:     "It would hide the next one.",
		Mend:    "Take it out; --fix does.",
	},
	{
		Code: AllowUnnamed, Name: "allow-unknown", Severity: Warning,
		Summary: "a comment that allows a code that there is not",
		Why:     "It allows nothing.",
		Mend:    "tabletop check --list lists the codes.",
	},
	{
		Code: AllowNoReason, Name: "allow-without-reason", Severity: Warning,
		Summary: "a comment that allows a finding without a reason",
		Why:     "The next reader can't tell whether it is still meant.",
		Mend:    "Write why behind the code.",
	},
	{
		Code: AllowOfMistake, Name: "allow-of-mistake", Severity: Warning,
		Summary: "a comment that allows a mistake",
		Why:     "With a mistake nothing runs, whatever a comment says.",
		Mend:    "Mend the mistake.",
	},
}
