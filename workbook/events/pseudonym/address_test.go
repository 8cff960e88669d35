package pseudonym

import (
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook/indicator"
)

const testKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func forTest(t testing.TB, known Known, columns map[string]Kind) *Pseudonymiser {
	t.Helper()
	key, err := ParseKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return New(key, known, columns)
}

func commonBits(a, b netip.Addr) int {
	x, y := a.AsSlice(), b.AsSlice()
	n := 0
	for i := range x {
		if x[i] == y[i] {
			n += 8
			continue
		}
		return n + bits.LeadingZeros8(x[i]^y[i])
	}
	return n
}

// drawAddress draws an address, often one close to a special range.
func drawAddress(t *rapid.T, name string, length int) netip.Addr {
	raw := rapid.SliceOfN(rapid.Byte(), length, length).Draw(t, name)
	if rapid.Bool().Draw(t, name+" special") {
		r := netip.MustParsePrefix(rapid.SampledFrom(specialRanges).Draw(t, name+" range").network)
		if from := r.Addr().AsSlice(); len(from) == length {
			copy(raw, from[:max(r.Bits()/8, 1)])
		}
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}

// TestPrefixesAreKept holds Crypto-PAn's promise: two addresses share as many
// first bits after as before. So no two become one.
func TestPrefixesAreKept(t *testing.T) {
	p := forTest(t, Known{}, nil)
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.SampledFrom([]int{4, 16}).Draw(t, "length")
		a := drawAddress(t, "a", length)
		b := drawAddress(t, "b", length)
		if share := rapid.IntRange(0, length).Draw(t, "share"); share > 0 {
			raw := b.AsSlice()
			copy(raw, a.AsSlice()[:share])
			b, _ = netip.AddrFromSlice(raw)
		}
		if a.Is4In6() || b.Is4In6() {
			return
		}
		want, got := commonBits(a, b), commonBits(p.Address(a), p.Address(b))
		if want != got {
			t.Fatalf("%s and %s share %d bits, %s and %s share %d", a, b, want, p.Address(a), p.Address(b), got)
		}
		for _, s := range specialRanges {
			r := netip.MustParsePrefix(s.network)
			if r.Contains(a) != r.Contains(p.Address(a)) {
				t.Fatalf("%s becomes %s across the border of %s", a, p.Address(a), r)
			}
		}
	})
}

func TestAddressesChange(t *testing.T) {
	p := forTest(t, Known{}, nil)
	changed := 0
	for i := range 256 {
		for _, base := range [][4]byte{{10, 20, 30, byte(i)}, {192, 168, 7, byte(i)}, {85, 1, 2, byte(i)}, {203, 0, 113, byte(i)}} {
			if a := netip.AddrFrom4(base); p.Address(a) != a {
				changed++
			}
		}
	}
	if changed < 900 {
		t.Errorf("%d of 1024 addresses changed", changed)
	}
	for _, stays := range []string{"127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "169.254.169.254", "::", "::1", "ff02::fb"} {
		if a := netip.MustParseAddr(stays); p.Address(a) != a {
			t.Errorf("%s becomes %s", a, p.Address(a))
		}
	}
}

// TestKnownAddressesStay makes most of a network known, so that many others
// would become a known one.
func TestKnownAddressesStay(t *testing.T) {
	var known []netip.Addr
	for i := range 200 {
		known = append(known, netip.AddrFrom4([4]byte{8, 8, 8, byte(i)}))
	}
	for i := range 100 {
		known = append(known, forTest(t, Known{}, nil).Address(netip.AddrFrom4([4]byte{8, 8, 200, byte(i)})))
	}
	p := forTest(t, Known{Addresses: known}, nil)
	from := map[netip.Addr]netip.Addr{}
	try := slices.Clone(known)
	for i := range 65536 {
		try = append(try, netip.AddrFrom4([4]byte{8, 8, byte(i >> 8), byte(i)}))
	}
	for _, a := range try {
		b := p.Address(a)
		if other, taken := from[b]; taken && other != a {
			t.Fatalf("%s and %s both become %s", a, other, b)
		}
		from[b] = a
		if slices.Contains(known, a) && a != b {
			t.Fatalf("%s is known and becomes %s", a, b)
		}
	}
}

func TestWrittenAddresses(t *testing.T) {
	p := forTest(t, Known{}, nil)
	for _, text := range []string{"2001:db8::7", "2001:DB8::7", "2001:0db8:0000:0000:0000:0000:0000:0007", "2001:db8:0:0:0:0:0:7"} {
		a := netip.MustParseAddr(text)
		got, ok := p.wholeAddress(text)
		if !ok || netip.MustParseAddr(got) != p.Address(a) {
			t.Errorf("%s becomes %s, want %s", text, got, p.Address(a))
		}
		if strings.ContainsAny(text, "D") != strings.ContainsAny(got, "ABCDEF") {
			t.Errorf("%s becomes %s, in other letters", text, got)
		}
	}
	network, _ := p.wholeAddress("198.51.100.0/24")
	if network != "198.51.100.0/24" {
		t.Errorf("the documentation range becomes %s", network)
	}
	network, _ = p.wholeAddress("85.10.20.0/24")
	within := p.Address(netip.MustParseAddr("85.10.20.77"))
	if n, err := netip.ParsePrefix(network); err != nil || !n.Contains(within) || n.Masked() != n {
		t.Errorf("the network becomes %s, and an address of it %s", network, within)
	}
	ten := p.Address(netip.MustParseAddr("10.0.0.5")).String()
	for text, want := range map[string]string{
		"10.0.0[.]5":      strings.Replace(ten, ".", "X", 2),
		"::ffff:10.0.0.5": "::ffff:" + ten,
		"[fe80::1]":       "",
		"fe80::1%eth0":    "",
	} {
		got, ok := p.wholeAddress(text)
		switch {
		case !ok:
			t.Errorf("%s is no address", text)
		case text == "10.0.0[.]5":
			if strings.ReplaceAll(got, "[.]", ".") != ten || !strings.Contains(got, "[.]") {
				t.Errorf("%s becomes %s", text, got)
			}
		case want != "" && got != want:
			t.Errorf("%s becomes %s, want %s", text, got, want)
		case text == "fe80::1%eth0" && !strings.HasSuffix(got, "%eth0"), text == "[fe80::1]" && !strings.HasSuffix(got, "]"):
			t.Errorf("%s becomes %s", text, got)
		}
	}
	reverse := p.hostName("5.0.0.10.in-addr.arpa")
	parts := strings.Split(ten, ".")
	slices.Reverse(parts)
	if want := strings.Join(parts, ".") + ".in-addr.arpa"; reverse != want {
		t.Errorf("the reverse name becomes %s, want %s", reverse, want)
	}
	if a, ok := indicator.Address(p.host("0x0a000005")); !ok && p.host("0x0a000005") == "0x0a000005" {
		t.Error("a hexadecimal address stays", a)
	}
}
