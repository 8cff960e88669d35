package exportfile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

func TestSignalShapes(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	rdp := Signal{Place: "x:1, record 1", Name: "rdp 10.0.0.1", Workbook: "RDP", Fields: map[string]string{"targethost": "10.0.0.1", "suspecthost": "203.0.113.7"}, First: noon}
	line := func(n int, s Signal) Signal {
		s.Place = strings.Replace(s.Place, "x:1", "x:"+string(rune('0'+n)), 1)
		return s
	}
	tests := map[string]struct {
		text string
		zone *time.Location
		want Signal
	}{
		"a search's answer": {`{"fields_list":["$DetectionName"],"result":[{"$DetectionName":"rdp 10.0.0.1","$TargetHost":"10.0.0.1","$SuspectHost":"203.0.113.7","$SuspectUser":null,"$Workbook":"RDP","$FirstSeen":1769774400000}],"source_stream":"SIGNALS","status":"success"}`, nil, rdp},
		"an object a line":  {`{"DetectionName":"rdp 10.0.0.1","TargetHost":"10.0.0.1","SuspectHost":"203.0.113.7","SuspectUser":"","Workbook":"RDP","CNAMTime":"1769774400000"}`, nil, rdp},
		"the grid":          {"$DetectionName,$TargetHost,$SuspectHost,$SuspectUser,$Workbook,$FirstSeen\nrdp 10.0.0.1,10.0.0.1,203.0.113.7,-,RDP,\"30 Jan 2026, 5:30 PM\"\n", kolkata, line(2, rdp)},
		"a zone beside it":  {"$DetectionName,$TargetHost,$SuspectHost,$SuspectUser,$Workbook,$FirstSeen,$CNAMTime\nrdp 10.0.0.1,10.0.0.1,203.0.113.7,None,RDP,\"30 Jan 2026, 5:30 PM\",1769774400000\n", nil, line(2, rdp)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Signals("in/x", []byte(test.text), test.zone)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Signal{test.want}, got.Signals); diff != "" {
				t.Error(diff)
			}
			if !got.Has["suspectuser"] || got.Has["targetport"] {
				t.Errorf("columns: %v", got.Has)
			}
		})
	}
}

func TestSignalMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`[{"$TargetHost":"10.0.0.1"}]`:                                      "record 1: it names no signal",
		"$DetectionName,$FirstSeen\nrdp,\"30 Jan 2026, 5:30 PM\"\n":         "names no zone\n    name it with --tz",
		`{"$DetectionName":"rdp","$FirstSeen":"yesterday at some time"}`:    "is no time",
		`{"$DetectionName":"rdp","$FirstSeen":1769774400}` + "\n" + `{"a":`: "x:2:",
	} {
		if _, err := Signals("x", []byte(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %s, got %v", text, want, err)
		}
	}
}

// TestEqualUuidsAreOneSignal counts a signal that an export repeats once.
func TestEqualUuidsAreOneSignal(t *testing.T) {
	got, err := Signals("x", []byte("$DetectionName,$Uuid\nrdp,1\nrdp,1\nrdp,2\n"), nil)
	if err != nil || len(got.Signals) != 2 || got.Repeated != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestSignalsCompareByTheColumnsThereAre leaves out of the key what an export
// leaves out.
func TestSignalsCompareByTheColumnsThereAre(t *testing.T) {
	parties := Parties(workbook.Signal{Target: map[string]string{"host": "10.0.0.1"}, Suspect: map[string]string{"host": " 203.0.113.7 ", "user": "-"}})
	if diff := cmp.Diff(map[string]string{"targethost": "10.0.0.1", "suspecthost": "203.0.113.7"}, parties); diff != "" {
		t.Error(diff)
	}
	target, err := Signals("x", []byte("$DetectionName,$TargetHost\nrdp,10.0.0.1\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	both, err := Signals("x", []byte("$DetectionName,$TargetHost,$SuspectHost\nrdp,10.0.0.1,203.0.113.8\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	same := func(e SignalExport) bool { return e.Key("rdp", parties) == e.Key("rdp", e.Signals[0].Fields) }
	if !same(target) || same(both) || !same(Merge([]SignalExport{target, both})) {
		t.Errorf("%v %v %v", same(target), same(both), same(Merge([]SignalExport{target, both})))
	}
}
