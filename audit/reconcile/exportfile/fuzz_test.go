package exportfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/audit/reconcile"
)

// FuzzVendor reads any bytes: what comes out is whole, or a mistake is told.
func FuzzVendor(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":"7","status":"succeeded","action":"block","type":"ip","value":"203.0.113.7","createdDateTime":"2026-01-30T12:00:00Z"}],"nextLink":"x"}`,
		`{"data":[{"actionId":120,"createdTime":1769774400,"taskStatus":"ongoing","error":{}}]}`, `{"data":{"data":{"data":[[[]]]}}}`,
		"{\"record\":\"export\"}\n{\"record\":\"task\",\"id\":\"1\",\"type\":\"ip\",\"target\":\"203.0.113.7\"}",
		"Object;Type;Expiration\n203.0.113.7;IP address;Never expire\n", "target\n\"'=cmd\x1b[31m\n", "\ufeff[]", "[{}]", "{}", `{"items":[1,null,"x"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Vendor("x", text, time.UTC)
		for _, r := range got.Records {
			if r.Place == "" || r.Target.Text == "" && r.Task == "" || (r.Target.Text == "") != (r.Target.Type == "") || r.Kind == reconcile.Entry && r.Undoes {
				t.Errorf("a record that is not whole: %+v", r)
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("a mistake without words")
		}
		again, _ := Vendor("x", text, time.UTC)
		if diff := cmp.Diff(got, again); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzSignals reads any bytes as signals.
func FuzzSignals(f *testing.F) {
	for _, seed := range []string{
		`{"fields_list":["$DetectionName"],"result":[{"$DetectionName":"rdp","$TargetHost":"10.0.0.1","$FirstSeen":1769774400000}]}`,
		"$DetectionName,$FirstSeen\nrdp,\"30 Jan 2026, 5:30 PM\"\n", `{"$DetectionName":"rdp","$Uuid":"1"}` + "\n" + `{"$DetectionName":"rdp","$Uuid":"1"}`, "[]", "a\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Signals("x", text, time.UTC)
		for _, s := range got.Signals {
			if s.Name == "" || s.Place == "" {
				t.Errorf("a signal that is not whole: %+v", s)
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("a mistake without words")
		}
	})
}

// TestEveryFormSaysTheSame writes records as a list, as lines, as pages and as CSV,
// and reads the same from each.
func TestEveryFormSaysTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		columns := []string{"id", "status", "action", "type", "value", "createdDateTime", "lastModifiedDateTime", "expiredDateTime", "scanAction"}
		choices := map[string][]string{
			"id": {"", "1", "2"}, "status": {"", "queued", "succeeded", "failed"}, "action": {"", "block", "restoreBlock", "collectFile"},
			"type": {"", "ip", "domain"}, "value": {"203.0.113.7", "a.example", "=cmd", "-x", "a, b\n\"c\""}, "createdDateTime": {"", "2026-01-30T12:00:00Z"},
			"lastModifiedDateTime": {"", "2026-01-30T12:00:00Z"}, "expiredDateTime": {"", "2026-02-01T12:00:00Z", "never"}, "scanAction": {"", "log"},
		}
		var rows []map[string]string
		for range rapid.IntRange(1, 5).Draw(rt, "records") {
			row := map[string]string{}
			for _, c := range columns {
				row[c] = rapid.SampledFrom(choices[c]).Draw(rt, c)
			}
			rows = append(rows, row)
		}
		read := func(text []byte) string {
			got, err := Vendor("x", text, nil)
			if err != nil {
				rt.Fatalf("%s\n%s", err, text)
			}
			for i := range got.Records {
				_, got.Records[i].Place, _ = strings.Cut(got.Records[i].Place, ", ")
			}
			return said(got.Records)
		}
		list, err := json.Marshal(rows)
		if err != nil {
			rt.Fatal(err)
		}
		want := read(list)
		var lines, pages, table bytes.Buffer
		w := csv.NewWriter(&table)
		record := columns
		for i := 0; ; i++ {
			if err := w.Write(record); err != nil {
				rt.Fatal(err)
			}
			if i == len(rows) {
				break
			}
			line, err := json.Marshal(rows[i])
			if err != nil {
				rt.Fatal(err)
			}
			lines.Write(append(line, '\n'))
			pages.WriteString(`{"items":[` + string(line) + `],"nextLink":"x"} `)
			record = make([]string, len(columns))
			for c, name := range columns {
				record[c] = quotedFormula(rows[i][name])
			}
		}
		w.Flush()
		for form, text := range map[string][]byte{"lines": lines.Bytes(), "pages": pages.Bytes(), "CSV": table.Bytes()} {
			if diff := cmp.Diff(want, read(text)); diff != "" {
				rt.Fatalf("%s: %s\n%s", form, diff, text)
			}
		}
	})
}

// quotedFormula is a cell as a spreadsheet takes it for text.
func quotedFormula(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@") {
		return "'" + text
	}
	return text
}
