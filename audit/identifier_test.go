package audit

import (
	"strings"
	"testing"
)

func TestParseID(t *testing.T) {
	for text, want := range map[string]ID{
		"7":             {Run: 7},
		" 7 ":           {Run: 7},
		"07":            {Run: 7},
		"7/3":           {Run: 7, Block: 3},
		"7/3/12":        {Run: 7, Block: 3, Row: 12},
		"7/a2":          {Run: 7, Action: 2},
		"7/s1":          {Run: 7, Signal: 1},
		"#41":           {Entry: 41},
		"10.0.0.5":      {Value: "10.0.0.5"},
		"10.0.0.0/8":    {Value: "10.0.0.0/8"},
		"7/3/12/1":      {Value: "7/3/12/1"},
		"7/A2":          {Value: "7/A2"},
		"7/":            {Value: "7/"},
		"-7":            {Value: "-7"},
		"#":             {Value: "#"},
		"evil.example":  {Value: "evil.example"},
		"  a  ":         {Value: "  a  "},
		"7/a2\nevil":    {Value: "7/a2\nevil"},
		"٧":             {Value: "٧"},
		"https://7/a/2": {Value: "https://7/a/2"},
	} {
		got, err := ParseID(text, false)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
		forced, err := ParseID(text, true)
		if err != nil || forced != (ID{Value: text}) {
			t.Errorf("%q as a value is %+v, %v", text, forced, err)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", " ": "empty",
		"0": "count from 1", "7/0": "count from 1", "7/a0": "count from 1", "7/3/0": "count from 1", "#0": "count from 1",
		"99999999999999999999": "--value", "7/99999999999": "--value",
	} {
		id, err := ParseID(text, false)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %+v, %v; want an error with %q", text, id, err, want)
		}
	}
	if _, err := ParseID("", true); err == nil {
		t.Error("an empty text was taken for a value")
	}
}

// What is written of an identifier reads as the same one.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"7", "7/3", "7/3/12", "7/a2", "7/s1", "#41", "10.0.0.5", "0", " 7/a2\t", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text, false)
		if err != nil {
			return
		}
		again, err := ParseID(id.String(), id.Value != "")
		if err != nil || again != id {
			t.Errorf("%q is %+v, written %q and read as %+v, %v", text, id, id.String(), again, err)
		}
	})
}
