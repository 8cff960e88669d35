package audit

import (
	"context"
	"encoding/hex"

	"tabletop/workbook"
)

// An EntryRecord is an exported entry of the chain, all of it as it is stored:
// whoever has them all can compute digests and hashes anew. One that was purged
// has no salt and no subject, and for a body nil or what the purge left; any
// entry may have no subject.
type EntryRecord struct {
	Seq    int64  `json:"entry"`
	Run    int64  `json:"run"`
	Block  int    `json:"block"`
	Number int    `json:"number"`
	Kind   string `json:"kind"`
	Time   string `json:"time"`
	// Contents are the digests of the texts that it refers to.
	Contents string `json:"contents"`
	// Digest, Hash and Salt are in hexadecimal.
	Digest  string  `json:"digest"`
	Hash    string  `json:"hash"`
	Salt    *string `json:"salt"`
	Subject *string `json:"subject"`
	Body    *string `json:"body"`
}

var entryRecordColumns = []string{"entry", "run", "block", "number", "kind", "time", "contents", "digest", "hash", "salt", "subject", "body"}

// Cells are the values of entryRecordColumns.
func (e *EntryRecord) Cells() []workbook.Value {
	return []workbook.Value{
		e.Seq, e.Run, int64(e.Block), int64(e.Number), e.Kind, e.Time, e.Contents, e.Digest, e.Hash,
		optional(e.Salt), optional(e.Subject), optional(e.Body),
	}
}

func optional(text *string) workbook.Value {
	if text == nil {
		return nil
	}
	return *text
}

// entries exports the chain.
func (e *exporter) entries(ctx context.Context) error {
	condition, args := e.recorded()
	if e.filter.Run != 0 {
		condition, args = condition+" AND e.run = ?", append(args, e.filter.Run)
	}
	if e.filter.Workbook != "" {
		stored := encodeText(e.filter.Workbook)
		condition += ` AND e.run IN (SELECT r.run FROM entries r JOIN bodies rb ON rb.seq = r.seq WHERE r.kind = 'run'
			AND (json_extract(rb.body, '$.workbook.name') = ? OR json_extract(rb.body, '$.workbook.path') = ?))`
		args = append(args, stored, stored)
	}
	rows, err := e.tx.QueryxContext(ctx, `
		SELECT e.*, b.salt, b.subject, b.body FROM entries e LEFT JOIN bodies b ON b.seq = e.seq WHERE e.seq > 0 `+condition+` ORDER BY e.seq`, args...)
	if err != nil {
		return e.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var found struct {
			entry
			Salt    []byte  `db:"salt"`
			Subject *string `db:"subject"`
			Body    *string `db:"body"`
		}
		if err := rows.StructScan(&found); err != nil {
			return e.failed(err)
		}
		if !e.subjectOf(found.Subject) {
			continue
		}
		record := &EntryRecord{
			Seq: found.Seq, Run: found.Run, Block: found.Block, Number: found.Number, Kind: found.Kind, Time: found.Time, Contents: found.Contents,
			Digest: hex.EncodeToString(found.Digest), Hash: hex.EncodeToString(found.Hash), Subject: found.Subject, Body: found.Body,
		}
		if held(found.Body) == nil {
			e.done.Purged++
		} else {
			salt := hex.EncodeToString(found.Salt)
			record.Salt = &salt
		}
		if err := e.hand(record); err != nil {
			return err
		}
	}
	return e.failed(rows.Err())
}

// subjectOf reports whether the filter lets in what is looked up by a subject.
func (e *exporter) subjectOf(subject *string) bool {
	if subject == nil {
		return len(e.targets) == 0
	}
	text, err := decodeText(*subject)
	return err == nil && e.aimedAt(text)
}
