package guard

import (
	"fmt"
	"strings"

	"tabletop/workbook/indicator"
)

// RuleEmptyFile covers the hashes of a file without content.
const RuleEmptyFile = "empty_file"

// A hashKind is one algorithm: its name, its number of hexadecimal digits, the
// hash of the empty file, how it is found in a text and the function of a code
// block that finds it.
type hashKind struct {
	kind, name, empty string
	find              func(string) (string, bool)
	function          string
}

var hashKinds = []hashKind{
	{TypeFileSHA1, "SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", indicator.FindSHA1, "find_sha1"},
	{TypeFileSHA256, "SHA-256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", indicator.FindSHA256, "find_sha256"},
	{TypeFileMD5, "MD5", "d41d8cd98f00b204e9800998ecf8427e", indicator.FindMD5, "find_md5"},
}

// hash judges a target of one of the file types.
func (g *Guard) hash(kind, target string) (canonical string, found finding) {
	var wanted hashKind
	others := ""
	for _, k := range hashKinds {
		hash, ok := k.find(target)
		if k.kind == kind {
			wanted, canonical = k, hash
		} else if ok {
			others = k.name
		}
		if ok {
			found = gravest(found, g.hashFinding(k, hash))
		}
	}
	return canonical, gravest(found, wanted.flaw(target, canonical, others))
}

// Hashes lists the hashes that judging a target of a file type asks Sightings
// for: those found in its text, in lower case.
func Hashes(target string) []string {
	var out []string
	for _, k := range hashKinds {
		if hash, ok := k.find(target); ok {
			out = append(out, hash)
		}
	}
	return out
}

func (g *Guard) hashFinding(k hashKind, hash string) finding {
	if hash == k.empty {
		return refuse(RuleEmptyFile, fmt.Sprintf("%s is the %s of an empty file, which every machine has many of", hash, k.name))
	}
	return gravest(g.own(subject{hash: hash}), g.sightingFinding(hash))
}

// flaw says why a text can't be sent as this kind of hash. canonical is the hash
// found in it, others the algorithm of another hash found in it.
func (k hashKind) flaw(target, canonical, others string) finding {
	switch {
	case canonical != "" && strings.Trim(canonical, "0") == "":
		return flaw(canonical + " is all zeros, which stands for a file that was not hashed")
	case strings.EqualFold(target, canonical):
		return finding{}
	case canonical != "":
		return flaw(fmt.Sprintf("%s is more than the %s in it: send %s, which %s($Column) in a code block gives", Quote(target), k.name, canonical, k.function))
	case others != "":
		return flaw(fmt.Sprintf("%s holds a %s, and the configuration takes a %s", Quote(target), others, k.name))
	}
	return flaw(fmt.Sprintf("%s is no %s, which has %d hexadecimal digits", Quote(target), k.name, len(k.empty)))
}
