-- Event stores: named tables. The names of their columns are data, in a list
-- as JSON; no name from outside becomes part of the schema.
CREATE TABLE stores (
  -- Never used twice, so that a store made anew under an old name is another.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  -- The name in lower case, by which it is found.
  folded TEXT NOT NULL UNIQUE,
  -- The names of the columns: a JSON array.
  columns TEXT NOT NULL,
  rows INTEGER NOT NULL,
  -- What the cells take: their texts, and sixteen bytes a cell.
  bytes INTEGER NOT NULL,
  -- When and by which run of the audit it was written last; 0 is no run.
  updated TEXT NOT NULL,
  run INTEGER NOT NULL,
  -- Counts the commits that wrote it.
  version INTEGER NOT NULL
) STRICT;

-- The rows of the stores, numbered from 1 without gaps in the order in which
-- they were added. A row that lacks the last columns has nothing in them.
CREATE TABLE cells (
  store INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
  row INTEGER NOT NULL,
  -- A JSON array: null, texts, whole numbers, and numbers with a point. What
  -- JSON lacks is an object: {"float":"NaN"}, {"bytes":"<base64>"}.
  cells TEXT NOT NULL,
  PRIMARY KEY (store, row)
) STRICT, WITHOUT ROWID;
