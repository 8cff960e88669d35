package events

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

func TestParseTime(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	tests := []struct {
		in    workbook.Value
		zone  *time.Location
		want  string
		local bool
	}{
		{int64(1767225600), nil, "2026-01-01T00:00:00Z", false},
		{int64(1767225600123), nil, "2026-01-01T00:00:00.123Z", false},
		{int64(1767225600123456), nil, "2026-01-01T00:00:00.123456Z", false},
		{int64(1767225600123456789), nil, "2026-01-01T00:00:00.123456789Z", false},
		{"1767225600123", nil, "2026-01-01T00:00:00.123Z", false},
		{1258535653.087137, nil, "2009-11-18T09:14:13.087137Z", false},
		{"1258535653.087137", nil, "2009-11-18T09:14:13.087137Z", false},
		{"2026-01-01T05:30:00+05:30", nil, "2026-01-01T00:00:00Z", false},
		{"2026-01-01 00:00:00.5Z", nil, "2026-01-01T00:00:00.5Z", false},
		{"27 May 2021, 3:44 PM", nil, "2021-05-27T15:44:00Z", true},
		{"27 May 2021, 3:44 PM", kolkata, "2021-05-27T10:14:00Z", false},
		{"2026-01-01T05:30:00", kolkata, "2026-01-01T00:00:00Z", false},
		{"27 May 2021, 3:44 pm", kolkata, "2021-05-27T10:14:00Z", false},
		{"2021-05-27t15:44:00z", nil, "2021-05-27T15:44:00Z", false},
		{"2021-05-27 15:44:00 UTC", nil, "2021-05-27T15:44:00Z", false},
		{int64(20210527), nil, "", false},
		{"202105271544", nil, "", false}, // dates, not epochs
		{"2026-01-01", nil, "", false},   // a bare date is no time of day
		{"yesterday", nil, "", false},
		{"", nil, "", false},
		{nil, nil, "", false},
		{int64(0), nil, "", false},
		{int64(-5), nil, "", false},
	}
	for _, test := range tests {
		got, local, err := ParseTime(test.in, test.zone)
		text := ""
		if err == nil {
			text = got.Format(time.RFC3339Nano)
		}
		if text != test.want || local != test.local {
			t.Errorf("%v: got %s %v, want %s %v", test.in, text, local, test.want, test.local)
		}
	}
}

func TestTimeWithoutZoneStopsAndAsks(t *testing.T) {
	set := folder(t, map[string]string{"A.csv": "a,CNAMTime\n1,\"27 May 2021, 3:44 PM\"\n"}, Options{})
	_, err := set.Survey(context.Background())
	var zone *ZoneError
	if !errors.As(err, &zone) || zone.Position.Line != 2 || !strings.Contains(err.Error(), "--tz Asia/Kolkata") {
		t.Error(err)
	}
	kolkata := time.FixedZone("IST", 5*3600+1800)
	set = folder(t, map[string]string{"A.csv": "a,CNAMTime\n1,\"27 May 2021, 3:44 PM\"\n"}, Options{Zone: kolkata})
	survey, err := set.Survey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if at, _ := survey.Newest(nil); at.Format(time.RFC3339) != "2021-05-27T10:14:00Z" {
		t.Error(at)
	}
}

func TestMinuteGivesNoZoneFarAway(t *testing.T) {
	set := folder(t, map[string]string{"A.ndjson": `{"$SystemTstamp":"2026-01-03 10:00:00","$Xminute":"202601080800"}`}, Options{})
	var zone *ZoneError
	if _, err := set.Survey(context.Background()); !errors.As(err, &zone) {
		t.Error(err)
	}
}

func TestParseDuration(t *testing.T) {
	tests := []struct {
		in   string
		want time.Duration
	}{
		{"7d", 7 * 24 * time.Hour},
		{"15m", 15 * time.Minute},
		{"1M", 30 * 24 * time.Hour},
		{"2w", 14 * 24 * time.Hour},
		{"90s", 90 * time.Second},
		{"", 0},
		{"d", 0},
		{"7", 0},
		{"0d", 0},
		{"-1d", 0},
		{"1.5h", 0},
		{"9999999d", 0},
		{"7D", 0},
	}
	for _, test := range tests {
		got, err := ParseDuration(test.in)
		if got != test.want || (err != nil) != (test.want == 0) {
			t.Errorf("%q: got %v %v, want %v", test.in, got, err, test.want)
		}
	}
}

// TestTreeHash compares with the tree written down from RFC 6962, section 2.1.
func TestTreeHash(t *testing.T) {
	for _, size := range []int{0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3*chunkBytes + 5, 5 * chunkBytes} {
		text := make([]byte, size)
		for i := range text {
			text[i] = byte(i * 7)
		}
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, read, err := hashFile(t.Context(), path, int64(size), nil)
		if want := plainRoot(text); err != nil || got != want || read != int64(size) {
			t.Errorf("%d bytes: got %s (%v), want %s", size, got, err, want)
		}
	}
}
