package pseudonym

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math/bits"
	"net/netip"
)

// An addressMap replaces addresses of one family so that two that share their
// first n bits, and no more, still do: the Crypto-PAn scheme of Xu, Fan, Ammar
// and Moon, "Prefix-Preserving IP Address Anonymization" (ICNP 2002). Bit i is
// flipped or not as a keyed function (AES) of the i bits before it says.
//
// On the way to a special range no bit is flipped, so that each such range
// becomes itself and nothing outside of it gets in, and the scheme still keeps
// every prefix.
type addressMap struct {
	cipher cipher.Block
	pad    [aes.BlockSize]byte
	ranges []netip.Prefix
}

func newAddressMap(k Key, purpose string, ranges []netip.Prefix) *addressMap {
	secret := k.digest("address", purpose)
	block, err := aes.NewCipher(secret[:16])
	if err != nil {
		panic(fmt.Sprintf("pseudonym: a key of 16 bytes: %v", err))
	}
	m := &addressMap{cipher: block, ranges: ranges}
	block.Encrypt(m.pad[:], secret[16:])
	return m
}

// replace flips the bits of an address.
func (m *addressMap) replace(a netip.Addr) netip.Addr {
	in := a.AsSlice()
	out := a.AsSlice()
	for i := m.kept(in, a.BitLen()); i < a.BitLen(); i++ {
		block := m.pad
		copy(block[:i/8], in)
		if rest := i % 8; rest > 0 {
			mask := byte(0xff) << (8 - rest)
			block[i/8] = in[i/8]&mask | m.pad[i/8]&^mask
		}
		m.cipher.Encrypt(block[:], block[:])
		out[i/8] ^= block[0] >> 7 << (7 - i%8)
	}
	b, _ := netip.AddrFromSlice(out)
	return b
}

// kept is how many of the first bits are not flipped: those that lead to a
// special range or inside.
func (m *addressMap) kept(in []byte, length int) int {
	most := 0
	for _, r := range m.ranges {
		common, other := 0, r.Addr().AsSlice()
		for common < length && in[common/8] == other[common/8] {
			common += 8
		}
		if common < length {
			common += bits.LeadingZeros8(in[common/8] ^ other[common/8])
		}
		most = max(most, min(common+1, r.Bits()))
	}
	return most
}
