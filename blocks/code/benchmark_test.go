package code

import (
	"context"
	"fmt"
	"testing"

	"tabletop/workbook"
)

// manyRows are 100,000 rows of a URL and a port.
func manyRows() workbook.Table {
	t := workbook.Table{Columns: []string{"$URL", "$DstPort", "$Action"}}
	for i := range 100_000 {
		v := []workbook.Value{fmt.Sprintf("http://host%d.example/path?q=%d", i%977, i), fmt.Sprint(i % 65536), "BLOCKED"}
		t.Rows = append(t.Rows, workbook.Row{Values: v})
	}
	return t
}

func benchmark(b *testing.B, code string) {
	step, p := prepared(b, code, "", "$URL", "$DstPort", "$Action")
	if len(p.Problems()) > 0 {
		b.Fatal(p.Problems())
	}
	in := manyRows()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := step.Run(context.Background(), in, environment()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExpression(b *testing.B) {
	benchmark(b, "$Domain = host($URL)\nwhere $Domain != nil and $DstPort > 1024\n$Label = $Action + ':' + $DstPort")
}

func BenchmarkPython(b *testing.B) { benchmark(b, published) }
