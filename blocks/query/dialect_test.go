package query

import (
	"strings"
	"testing"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// TestTheDialectDecides writes a query in a dialect that shares no word with
// SQLite's.
func TestTheDialectDecides(t *testing.T) {
	other := sqlite
	other.parameter = func(n int) string { return strings.Repeat("{p}", n) }
	other.text, other.real, other.number, other.modulo = "String", "Float64", "toNumber", "mod"
	other.matches, other.rlike, other.folded = "likes", "match", "upperUTF8"
	other.place = func(table string) string { return table + "._row" }
	other.rowEvidence = func(table string) []string { return []string{table + "._row"} }
	other.groupEvidence = func(table string) string { return "groupArray(" + table + "._row)" }
	other.materialized = ""
	other.functions = map[string]writeFunction{"lower": func(w *writer, _ bool, a []operand) operand { return textual("lowerUTF8(%s)", w.textOf(a[0])) }}
	for query, want := range map[string]string{
		"SELECT lower($a) FROM X WHERE $b / 2 > $c % 3":             `SELECT lowerUTF8(CAST("t0"."c2" AS String)) AS "k0", "t0"._row FROM "t0" WHERE ((CAST(toNumber("t0"."c0") AS Float64) / {p}) > mod(toNumber("t0"."c1"), {p}{p}))`,
		"SELECT count(*) FROM X WHERE $a ILIKE 'x' OR $a RLIKE 'y'": `SELECT count(*) AS "k0", groupArray("t0"._row) FROM "t0" WHERE (likes(upperUTF8(CAST("t0"."c0" AS String)), upperUTF8({p})) OR match(CAST("t0"."c0" AS String), {p}{p}))`,
		"SELECT x.$a AS a FROM X x JOIN Y y ON x.$a = y.$b":         `WITH "m0" AS (SELECT "t1"._row AS "n", "t1"."c0", CAST("t1"."c0" AS String) AS "j0" FROM "t1") SELECT "t0"."c0" AS "k0" FROM "t0" CROSS JOIN "m0" AS "t1" ON (CAST("t0"."c0" AS String) = "t1"."j0") AND "t1"."n" IS NOT NULL`,
		"SELECT $a FROM X WHERE length($b) = 1 ORDER BY $a DESC":    `SELECT "t0"."c1" AS "k0", "t0"._row FROM "t0" WHERE (characters(CAST("t0"."c0" AS String)) = {p}) ORDER BY ("t0"."c1" IS NOT NULL) DESC, (toNumber("t0"."c1") IS NULL) DESC, toNumber("t0"."c1") DESC, "t0"."c1" DESC, "t0"._row`,
	} {
		s, problems := Parse(source.NewText("query", query), workbook.NewPreparation(nil))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		q, problems := write(s.text, s.tree, writing{dialect: &other})
		if problems.Err() != nil || q.SQL != want {
			t.Errorf("%s\ngot  %s\nwant %s\n%v", query, q.SQL, want, problems)
		}
	}
}
