package main

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// endpoints are the addresses that --endpoint names, FROM to TO: where a
// configuration would send, and the simulator on this machine that gets it
// instead. Both are scheme://host[:port].
type endpoints map[string]string

// parseEndpoints reads the values of --endpoint.
func parseEndpoints(values []string) (endpoints, error) {
	e := endpoints{}
	for _, value := range values {
		from, to, found := strings.Cut(value, "=")
		fail := func(what string) (endpoints, error) {
			return nil, nothingRan(fmt.Errorf("--endpoint %s: %s: write it as https://api.example.com=http://127.0.0.1:8080", value, what))
		}
		if !found {
			return fail("no = in it")
		}
		from, ok := origin(from)
		if !ok {
			return fail("the part before = is no http or https address without a path")
		}
		to, ok = origin(to)
		if !ok {
			return fail("the part after = is no http or https address without a path")
		}
		if !loopback(to) {
			return fail("the part after = is not on this machine; only 127.0.0.1, [::1] and their like are taken")
		}
		e[from] = to
	}
	return e, nil
}

// origin reads an address of scheme, host and port and writes it in one form.
func origin(text string) (string, bool) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), true
}

// loopback reports whether an origin is an address of this machine. Names are
// not taken: what they stand for is another file's to say.
func loopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return err == nil && address.Unmap().IsLoopback()
}

// String writes the endpoints as the audit keeps them.
func (e endpoints) String() string {
	var out []string
	for _, from := range slices.Sorted(maps.Keys(e)) {
		out = append(out, from+"="+e[from])
	}
	return strings.Join(out, " ")
}
