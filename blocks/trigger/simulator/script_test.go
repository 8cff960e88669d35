package simulator

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"tabletop/workbook/source"
)

func TestScriptAnswers(t *testing.T) {
	text := func(value string) source.Text { return source.NewText("test", value) }
	s, problems := NewScript(New(), []Line{
		{Requests: text("1"), Fault: text("429-retry-after=7")},
		{Requests: text("2"), Timeout: true},
		{Requests: text("3-4"), Status: 207, Body: `{"a":1}`, Headers: map[string]string{"x-id": "9"}},
		{Requests: text("5"), Fault: text("latency=1h")},
		{Requests: text("every=6"), Fault: text("reset-after")},
		{Requests: text("1-6"), Status: 500},
	})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for n, want := range map[int]string{1: "429", 2: "timeout", 3: "207", 4: "207", 5: "202", 6: "reset", 7: "202"} {
		s.count = n - 1
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.xdr.trendmicro.com/v2.0/xdr/response/block", strings.NewReader(`{"valueType":"ip","targetValue":"203.0.113.7","productId":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer x")
		answer, err := s.RoundTrip(r)
		switch want {
		case "timeout":
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("request %d: %v", n, err)
			}
			continue
		case "reset":
			if err == nil || !strings.Contains(err.Error(), "reset") {
				t.Errorf("request %d: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case n == 1 && (answer.StatusCode != 429 || answer.Header.Get("Retry-After") != "7"),
			want == "207" && (answer.StatusCode != 207 || string(body) != `{"a":1}` || answer.Header.Get("X-Id") != "9"),
			want == "202" && answer.StatusCode/100 != 2:
			t.Errorf("request %d: %d %v %s", n, answer.StatusCode, answer.Header, body)
		}
	}
}

func TestScriptMistakes(t *testing.T) {
	_, problems := NewScript(New(), []Line{
		{Requests: source.NewText("a", "0"), Fault: source.NewText("b", "430")},
		{Requests: source.NewText("c", "4-1"), Status: 200},
	})
	if len(problems) != 3 || problems[0].File != "a" || problems[1].File != "b" || problems[2].File != "c" {
		t.Error(problems)
	}
}
