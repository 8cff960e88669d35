package paste

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// read reads a text that is within the limits.
func read(t testing.TB, pasted string) *Result {
	t.Helper()
	r, err := Read("pasted", []byte(pasted))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outline is a result in few words, for tables.
func outline(r *Result) string {
	var parts []string
	if r.Name != "" {
		parts = append(parts, "named "+r.Name)
	}
	for _, b := range r.Blocks {
		text := b.Text
		for _, f := range b.Fields {
			text += f.Name + "=" + strings.Join(f.Values, ",") + ";"
		}
		if b.Note != "" {
			text += " (" + b.Note + ")"
		}
		parts = append(parts, b.Kind+": "+strings.ReplaceAll(text, "\n", "⏎"))
	}
	for _, w := range r.Webhooks {
		parts = append(parts, fmt.Sprintf("webhook %s %s %s %s %s", w.Name, w.Method, w.URL, strings.ReplaceAll(w.Headers, "\n", "⏎"), strings.ReplaceAll(w.Payload, "\n", "⏎")))
	}
	for _, p := range r.Parameters {
		parts = append(parts, "parameter "+p.Name+"="+p.Default)
	}
	for _, p := range r.Problems {
		parts = append(parts, fmt.Sprintf("! %d: %s", p.Line, p.Message))
	}
	return strings.Join(parts, "\n")
}

func TestRead(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a query alone", "SELECT $A FROM X", "sql: SELECT $A FROM X"},
		{"a query over lines and a blank one", "SELECT $A,\n  lower($B)\nFROM X\n\nWHERE $A=1\nLIMIT 2\nthe end", "sql: SELECT $A,⏎  lower($B)⏎FROM X⏎⏎WHERE $A=1⏎LIMIT 2\n! 7: not placed"},
		{"two queries", "select $A from X\nselect $B from Y", "sql: select $A from X\nsql: select $B from Y"},
		{"a query in a query", "SELECT $A FROM (\nSELECT $A FROM X\n) LIMIT 1", "sql: SELECT $A FROM (⏎SELECT $A FROM X⏎) LIMIT 1"},
		{"expressions behind a query", "SELECT $A FROM X\nWHERE\n$A=1\n$B = host($A)", "sql: SELECT $A FROM X⏎WHERE⏎$A=1\ncode: $B = host($A)"},
		{"a union", "SELECT $A FROM X\nUNION ALL\nSELECT $A FROM Y", "sql: SELECT $A FROM X⏎UNION ALL⏎SELECT $A FROM Y"},
		{"with", "WITH t AS (SELECT $A FROM X)\nSELECT $A FROM t", "sql: WITH t AS (SELECT $A FROM X)⏎SELECT $A FROM t"},
		{"a comment before a query", "-- who?\nSELECT $A FROM X", "sql: -- who?⏎SELECT $A FROM X"},
		{"pipe DQL over lines", "stream=firewall where dstport=3389\n| groupby srcip\n| limit 5", "dql: stream=firewall where dstport=3389⏎| groupby srcip⏎| limit 5"},
		{"directives", "_fetch * from event where $Stream=X limit 5\n>>_checkif int_compare $A > 1 include\n_trigger api generic_webhook send_alert\n'N'", "dql: _fetch * from event where $Stream=X limit 5⏎>>_checkif int_compare $A > 1 include\ndql: _trigger api generic_webhook send_alert⏎'N'"},
		{"Python, and words behind it", "def transform(inward_array):\n  for log in inward_array:\n\n    # a remark\n    pass\n  return inward_array\nOver.", "code: def transform(inward_array):⏎  for log in inward_array:⏎⏎    # a remark⏎    pass⏎  return inward_array\n! 7: not placed"},
		{"Python with a constant, by its label", "Code Block\nLIMIT_OF = 3\ndef transform(a):\n  return a\n", "code: LIMIT_OF = 3⏎def transform(a):⏎  return a"},
		{"two functions", "def f(x):\n  return x\n\ndef transform(a):\n  return a", "code: def f(x):⏎  return x⏎⏎def transform(a):⏎  return a"},
		{"the page's wrapping of Python", "```python\n{''}def transform(a):\n  return a{''}\n```", "code: def transform(a):⏎  return a"},
		{"expressions", "Code Block:\n$A = host($B)\nwhere $A != nil\n", "code: $A = host($B)⏎where $A != nil"},
		{"labels with a description", "1. SQL Block: Shows two.\nSELECT $A FROM X", "sql: SELECT $A FROM X (Shows two.)"},
		{"a query behind its label", "- **SQL Block:** SELECT $A FROM X", "sql: SELECT $A FROM X"},
		{"an escaped trigger behind its label", `**DQL block with \_trigger query:** _trigger api generic_webhook send_alert 'N'`, "dql: _trigger api generic_webhook send_alert 'N'"},
		{"numbers give the order", "2. DQL Block\n_limit 1\n1. SQL Block\nSELECT $A FROM X", "sql: SELECT $A FROM X\ndql: _limit 1"},
		{"a label whose block lacks", "SQL Block: Shows two.\nSignal Block\nName: x", "signal: name=x;\n! 1: a sql block without what it holds"},
		{"a signal in a table, with side by side", "Signal Block\n| Name | rdp _$A_ |\n| Confidence | LOW |\nTarget: Host $A, Port $P\nSuspect\nUser: $U\nTags: a, b", "signal: name=rdp _$A_;confidence=Low;target.host=$A;target.port=$P;suspect.user=$U;tags=a,b;"},
		{"a signal without a label, its name last", "Tactic\nLateral Movement\nScore\t5\nTarget Host: $A\nName: x", "signal: tactic=Lateral Movement;score=5;target.host=$A;name=x;"},
		{"two signals", "Name: x\nTactic: T\nName: y\nTactic: U", "signal: name=x;tactic=T;\nsignal: name=y;tactic=U;"},
		{"a side with no column", "Signal Block\nName: x\nTarget: the host", "signal: name=x;\n! 3: no column of the target"},
		{"a search", "Search Block\n$Stream=SYSMON-CONFIG\nAND $System = WIN*\nNOT $User = SYSTEM\nAggregate: Count_unique $Hash\nLIMIT 5\nLast thirty minutes", "search: stream=SYSMON-CONFIG;where=$System = WIN*,NOT $User = SYSTEM;aggregate=count_unique $Hash;rows=5;duration=30m;"},
		{"code behind a search", "Search Block\nRows: 1\n$A = *b\n$C = host($B)\nwhere $C != nil", "search: rows=1;where=$A = *b;\ncode: $C = host($B)⏎where $C != nil"},
		{"a notification", "Notification Block\nTo: soc@example.com, $Owner\nCc: lead@example.com\nSubject: seen $SrcIP\nMessage\nLook at\n$SrcIP\n\nRows: 5", "notification: to=soc@example.com,$Owner;cc=lead@example.com;subject=seen $SrcIP;message=Look at⏎$SrcIP;rows=5;"},
		{"a visual", "Visual Block\nType: Bar Chart\nPrimary: $SrcIP\nSecondary\n$Count(1)", "visual: type=bar;primary=$SrcIP;secondary=$Count(1);"},
		{"an outlier", "Outlier Block\nEntity: $SrcIP\nStream: FIREWALL\nDuration: Last one day\nFeatures: count, sum $TXLen", "outlier: entity=$SrcIP;stream=FIREWALL;duration=1d;features=count,sum $TXLen;"},
		{"calls", "Call Block\nWorkbook: notify.yaml\nReturn Block: look it up\nWorkbook\nlook up.yaml\nCall Block\nother.yaml\nSQL\nSELECT $A FROM X", "call: notify.yaml\nreturn: look up.yaml (look it up)\ncall: other.yaml\nsql: SELECT $A FROM X"},
		{"a call of nothing", "Call Block\nSELECT $A FROM X", "sql: SELECT $A FROM X\n! 1: a call block without what it holds"},
		{"webhook fields in any order", "Payload\n{\n \"a\": \"$A\"\n}\nPOST\nhttps://x.example/a\nHeaders: {\"Authorization\": \"Bearer [token]\"}\nConfiguration Name: N", "webhook N POST https://x.example/a {\"Authorization\": \"Bearer [token]\"} {⏎ \"a\": \"$A\"⏎}"},
		{
			"a secret in headers", "Configuration Name: N\nHeaders: {\"Authorization\": \"Bearer abc.def\", \"X-Api-Key\": \"k1\", \"X-Is\": \"$A\", \"X-Token\": \"$A\"}",
			"webhook N   {\"Authorization\": \"Bearer [token]\", \"X-Api-Key\": \"[token]\", \"X-Is\": \"$A\", \"X-Token\": \"$A\"} \n! 1: the headers of N held a secret, which is not written: [token] stands in its place",
		},
		{"headers told from a payload", "Configuration Name: N\n{\"a\": \"$A\"}\n{\"Content-Type\": \"x\"}", "webhook N   {\"Content-Type\": \"x\"} {\"a\": \"$A\"}"},
		{"JSON behind a label and over lines", "Payload: {\n\"a\": 1\n}\nURL: https://x.example", "webhook Webhook 1  https://x.example  {⏎\"a\": 1⏎}\n! 1: a webhook without a name, called Webhook 1 here"},
		{"JSON that is never closed", "Configuration Name: N\nPayload\n{\"a\":\nURL\nhttps://x.example", "webhook N  https://x.example  {\"a\":"},
		{"text for a payload", "Configuration Name: N\nPayload\nblock $A\nnow\n\nURL: https://x.example", "webhook N  https://x.example  block $A⏎now"},
		{"a nameless webhook that a trigger calls", "_trigger api generic_webhook send_alert 'N'\nURL: https://x.example", "dql: _trigger api generic_webhook send_alert 'N'\nwebhook N  https://x.example  "},
		{"a webhook named by the page's heading", "Block IP\n- In the Configuration Box, enter the name.\nURL\nhttps://x.example\n\nBlock IP", "webhook Block IP  https://x.example  "},
		{"text up to the next block", "Text Block\n# Why\nURL of it: x\n\n- Target: none\nSQL Block\nSELECT $A FROM X", "text: # Why⏎URL of it: x⏎⏎- Target: none\nsql: SELECT $A FROM X"},
		{"parameters", "Parameters\nName: Host\nField Type: Text\nDefault Value: a.example\nPort = 3389\nSQL\nSELECT $A FROM X", "sql: SELECT $A FROM X\nparameter Host=a.example\nparameter Port=3389"},
		{"the workbook", "Workbook: W\nFolder: f\nSELECT $A FROM X", "named W\nsql: SELECT $A FROM X"},
		{"named in a sentence", "In the above figure, a workbook named **W** is executed which contains the following blocks:", "named W"},
		{"a workbook without a block", "Workbook: W\nHello\nFolder: f\nURL: https://x.example", "named W\nwebhook Webhook 1  https://x.example  \n! 1: of a workbook, of which no block is there\n! 2: not placed\n! 3: of a workbook, of which no block is there\n! 4: a webhook without a name, called Webhook 1 here"},
		{"a second workbook", "Workbook: W\nSELECT $A FROM X\nWorkbook: V\nSELECT $B FROM Y", "named W\nsql: SELECT $A FROM X\n! 3: a second workbook begins here\n! 4: of a second workbook"},
		{"a label without a value", "Tactic:\n\nScore: 5", "signal: score=5;\n! 1: no value for tactic:"},
		{"blanks that browsers copy", "SELECT\u00a0$A\u00a0FROM X", "sql: SELECT $A FROM X"},
		{"nothing", "\n \n", ""},
		{"words", "hello\nworld", "! 1: not placed\n! 2: not placed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := outline(read(t, test.in)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if got := outline(read(t, strings.ReplaceAll(test.in, "\n", "\r\n"))); got != test.want {
				t.Errorf("with carriage returns: got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for want, in := range map[string]string{
		"larger than": strings.Repeat("x", MaxBytes+1),
		"more than":   strings.Repeat("\n", MaxLines),
		"not UTF-8":   "SELECT \xff",
		fmt.Sprintf("%d blocks", workbook.MaxBlocks+1): strings.Repeat("SELECT $A FROM X\n", workbook.MaxBlocks+1),
		"500 webhooks": strings.Repeat("https://x.example\n", maxWebhooks+1),
	} {
		if _, err := Read("pasted", []byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// pieces are lines as pages and mischief have them, for texts at random.
var pieces = []string{
	"SELECT $A FROM X", "FROM Y WHERE (", "')", "LIMIT 2", "-- remark", "stream=x where a=1", "| limit 3", "| Name | x |", ">> _limit 1",
	"_trigger api generic_webhook send_alert 'N'", "def transform(a):", "  return a", "\treturn b", "# heading", "## SQL Block", "Code Block:",
	"Signal Block", "Name: x", "Tactic", "Target", "Host: $A", "Suspect: User $U, Hash $H", "Score = 5", "Search Block", "$System = W*", "Last one day",
	"Text Block", "Visual Block: bars", "Configuration Name: N", "Configuration Name", "URL", "https://x.example/$A", "POST", "Headers", "{", "}", `{"Accept": "x"}`,
	`"a": "$A",`, "Payload: <a>", "<a>$A</a>", "Parameters", "Host = b", "Default Value: c", "Workbook: W", "Workbook: V", "Tags: a, 'b', #c", "```sql", "```",
	"In the above figure, a workbook named W is executed", "Ensure you enable the integration", "hello", "it's: not, a [label]", "- a: b", "... ", "---", "%TAG", "",
	"\x1b[31mred", "nul\x00", "\u202eright", "\u2028", "\u0085next", "a\tb", "'", `"`, "&a *b", "? x", "!tag x", "$A = host($B)", "where $A != nil", "{''}", "Folder: ' f", "To: a@example.com, b", "Subject: $A: b", "Message", "Type: Bar Chart", "Primary: $A", "Notification Block", "Call Block", "Return Block: b", "x.yaml", "Secondary: $A, $B", "Style: Stacked", "Outlier Block", "Features: count, x", "Stage: TEST",
}

// written are the ways in which an input line may be found again, each in one or
// more parts: whole, or without the label that the result takes over as a key.
func written(line string) [][]string {
	line = strings.TrimSpace(strings.ReplaceAll(line, "\u00a0", " "))
	ways := [][]string{{line}}
	if fence(line) || line == "{''}" {
		return [][]string{{}}
	}
	if _, _, rest, ok := blockLabelOf(line); ok {
		ways = append(ways, []string{rest})
	}
	value := undecorated(line)
	if known, behind, ok := fieldOf(line); ok {
		if value = behind; known[0].field == "type" && strings.EqualFold(value, "text") {
			value = ""
		}
		ways = append(ways, []string{value})
	}
	columns := list(value)
	for i, part := range columns {
		if m := columnOf.FindStringSubmatch(part); m != nil {
			columns[i] = m[3]
		}
	}
	ways = append(ways, columns)
	for _, form := range []pattern{parameterLine, limitLine, streamLine, filterLine} {
		if m := form.FindStringSubmatch(undecorated(line)); m != nil {
			ways = append(ways, m[1:])
		}
	}
	return ways
}

// TestNothingIsLost reads texts at random: what stands in a line stands in what
// is written, read as YAML, or among the problems, and what is written is YAML.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.SampledFrom(pieces), rapid.StringN(0, 12, 30)), 0, 25).Draw(t, "lines")
		checkNothingIsLost(t, strings.Join(lines, "\n"))
	})
}

// A failing is what a test and a property have in common.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkNothingIsLost(t failing, pasted string) {
	t.Helper()
	r, err := Read("pasted", []byte(pasted))
	if err != nil {
		t.Fatalf("%v", err)
	}
	var found strings.Builder
	for _, file := range [][]byte{r.Workbook(), r.Integrations()} {
		var node yaml.Node
		if len(file) == 0 {
			continue
		}
		if err := yaml.Unmarshal(file, &node); err != nil {
			t.Fatalf("not YAML: %v\n%s", err, file)
		}
		values(&node, &found)
		for line := range strings.SplitSeq(string(file), "\n") {
			if _, comment, ok := strings.Cut(line, "# "); ok {
				found.WriteString(comment + "\n")
			}
		}
	}
	told := map[int]bool{}
	for _, p := range r.Problems {
		told[p.Line] = true
	}
	all := squeezed(found.String())
	for i, line := range strings.Split(strings.TrimPrefix(pasted, "\ufeff"), "\n") {
		if told[i+1] || r.remarked(i+1) || slices.ContainsFunc(written(strings.TrimSuffix(line, "\r")), func(parts []string) bool {
			return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(all, squeezed(part)) })
		}) {
			continue
		}
		t.Fatalf("line %d is lost: %q\n%s\n%s\n%v", i+1, line, r.Workbook(), r.Integrations(), r.Problems)
	}
}

// remarked reports whether a line was kept as a comment, escaped as it may be.
func (r *Result) remarked(line int) bool {
	if len(r.Blocks)+len(r.Webhooks) == 0 { // nothing is written
		return true
	}
	for _, l := range r.loose {
		if l.line == line {
			return true
		}
	}
	return false
}

// squeezed is a text without what writing may change: blanks, bold, the case of
// choices, quotes around a value.
func squeezed(text string) string {
	text = strings.NewReplacer("**", "", `\_`, "_", "{''}", "", "'", "", `"`, "", "|", "", ">", "", "-", "", "#", "").Replace(strings.ToLower(text))
	return strings.Join(strings.Fields(text), "")
}

// values writes all keys and values of a YAML file.
func values(n *yaml.Node, into *strings.Builder) {
	if n.Kind == yaml.ScalarNode {
		into.WriteString(n.Value + "\n")
	}
	for _, child := range n.Content {
		values(child, into)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(strings.Join(pieces, "\n"))
	f.Add("Signal Block\nName: x\n| Target | Host $A |\n")
	f.Add("{\"a\": \"b\n}\nSELECT '(\n\nFROM X")
	f.Fuzz(func(t *testing.T, pasted string) {
		if _, err := Read("pasted", []byte(pasted)); err == nil {
			checkNothingIsLost(t, pasted)
		}
	})
}
