package workbook

// A StoreMode is how rows are written to an event store.
type StoreMode string

// The modes of DNIF's _store.
const (
	// StackReplace makes the store exactly these rows.
	StackReplace StoreMode = "stack_replace"
	// StackAppend adds the rows behind those that are there.
	StackAppend StoreMode = "stack_append"
	// KeyReplace replaces the rows with the same key, and adds the others.
	KeyReplace StoreMode = "key_replace"
)

// A StoreChange is what one write changed in an event store, counted in rows.
// After is Before and Added less Removed.
type StoreChange struct {
	Store string    `json:"store"`
	Mode  StoreMode `json:"mode"`
	// Key is the column that KeyReplace goes by.
	Key    string `json:"key"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	Added  int64  `json:"added"`
	// Replaced counts rows of the store that others took the place of.
	Replaced int64 `json:"replaced"`
	Removed  int64 `json:"removed"`
	// Repeated counts rows written that a later one with the same key took the
	// place of in the same write.
	Repeated int64 `json:"repeated,omitempty"`
	// Unkeyed counts those of the rows added that have no key.
	Unkeyed        int64    `json:"unkeyed,omitempty"`
	ColumnsAdded   []string `json:"columns_added,omitempty"`
	ColumnsRemoved []string `json:"columns_removed,omitempty"`
}
