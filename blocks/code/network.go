package code

import (
	"fmt"
	"net/netip"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"tabletop/workbook/indicator"
)

// address is IP_Address(text) in Python.
type address struct{ netip.Addr }

// network is IP_Network(text) in Python. Bits behind the prefix are cut off.
type network struct{ netip.Prefix }

var (
	_ starlark.HasAttrs   = address{}
	_ starlark.Comparable = address{}
	_ starlark.HasAttrs   = network{}
	_ starlark.Container  = network{}
)

func oneArgument(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (string, error) {
	var s starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "address", &s); err != nil {
		return "", err
	}
	if text, ok := starlark.AsString(s); ok {
		return text, nil
	}
	return s.String(), nil
}

func pythonAddress(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s, err := oneArgument(b, args, kwargs)
	if err != nil {
		return nil, err
	}
	a, ok := indicator.Address(s)
	if !ok {
		return nil, fmt.Errorf("IP_Address: %s is no address", quoted(s))
	}
	return address{a}, nil
}

func pythonNetwork(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s, err := oneArgument(b, args, kwargs)
	if err != nil {
		return nil, err
	}
	n, err := parseNetwork(s)
	if err != nil {
		return nil, fmt.Errorf("IP_Network: %w", err)
	}
	return network{n}, nil
}

// The methods of starlark.Value.

func (address) Type() string            { return "IP_Address" }
func (address) Freeze()                 {}
func (address) Truth() starlark.Bool    { return true }
func (a address) Hash() (uint32, error) { return starlark.String(a.String()).Hash() }
func (network) Type() string            { return "IP_Network" }
func (network) Freeze()                 {}
func (network) Truth() starlark.Bool    { return true }
func (n network) Hash() (uint32, error) { return starlark.String(n.String()).Hash() }
func (address) AttrNames() []string {
	return []string{"is_loopback", "is_multicast", "is_private", "version"}
}
func (network) AttrNames() []string { return []string{"network_address", "prefixlen", "version"} }

// Attr gives the attributes that Python's ipaddress has under the same names.
func (a address) Attr(name string) (starlark.Value, error) {
	switch name {
	case "is_private":
		return starlark.Bool(a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()), nil
	case "is_loopback":
		return starlark.Bool(a.IsLoopback()), nil
	case "is_multicast":
		return starlark.Bool(a.IsMulticast()), nil
	case "version":
		return version(a.Addr), nil
	}
	return nil, nil
}

func version(a netip.Addr) starlark.Value {
	if a.Is4() {
		return starlark.MakeInt(4)
	}
	return starlark.MakeInt(6)
}

// CompareSameType orders addresses: IPv4 before IPv6, then by value.
func (a address) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	order := a.Compare(other.(address).Addr)
	switch op {
	case syntax.EQL:
		return order == 0, nil
	case syntax.NEQ:
		return order != 0, nil
	case syntax.LT:
		return order < 0, nil
	case syntax.LE:
		return order <= 0, nil
	case syntax.GT:
		return order > 0, nil
	}
	return order >= 0, nil
}

// Attr gives the attributes that Python's ipaddress has under the same names.
func (n network) Attr(name string) (starlark.Value, error) {
	switch name {
	case "network_address":
		return address{n.Addr()}, nil
	case "prefixlen":
		return starlark.MakeInt(n.Bits()), nil
	case "version":
		return version(n.Addr()), nil
	}
	return nil, nil
}

// Has answers `address in network`.
func (n network) Has(v starlark.Value) (bool, error) {
	a, ok := v.(address)
	if !ok {
		return false, fmt.Errorf("a %s is in no network; write IP_Address(x) in IP_Network(y)", v.Type())
	}
	return n.Contains(a.Addr), nil
}
