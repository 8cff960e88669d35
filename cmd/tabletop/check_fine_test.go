package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingIsFoundWhereNothingIsWrong has what looks like a planted mistake and
// is none.
func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	const signal = "  - signal: {name: knock, tactic: TA0008, technique: T1021, subtechnique: T1021.001, confidence: Low, score: 6, target: {host: $DstIP}}\n"
	const asked = "  - sql: |\n      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=7d\n"
	stores := filepath.Join(t.TempDir(), "none.db")
	for name, blocks := range map[string]string{
		"an order before the limit":           "  - sql: |\n      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=7d ORDER BY $SrcIP LIMIT 2\n" + signal + "  - trigger: Block\n",
		"a limit that nothing acts upon":      "  - sql: |\n      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=7d LIMIT 2\n" + signal,
		"a search keeps the newest":           "  - search: {stream: FIREWALL, rows: 2, duration: 7d}\n" + signal + "  - trigger: Block\n",
		"sorted before _limit":                asked + signal + "  - dql: |\n      _sort by $SrcIP DESC\n      _limit 2\n      _trigger api generic_webhook send_alert 'Block'\n",
		"rows of SIGNALS":                     "  - sql: |\n      SELECT $SuspectHost AS $SrcIP FROM SIGNALS WHERE $Duration=1d\n  - trigger: Block\n",
		"columns used by statements":          "  - sql: |\n      SELECT $SrcIP, $DstIP, $User FROM FIREWALL WHERE $Duration=7d\n  - code: |\n      $Name = lower($User)\n      drop $User\n      rename $Name to $User\n" + signal,
		"columns of the result":               "  - sql: |\n      SELECT $SrcIP, $DstIP, $User FROM FIREWALL WHERE $Duration=7d\n",
		"rows that a signal showed":           asked + signal + asked + signal,
		"values that the next query takes":    "  - sql: |\n      SELECT $SrcIP FROM FIREWALL WHERE $Duration=7d\n  - dql: |\n      _fetch $SrcIP, $DstIP from event where $Stream=FIREWALL AND $SrcIP IN [_SrcIP_] AND $Duration=7d last 10\n" + signal,
		"groups of all rows":                  asked + "  - dql: |\n      _agg count\n",
		"Python may read anything":            asked + "  - code: |\n      def transform(inward_array):\n          return inward_array\n" + asked + signal,
		"alternatives":                        "  - sql: |\n      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=7d AND ($DstPort=22 OR $DstPort=3389) AND $User<>'a' AND $User<>'b'\n" + signal,
		"a row of zeros":                      "  - sql: |\n      SELECT COUNT(*) FROM FIREWALL WHERE $Duration=7d AND $DstPort=22 AND $DstPort=3389\n",
		"a payload's column of a search":      "  - search: {stream: FIREWALL, rows: 2, duration: 7d}\n  - code: |\n      $Host = $SrcIP\n" + signal + "  - trigger: Tell\n",
		"a duration as long as the events":    "  - sql: |\n      SELECT $SrcIP, $DstIP FROM FIREWALL WHERE $Duration=10d\n" + signal,
		"rows that a picture was made of":     asked + "  - visual: {type: bar, primary: $SrcIP, secondary: $DstIP}\n" + asked + signal,
		"open rows that a picture shows":      "  - search: {stream: FIREWALL, rows: 2, duration: 7d}\n  - visual: {type: bar, primary: $SrcIP}\n" + asked + signal,
		"a star that a picture shows":         "  - sql: |\n      SELECT * FROM FIREWALL WHERE $Duration=7d\n  - visual: {type: bar, primary: $SrcIP, secondary: $DstIP}\n" + asked + signal,
		"a rule that a name may fit":          asked + "  - signal: {name: 'knock _$SrcIP_', target: {host: $DstIP}}\nsuppress:\n  - when: {name: [kno*, '*x'], target.host: 10.0.0.1, score: 5}\n",
		"signals asked for of all times":      "  - sql: |\n      SELECT $SuspectHost AS $SrcIP FROM SIGNALS\n",
		"a target that a function gives":      asked + "  - code: |\n      $SrcIP = ip($SrcIP)\n" + signal + "  - trigger: Block\n",
		"a target of other making":            asked + "  - code: |\n      $DstIP = domain($DstIP)\n" + signal + "  - trigger: Block\n",
		"a comment that allows what is meant": asked + "  # check: allow TT303 it only tells the team\n  - trigger: Block\n",
	} {
		path := filepath.Join(t.TempDir(), "workbook.yaml")
		if err := os.WriteFile(path, []byte("workbook: Fine\nblocks:\n"+blocks), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, said := tabletop(t, "check", path, "--strict", "--integrations", planted+"/integrations.yaml", "--events", planted+"/events", "--stores", stores)
		if code != exitDone || strings.Contains(out, "warning") {
			t.Errorf("%s: exit %d\n%s%s", name, code, out, said)
		}
	}
}
