package main

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/blocks/trigger/delivery"
)

// endpoints are those that --endpoint names: hosts whose requests a simulator on
// this machine gets instead.
type endpoints []delivery.Endpoint

const endpointUsage = "send to a simulator on this machine, as FROM=TO; may be repeated"

// parseEndpoints reads the values of --endpoint.
func parseEndpoints(values []string) (endpoints, error) {
	var e endpoints
	for _, value := range values {
		one, err := delivery.ParseEndpoint(value)
		if err != nil {
			return nil, nothingRan(fmt.Errorf("--endpoint: %w", err))
		}
		e = append(e, one)
	}
	return e, nil
}

// take reports whether one of the endpoints gets what is sent to an address.
func (e endpoints) take(address string) bool {
	return slices.ContainsFunc(e, func(one delivery.Endpoint) bool { return one.Takes(address) })
}

// String writes the endpoints as the audit keeps them; "" for none.
func (e endpoints) String() string {
	var out []string
	for _, one := range e {
		out = append(out, one.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
