package exportfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/audit/reconcile"
)

var noon = time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)

// said are records in a line each.
func said(records []reconcile.Record) string {
	var b strings.Builder
	for _, r := range records {
		kind := "task"
		if r.Kind == reconcile.Entry {
			kind = "entry"
		}
		if r.Undoes {
			kind = "undoing " + kind
		}
		fmt.Fprintf(&b, "%s %s %s %s: %d %q", r.Place, kind, r.Target.Type, r.Target.Text, r.State, r.Status)
		if r.Task != "" {
			b.WriteString(" task " + r.Task)
		}
		if r.Idle != "" {
			b.WriteString(" idle: " + r.Idle)
		}
		if !r.Time.IsZero() {
			b.WriteString(" made " + r.Time.Format(time.RFC3339))
		}
		if !r.Expires.IsZero() {
			b.WriteString(" until " + r.Expires.Format(time.RFC3339))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestVendorShapes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a page of v3.0's tasks": {
			`{"items":[{"id":"7","status":"succeeded","action":"block","type":"ip","value":"203.0.113.7"},
{"id":"8","status":"rejected","action":"restoreBlock","type":"fileSha1","value":"aa","error":{"code":"X"}}]}`,
			"x:1, record 1 task ip 203.0.113.7: 1 \"succeeded\" task 7\nx:2, record 2 undoing task file_sha1 aa: 2 \"rejected: {\\\"code\\\":\\\"X\\\"}\" task 8\n",
		},
		"pages behind one another": {
			`{"items":[{"type":"url","url":"http://a.example/"}],"nextLink":"https://x"}` + "\n" + `{"items":[{"type":"domain","domain":"b.example"}]}`,
			"x:1, record 1 entry url http://a.example/: 0 \"\"\nx:2, record 2 entry domain b.example: 0 \"\"\n",
		},
		"v3.0's list": {
			`{"items":[{"type":"senderMailAddress","senderMailAddress":"a@b.example","scanAction":"log","lastModifiedDateTime":"2026-01-30T12:00:00Z","expiredDateTime":"2026-01-31T12:00:00Z"},{"fileSha256":"bb","inExceptionList":true}]}`,
			"x:1, record 1 entry mailbox a@b.example: 0 \"\" idle: it is only logged made 2026-01-30T12:00:00Z until 2026-01-31T12:00:00Z\nx:1, record 2 entry file_sha256 bb: 0 \"\" idle: it is on the Exception List\n",
		},
		"v2.0's list of tasks":  {`{"data":[{"actionId":120,"createdTime":1769774400,"executedTime":null,"taskStatus":"ongoing","error":{}}]}`, "x:1, record 1 task  : 0 \"ongoing\" task 120 made 2026-01-30T12:00:00Z\n"},
		"v2.0's one task":       {`{"data":{"actionId":"120","taskStatus":"skipped","valueType":"file_sha1","targetValue":"cc"}}`, "x:1, record 1 task file_sha1 cc: 2 \"skipped\" task 120\n"},
		"the simulator's state": {`{"suspicious_objects":[{"type":"mailbox","target":"a@b.example","task":"5","enforced":false,"changed":"2026-01-30T12:00:00Z","expires":"never"}],"exceptions":[{"type":"ip","target":"1.2.3.4"}],"tasks":1}`, "x:1, record 1 entry mailbox a@b.example: 0 \"\" task 5 idle: it is not enforced made 2026-01-30T12:00:00Z\n"},
		"lines":                 {"{\"record\":\"export\",\"created\":\"2026-01-30T12:00:00Z\"}\n\n{\"record\":\"task\",\"id\":\"1\",\"type\":\"ip\",\"target\":\"203.0.113.7\",\"status\":\"queued\"}\n", "x:3, record 2 task ip 203.0.113.7: 0 \"queued\" task 1\n"},
		"a console's CSV":       {"Object;Object type;Last updated;Expiration\n203.0.113.7;IP address;2026-01-30 12:00:00Z;Never expire\n\"h\nx\";Domain;;\n'=a@b.example;Sender address;;\n", "x:2, record 1 entry ip 203.0.113.7: 0 \"\" made 2026-01-30T12:00:00Z\nx:3, record 2 entry domain h\nx: 0 \"\"\nx:5, record 3 entry mailbox =a@b.example: 0 \"\"\n"},
		"without types":         {"target\n203.0.113.7\nhttp://a.example/\na@b.example\n" + strings.Repeat("a", 40) + "\n" + strings.Repeat("a", 64) + "\n" + strings.Repeat("a", 32) + "\nb.example\n", "x:2, record 1 entry ip 203.0.113.7: 0 \"\"\nx:3, record 2 entry url http://a.example/: 0 \"\"\nx:4, record 3 entry mailbox a@b.example: 0 \"\"\nx:5, record 4 entry file_sha1 " + strings.Repeat("a", 40) + ": 0 \"\"\nx:6, record 5 entry file_sha256 " + strings.Repeat("a", 64) + ": 0 \"\"\nx:7, record 6 entry file_md5 " + strings.Repeat("a", 32) + ": 0 \"\"\nx:8, record 7 entry domain b.example: 0 \"\"\n"},
		"an endpoint":           {"\ufeff" + `[{"id":"1","action":"isolate","status":"queued","agentGuid":"g"}]`, "x:1, record 1 task endpoint g: 0 \"queued\" task 1\n"},
		"nothing":               {"[]", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Vendor("in/x", []byte(test.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, said(got.Records)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestVendorSaysWhatItLeavesOut tells of a list, of a page that lacks, and of
// tasks of other kinds.
func TestVendorSaysWhatItLeavesOut(t *testing.T) {
	for text, want := range map[string]VendorExport{
		`{"items":[{"id":"1","action":"collectFile","status":"queued"},{"id":"2","action":"collectFile","status":"queued"}]}`: {Other: map[string]int{"collectFile": 2}},
		`{"items":[],"nextLink":"https://x"}`:                          {Cut: true},
		`{"items":[],"nextLink":"https://x"}{"items":[]}`:              {},
		`{"suspicious_objects":[]}`:                                    {Listed: true},
		`{"record":"export","created":"2026-01-30T12:00:00Z"}`:         {Listed: true},
		"record,id,type,target,created\nexport,,,,2026-01-30T12:00Z\n": {Listed: true},
	} {
		if want.Other == nil {
			want.Other = map[string]int{}
		}
		got, err := Vendor("x", []byte(text), nil)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestVendorMistakes(t *testing.T) {
	deep := strings.Repeat("[", 8) + strings.Repeat("]", 8)
	for text, want := range map[string]string{
		"":                                   "in/x:1:1: the file is empty",
		" \n\t":                              "the file is empty",
		"\x1f\x8b":                           "the file is packed",
		"target\n\x00\n":                     "no text",
		"target\na\xff\n":                    "in/x:2:2: a byte that is not UTF-8",
		`{"items":[{"id":"1"`:                "in/x:1:20: the JSON ends too early",
		"{\"id\":1}\n{\"id\":}\n":            "in/x:2:7: broken JSON",
		`[{"colour":"red","size":1}]`:        "in/x:1:2: record 1: it names no target; its fields are colour, size\n    known are type and value (tasks of Trend Micro's v3.0), valueType",
		`[{"type":"planet","value":"mars"}]`: "record 1: \"planet\" is no known type of target\n    known types: domain, endpoint, file_md5, file_sha1, file_sha256, ip, mailbox, url",
		`["203.0.113.7"]`:                    "in/x:1:2: a record that is no object: \"203.0.113.7\"",
		deep:                                 "lists in lists",
		`[{"type":"ip","ip":"1.2.3.4","lastModifiedDateTime":"soon"}]`:             "record 1: \"soon\" is no time",
		`[{"type":"ip","ip":"1.2.3.4","lastModifiedDateTime":"2026-01-30 12:00"}]`: "the time \"2026-01-30 12:00\" names no zone\n    name it with --tz",
		`[{"type":"ip","ip":"1.2.3.4","expiredDateTime":"2026"}]`:                  "\"2026\" is no time",
		"target,type\n203.0.113.7\n":                                               "in/x:2:1: 1 fields, and the header has 2",
		"target,\n203.0.113.7,\n":                                                  "in/x:1:8: column 2 has no name",
		"target\n\"203.0.113.7\n":                                                  "broken CSV",
		"just some words\nand no export\n":                                         "record 1: it names no target; its fields are justsomewords",
		`[{"value":"` + strings.Repeat("a", MaxRecord) + `"}]`:                     "in/x:1:2: a record of 1048588 bytes; the most is 1048576",
		"{" + strings.Repeat(`"a":1,`, MaxFields) + `"target":"a"}`:                "",
		strings.Repeat("a,", MaxFields) + "target\n":                               "1001 columns; the most is 1000",
		strings.Repeat("[{}]", 30):                                                 "and 10 more mistakes",
	} {
		_, err := Vendor("in/x", []byte(text), nil)
		if want == "" {
			if err != nil {
				t.Errorf("%.60q: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: want %s\ngot %v", text, want, err)
		}
	}
}

// TestTooManyRecords stops at the bound.
func TestTooManyRecords(t *testing.T) {
	f := &file{path: "x", text: []byte("target\n203.0.113.7\n"), objects: make([]object, MaxRecords)}
	f.readCSV()
	if err := f.err(); len(f.objects) != MaxRecords || err == nil || !strings.Contains(err.Error(), fmt.Sprintf("x:2:1: more than %d records", MaxRecords)) {
		t.Errorf("%d records, %v", len(f.objects), err)
	}
}

// TestOpenBoundsTheFile refuses a file that is too large before it is held.
func TestOpenBoundsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.json")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(MaxFile+1), file.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "more than 128 MiB") {
		t.Error(err)
	}
}
