package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
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

// lacks says that endpoints are named and none of them is for a configuration,
// which must then not be reached at all; "" for any other.
func (e endpoints) lacks(n *trigger.Integration) string {
	if len(e) == 0 || e.of(n.Origin()) != "" {
		return ""
	}
	return fmt.Sprintf("%s sends to %s, for which there is no --endpoint", guard.Quote(n.Name), n.Origin())
}

// cover refuses configurations that endpoints lack, so that what is meant for a
// simulator is neither asked of a vendor nor recorded of one.
func (e endpoints) cover(list []*trigger.Integration) error {
	var lacking []string
	for _, n := range list {
		if why := e.lacks(n); why != "" {
			lacking = append(lacking, why)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return nothingRan(errors.New("name an --endpoint for each host, or only the configurations that one is for:\n  " + strings.Join(lacking, "\n  ")))
}

// clientOptions let requests go to the hosts of configurations, or to what
// stands for them on this machine, and nowhere else. Where endpoints are named,
// a host without one is not among them.
func (e endpoints) clientOptions(configurations ...*trigger.Integration) delivery.Options {
	o := delivery.Options{Getenv: os.Getenv}
	for _, n := range configurations {
		if e.lacks(n) == "" {
			o.Hosts = append(o.Hosts, n.Origin())
		}
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
