package simulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// In this process a delay is what Pause makes of it, and ends with the context.
func TestDelaysInThisProcess(t *testing.T) {
	transport := NewTransport(New(), faulty(t, "1:latency=7s,1:slow-loris=3s,2:latency=1h"))
	var waits []time.Duration
	transport.Pause = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}
	client := &http.Client{Transport: transport}
	answer, err := sendBy(t, client, "POST", "https://hooks.chat.example/x", "hello")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || string(text) != "ok" || len(waits) < 3 || waits[0] != 7*time.Second || waits[1] != 3*time.Second {
		t.Errorf("%s %v after %v", text, err, waits)
	}
	transport.Pause = nil
	ctx, cancel := context.WithCancel(t.Context())
	transport.Report = func(Arrival) { cancel() }
	r, err := http.NewRequestWithContext(ctx, "POST", "https://hooks.chat.example/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := transport.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("held back until %v %v", answer, err)
	}
}
