package events

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what vendors ask for
	"crypto/sha1" //nolint:gosec // what vendors ask for
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Real mail gives the columns that a workbook reads. The counts are those of the
// messages' own headers, as Python's email package reads them, and one of a message
// behind an SMTP dialogue.
func TestRealMailThroughItsMapping(t *testing.T) {
	corpus := corpusPath(t, "email")
	if corpus == "" {
		return
	}
	sources := filepath.Join(sourcesOf(t, "sources: [{files: ['*'], mapping: email}]"), SourcesName)
	set, err := Open(corpus, Options{Sources: []string{sources}})
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"$Sender", "$Recipient", "$Subject", "$URL", "$Hash", "$SHA256", "$MD5", "attachments"}
	got := map[string]int{}
	known := map[string]bool{}
	for _, row := range columnsOf(t, set, "EMAIL", columns...) {
		for i, v := range row {
			if v != nil {
				got[columns[i]]++
			}
		}
		var list []attachment
		if text, ok := row[7].(string); ok {
			if err := json.Unmarshal([]byte(text), &list); err != nil {
				t.Fatal(err)
			}
			if list[0].SHA1 != row[4] || list[0].SHA256 != row[5] || list[0].MD5 != row[6] {
				t.Errorf("%v are not the hashes of the first of %s", row[4:7], text)
			}
		}
		for _, a := range list {
			known[a.SHA1+" "+a.SHA256+" "+a.MD5] = true
		}
	}
	want := map[string]int{"$Sender": 132, "$Recipient": 119, "$Subject": 129, "$URL": 61, "$Hash": 18, "$SHA256": 18, "$MD5": 18, "attachments": 18}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	named := namedParts(t, corpus)
	if len(named) < 10 {
		t.Errorf("only %d attachments to compare with", len(named))
	}
	for hash, where := range named {
		if !known[hash] {
			t.Errorf("an attachment of %s is missing", where)
		}
	}
}

// namedParts hashes the parts of real mails that have a file's name, as the standard
// library reads them; mails that it can't read are left out.
func namedParts(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(text, []byte("From ")) {
			_, text, _ = bytes.Cut(text, []byte("\n"))
		}
		m, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil {
			return nil //nolint:nilerr // broken on purpose
		}
		eachNamedPart(textproto.MIMEHeader(m.Header), m.Body, func(content []byte) {
			one, two, three := sha1.Sum(content), sha256.Sum256(content), md5.Sum(content) //nolint:gosec // as above
			found[strings.Join([]string{hex.EncodeToString(one[:]), hex.EncodeToString(two[:]), hex.EncodeToString(three[:])}, " ")] = path
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func eachNamedPart(header textproto.MIMEHeader, body io.Reader, visit func(content []byte)) {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			eachNamedPart(part.Header, part, visit)
		}
	}
	_, disposition, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	if disposition["filename"] == "" && parameters["name"] == "" {
		return
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	if content, err := io.ReadAll(body); err == nil {
		visit(content)
	}
}
