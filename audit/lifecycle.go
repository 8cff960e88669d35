package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// A Validation is what came of trying a configuration.
type Validation struct {
	Name string `json:"name"`
	// Digest is that of the configuration; it counts for no other.
	Digest string `json:"digest"`
	// Status is DNIF's word for it, Detail a sentence.
	Status string `json:"validation"`
	Detail string `json:"detail"`
	// Endpoint is where it was tried instead of the real host, as FROM=TO;
	// empty for the real one.
	Endpoint string `json:"endpoint"`
	User     string `json:"user"`
	Host     string `json:"host"`
}

// An Enabling is that someone enabled a configuration, or disabled it.
type Enabling struct {
	Name string
	// Digest is that of the configuration; it counts for no other.
	Digest  string
	Enabled bool
	// Endpoint is what it is enabled for, as FROM=TO; empty for the real host.
	Endpoint   string
	User, Host string
}

// Validate records that configurations were tried.
func (l *Log) Validate(ctx context.Context, validations ...Validation) error {
	return l.writeLifecycle(ctx, "record the validation in", func(a *appender) error {
		for _, v := range validations {
			err := a.addLifecycle(kindValidation, v.Digest, validationBody{
				Name: text(v.Name), Digest: text(v.Digest), Status: text(v.Status), Detail: text(v.Detail),
				Endpoint: text(v.Endpoint), User: text(v.User), Host: text(v.Host),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Enable records that configurations were enabled or disabled.
func (l *Log) Enable(ctx context.Context, enablings ...Enabling) error {
	return l.writeLifecycle(ctx, "record the enabling in", func(a *appender) error {
		for _, e := range enablings {
			err := a.addLifecycle(kindEnabling, e.Digest, enablingBody{
				Name: text(e.Name), Digest: text(e.Digest), Enabled: e.Enabled,
				Endpoint: text(e.Endpoint), User: text(e.User), Host: text(e.Host),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// writeLifecycle appends entries about configurations, and keeps the head.
func (l *Log) writeLifecycle(ctx context.Context, doing string, entries func(*appender) error) error {
	head, err := l.write(ctx, doing, func(a *appender) error {
		return errors.Join(a.notClosed(), entries(a))
	})
	if err != nil {
		return err
	}
	return l.keepHead(head, "integrations")
}

// addLifecycle appends an entry about a configuration; it belongs to no run.
func (a *appender) addLifecycle(kind, digest string, body any) error {
	if digest == "" {
		return fmt.Errorf("a configuration without a digest has no %s", kind)
	}
	stored := encodeText(digest)
	return a.add(entry{Kind: kind}, &stored, body)
}

// A Lifecycle is where a configuration stands.
type Lifecycle struct {
	// Status and Detail are those of the last validation, at Validated, by
	// ValidatedBy on ValidatedOn; empty and zero where there was none.
	Status, Detail           string
	Validated                time.Time
	ValidatedBy, ValidatedOn string
	// Enabled is what the last enabling says, at Changed, by ChangedBy on
	// ChangedOn; false and zero where there was none.
	Enabled              bool
	Changed              time.Time
	ChangedBy, ChangedOn string
}

// Lifecycle tells where the configuration with a digest stands for an endpoint,
// as FROM=TO, empty for the real host. What was recorded for another digest or
// another endpoint does not count; a configuration that nothing is recorded of
// is the zero Lifecycle.
func (r *Reader) Lifecycle(ctx context.Context, digest, endpoint string) (Lifecycle, error) {
	var at Lifecycle
	fail := func(err error) (Lifecycle, error) {
		return Lifecycle{}, explain(r.path, "read", defaultWait, err)
	}
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return fail(err)
	}
	defer tx.Rollback()
	var validation validationBody
	when, err := lastOf(ctx, tx, kindValidation, digest, endpoint, &validation)
	if err != nil {
		return fail(err)
	}
	var enabling enablingBody
	changed, err := lastOf(ctx, tx, kindEnabling, digest, endpoint, &enabling)
	if err != nil {
		return fail(err)
	}
	at.Status, at.Detail, at.Validated = string(validation.Status), string(validation.Detail), when
	at.ValidatedBy, at.ValidatedOn = string(validation.User), string(validation.Host)
	at.Enabled, at.Changed = enabling.Enabled, changed
	at.ChangedBy, at.ChangedOn = string(enabling.User), string(enabling.Host)
	return at, nil
}

// lastOf reads the last entry of a kind about a configuration, and returns its
// time, zero where there is none.
func lastOf(ctx context.Context, tx *sqlx.Tx, kind, digest, endpoint string, into any) (time.Time, error) {
	var found struct {
		Seq  int64
		Time string
		Body string
	}
	err := tx.GetContext(ctx, &found, `
		SELECT e.seq, e.time, b.body FROM bodies b JOIN entries e ON e.seq = b.seq
		WHERE b.subject = ? AND e.kind = ? AND json_extract(b.body, '$.endpoint') = ?
		ORDER BY b.seq DESC LIMIT 1`, encodeText(digest), kind, encodeText(endpoint))
	if missing(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, found.Time)
	if err == nil {
		err = decodeBody(found.Body, into)
	}
	if err != nil {
		return at, fmt.Errorf("entry %d: %w; run tabletop verify", found.Seq, err)
	}
	return at, nil
}
