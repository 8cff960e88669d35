-- What called workbooks add: a block that calls a workbook makes a run of it, which
-- names the block, as the block names the run. No kind of entry comes to the
-- others. Actions are numbered through all runs of a rehearsal.

DROP VIEW runs;
DROP VIEW block_runs;
DROP VIEW actions;

-- One line a run. A run without an end is going on, or its program died. called_by
-- is the block that called its workbook, as 7/3, and null for a run of its own;
-- what a called run would send counts into the one that called it, too. plan is the
-- plan that it applies, endpoint where it sent instead, as FROM=TO.
CREATE VIEW runs AS
SELECT
  e.run,
  substr(e.time, 1, 19) || 'Z' AS started,
  json_extract(b.body, '$.workbook.name') AS workbook,
  json_extract(b.body, '$.mode') AS mode,
  json_extract(b.body, '$.caller.run') || '/' || json_extract(b.body, '$.caller.block') AS called_by,
  coalesce(json_extract(xb.body, '$.status'), 'running or died') AS status,
  json_extract(xb.body, '$.dnif_would_send') AS dnif_would_send,
  json_extract(xb.body, '$.protected') AS to_protected,
  (SELECT count(*) FROM entries a WHERE a.run = e.run AND a.kind IN ('action', 'intent')) AS actions,
  (SELECT count(DISTINCT s.number) FROM entries s WHERE s.run = e.run AND s.kind = 'signal') AS signals,
  (SELECT count(*) FROM entries k WHERE k.run = e.run AND k.kind = 'block') AS blocks,
  substr(x.time, 1, 19) || 'Z' AS ended,
  json_extract(b.body, '$.user') AS user,
  json_extract(b.body, '$.host') AS host,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.ticket') AS ticket,
  json_extract(b.body, '$.plan') AS plan,
  json_extract(b.body, '$.endpoint') AS endpoint,
  json_extract(b.body, '$.now') AS clock,
  json_extract(b.body, '$.now_source') AS clock_from,
  json_extract(b.body, '$.zone') AS zone,
  json_extract(b.body, '$.parameters') AS parameters,
  json_extract(b.body, '$.workbook.path') AS workbook_file,
  nullif(json_extract(b.body, '$.workbook.digest'), '') AS workbook_sha256,
  json_extract(b.body, '$.integrations.digest') AS integrations_sha256,
  json_extract(b.body, '$.guard.digest') AS guard_sha256,
  json_extract(b.body, '$.version') AS version,
  json_extract(b.body, '$.program') AS program_sha256,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
LEFT JOIN entries x ON x.run = e.run AND x.kind = 'end'
LEFT JOIN bodies xb ON xb.seq = x.seq
WHERE e.kind = 'run';

-- One line a block that ran. called_run is the run of the workbook that it called.
CREATE VIEW block_runs AS
SELECT
  e.run,
  e.block,
  json_extract(b.body, '$.kind') AS kind,
  json_extract(b.body, '$.rows_in') AS rows_in,
  json_extract(b.body, '$.rows_out') AS rows_out,
  round(json_extract(b.body, '$.seconds'), 3) AS seconds,
  json_extract(b.body, '$.failed') AS failed,
  nullif(json_extract(b.body, '$.warnings'), '[]') AS warnings,
  json_extract(b.body, '$.id') AS id,
  json_extract(b.body, '$.columns') AS columns,
  json_extract(b.body, '$.called_run') AS called_run,
  json_extract(b.body, '$.note') AS note,
  json_extract(b.body, '$.text') AS text,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'block';

-- One line an action, with its verdict by the last outcome: unknown where its
-- request was about to leave and nothing tells what became of it. target is in
-- the form in which it was judged, written_as in that of the row. block and row are
-- of of_run, where that is not null: a plan's actions may be of workbooks that the
-- planned one called. same_as is an action of same_as_run, null for the own run.
-- settled_by is the later run that found the verdict out; time is when the action
-- was recorded, which is before its request left.
CREATE VIEW actions AS
SELECT
  e.run,
  e.number AS action,
  e.block,
  json_extract(b.body, '$.row') AS row,
  json_extract(b.body, '$.type') AS type,
  b.subject AS target,
  json_extract(b.body, '$.dnif') AS dnif,
  coalesce(json_extract(ob.body, '$.verdict'), json_extract(b.body, '$.verdict')) AS verdict,
  json_extract(b.body, '$.rule') AS rule,
  coalesce(nullif(json_extract(ob.body, '$.reason'), ''), json_extract(b.body, '$.reason')) AS reason,
  json_extract(b.body, '$.protected') AS protected,
  nullif(json_extract(b.body, '$.same_as'), 0) AS same_as,
  json_extract(b.body, '$.same_as_run') AS same_as_run,
  json_extract(b.body, '$.of_run') AS of_run,
  nullif(json_extract(ob.body, '$.attempts'), 0) AS attempts,
  json_extract(ob.body, '$.task') AS task,
  nullif(json_extract(ob.body, '$.by'), 0) AS settled_by,
  json_extract(b.body, '$.integration') AS integration,
  json_extract(b.body, '$.target') AS written_as,
  substr(e.time, 1, 19) || 'Z' AS time,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
LEFT JOIN bodies ob ON ob.seq = CASE e.kind WHEN 'intent' THEN
  (SELECT max(o.seq) FROM entries o WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block) END
WHERE e.kind IN ('action', 'intent');

INSERT INTO schemas (version, program) VALUES (5, '0.1.0');
