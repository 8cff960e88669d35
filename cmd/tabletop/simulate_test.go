package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestSimulateFromStartToEnd plays the vendor as a user does: the address comes
// first, each request is told and logged, and Ctrl-C is the end.
func TestSimulateFromStartToEnd(t *testing.T) {
	log := filepath.Join(t.TempDir(), "requests.ndjson")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	reader, writer := io.Pipe()
	var said bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"simulate", "--log", log, "--fault", "2:reset-after", "--except", "203.0.113.8", "--rate", "3", "--capacity", "1"}, strings.NewReader(""), writer, &said)
		writer.Close()
	}()
	first, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil || !strings.HasPrefix(first, "http://127.0.0.1:") {
		t.Fatalf("the first line is %q (%v)", first, err)
	}
	url := strings.TrimSpace(first) + "/v2.0/xdr/response/block"
	for n, want := range []string{"200 OK", "reset", "200 OK", "429 Too Many Requests"} {
		body := `{"valueType":"ip","targetValue":"203.0.113.` + string(rune('7'+n)) + `"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token-of-the-test")
		got := ""
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			got = err.Error()
		} else {
			answer.Body.Close()
			got = answer.Status
		}
		if !strings.Contains(got, want) {
			t.Errorf("request %d: %s, want %s", n+1, got, want)
		}
	}
	interrupt()
	if code := <-ended; code != exitDone {
		t.Errorf("exit %d", code)
	}
	told := strings.Join(strings.Fields(said.String()), " ")
	for _, want := range []string{
		"1 POST /v2.0/xdr/response/block ip 203.0.113.7: 200, blocked, task 00000120",
		"2 POST /v2.0/xdr/response/block ip 203.0.113.8: no answer (fault: reset-after), blocked, task 00000121, not enforced: an exception, 203.0.113.7 dropped: the list is full",
		"4 POST /v2.0/xdr/response/block: 429, Too many requests",
		"4 requests, 3 taken, 1 with a fault",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s\n%s", want, told)
		}
	}
	for _, line := range strings.Split(said.String(), "\n") {
		if utf8.RuneCountInString(line) > narrow {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	logged(t, log)
}

func logged(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 4 || strings.Contains(string(text), "token-of-the-test") {
		t.Errorf("the log: %s", text)
	}
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["authorization_sha256"] == "" || fields["body"] == "" {
			t.Errorf("%s (%v)", line, err)
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"this machine alone":           {"--listen", "0.0.0.0:0"},
		"write HOST:PORT":              {"--listen", "8080"},
		"did you mean reset-after?":    {"--fault", "3:reset-aftr"},
		"--fault:1:7: \"x\"":           {"--fault", "1:429,x:429"},
		"--rate -1: write 0 or more":   {"--rate", "-1"},
		"--capacity 0: write 1 to":     {"--capacity", "0"},
		"--task-time 2h0m0s: write a":  {"--task-time", "2h"},
		"open the log of requests":     {"--log", filepath.Join("gone", "x.ndjson")},
		"no address, URL, domain":      {"--except", "10.0.0.0/8"},
		"simulate takes no arguments":  {"now"},
		"did you mean --fault?":        {"--fautl", "x"},
		"takes no value":               {"--fault", "reset-after=2"},
		"lacks its value: write statu": {"--fault", "status"},
	} {
		code, _, said := tabletop(t, append([]string{"simulate"}, args...)...)
		if code != exitNothingRan || !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("%q: exit %d, want %s\n%s", args, code, want, said)
		}
	}
}
