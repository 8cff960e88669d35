package code

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/expr-lang/expr/ast"

	"tabletop/workbook/indicator"
)

func canonicalAddress(s string) (string, bool) {
	address, ok := indicator.Address(s)
	if !ok {
		return "", false
	}
	return address.String(), true
}

// isPrivate reports whether an address belongs to no one on the Internet:
// private networks, loopback and link-local. Nil for what is no address.
func isPrivate(a []any) (any, error) {
	s, err := textOf(a[0])
	if err != nil {
		return nil, err
	}
	address, ok := indicator.Address(s)
	if !ok {
		return nil, nil
	}
	return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast(), nil
}

// inCIDR reports whether an address lies in one of the networks. Nil for what
// is no address.
func inCIDR(a []any) (any, error) {
	s, err := textOf(a[0])
	if err != nil {
		return nil, err
	}
	address, ok := indicator.Address(s)
	if !ok {
		return nil, nil
	}
	inside := false
	for _, v := range a[1:] {
		network, ok := v.(netip.Prefix)
		if !ok {
			written, err := textOf(v)
			if err != nil {
				return nil, err
			}
			if network, err = parseNetwork(written); err != nil {
				return nil, err
			}
		}
		inside = inside || network.Contains(address)
	}
	return inside, nil
}

// parseNetwork reads a network, or one address as the network of it alone.
func parseNetwork(s string) (netip.Prefix, error) {
	if address, ok := indicator.Address(s); ok {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(strings.TrimSpace(s))
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no network", quoted(s))
	}
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	return network.Masked(), nil
}

// constantNetwork reads the networks that are written out before anything runs.
func constantNetwork(i int, literal *ast.StringNode) (any, error) {
	if i == 0 || literal == nil {
		return nil, nil
	}
	return parseNetwork(literal.Value)
}
