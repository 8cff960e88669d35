package query

import (
	"context"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// FuzzQuestion reads texts in every language: none may panic or hang, what
// parses prints and parses to the same tree, and what it is written as is one
// SELECT that SQLite takes.
func FuzzQuestion(f *testing.F) {
	for _, seed := range []string{
		"stream=firewall where dstport==23 and not (srcip like '192%') | groupby dstip |select dstip, percentage_of(dstport==23) | having percentage_of_col1>0 | limit 3",
		"stream=a,b | duration from 2026-01-10T10:00:00 to @now-1h | timeslice 15m | groupby @x.y[0]",
		"sourcename=X-Y | checkif a not in s.$b | select *, lower(b) as b || first 2 ;",
		"_fetch * from event where $Stream=FIREWALL AND $A=regex(a(b|c)*)i NOT $B IN [x, 'y', _C_] group count_unique $A, @b.c[0] as #L limit 3 >>_sort by count_unique ASC",
		"_fetch $SrcIP from event where $Duration=1d last 3 with payload\n_agg stat_unique $SrcIP max $DstPort >> _checkif int_compare $StatUniqueMax > 3 exclude >> _limit 2 >> _export csv",
		"_checkif lookup s join $a = $b str_compare $c regex 'x' include >>_retrieve list >> _lookup p f 'c' $a,$b >> _store in_disk x key_replace $a",
		"$SrcIP=*1 AND $DstPort=22 group sum $TXLen",
		"WITH x AS (SELECT $SrcIP FROM FIREWALL) SELECT * EXCEPT ($a) FROM x UNION SELECT DISTINCT first($b) AS c FROM STREAMS(*) GROUP BY timeslice(event_time(), '1h') ORDER BY 1 NEWEST FIRST",
		"SELECT cidr_match($SrcIP, '10.0.0.0/8') AS a, regexp_replace($b, '(x)', '$1{P}\\{P}') AS `b` FROM FIREWALL WHERE $SrcIP LIKE '{P}%'",
	} {
		f.Add(seed)
	}
	o := world(f)
	f.Fuzz(func(t *testing.T, text string) {
		p := workbook.NewPreparation(map[string]string{"P": `%'\ {P}`})
		p.First = false
		q, problems := ParseQuestion(source.NewText("query", text), o, p)
		if problems.Err() != nil {
			return
		}
		for _, made := range q.parts {
			var s *Statement
			switch made := made.(type) {
			case asked:
				s = made.statement
			case fetching:
				s = made.statement
			default:
				continue
			}
			printsAndParses(t, s)
			printsAsDQL(t, s)
			written, problems := write(s.text, s.tree, writing{})
			if len(problems) > 0 || !strings.HasPrefix(written.SQL, "SELECT ") && !strings.HasPrefix(written.SQL, "WITH ") {
				t.Fatalf("%q was written as %q, %v", text, written.SQL, problems)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		in := workbook.Table{Columns: []string{"$SrcIP", "count_unique"}, Rows: []workbook.Row{{Values: []workbook.Value{"192.0.2.1", int64(2)}}}}
		_, err := q.Run(ctx, in, &workbook.Env{Now: fixtureClock.Now, Zone: time.UTC, MaxRows: 1000})
		if err != nil && (strings.Contains(err.Error(), "syntax error") || strings.Contains(err.Error(), "no such")) && !strings.Contains(err.Error(), "no store") {
			t.Fatalf("%q was written as broken SQL: %v", text, err)
		}
	})
}
