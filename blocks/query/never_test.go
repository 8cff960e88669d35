package query

import (
	"strings"
	"testing"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// TestNever has queries that can give no row, with why, and their likes that may.
func TestNever(t *testing.T) {
	tests := []struct{ where, want string }{
		{"$A='x' AND $A='y'", "3:18: $A can't be 'x' and 'y'"},
		{"$A='x' AND $a='y'", "3:18: $a can't be 'x' and 'y'"},
		{"$A='x' OR $A='y'", ""},
		{"$A='x' AND ($B=1 OR $A='y')", ""},
		{"$A='x' AND ($B=1 AND $A='y')", "$A can't be 'x' and 'y'"},
		{"($A=1 AND $A=2) OR ($B=1 AND $B=2)", "$A can't be 1 and 2"},
		{"($A=1 AND $A=2) OR $B=1", ""},
		{"$Port=443 AND $Port='0443'", ""},
		{"$Port=443 AND $Port='444'", "$Port can't be 443 and '444'"},
		{"$Port=443 AND $Port='https'", "$Port can't be 443 and 'https'"},
		{"$N>10 AND $N<5", "nothing is both $N > 10 and $N < 5"},
		{"$N>10 AND $N<=10", "nothing is both"},
		{"$N>=10 AND $N<=10", ""},
		{"10<$N AND 5>$N", "nothing is both"},
		{"$N>10 AND $N=3", "$N is 3, which contradicts: $N > 10"},
		{"$N=3 AND $N BETWEEN 4 AND 9", "$N is 3, which contradicts"},
		{"$N BETWEEN 9 AND 4", "nothing is both"},
		{"$N NOT BETWEEN 9 AND 4", ""},
		{"$N>-1 AND $N<-2", "nothing is both"},
		{"$A IS NULL AND $A='x'", "$A = 'x' contradicts $A IS NULL"},
		{"$A='x' AND $A IS NULL", "$A = 'x' contradicts $A IS NULL"},
		{"$A IS NULL AND $A IS NOT NULL", "contradicts"},
		{"$A IS NOT NULL AND $A='x'", ""},
		{"$A='x' AND $A<>'x'", "$A can't be 'x' and something else"},
		{"$A='x' AND $A<>'y'", ""},
		{"$A='x' AND $A IN ('y','z')", "$A can't be 'x' and one of the list"},
		{"$A='x' AND $A IN ('x','z')", ""},
		{"$A='x' AND $N>5 AND $A>'b'", ""},
		{"FALSE", "FALSE holds for no event"},
		{"$A='x' AND FALSE", "FALSE holds for no event"},
		{"1=2", "1 = 2 holds for no event"},
		{"1=1", ""},
		{"concat($A,'x')='ax' AND concat($A,'X')='aX'", ""},
		{"$StartTime='2026-01-02T00:00:00Z' AND $EndTime='2026-01-01T00:00:00Z'", "the time ends"},
		{"$StartTime='2026-01-01T00:00:00Z' AND $EndTime='2026-01-02T00:00:00Z'", ""},
		{"$StartTime=@now-1h AND $EndTime=@now-3h", "the time ends (@now-3h) before it begins (@now-1h)"},
		{"$StartTime=@now-3h AND $EndTime=@now-1h", ""},
	}
	for _, test := range tests {
		never(t, "SELECT $A\nFROM X\nWHERE "+test.where, test.want)
	}
	for _, test := range []struct{ query, want string }{
		{"SELECT $A FROM X LIMIT 0", "LIMIT 0 keeps no row"},
		{"SELECT $A FROM X LIMIT 1", ""},
		{"SELECT COUNT(*) FROM X WHERE FALSE", ""},
		{"SELECT COUNT(*) FROM X WHERE FALSE LIMIT 0", "LIMIT 0 keeps no row"},
		{"SELECT $A, COUNT(*) FROM X GROUP BY $A HAVING COUNT(*)<1", "nothing is both count(*) >= 1 (as every group) and count(*) < 1"},
		{"SELECT $A, COUNT(*) FROM X GROUP BY $A HAVING COUNT(*)=0", "count(*) is 0"},
		{"SELECT $A, COUNT(*) AS $N FROM X GROUP BY $A HAVING $N>5 AND $N<3", "nothing is both"},
		{"SELECT $A, COUNT(*) FROM X GROUP BY $A HAVING COUNT(*)>2", ""},
		{"SELECT COUNT(*) FROM X HAVING COUNT(*)=0", ""},
		{"SELECT s.$A FROM (SELECT $A FROM X WHERE FALSE) s", "FALSE holds for no event"},
		{"SELECT $A FROM Y WHERE $A IN (SELECT $A FROM X WHERE FALSE)", ""},
	} {
		never(t, test.query, test.want)
	}
}

func never(t *testing.T, query, want string) {
	t.Helper()
	s, problems := Parse(source.NewText("q", query), workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Errorf("%s: %v", query, problems)
		return
	}
	got := ""
	if f := s.Facts(); f.Never != nil {
		got = f.Never.String()
	}
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s\n got %q\nwant %q", query, got, want)
	}
}
