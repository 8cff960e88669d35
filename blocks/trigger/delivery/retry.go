package delivery

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// firstWait is the wait before a second try; each further one is twice as long.
const firstWait = time.Second

// retries counts the tries of one request and the waits between them.
type retries struct {
	tries   int
	longest time.Duration
	grow    *backoff.ExponentialBackOff
}

func (p Policy) retries() *retries {
	longest := cmp.Or(p.MaxWait, DefaultMaxWait)
	return &retries{
		tries: max(cmp.Or(p.Tries, DefaultTries), 1), longest: longest,
		// One sender waits, so there is no crowd for chance to spread.
		grow: &backoff.ExponentialBackOff{InitialInterval: min(firstWait, longest), Multiplier: 2, MaxInterval: longest},
	}
}

// wait is the time until the next try: what the vendor asks for, else a growing
// one, and never more than the longest.
func (r *retries) wait(a *Answer, now time.Time) time.Duration {
	d := r.grow.NextBackOff()
	if a != nil {
		if asked, ok := retryAfter(a.Headers, now); ok {
			d = asked
		}
	}
	return min(d, r.longest)
}

// retryAfter reads the header Retry-After: whole seconds, or a date, which
// counts from the vendor's own clock where the answer carries it (RFC 9110,
// 10.2.3).
func retryAfter(headers http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(headers.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			seconds = 1<<31 - 1 // more than a number holds: the ceiling decides
		}
		return time.Duration(seconds) * time.Second, true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(headers.Get("Date")); err == nil {
		now = date
	}
	return max(until.Sub(now), 0), true
}
