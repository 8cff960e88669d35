-- What retention adds. These kinds of entry come to those of the files before;
-- their run is 0:
--
--   purge    bodies were removed: those of the entries and the texts that it
--            names. Where a body was, {"purged":N} names this entry, with no salt
--            and no subject
--   archive  entries were moved to another file, up to the one it names
--   close    the last entry of such a file
--   link     the first entry of what is left. It has the sequence and the hash
--            of the last entry that was moved, so that the chain goes on; the
--            entry of kind archive names it
--
-- No trigger lets a body be removed or an entry be moved. The program that does
-- either takes the trigger away and puts it back in the transaction that writes
-- the entry about it, and verify takes nothing for purged or moved that no entry
-- names.

-- One line a purge, oldest first. entries counts the bodies that it removed,
-- texts the kept texts; what is before and a time, or value.
CREATE VIEW purges AS
SELECT
  substr(e.time, 1, 19) || 'Z' AS time,
  json_extract(b.body, '$.what') AS what,
  json_extract(b.body, '$.count') AS entries,
  json_array_length(b.body, '$.texts') AS texts,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.user') AS user,
  json_extract(b.body, '$.host') AS host,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.run = 0 AND e.kind = 'purge';

-- One line a time that entries were moved to another file: through is the last
-- one, and head its hash; archive_head is the hash of that file's last entry,
-- which is its entry through + 1.
CREATE VIEW archives AS
SELECT
  substr(e.time, 1, 19) || 'Z' AS time,
  json_extract(b.body, '$.file') AS file,
  json_extract(b.body, '$.through') AS through,
  json_extract(b.body, '$.head') AS head,
  json_extract(b.body, '$.archive_head') AS archive_head,
  json_extract(b.body, '$.runs') AS runs,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.user') AS user,
  json_extract(b.body, '$.host') AS host,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.run = 0 AND e.kind = 'archive';

INSERT INTO schemas (version, program) VALUES (4, '0.1.0');
