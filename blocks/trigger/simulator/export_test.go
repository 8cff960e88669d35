package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/stores/tablefile"
)

// TestExportSaysWhatTheVendorHolds blocks, takes back and blocks an exception, and
// reads all of it in the export, which moves no task on.
func TestExportSaysWhatTheVendorHolds(t *testing.T) {
	v := New()
	v.Capacity = 1
	if err := v.Except("a.example"); err != nil {
		t.Fatal(err)
	}
	for _, sent := range []struct{ path, kind, target string }{
		{pathBlock, "ip", "203.0.113.7"},
		{pathRestore, "ip", "203.0.113.7"},
		{pathBlock, "ip", "203.0.113.8"},
		{pathBlock, "ip", "203.0.113.9"},
		{pathBlock, "domain", "A.example"},
		{pathBlock, "mailbox", "=a@b.example"},
	} {
		body := `{"valueType":"` + sent.kind + `","targetValue":"` + sent.target + `"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.xdr.trendmicro.com"+sent.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		answer, err := v.RoundTrip(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", body, answer, err)
		}
	}
	const at = "2026-01-01T00:00:00Z"
	want := []string{
		"record,id,task,action,status,type,target,created,changed,expires,enforced,description",
		"export,,,,,,," + at + ",,,,",
		"task,00000120,,block,queued,ip,203.0.113.7," + at + ",,,,",
		"task,00000121,,restoreBlock,queued,ip,203.0.113.7," + at + ",,,,",
		"task,00000122,,block,queued,ip,203.0.113.8," + at + ",,,,",
		"task,00000123,,block,queued,ip,203.0.113.9," + at + ",,,,",
		"task,00000124,,block,queued,domain,a.example," + at + ",,,,",
		"task,00000125,,block,queued,mailbox,'=a@b.example," + at + ",,,,",
		"suspicious_object,,00000123,,,ip,203.0.113.9,," + at + ",never,true,",
		"suspicious_object,,00000124,,,domain,a.example,," + at + ",never,false,",
		"suspicious_object,,00000125,,,mailbox,'=a@b.example,," + at + ",never,true,",
	}
	for range 3 {
		var text strings.Builder
		if err := v.WriteExport(&text, tablefile.CSV); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(text.String()), "\n")); diff != "" {
			t.Fatal(diff)
		}
	}
	if err := v.WriteExport(&strings.Builder{}, tablefile.XLSX); err == nil {
		t.Error("an export as XLSX")
	}
}
