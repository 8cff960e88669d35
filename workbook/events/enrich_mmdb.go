package events

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/oschwald/maxminddb-golang/v2"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// mmdbNode looks addresses up in a database of the MaxMind format, as GeoLite2 and
// DB-IP come in.
type mmdbNode struct {
	File    source.Text            `yaml:"file,required" doc:"an .mmdb file, from the folder of sources.yaml"`
	On      source.Text            `yaml:"on" doc:"the event's column that is looked up (default SrcIP and DstIP)"`
	Columns map[string]source.Text `yaml:"columns" doc:"new column: field of the database, as country.iso_code (default by the database: $SrcCN, $SrcLOC, $SrcASN, $SrcISP)"`
}

// Bounds on a database and what is taken out of it.
const (
	maxDatabaseBytes = 1 << 30
	maxFieldBytes    = 1024
	maxFieldSteps    = 16
	// keptAnswers is how many records of a database a column remembers.
	keptAnswers = 1 << 16
)

// A database is an MMDB file in memory: read, because a mapped file that is cut
// off ends the process.
type database struct {
	reader *maxminddb.Reader
	side   *sideFile
}

// openDatabase reads a database whole.
func openDatabase(path string) (*database, error) {
	f, err := os.Open(path)
	if err != nil {
		var unreadable *os.PathError
		if errors.As(err, &unreadable) {
			return nil, unreadable.Err
		}
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no file")
	case info.Size() > maxDatabaseBytes:
		return nil, fmt.Errorf("it is larger than %d bytes", maxDatabaseBytes)
	}
	text := make([]byte, info.Size())
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, err
	}
	return parseDatabase(text)
}

func parseDatabase(text []byte) (d *database, err error) {
	defer func() {
		// The library reads what may be anybody's file.
		if failed := recover(); failed != nil {
			d, err = nil, fmt.Errorf("no whole MMDB database: %v", failed)
		}
	}()
	reader, err := maxminddb.OpenBytes(text)
	if err != nil {
		return nil, fmt.Errorf("no whole MMDB database: %w", err)
	}
	return &database{reader: reader, side: &sideFile{kind: workbook.KindMMDB, bytes: int64(len(text)), root: func() string { return Root(text) }}}, nil
}

// geoColumns are the columns that DNIF adds to those of an address, with the fields
// in which databases hold them, and words of the types of such databases.
var geoColumns = []struct {
	ending string
	fields []string
	types  []string
	// example is a database that has them.
	example string
}{
	{"CN", []string{"country.iso_code", "registered_country.iso_code", "country_code", "country"}, []string{"city", "country", "enterprise", "location"}, "GeoLite2-City.mmdb"},
	{"LOC", []string{"city.names.en", "city", "subdivisions[0].names.en", "region"}, []string{"city", "enterprise", "location"}, "GeoLite2-City.mmdb"},
	{"ASN", []string{"autonomous_system_number", "traits.autonomous_system_number", "asn"}, []string{"asn", "isp", "enterprise"}, "GeoLite2-ASN.mmdb"},
	{"ISP", []string{"isp", "traits.isp", "autonomous_system_organization", "traits.autonomous_system_organization", "as_name", "as_org"}, []string{"asn", "isp", "enterprise"}, "GeoLite2-ASN.mmdb"},
}

// addresses are the columns that DNIF looks up.
var addresses = []string{"$SrcIP", "$DstIP"}

// mmdb adds the columns of one database.
func (r *rule) mmdb(n source.Node, lists *listCache) source.Problems {
	var m mmdbNode
	if problems := source.Decode(n, &m); len(problems) > 0 {
		return problems
	}
	d, err := lists.database(m.File.Value)
	if err != nil {
		return source.Problems{m.File.Problem(0, "can't look up in "+m.File.Value+": "+err.Error(), "")}
	}
	r.sides = append(r.sides, d.side)
	if len(m.Columns) > 0 {
		return r.mmdbColumns(m, d)
	}
	on := addresses
	if m.On.Set() {
		on = []string{columnName(m.On.Value)}
	}
	kind := strings.ToLower(d.reader.Metadata.DatabaseType)
	added := false
	for _, column := range on {
		bare, isAddress := strings.CutSuffix(column, "IP")
		if !isAddress {
			return source.Problems{m.On.Problem(0, "only columns whose names end in IP give their new columns names", "name them, as in columns: {$HostCN: country.iso_code}")}
		}
		for _, c := range geoColumns {
			if slices.ContainsFunc(c.types, func(word string) bool { return strings.Contains(kind, word) }) {
				r.addField(bare+c.ending, &databaseField{on: r.column(column), database: d, paths: fieldPaths(c.fields...)})
				added = true
			}
		}
	}
	if !added {
		return source.Problems{m.File.Problem(0, fmt.Sprintf("what a database of the type %q holds is not known", d.reader.Metadata.DatabaseType), "name its fields, as in columns: {$SrcCN: country.iso_code}")}
	}
	return nil
}

// mmdbColumns adds the columns that the source names.
func (r *rule) mmdbColumns(m mmdbNode, d *database) source.Problems {
	if !m.On.Set() {
		return source.Problems{m.File.Problem(0, "columns are named, but not what is looked up", "write on: $SrcIP beside them")}
	}
	on := r.column(m.On.Value)
	var problems source.Problems
	for name, field := range m.Columns {
		if strings.Count(field.Value, ".")+strings.Count(field.Value, "[") >= maxFieldSteps || strings.TrimSpace(field.Value) == "" {
			problems = append(problems, field.Problem(0, "no field of a database", "write country.iso_code, or subdivisions[0].iso_code"))
			continue
		}
		r.addField(columnName(name), &databaseField{on: on, database: d, paths: fieldPaths(field.Value)})
	}
	return problems
}

// addField adds a column, before what gives it already: a city's database and one
// of networks may both have it.
func (r *rule) addField(name string, e expression) {
	if known := r.fields[name]; known != nil {
		e = first{e, known}
	}
	r.fields[name] = e
}

// fieldPaths are the steps to fields: keys and numbers.
func fieldPaths(fields ...string) [][]any {
	var paths [][]any
	for _, field := range fields {
		var path []any
		for _, part := range strings.Split(field, ".") {
			key, items := cutItems(part)
			path = append(path, key)
			for _, n := range items {
				path = append(path, n)
			}
		}
		paths = append(paths, path)
	}
	return paths
}

// databaseField is a field of the record that a database has for an address: the
// first of paths that holds a text or a number. It is safe for concurrent use.
type databaseField struct {
	on       expression
	database *database
	paths    [][]any

	mu sync.RWMutex
	// known are the answers by the record's place in the database.
	known map[uintptr]workbook.Value
}

var _ expression = (*databaseField)(nil)

func (f *databaseField) reads() []string { return f.on.reads() }

func (f *databaseField) eval(r *record) workbook.Value {
	v := f.on.eval(r)
	if v == nil {
		return nil
	}
	return f.find(workbook.Text(v))
}

// find looks an address up; nil where the database has nothing, or what it has is
// broken.
func (f *databaseField) find(text string) (v workbook.Value) {
	address, ok := indicator.Address(text)
	if !ok {
		return nil
	}
	defer func() {
		// The library reads what may be anybody's file.
		if recover() != nil {
			v = nil
		}
	}()
	result := f.database.reader.Lookup(address.WithZone(""))
	if result.Err() != nil || !result.Found() {
		return nil
	}
	at := result.Offset()
	f.mu.RLock()
	v, known := f.known[at]
	f.mu.RUnlock()
	if known {
		return v
	}
	for _, path := range f.paths {
		if v = fieldAt(result, path); v != nil {
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= keptAnswers {
		f.known = map[uintptr]workbook.Value{}
	}
	f.known[at] = v
	return v
}

// fieldAt reads a text or a number; nil where there is none. The library bounds
// what it unpacks.
func fieldAt(result maxminddb.Result, path []any) workbook.Value {
	var found any
	if err := result.DecodePath(&found, path...); err != nil {
		return nil
	}
	switch v := found.(type) {
	case string:
		if v == "" || len(v) > maxFieldBytes {
			return nil
		}
		return strings.ToValidUTF8(v, "\ufffd")
	case bool:
		return fmt.Sprint(v)
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case uint64:
		if v > 1<<63-1 {
			return fmt.Sprint(v)
		}
		return int64(v)
	case float64:
		return plainNumber(v)
	case float32:
		return plainNumber(float64(v))
	}
	return nil
}

// plainNumber is nil for what is no number.
func plainNumber(v float64) workbook.Value {
	if v-v != 0 {
		return nil
	}
	return v
}
