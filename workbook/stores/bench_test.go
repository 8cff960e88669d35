package stores

import (
	"context"
	"fmt"
	"testing"

	"tabletop/workbook"
)

func hundredThousand() workbook.Table {
	t := workbook.Table{Columns: []string{"$SrcIP", "$Host", "$User", "$Count(1)", "$Note"}}
	for i := range 100_000 {
		t.Rows = append(t.Rows, workbook.Row{Values: []workbook.Value{
			fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), fmt.Sprintf("host-%d.example.org", i), "user", int64(i), nil,
		}})
	}
	return t
}

// BenchmarkKeep writes 100,000 rows and commits them.
func BenchmarkKeep(b *testing.B) {
	rows := hundredThousand()
	for b.Loop() {
		keep(b, open(b), "assets", StackReplace, "", rows)
	}
}

// BenchmarkReplaceKeys replaces a hundred rows of 100,000.
func BenchmarkReplaceKeys(b *testing.B) {
	s := open(b)
	rows := hundredThousand()
	keep(b, s, "assets", StackReplace, "", rows)
	rows.Rows = rows.Rows[:100]
	for b.Loop() {
		keep(b, s, "assets", KeyReplace, "$SrcIP", rows)
	}
}

// BenchmarkRows reads 100,000 rows, as a lookup does.
func BenchmarkRows(b *testing.B) {
	s := open(b)
	keep(b, s, "assets", StackReplace, "", hundredThousand())
	for b.Loop() {
		if _, err := s.Rows(context.Background(), "assets", 0); err != nil {
			b.Fatal(err)
		}
	}
}
