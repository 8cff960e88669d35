package simulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkServer sends one request after the other over one connection, with
// and without a log that is synced each time.
func BenchmarkServer(b *testing.B) {
	for _, name := range []string{"without a log", "with a log"} {
		b.Run(name, func(b *testing.B) {
			o := Options{Vendor: New()}
			if name == "with a log" {
				file, err := os.Create(filepath.Join(b.TempDir(), "requests.ndjson"))
				if err != nil {
					b.Fatal(err)
				}
				defer file.Close()
				o.Log = file
			}
			s, err := Listen(b.Context(), "127.0.0.1:0", o)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(ctx) }()
			n := 0
			for b.Loop() {
				n++
				r, err := http.NewRequestWithContext(b.Context(), "POST", s.URL()+pathBlock, strings.NewReader(body("ip", fmt.Sprintf("203.%d.%d.%d", n>>16&255, n>>8&255, n&255))))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer x")
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			cancel()
			if err := <-ended; err != nil {
				b.Error(err)
			}
		})
	}
}
