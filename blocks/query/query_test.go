package query

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// fixture is the little world of the tables below; its clock is its newest
// event, 2026-01-10 12:00.
const fixture = `{"$Stream":"FIREWALL","$CNAMTime":1768046400000,"$SrcIP":"192.0.2.1","$DstIP":"10.0.0.1","$DstPort":"3389","$Action":"PACKET_BLOCKED","$TXLen":10,"$User":"ana"}
{"$Stream":"FIREWALL","$CNAMTime":1768046340000,"$SrcIP":"192.0.2.1","$DstIP":"10.0.0.1","$DstPort":3389,"$Action":"PACKET_ALLOWED","$TXLen":"20","$User":"Bo"}
{"$Stream":"FIREWALL","$CNAMTime":1768042800000,"$SrcIP":"192.0.2.2","$DstIP":"10.0.0.2","$DstPort":"443","$Action":"PACKET_ALLOWED","$TXLen":9,"$User":null}
{"$Stream":"FIREWALL","$CNAMTime":1767960000000,"$SrcIP":"192.0.2.3","$DstIP":"10.0.0.1","$DstPort":"80","$Action":"PACKET_ALLOWED","$TXLen":"x1","$User":"007"}
{"$Stream":"FIREWALL","$CNAMTime":1765454400000,"$SrcIP":"192.0.2.4","$DstIP":"10.0.0.4","$DstPort":"3389","$Action":"PACKET_BLOCKED","$TXLen":1.50,"$User":"7"}
{"$Stream":"AUTHENTICATION","$CNAMTime":1768046300000,"$SrcIP":"192.0.2.1","$User":"ana","$Status":"FAILED"}
{"$Stream":"AUTHENTICATION","$CNAMTime":1768046310000,"$SrcIP":"192.0.2.1","$User":"ana","$Status":"FAILED"}
{"$Stream":"AUTHENTICATION","$CNAMTime":1768046320000,"$SrcIP":"192.0.2.1","$User":"ana","$Status":"PASSED"}
{"$Stream":"AUTHENTICATION","$CNAMTime":1768046330000,"$SrcIP":"192.0.2.2","$User":"bo","$Status":"PASSED"}
{"$Stream":"SYSMON-CONFIG","$CNAMTime":1768046300000,"$Hash":"SHA1=ab"}
`

var fixtureClock = Clock{Now: time.UnixMilli(1768046400000), Zone: time.UTC}

func world(t testing.TB) Options {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(path, []byte(fixture), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := events.Open(path, events.Options{Wall: fixtureClock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Events: set}
}

// table writes a result as text: the columns, then a line a row.
func table(r events.Result) string {
	var b strings.Builder
	b.WriteString(strings.Join(r.Table.Columns, " | "))
	for _, row := range r.Table.Rows {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			cells[i] = workbook.Text(v)
			if v == nil {
				cells[i] = "NULL"
			}
		}
		b.WriteString("\n" + strings.Join(cells, " | "))
	}
	return b.String()
}

func TestSQL(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"the published RDP query", "SELECT $SrcIP, $DstIP, COUNT(*) FROM FIREWALL WHERE $DstPort=3389 AND $Duration=7d GROUP BY $SrcIP,$DstIP HAVING COUNT(*)>1 LIMIT 2", "$SrcIP | $DstIP | $Count(1)\n192.0.2.1 | 10.0.0.1 | 2"},
		{"count_if with aliases", "select $SrcIP, count_if($Status='FAILED') AS $FailCount, count_if($Status='PASSED') as $PassCount FROM AUTHENTICATION WHERE $Duration=15m GROUP BY $SrcIP HAVING $FailCount >= 2 AND $FailCount >= $PassCount * 2 LIMIT 100", "$SrcIP | $FailCount | $PassCount\n192.0.2.1 | 2 | 1"},
		{"a stream with a hyphen", "SELECT $Hash FROM SYSMON-CONFIG WHERE $Duration=1d", "$Hash\nSHA1=ab"},
		{"a generated name in HAVING", "SELECT $SrcIP, COUNT(*) FROM AUTHENTICATION GROUP BY $SrcIP HAVING $Count(1) > 1", "$SrcIP | $Count(1)\n192.0.2.1 | 3"},
		{"a start and an end", "SELECT $SrcIP FROM FIREWALL WHERE $StartTime='2026-01-09T12:00:00Z' AND $EndTime='2026-01-10 11:00:00Z'", "$SrcIP\n192.0.2.2\n192.0.2.3"},
		{"moments", "SELECT $SrcIP FROM FIREWALL WHERE $StartTime=@now-2h AND $EndTime=@now-30m", "$SrcIP\n192.0.2.2"},
		{"no time reads all here", "SELECT count(*) FROM FIREWALL", "$Count(1)\n5"},
		{"a number matches text and number", "SELECT count(*) FROM FIREWALL WHERE $DstPort=3389", "$Count(1)\n3"},
		{"a text matches text and number", "SELECT count(*) FROM FIREWALL WHERE $DstPort='3389'", "$Count(1)\n3"},
		{"a comparison with a number is one of numbers", "SELECT $DstPort FROM FIREWALL WHERE $DstPort > 400 AND $DstPort <= 443.0", "$DstPort\n443"},
		{"a comparison with a text is one of texts", "SELECT $DstPort FROM FIREWALL WHERE $DstPort > '400' AND $DstPort < '80'", "$DstPort\n443"},
		{"007 is the number 7 and not the text 7", "SELECT $User FROM FIREWALL WHERE $User = 7 AND $User <> '7'", "$User\n007"},
		{"IN by kind", "SELECT $DstPort FROM FIREWALL WHERE $DstPort IN (443, '80', 'x')", "$DstPort\n443\n80"},
		{"NOT IN", "SELECT $DstPort FROM FIREWALL WHERE $DstPort NOT IN (443, 3389)", "$DstPort\n80"},
		{"BETWEEN", "SELECT $DstPort FROM FIREWALL WHERE $DstPort BETWEEN 80 AND 443", "$DstPort\n443\n80"},
		{"nulls", "SELECT $SrcIP FROM FIREWALL WHERE $User IS NULL", "$SrcIP\n192.0.2.2"},
		{"LIKE minds case", "SELECT $User FROM FIREWALL WHERE $User LIKE 'A%' OR $User LIKE 'a_a'", "$User\nana"},
		{"ILIKE does not", "SELECT $User FROM FIREWALL WHERE $User ILIKE 'A%'", "$User\nana"},
		{"RLIKE finds", `SELECT $SrcIP FROM FIREWALL WHERE $SrcIP RLIKE '\.[34]$'`, "$SrcIP\n192.0.2.3\n192.0.2.4"},
		{"division is real", "SELECT 5/2 AS $x, 7 % 4 AS $y, -3 + 1 AS $z FROM SYSMON-CONFIG", "$x | $y | $z\n2.5 | 3 | -2"},
		{"sums of what are numbers", "SELECT sum($TXLen), avg($DstPort) AS $a FROM FIREWALL WHERE $DstPort < 1000", "$Sum(TXLen) | $a\n9 | 261.5"},
		{"extremes: numbers by value, then texts", "SELECT min($TXLen), max($TXLen), max($DstPort) FROM FIREWALL", "$Min(TXLen) | $Max(TXLen) | $Max(DstPort)\n1.50 | x1 | 3389"},
		{"order: nothing, numbers, texts", "SELECT $TXLen FROM FIREWALL ORDER BY $TXLen", "$TXLen\n1.50\n9\n10\n20\nx1"},
		{"order descending", "SELECT $User FROM FIREWALL ORDER BY $User DESC", "$User\nana\nBo\n7\n007\nNULL"},
		{"order by ordinal and alias", "SELECT $SrcIP, count(*) AS $n FROM AUTHENTICATION GROUP BY 1 ORDER BY $n, 1", "$SrcIP | $n\n192.0.2.2 | 1\n192.0.2.1 | 3"},
		{"groups come by their first event", "SELECT $Action, count(*) FROM FIREWALL GROUP BY $Action", "$Action | $Count(1)\nPACKET_BLOCKED | 2\nPACKET_ALLOWED | 3"},
		{"text and number are one group", "SELECT $DstPort, count(*) FROM FIREWALL GROUP BY $DstPort", "$DstPort | $Count(1)\n3389 | 3\n443 | 1\n80 | 1"},
		{"DISTINCT", "SELECT DISTINCT $DstIP FROM FIREWALL", "$DstIP\n10.0.0.1\n10.0.0.2\n10.0.0.4"},
		{"count of the different", "SELECT count(DISTINCT $DstPort), count(DISTINCT $SrcIP, $DstPort), count($User) FROM FIREWALL", "$Count(DISTINCT DstPort) | $Count(DISTINCT SrcIP, DstPort) | $Count(User)\n3 | 4 | 4"},
		{"casts", "SELECT CAST('abc' AS INT) AS $a, CAST('12' AS INT) AS $b, CAST('1.5' AS FLOAT) AS $c, CAST(7 AS STRING) AS $d, CAST('3.9' AS BIGINT) AS $e FROM SYSMON-CONFIG", "$a | $b | $c | $d | $e\nNULL | 12 | 1.5 | 7 | 3"},
		{"CASE", "SELECT CASE WHEN $DstPort=3389 THEN 'rdp' ELSE 'other' END AS $k, count(*) FROM FIREWALL GROUP BY $k", "$k | $Count(1)\nrdp | 3\nother | 2"},
		{"CASE of", "SELECT CASE $DstPort WHEN 443 THEN 'tls' WHEN '80' THEN 'web' END AS $k FROM FIREWALL WHERE $DstPort < 1000", "$k\ntls\nweb"},
		{"a SELECT in FROM", "SELECT $a, $n FROM (SELECT $SrcIP AS $a, count(*) AS $n FROM FIREWALL GROUP BY $SrcIP) WHERE $n > 1", "$a | $n\n192.0.2.1 | 2"},
		{"a SELECT in IN", "SELECT $SrcIP, $DstPort FROM FIREWALL WHERE $SrcIP IN (SELECT $SrcIP FROM AUTHENTICATION) AND $DstPort <> 3389", "$SrcIP | $DstPort\n192.0.2.2 | 443"},
		{"EXISTS that looks out", "SELECT f.$SrcIP FROM FIREWALL f WHERE EXISTS (SELECT 1 AS $one FROM AUTHENTICATION a WHERE a.$SrcIP = f.$SrcIP AND a.$Status='FAILED') LIMIT 1", "$SrcIP\n192.0.2.1"},
		{"a join", "SELECT f.$DstPort, a.$User FROM FIREWALL f JOIN AUTHENTICATION a ON f.$SrcIP = a.$SrcIP WHERE a.$Status='PASSED' AND $Duration=1d", "$DstPort | $User\n3389 | ana\n3389 | ana\n443 | bo"},
		{"a left join", "SELECT f.$SrcIP, a.$Status FROM FIREWALL f LEFT JOIN AUTHENTICATION a ON f.$SrcIP = a.$SrcIP AND a.$Status='FAILED' WHERE f.$DstPort IN (80,443)", "$SrcIP | $Status\n192.0.2.2 | NULL\n192.0.2.3 | NULL"},
		{"texts, comments and names stay untouched", "SELECT $User /* FROM x */ -- $y\nFROM FIREWALL WHERE $Action <> '-- $x FROM /* ''q'' */' AND `$User` = \"ana\"", "$User\nana"},
		{"functions of text", "SELECT concat(upper($User), '-', lower('X')) AS $a, substring($User, 0, 2) AS $b, length($User) AS $c, coalesce($Nope, 'd') AS $d, if($User='ana', 1, 2) AS $e, replace($User,'a','o') AS $f FROM AUTHENTICATION LIMIT 1", "$a | $b | $c | $d | $e | $f\nANA-x | an | 3 | d | 1 | ono"},
		{"an alias of the same name", "SELECT lower($User) AS $User, count(*) FROM FIREWALL WHERE $User='Bo' GROUP BY $User HAVING $User='bo'", "$User | $Count(1)\nbo | 1"},
		{"letter case of columns", "SELECT $srcip FROM FIREWALL WHERE `dstport`=443", "$srcip\n192.0.2.2"},
		{"everything", "SELECT * FROM AUTHENTICATION WHERE $User='bo'", "$Stream | $CNAMTime | $SrcIP | $User | $Status\nAUTHENTICATION | 1768046330000 | 192.0.2.2 | bo | PASSED"},
		{"a stream without events", "SELECT * FROM NOTHING", ""},
		{"smart quotes and ==", "SELECT $User FROM FIREWALL WHERE $User == ‘ana’;", "$User\nana"},
		{"NOT binds as a whole", "SELECT count(*) FROM FIREWALL WHERE (NOT $User = 'x') IS NULL", "$Count(1)\n1"},
		{"sums beyond 64 bits are real", "SELECT sum(9223372036854775807) AS $s, avg($DstPort) AS $a FROM FIREWALL WHERE $DstPort=3389", "$s | $a\n2.7670116110564327e+19 | 3389.0"},
		{"beyond all bounds is nothing", "SELECT 1e308*10 AS $x FROM SYSMON-CONFIG", "$x\nNULL"},
		{"a pattern out of the data", "SELECT rlike('a', concat('(', $Hash)) AS $x FROM SYSMON-CONFIG", "$x\nNULL"},
		{"letter case beyond ASCII", "SELECT upper('é') AS $a FROM SYSMON-CONFIG WHERE 'É' ILIKE 'é'", "$a\nÉ"},
		{"no rows at all still count", "SELECT count(*), max($TXLen) FROM FIREWALL WHERE $DstPort=1", "$Count(1) | $Max(TXLen)\n0 | NULL"},
	}
	o := world(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, problems := Parse(source.NewText("query", test.query), workbook.NewPreparation(nil))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			r, _, err := s.Run(context.Background(), o, fixtureClock, 1000, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, table(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSQLMistakes(t *testing.T) {
	tests := []struct{ query, want string }{
		{"SELEC $a FROM X", "query:1:1: a query begins with SELECT: only reading is allowed"},
		{"DROP TABLE X", "query:1:1: a query begins with SELECT: only reading is allowed"},
		{"SELECT $a FORM X", "query:1:16: expected FROM, found X"},
		{"SELECT $a FROM X WERE $a=1", "query:1:18: expected WHERE, GROUP BY, ORDER BY, LIMIT or the end, found WERE\n    SELECT $a FROM X WERE $a=1\n                     ^\n    did you mean WHERE?"},
		{"SELECT $a FROM X GROUPBY $a", "query:1:18: expected WHERE, GROUP BY, ORDER BY, LIMIT or the end, found GROUPBY\n    SELECT $a FROM X GROUPBY $a\n                     ^\n    did you mean GROUP BY?"},
		{"SELECT $a $b FROM X", "query:1:11: a comma is missing before $b"},
		{"SELECT $a, FROM X", "query:1:12: expected a column, found FROM"},
		{"SELECT $a FROM X WHERE $a='x", "query:1:27: a text that does not end"},
		{"SELECT $a FROM X WHERE $Duration=7x", "query:1:34: neither a number nor a duration: 7x"},
		{"SELECT $a FROM X WHERE $a=1 OR $Duration=7d", "query:1:32: $Duration sets the time of the whole query"},
		{"SELECT $a FROM X WHERE $Duration>7d", "query:1:33: $Duration is set with =, not compared"},
		{"SELECT cuont(*) FROM X", "query:1:8: unknown function cuont"},
		{"SELECT count(*) AS $n FROM X WHERE $n > 1", "query:1:36: $n is an aggregate, which can't stand in WHERE"},
		{"SELECT $a, count(*) FROM X", "query:1:8: $a is neither grouped nor aggregated"},
		{"SELECT domain($Domian), count(*) FROM X GROUP BY domain($Domain)", "query:1:15: $Domian is neither grouped nor aggregated\n    SELECT domain($Domian), count(*) FROM X GROUP BY domain($Domain)\n                  ^\n    did you mean $Domain? Else add it to GROUP BY"},
		{"SELECT $a, count(*) AS $Names FROM X GROUP BY $a ORDER BY $Name", "query:1:59: $Name is neither grouped nor aggregated\n    SELECT $a, count(*) AS $Names FROM X GROUP BY $a ORDER BY $Name\n                                                              ^\n    did you mean $Names?"},
		{"SELECT $a FROM X WHERE $Duration=one hour", "query:1:38: expected the end of the query, found hour\n    SELECT $a FROM X WHERE $Duration=one hour\n                                         ^\n    a duration is a number and its unit"},
		{"SELECT $a FROM X WHERE $b >= {None}", "query:1:30: the parameter {None} is empty"},
		{"SELECT * FROM X GROUP BY $a", "query:1:8: * can't stand beside GROUP BY or an aggregate"},
		{"SELECT $a FROM X WHERE $a RLIKE '(?=x)'", "query:1:33: invalid or unsupported Perl syntax: `(?=`"},
		{"SELECT $a FROM X WHERE $a='{Vectr}'", "query:1:27: unknown parameter {Vectr}\n    SELECT $a FROM X WHERE $a='{Vectr}'\n                              ^\n    did you mean Vector?"},
		{"SELECT $a FROM X; DROP TABLE y", "query:1:19: expected the end of the query, found DROP"},
		{"SELECT $a FROM X UNION SELECT $b, $c FROM Y", "query:1:24: UNION of 1 columns with 2"},
		{"WITH a AS (SELECT 1) SELECT 1 FROM a", "query:1:20: expected FROM, found )"},
		{"stream=firewall | limit 5", "query:1:1: this is DQL, not SQL"},
		{"SELECT a.$x FROM X b", "query:1:8: FROM names no a"},
		{"SELECT $x FROM X WHERE $N" + strings.Repeat(" BETWEEN 0 AND 1", 26), "query:1:75: comparisons one behind the other"},
		{"SELECT " + strings.Repeat("nullif(", 40) + "$A" + strings.Repeat(",1)", 40) + " AS $x FROM X", "query:1:"},
		{"SELECT $x" + strings.Repeat("+1", 1000) + " AS $y FROM X", "query:1:812: more than 400 terms"},
		{"SELECT $A='x' AS $a, $A='X' AS $b FROM T GROUP BY $A='x'", "query:1:22: $A is neither grouped nor aggregated"},
		{"SELECT id.orig_h FROM X", "query:1:8: FROM names no id\n    SELECT id.orig_h FROM X\n           ^\n    a name with a dot in it stands in backticks: `id.orig_h`"},
		{"SELECT $x FROM X a JOIN Y b ON a.$x=b.$x", "query:1:8: $x may belong to several streams"},
		{"SELECT " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000) + " FROM X", "query:1:107: nested deeper than 100 levels"},
	}
	for _, test := range tests {
		p := workbook.NewPreparation(map[string]string{"Vector": "HOST", "None": ""})
		_, problems := Parse(source.NewText("query", test.query), p)
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), test.want) {
			t.Errorf("%.80s\n got %v\nwant %s", test.query, problems, test.want)
		}
	}
}

func TestParametersCantChangeTheQuery(t *testing.T) {
	o := world(t)
	p := workbook.NewPreparation(map[string]string{"User": `x' OR '1'='1`, "N": "2", "Back": `\`, "Span": "1d"})
	s, problems := Parse(source.NewText("query", `SELECT count(*) FROM FIREWALL WHERE $User='{User}' OR $User='{Back}' AND $SrcIP <> '{3}'`), p)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r, _, err := s.Run(context.Background(), o, fixtureClock, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := table(r); got != "$Count(1)\n0" {
		t.Error(got)
	}
	if _, problems := Parse(source.NewText("query", `SELECT count(*) FROM FIREWALL HAVING count(*) > {N}`), p); len(problems) > 0 {
		t.Error(problems)
	}
	if _, problems := Parse(source.NewText("query", `SELECT count(*) FROM FIREWALL WHERE $Duration={Span}`), p); len(problems) > 0 {
		t.Error(problems)
	}
	_, problems = Parse(source.NewText("query", `SELECT count(*) FROM FIREWALL WHERE $User={User}`), p)
	if len(problems) != 1 || problems[0].Fix != "write quotes around it: '{User}'" {
		t.Error(problems)
	}
}

// TestLongLists are what an analyst pastes out of a list of indicators.
func TestLongLists(t *testing.T) {
	o := world(t)
	for _, query := range []string{
		"SELECT count(*) FROM FIREWALL WHERE $SrcIP='192.0.2.1'" + strings.Repeat(" OR $SrcIP='192.0.2.7'", 20_000),
		"SELECT count(*) FROM FIREWALL WHERE $SrcIP IN ('192.0.2.1'" + strings.Repeat(",'192.0.2.7'", 20_000) + ")",
		"SELECT count(*) FROM FIREWALL GROUP BY $SrcIP HAVING $SrcIP='192.0.2.1'" + strings.Repeat(" AND $SrcIP<>'192.0.2.7'", 5_000),
	} {
		s, problems := Parse(source.NewText("query", query), workbook.NewPreparation(nil))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		r, _, err := s.Run(context.Background(), o, fixtureClock, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := table(r); got != "$Count(1)\n2" {
			t.Errorf("%.60s: %s", query, got)
		}
	}
}

func TestTextWithNULIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "T.ndjson")
	if err := os.WriteFile(path, []byte(`{"$S":"a\u0000admin"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := events.Open(path, events.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := Parse(source.NewText("query", "SELECT length($S) AS $n, upper($S) AS $u, substring($S,2,2) AS $p FROM T WHERE $S LIKE '%admin%'"), workbook.NewPreparation(nil))
	r, _, err := s.Run(context.Background(), Options{Events: set}, fixtureClock, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := table(r); got != "$n | $u | $p\n7 | A\x00ADMIN | \x00a" {
		t.Errorf("%q", got)
	}
}

func TestFilters(t *testing.T) {
	tests := []struct{ filter, want string }{
		{"$A = x", "(A = 'x')"},
		{"$A=x", "(A = 'x')"},
		{"not $A != 3", "NOT (A <> 3)"},
		{"$A = '3'", "(A = '3')"},
		{"$A = a*", "A LIKE 'a%'"},
		{"$A != *a_b%*", `A NOT LIKE '%a\_b\%%'`},
		{"$A = *", "A LIKE '%'"},
		{"$A = '*'", "(A = '*')"},
		{"$A = {Star}", "(A = '*')"},
		{"$A = {Star}*", "A LIKE '*%'"},
		{"$A >= 1.5", "(A >= 1.5)"},
		{"$A = x AND $B = 5", "!AND inside a filter"},
		{"A = x", "!a filter begins with a column"},
		{"$A", "!expected ="},
		{"$A =", "!no value"},
		{"$Duration = 5d", "!the time of a search"},
		{"$A = {Nope}", "!unknown parameter {Nope}"},
	}
	for _, test := range tests {
		p := workbook.NewPreparation(map[string]string{"Star": "*"})
		e, problems := parseFilter(source.NewText("filter", test.filter), p)
		problems = append(problems, p.Problems()...)
		got := ""
		if len(problems) > 0 {
			got = "!" + problems[0].Message
		} else {
			got = render(e)
		}
		if want, mistake := strings.CutPrefix(test.want, "!"); mistake && !strings.HasPrefix(got, "!"+want) || !mistake && got != test.want {
			t.Errorf("%s: got %s, want %s", test.filter, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("SELECT $SrcIP, $DstIP, COUNT(*) FROM FIREWALL WHERE $DstPort=3389 AND $Duration=7d GROUP BY $SrcIP,$DstIP HAVING COUNT(*)>2 LIMIT 2")
	f.Add("SELECT a.$x, CASE WHEN $y IN (1,'2') THEN -3.5e2 ELSE NULL END FROM (SELECT * FROM X) a LEFT JOIN Y-Z ON 1=1 ORDER BY 1 DESC")
	f.Add("SELECT `a` FROM X WHERE NOT $a RLIKE \"x\" AND {P} < @now-3h")
	o := world(f)
	f.Fuzz(func(t *testing.T, text string) {
		s, problems := Parse(source.NewText("query", text), workbook.NewPreparation(map[string]string{"P": "1"}))
		if problems.Err() != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, _, err := s.Run(ctx, o, fixtureClock, 1000, nil); err != nil && strings.Contains(err.Error(), "syntax error") {
			t.Fatalf("%q was written as broken SQL: %v", text, err)
		}
	})
}
