package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
)

// endpoints are those that --endpoint names: hosts whose requests a simulator on
// this machine gets instead.
type endpoints []delivery.Endpoint

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

// of is the endpoint that gets what is sent to an address, as the audit keeps
// it; "" for none.
func (e endpoints) of(address string) string {
	for _, one := range e {
		if one.Takes(address) {
			return one.String()
		}
	}
	return ""
}

// clientOptions let requests go to the hosts of configurations, or to what
// stands for them on this machine, and nowhere else.
func (e endpoints) clientOptions(configurations ...*trigger.Integration) delivery.Options {
	o := delivery.Options{Getenv: os.Getenv}
	for _, n := range configurations {
		o.Hosts = append(o.Hosts, n.Origin())
	}
	for _, one := range e {
		if slices.ContainsFunc(o.Hosts, one.Takes) {
			o.Endpoints = append(o.Endpoints, one)
		}
	}
	return o
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
