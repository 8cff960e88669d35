package plan

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// RSA keys are taken from this size to this one, in bits: shorter ones can be
// broken, longer ones keep whoever checks them busy.
const (
	minRSABits = 2048
	maxRSABits = 16384
)

// keyTypes are the types of SSH keys that may sign, in the order in which
// messages name them.
var keyTypes = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519,
	ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256,
	ssh.KeyAlgoRSA,
}

// ErrNoPassphrase is returned where a key needs a passphrase and none can be
// asked for.
var ErrNoPassphrase = errors.New("the key has a passphrase")

// ParseKey reads a public key as a .pub file and authorized_keys hold it: the
// type, the key in base64, and a comment. Options before the type are refused,
// and so are types that can't be trusted with a signature.
func ParseKey(line string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		return nil, errors.New("this is no SSH public key: copy the one line of the .pub file")
	case len(options) > 0:
		return nil, errors.New("options stand before the key: copy the one line of the .pub file")
	case strings.TrimSpace(string(rest)) != "":
		return nil, errors.New("more than one line: a key is one line")
	}
	return key, checkKey(key)
}

// checkKey refuses keys whose signatures prove little.
func checkKey(key ssh.PublicKey) error {
	kind := key.Type()
	if !slices.Contains(keyTypes, kind) {
		return fmt.Errorf("a key of type %s can't approve: make one with ssh-keygen -t ed25519", kind)
	}
	if kind != ssh.KeyAlgoRSA {
		return nil
	}
	holder, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return errors.New("the RSA key does not tell its size")
	}
	public, ok := holder.CryptoPublicKey().(*rsa.PublicKey)
	if !ok {
		return errors.New("the RSA key does not tell its size")
	}
	if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return fmt.Errorf("an RSA key of %d bits can't approve: it needs %d to %d; make one with ssh-keygen -t ed25519", bits, minRSABits, maxRSABits)
	}
	return nil
}

// PublicKeyOf finds the public key of a private key's file without its
// passphrase; nil where the file does not tell it, as the oldest forms don't.
func PublicKeyOf(text []byte) ssh.PublicKey {
	signer, err := ssh.ParsePrivateKey(text)
	if err == nil {
		return signer.PublicKey()
	}
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		return missing.PublicKey
	}
	return nil
}

// Fingerprint names a key as ssh-keygen -l does: SHA256: and 43 characters.
func Fingerprint(key ssh.PublicKey) string { return ssh.FingerprintSHA256(key) }

// NewSigner makes a signer of the text of a private key file. Where the key has
// a passphrase, ask is called for it, once; a nil ask gives ErrNoPassphrase.
func NewSigner(text []byte, ask func() ([]byte, error)) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(text)
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		if ask == nil {
			return nil, ErrNoPassphrase
		}
		phrase, failed := ask()
		if failed != nil {
			return nil, fmt.Errorf("ask for the key's passphrase: %w", failed)
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, phrase)
	}
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w; a key that lives in a device or an agent is named by its .pub file", err)
	}
	return signer, checkKey(signer.PublicKey())
}
