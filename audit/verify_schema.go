package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"tabletop/migrations"
)

// errSchema is a schema that can't be compared.
var errSchema = errors.New("the schema was edited")

// An object is a table, index, trigger or view, as SQLite keeps it.
type object struct {
	Type  string  `db:"type"`
	Name  string  `db:"name"`
	Table string  `db:"tbl_name"`
	SQL   *string `db:"sql"`
}

// A version is a row of the table schemas.
type version struct {
	Version int    `db:"version"`
	Program string `db:"program"`
}

// checkSchema compares the schema with the one that the migrations make: a
// trigger that is gone or a view that says something else is a break.
func (r *Reader) checkSchema(ctx context.Context) (c checked) {
	wantObjects, wantVersions, err := wantedSchema(ctx)
	if err != nil {
		c.failed = err
		return c
	}
	objects, versions, err := schemaOf(ctx, r.db)
	if err != nil {
		c.failed = err
		return c
	}
	for name, want := range wantObjects {
		got, there := objects[name]
		switch {
		case !there:
			c.add(Schema, 0, "the schema's %s %s is missing", want.Type, want.Name)
		case !same(got, want):
			c.add(Schema, 0, "the schema's %s %s was edited", want.Type, want.Name)
		}
	}
	for name, got := range objects {
		if _, wanted := wantObjects[name]; !wanted {
			c.add(Schema, 0, "the schema has a %s %s that does not belong to it", encodeText(got.Type), encodeText(got.Name))
		}
	}
	if !slices.Equal(versions, wantVersions) {
		c.add(Schema, 0, "the table schemas was edited")
	}
	return c
}

func same(a, b object) bool {
	if a.Type != b.Type || a.Table != b.Table || (a.SQL == nil) != (b.SQL == nil) {
		return false
	}
	return a.SQL == nil || *a.SQL == *b.SQL
}

// wantedSchema is the schema that the migrations make, in memory.
func wantedSchema(ctx context.Context) (map[string]object, []version, error) {
	db, err := sqlx.Open("sqlite", "file::memory:?_dqs=0")
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	all, err := migrations.All()
	if err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		if _, err := db.ExecContext(ctx, m.SQL); err != nil {
			return nil, nil, err
		}
	}
	return schemaOf(ctx, db)
}

func schemaOf(ctx context.Context, db *sqlx.DB) (map[string]object, []version, error) {
	var objects []object
	if err := db.SelectContext(ctx, &objects, "SELECT type, name, tbl_name, sql FROM sqlite_schema"); err != nil {
		return nil, nil, err
	}
	byName := make(map[string]object, len(objects))
	for _, o := range objects {
		if _, twice := byName[o.Name]; twice {
			return nil, nil, fmt.Errorf("%w: two objects are named %s", errSchema, encodeText(o.Name))
		}
		byName[o.Name] = o
	}
	var versions []version
	err := db.SelectContext(ctx, &versions, "SELECT version, program FROM schemas ORDER BY version")
	return byName, versions, err
}
