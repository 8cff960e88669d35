package audit

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// viewed is an audit of one finished run and one that goes on.
func viewed(t testing.TB) string {
	t.Helper()
	path := auditPath(t)
	log := newLog(t, path)
	blocks := exampleBlocks(2)
	blocks[0].Output.Table.Rows[1].Evidence = workbook.Evidence{Events: 4, Unknown: "a join"}
	blocks[2].Output.Table.Rows[1].Evidence = workbook.Evidence{Events: 4, Unknown: "a join"}
	hidden := &blocks[2].Output.Actions[1]
	hidden.Target, hidden.Canonical, hidden.Request, hidden.Response = "10.0.0.5\x1b[2J\x00", "", nil, nil
	hidden.Verdict, hidden.Rule, hidden.Reason = workbook.RefusedProtected, "private", "a private address"
	if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Begin(t.Context(), exampleInfo()); err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	return path
}

// viewTests are what an auditor may ask, and the answer.
var viewTests = []viewTest{
	{
		"runs", "SELECT run, started, workbook, mode, status, dnif_would_send, actions, signals, blocks, user, reason, ticket, clock FROM runs",
		[]string{
			"1|2026-01-31T12:00:00Z|Suspicious Remote Desktop|rehearse|completed|2|2|2|3|ada|exercise|SEC-1|2026-01-31T11:00:00Z",
			"2|2026-01-31T12:00:00Z|Suspicious Remote Desktop|rehearse|running or died||0|0|0|ada|exercise|SEC-1|2026-01-31T11:00:00Z",
		},
	},
	{
		"block_runs", "SELECT run, block, kind, rows_in, rows_out, seconds, failed, warnings, id FROM block_runs",
		[]string{"1|1|sql|0|2|0.013|||b1", "1|2|signal|2|2|0.0|||b2", `1|3|trigger|2|2|0.2||["a warning"]|b3`},
	},
	{
		"rows", "SELECT block, row, made_from, events, cells FROM rows ORDER BY block, row",
		[]string{
			`1|1||3|{"$SrcIP":"203.0.113.1","$DstIP":"198.51.100.9","$Count(1)":3}`,
			`1|2||4|{"$SrcIP":"203.0.113.2","$DstIP":"198.51.100.9","$Count(1)":4}`,
			`2|1|1|3|{"$SrcIP":"203.0.113.1","$DstIP":"198.51.100.9","$Count(1)":3}`,
			`2|2|2|4|{"$SrcIP":"203.0.113.2","$DstIP":"198.51.100.9","$Count(1)":4}`,
			`3|1|1|3|{"$SrcIP":"203.0.113.1","$DstIP":"198.51.100.9","$Count(1)":3,"$WebhookStatus":"True","$WebhookResponse":"{\"actionId\":\"00000120\",\"taskStatus\":\"pending\"}"}`,
			`3|2|2|4|{"$SrcIP":"203.0.113.2","$DstIP":"198.51.100.9","$Count(1)":4,"$WebhookStatus":"True","$WebhookResponse":"{\"actionId\":\"00000120\",\"taskStatus\":\"pending\"}"}`,
		},
	},
	{
		"evidence", "SELECT row, events, file, line, offset, unknown FROM evidence WHERE block = 3",
		[]string{
			"1|3|events/FIREWALL.ndjson|3|400|", "1|3|events/FIREWALL.ndjson|4|530|", "1|3|events/FIREWALL.ndjson|5|660|",
			"2|4||||a join",
		},
	},
	{
		"signals", "SELECT signal, block, row, name, severity, score, target, suspect, occurrences, first_seen FROM signals",
		[]string{
			`1|2|1|rdp 198.51.100.9|Medium|5|{"host":"198.51.100.9"}|{"host":"203.0.113.1"}|1|2026-01-31T10:00:00Z`,
			`2|2|2|rdp 198.51.100.9|Medium|5|{"host":"198.51.100.9"}|{"host":"203.0.113.2"}|1|2026-01-31T10:00:00Z`,
		},
	},
	{
		"actions", "SELECT run, action, block, row, type, target, dnif, verdict, rule, reason, time FROM actions",
		[]string{
			"1|1|3|1|ip|203.0.113.1|would_send|would_send|||2026-01-31T12:00:00Z",
			"1|2|3|2|ip|10.0.0.5�1b[2J�00|would_send|refused_protected|private|a private address|2026-01-31T12:00:00Z",
		},
	},
	{
		"requests", "SELECT action, verdict, method, url, request, status, response FROM requests",
		[]string{`1|would_send|POST|https://api.xdr.example/v2.0/xdr/response/block|{"valueType":"ip","targetValue":"203.0.113.1","productId":"sao","description":"Block IP"}|200|{"actionId":"00000120","taskStatus":"pending"}`},
	},
}

func TestViews(t *testing.T) {
	checkViews(t, viewed(t), viewTests)
	checkViews(t, viewedSending(t), sendingViewTests)
}

// A viewTest is a question and the lines of the answer.
type viewTest struct {
	name, query string
	want        []string
}

func checkViews(t *testing.T, path string, tests []viewTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			each(t, raw(t, path), test.query, func(v []any) {
				cells := make([]string, len(v))
				for i, cell := range v {
					switch cell := cell.(type) {
					case nil:
					case float64:
						cells[i] = workbook.Text(cell)
					default:
						cells[i] = plainText(cell)
					}
				}
				got = append(got, strings.Join(cells, "|"))
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestViewsInTheShell asks the same of the ordinary sqlite3 shell, where there
// is one.
func TestViewsInTheShell(t *testing.T) {
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Log("there is no sqlite3 shell here")
		return
	}
	checkShell(t, shell, viewed(t), viewTests)
	checkShell(t, shell, viewedSending(t), sendingViewTests)
}

func checkShell(t *testing.T, shell, path string, tests []viewTest) {
	t.Helper()
	for _, test := range tests {
		out, err := exec.Command(shell, "-readonly", "-list", path, test.query).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", test.name, err, out)
			continue
		}
		if diff := cmp.Diff(test.want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if out, err := exec.Command(shell, "-readonly", path, "SELECT * FROM "+test.name).CombinedOutput(); err != nil {
			t.Errorf("all of %s: %v: %s", test.name, err, out)
		}
	}
}

// TestLookupsUseAnIndex keeps the questions that are asked most from reading
// the whole audit.
func TestLookupsUseAnIndex(t *testing.T) {
	db := raw(t, viewed(t))
	for _, query := range []string{
		"SELECT * FROM actions WHERE target = '203.0.113.1'",
		"SELECT * FROM signals WHERE name = 'rdp'",
		"SELECT * FROM actions WHERE run = 1 AND action = 2",
		"SELECT * FROM requests WHERE run = 1 AND action = 2",
		"SELECT * FROM rows WHERE run = 1 AND block = 3 AND row = 2",
		"SELECT * FROM evidence WHERE run = 1 AND block = 3 AND row = 2",
		"SELECT * FROM block_runs WHERE run = 1",
		"SELECT * FROM runs WHERE run = 1",
		"SELECT * FROM plans WHERE run = 1",
		"SELECT * FROM plans WHERE plan = 'ab'",
		"SELECT * FROM approvals WHERE run = 1",
		"SELECT * FROM approvals WHERE approver = 'ada'",
		"SELECT * FROM validations WHERE digest = 'ab'",
		deliveredQuery,
	} {
		each(t, db, "EXPLAIN QUERY PLAN "+strings.ReplaceAll(query, "?", "'203.0.113.1'"), func(v []any) {
			step := plainText(v[3])
			if query == deliveredQuery && strings.HasPrefix(step, "SEARCH b ") && !strings.Contains(step, "bodies_sent") {
				t.Errorf("%s: %s", query, step)
			}
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "VIRTUAL TABLE") {
				t.Errorf("%s: %s", query, step)
			}
		})
	}
}
