package query

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// unplaced compares trees without the places of their parts.
var unplaced = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && (field.Name() == "At" || strings.HasSuffix(field.Name(), "At") || field.Name() == "defaultLimit")
	}, cmp.Ignore()),
	cmpopts.EquateEmpty(),
	cmp.Exporter(func(reflect.Type) bool { return true }),
}

// printsAndParses prints a tree that has been checked, and checks that the print
// parses to it.
func printsAndParses(t *testing.T, s *Statement) {
	t.Helper()
	text := s.Print()
	again, problems := Parse(source.NewText("print", text), workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Fatalf("%s\n%v", text, problems)
	}
	if diff := cmp.Diff(s.tree, again.tree, unplaced); diff != "" {
		t.Fatalf("%s\n%s", text, diff)
	}
}

// statements are the queries behind a text in any language.
func statements(text string, parameters map[string]string) []*Statement {
	p := workbook.NewPreparation(parameters)
	q, problems := ParseQuestion(source.NewText("query", text), Options{}, p)
	if problems.Err() != nil || q == nil {
		return nil
	}
	var out []*Statement
	for _, made := range q.parts {
		switch made := made.(type) {
		case asked:
			out = append(out, made.statement)
		case fetching:
			out = append(out, made.statement)
		}
	}
	return out
}

func TestPrint(t *testing.T) {
	for _, text := range []string{
		"SELECT $SrcIP, $DstIP, COUNT(*) FROM FIREWALL WHERE $DstPort=3389 AND $Duration=7d GROUP BY $SrcIP,$DstIP HAVING COUNT(*)>2 LIMIT 2",
		"SELECT DISTINCT f.$a AS x, -$b, NOT $c IS NULL AS `y z` FROM X f LEFT JOIN (SELECT * FROM Y-Z) s ON f.$a = s.$a WHERE f.$b NOT IN (1, 'a''b', -2.5e10, NULL, TRUE) OR EXISTS (SELECT 1 AS o FROM W)",
		"SELECT `f`.* EXCEPT ($a), b.*, 1 AS x FROM `F-G` f JOIN B ON f.$a = b.$a",
		"SELECT a FROM X UNION ALL SELECT b FROM Y UNION SELECT c FROM (SELECT c FROM Z LIMIT 2) ORDER BY a DESC LIMIT 5 OFFSET 1",
		"WITH x AS (SELECT $a FROM A UNION SELECT $b FROM B) SELECT $a FROM x WHERE $a RLIKE 'a\\\\d{3}' AND $a LIKE '\\{P}%'",
		"SELECT CASE $a WHEN 1 THEN 'x' ELSE CAST($b AS TIMESTAMP) END AS c, count(DISTINCT $a, $b) FROM X WHERE (($a = $b) = ($c <=> 1)) AND ($a + 1) * 2 - (3 - 4) > 5 AND $StartTime='@now-3h' GROUP BY 1",
		"stream=a,b where @x.y[0]='1' and not (c=1 or d=2) and e=3 | groupby srcip | having count_col1>2 | duration from @now-3h to 2026-01-10T00:00:00 | last 3",
		"stream=* | select *, lower(a) as a | checkif a not in s.$b | first 2",
		"_fetch * from event where $Stream=X AND $A=*b*c AND $D IN [1, 'x', _Y_] group count_unique $A, @b.c limit 3",
		"_fetch $A from store where $Duration=1M last 3 with payload",
		"sourcename='it''s' | timeslice 15m | groupby a",
	} {
		list := statements(text, map[string]string{"P": "{Q}"})
		if len(list) == 0 {
			_, problems := ParseQuestion(source.NewText("query", text), Options{}, workbook.NewPreparation(map[string]string{"P": "x"}))
			t.Errorf("%s does not parse: %v", text, problems)
		}
		for _, s := range list {
			printsAndParses(t, s)
		}
	}
}
