-- The audit: one append-only, chained table of entries, and beside it what the
-- entries say. People read the views in the next file.

-- SQLite leaves a column's type open. STRICT would close it, but sqlite3 shells
-- before 3.37 can't read that, and CHECKs take a tenth of the time of writing;
-- verify finds a value of the wrong type.

-- schemas names, for each version of this schema, the first version of the
-- program that can read it, so that an older program can say what is needed.
-- Its form never changes.
CREATE TABLE schemas (
  version INTEGER PRIMARY KEY,
  program TEXT NOT NULL
);

-- entries is the chain. Each hash covers the hash before it and every other
-- column of its own row.
CREATE TABLE entries (
  -- from 1, without gaps
  seq      INTEGER PRIMARY KEY,
  -- from 1
  run      INTEGER NOT NULL,
  -- from 1; 0 where the entry belongs to the run as a whole
  block    INTEGER NOT NULL,
  -- of the row, signal or action, from 1; of a block its index; else 0
  number   INTEGER NOT NULL,
  -- run, block, row, signal, action or end
  kind     TEXT NOT NULL,
  -- when it was written, RFC 3339 in UTC
  time     TEXT NOT NULL,
  -- digests of the contents that it refers to, a blank between them
  contents TEXT NOT NULL,
  -- salted SHA-256 of its subject and body
  digest   BLOB NOT NULL,
  hash     BLOB NOT NULL
);

CREATE INDEX entries_place ON entries (run, kind, number, block);
CREATE INDEX entries_runs ON entries (run) WHERE kind = 'run';

-- bodies holds what each entry says, as JSON. Apart from the chain, so that a
-- purge that the law demands can leave the chain whole. In a text, U+FFFD and
-- two hexadecimal digits stand for a byte that is not UTF-8 or that would act
-- on a terminal; U+FFFD twice stands for itself.
CREATE TABLE bodies (
  -- of its entry; bodies_insert sees to that, and REFERENCES would look again
  seq     INTEGER PRIMARY KEY,
  salt    BLOB NOT NULL,
  -- what it is looked up by: an action's target, a signal's name
  subject TEXT,
  body    TEXT NOT NULL
);

CREATE INDEX bodies_subject ON bodies (subject) WHERE subject IS NOT NULL;

-- contents keeps texts once that many runs share: the workbook, the
-- integrations, the guard's lists.
CREATE TABLE contents (
  -- SHA-256 of the text, in hexadecimal
  digest TEXT PRIMARY KEY NOT NULL,
  text   BLOB NOT NULL
);

-- Nothing here changes or goes. The BEFORE INSERT triggers also stop INSERT OR
-- REPLACE, which deletes without asking the DELETE triggers.
CREATE TRIGGER schemas_insert BEFORE INSERT ON schemas
WHEN NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM schemas)
BEGIN SELECT RAISE(ABORT, 'audit: only the next version can be added'); END;

CREATE TRIGGER schemas_update BEFORE UPDATE ON schemas
BEGIN SELECT RAISE(ABORT, 'audit: a version never changes'); END;

CREATE TRIGGER schemas_delete BEFORE DELETE ON schemas
BEGIN SELECT RAISE(ABORT, 'audit: a version is never deleted'); END;

CREATE TRIGGER entries_insert BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'audit: only the next entry can be added'); END;

CREATE TRIGGER entries_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'audit: an entry never changes'); END;

CREATE TRIGGER entries_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'audit: an entry is never deleted'); END;

CREATE TRIGGER bodies_insert BEFORE INSERT ON bodies
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM bodies)
  OR NEW.seq > (SELECT coalesce(max(seq), 0) FROM entries)
BEGIN SELECT RAISE(ABORT, 'audit: only a new entry can be given a body'); END;

CREATE TRIGGER bodies_update BEFORE UPDATE ON bodies
BEGIN SELECT RAISE(ABORT, 'audit: a body never changes'); END;

CREATE TRIGGER bodies_delete BEFORE DELETE ON bodies
BEGIN SELECT RAISE(ABORT, 'audit: a body is never deleted'); END;

CREATE TRIGGER contents_insert BEFORE INSERT ON contents
WHEN EXISTS (SELECT 1 FROM contents WHERE digest = NEW.digest OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'audit: this text is kept already'); END;

CREATE TRIGGER contents_update BEFORE UPDATE ON contents
BEGIN SELECT RAISE(ABORT, 'audit: a kept text never changes'); END;

CREATE TRIGGER contents_delete BEFORE DELETE ON contents
BEGIN SELECT RAISE(ABORT, 'audit: a kept text is never deleted'); END;

INSERT INTO schemas (version, program) VALUES (1, '0.1.0');
