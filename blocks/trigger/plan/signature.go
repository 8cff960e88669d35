package plan

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Namespace keeps signatures over approvals apart from all others that the same
// key makes, such as those of git commits: ssh-keygen -Y sign -n tabletop.
const Namespace = "tabletop"

// maxSignatureBytes bounds an armoured signature. One by the longest key is a
// third of it.
const maxSignatureBytes = 16 << 10

// algorithms are those by which a key of a type may sign. RSA's oldest, over
// SHA-1, is not among them.
var algorithms = map[string][]string{ssh.KeyAlgoRSA: {ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}}

// SignText signs a text in the form of OpenSSH's PROTOCOL.sshsig, as ssh-keygen
// -Y sign does, and returns the armoured signature. Keys of type ECDSA take
// randomness from random.
func SignText(text string, signer ssh.Signer, random io.Reader) (string, error) {
	if err := checkKey(signer.PublicKey()); err != nil {
		return "", err
	}
	signature, err := sshsig.SignWithRand(strings.NewReader(text), random, signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return "", fmt.Errorf("sign with the key %s: %w", Fingerprint(signer.PublicKey()), err)
	}
	armoured := string(sshsig.Armor(signature))
	// A key that fails, or an agent that signs with another, is found out here
	// and not when the plan is applied.
	if _, err := VerifyText(text, armoured); err != nil {
		return "", fmt.Errorf("the signature by the key %s does not hold: %w", Fingerprint(signer.PublicKey()), err)
	}
	return armoured, nil
}

// VerifyText checks an armoured signature over a text and returns the key that
// made it. Whether that key may approve anything is for the caller to ask.
func VerifyText(text, armoured string) (ssh.PublicKey, error) {
	signature, err := unarmour(armoured)
	if err != nil {
		return nil, err
	}
	key := signature.PublicKey
	if err := checkKey(key); err != nil {
		return nil, err
	}
	allowed := algorithms[key.Type()]
	if allowed == nil {
		allowed = []string{key.Type()}
	}
	if by := signature.Signature.Format; !slices.Contains(allowed, by) {
		return nil, fmt.Errorf("signed by the algorithm %q, where a key of type %s signs by %s", by, key.Type(), strings.Join(allowed, " or "))
	}
	if signature.Namespace != Namespace {
		return nil, fmt.Errorf("signed for %q, not for %s: sign with ssh-keygen -Y sign -n %s", signature.Namespace, Namespace, Namespace)
	}
	if err := sshsig.Verify(strings.NewReader(text), signature, key, signature.HashAlgorithm, Namespace); err != nil {
		return nil, errors.New("the signature is not over this text")
	}
	return key, nil
}

// unarmour decodes one signature and nothing beside it. (encoding/pem by itself
// passes over what stands before and behind a block.)
func unarmour(armoured string) (*sshsig.Signature, error) {
	const begin = "-----BEGIN " + sshsig.PEMType + "-----"
	armoured = strings.TrimSpace(armoured)
	if len(armoured) > maxSignatureBytes {
		return nil, fmt.Errorf("the signature is larger than %d bytes", maxSignatureBytes)
	}
	block, rest := pem.Decode([]byte(armoured))
	if block == nil || block.Type != sshsig.PEMType || len(block.Headers) > 0 || len(rest) > 0 || !strings.HasPrefix(armoured, begin) {
		return nil, errors.New("no SSH signature: it must begin with " + begin + " and hold nothing else")
	}
	signature, err := sshsig.ParseSignature(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the signature: %w", err)
	}
	return signature, nil
}
