package events

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// Bounds on a list that is joined to events.
const (
	maxListBytes = 64 << 20
	maxListRows  = 1_000_000
)

// A lookupList is a CSV file in memory, to be looked up by one of its columns. Of
// several rows with one key the first counts.
type lookupList struct {
	side   *sideFile
	header []string
	match  string
	rows   map[string][]string
	// networks are the rows by network, lengths the lengths of their prefixes,
	// longest first.
	networks map[netip.Prefix][]string
	lengths  []int
}

// A listCache keeps the lists of one sources file, each loaded once.
type listCache struct {
	folder string
	loaded map[listKey]*lookupList
	// databases are those that are open, by their paths.
	databases map[string]*database
	// stores reads an event store; nil where there are none.
	stores func(name string) (workbook.Table, error)
}

func newListCache(folder string, stores func(name string) (workbook.Table, error)) *listCache {
	return &listCache{folder: folder, loaded: map[listKey]*lookupList{}, databases: map[string]*database{}, stores: stores}
}

// local refuses a list that lies outside of the folder of the sources file, also
// behind a link: who takes over a folder from somebody else would have files of
// this machine read into answers and records.
func (c *listCache) local(file, full string) error {
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return errOutside
	}
	home, err := filepath.EvalSymlinks(c.folder)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return err
	}
	if home, err = filepath.Abs(home); err != nil {
		return err
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	if inside, err := filepath.Rel(home, real); err != nil || !filepath.IsLocal(inside) {
		return errOutside
	}
	return nil
}

var errOutside = errors.New("it lies outside of the folder of " + SourcesName + ": put it below, and name it relative to that")

// locate takes a path from the folder of the sources file.
func (c *listCache) locate(file string) (full, name string, err error) {
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.folder, filepath.FromSlash(file))
	}
	full, err = filepath.Abs(path)
	return full, filepath.ToSlash(path), err
}

// database opens a database once.
func (c *listCache) database(file string) (*database, error) {
	full, name, err := c.locate(file)
	if err != nil {
		return nil, err
	}
	if d := c.databases[full]; d != nil {
		return d, nil
	}
	d, err := openDatabase(full)
	if err != nil {
		return nil, err
	}
	d.side.full, d.side.name = full, name
	c.databases[full] = d
	return d, nil
}

// A listKey names a list by its file or its event store.
type listKey struct{ file, store, key, match string }

var errNoStores = errors.New("no event stores are at hand")

// loadStore reads an event store as a list; its columns are named as in the
// store.
func (c *listCache) loadStore(store, key, match string) (*lookupList, error) {
	if match == "" {
		match = "exact"
	}
	known := listKey{store: store, key: key, match: match}
	if l := c.loaded[known]; l != nil {
		return l, nil
	}
	if c.stores == nil {
		return nil, errNoStores
	}
	table, err := c.stores(store)
	if err != nil {
		return nil, err
	}
	text, err := storeText(table)
	if err != nil {
		return nil, err
	}
	l := newLookupList(match)
	if err := l.read(text, key); err != nil {
		return nil, err
	}
	name, root := storeName+store, Root(text)
	l.side = &sideFile{full: name, name: name, kind: workbook.KindStore, bytes: int64(len(text)), root: func() string { return root }}
	c.loaded[known] = l
	return l, nil
}

// storeName begins the name of an event store in the record.
const storeName = "store:"

// storeText is an event store as CSV.
func storeText(table workbook.Table) ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write(table.Columns)
	for _, row := range table.Rows {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			cells[i] = workbook.Text(v)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return text.Bytes(), w.Error()
}

// StoreRoot is what a run records of an event store's content, by the name that
// it has there; rows gives what the store holds.
func StoreRoot(name string, rows func(store string) (workbook.Table, error)) (root string, err error) {
	table, err := rows(strings.TrimPrefix(name, storeName))
	if err != nil {
		return "", err
	}
	text, err := storeText(table)
	return Root(text), err
}

// load reads a list whose path is taken from the folder of the sources file.
func (c *listCache) load(file, key, match string) (*lookupList, error) {
	if match == "" {
		match = "exact"
	}
	known := listKey{file: file, key: key, match: match}
	if l := c.loaded[known]; l != nil {
		return l, nil
	}
	full, name, err := c.locate(file)
	if err != nil {
		return nil, err
	}
	if err := c.local(file, full); err != nil {
		return nil, withoutPath(err)
	}
	f, err := os.Open(full)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	l := newLookupList(match)
	text, err := io.ReadAll(io.LimitReader(f, maxListBytes+1))
	if err != nil {
		return nil, err
	}
	if err := l.read(text, key); err != nil {
		return nil, err
	}
	root := Root(text)
	l.side = &sideFile{full: full, name: name, kind: workbook.KindList, bytes: int64(len(text)), root: func() string { return root }}
	c.loaded[known] = l
	return l, nil
}

// withoutPath is the reason of an error alone, where who tells it names the file.
func withoutPath(err error) error {
	var unreadable *os.PathError
	if errors.As(err, &unreadable) {
		return unreadable.Err
	}
	return err
}

func newLookupList(match string) *lookupList {
	return &lookupList{match: match, rows: map[string][]string{}, networks: map[netip.Prefix][]string{}}
}

// read takes the rows of a CSV file.
func (l *lookupList) read(text []byte, key string) error {
	if len(text) > maxListBytes {
		return fmt.Errorf("it is larger than %d bytes", maxListBytes)
	}
	r := csv.NewReader(bytes.NewReader(text))
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("read its header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], string(bom))
	l.header = header
	at := 0
	if key != "" {
		if at = slices.Index(header, key); at < 0 {
			return fmt.Errorf("it has no column %s: %s", key, source.DidYouMean(key, header))
		}
	}
	for n := 0; ; n++ {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == maxListRows:
			return fmt.Errorf("it has more than %d rows", maxListRows)
		}
		if err := l.add(strings.TrimSpace(row[at]), row); err != nil {
			line, _ := r.FieldPos(at)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// add takes one row under its key; a row without one fits nothing.
func (l *lookupList) add(key string, row []string) error {
	switch {
	case key == "":
		return nil
	case l.match == "cidr":
		return l.addNetwork(key, row)
	case l.match == "suffix":
		if key = suffixKey(strings.TrimPrefix(strings.TrimPrefix(key, "*"), ".")); key == "" {
			return nil // the root, in which every name would end
		}
	}
	if _, known := l.rows[key]; !known {
		l.rows[key] = row
	}
	return nil
}

func (l *lookupList) addNetwork(key string, row []string) error {
	network, err := netip.ParsePrefix(key)
	if err != nil {
		address, ok := indicator.Address(key)
		if !ok {
			return fmt.Errorf("%q is neither an address nor a network", key)
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	network = network.Masked()
	if _, known := l.networks[network]; !known {
		l.networks[network] = row
	}
	if !slices.Contains(l.lengths, network.Bits()) {
		l.lengths = append(l.lengths, network.Bits())
		slices.Sort(l.lengths)
		slices.Reverse(l.lengths)
	}
	return nil
}

// find returns the row that fits a value: the one of the same text, of the
// smallest network that holds it, or of the longest name that it ends in.
func (l *lookupList) find(value string) ([]string, bool) {
	switch l.match {
	case "cidr":
		return l.findNetwork(value)
	case "suffix":
		return l.findSuffix(value)
	}
	row, ok := l.rows[strings.TrimSpace(value)]
	return row, ok
}

func (l *lookupList) findNetwork(value string) ([]string, bool) {
	address, ok := indicator.Address(value)
	if !ok {
		return nil, false
	}
	for _, length := range l.lengths {
		network, err := address.Prefix(length)
		if err != nil {
			continue // a length of the other family
		}
		if row, ok := l.networks[network]; ok {
			return row, true
		}
	}
	return nil, false
}

// maxNameBytes is the length of the longest name that DNS has.
const maxNameBytes = 255

func (l *lookupList) findSuffix(value string) ([]string, bool) {
	name := suffixKey(value)
	if len(name) > maxNameBytes {
		return nil, false
	}
	for more := name != ""; more; {
		if row, ok := l.rows[name]; ok {
			return row, true
		}
		_, name, more = strings.Cut(name, ".")
	}
	return nil, false
}

// suffixKey is the form in which names are compared.
func suffixKey(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}
