-- What people read. Times are RFC 3339 in UTC; blocks, rows, signals and
-- actions count from 1 within their run.

-- One line a run. A run without an end is going on, or its program died.
CREATE VIEW runs AS
SELECT
  e.run,
  substr(e.time, 1, 19) || 'Z' AS started,
  json_extract(b.body, '$.workbook.name') AS workbook,
  json_extract(b.body, '$.mode') AS mode,
  coalesce(json_extract(xb.body, '$.status'), 'running or died') AS status,
  json_extract(xb.body, '$.dnif_would_send') AS dnif_would_send,
  json_extract(xb.body, '$.protected') AS to_protected,
  (SELECT count(*) FROM entries a WHERE a.run = e.run AND a.kind = 'action') AS actions,
  (SELECT count(DISTINCT s.number) FROM entries s WHERE s.run = e.run AND s.kind = 'signal') AS signals,
  (SELECT count(*) FROM entries k WHERE k.run = e.run AND k.kind = 'block') AS blocks,
  substr(x.time, 1, 19) || 'Z' AS ended,
  json_extract(b.body, '$.user') AS user,
  json_extract(b.body, '$.host') AS host,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.ticket') AS ticket,
  json_extract(b.body, '$.now') AS clock,
  json_extract(b.body, '$.now_source') AS clock_from,
  json_extract(b.body, '$.zone') AS zone,
  json_extract(b.body, '$.parameters') AS parameters,
  json_extract(b.body, '$.workbook.path') AS workbook_file,
  json_extract(b.body, '$.workbook.digest') AS workbook_sha256,
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

-- One line a block that ran.
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
  json_extract(b.body, '$.note') AS note,
  json_extract(b.body, '$.text') AS text,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'block';

-- One line a row that is kept. A block that passes rows on has those of the
-- block they came from; a row that only adds to another has that one's values
-- first. made_from is the row of the block before it.
CREATE VIEW rows AS
SELECT
  k.run,
  k.number AS block,
  r.number AS row,
  (SELECT json_group_object(c.value, CASE
      WHEN ob.seq IS NULL THEN json_extract(rb.body, '$.values[' || c.key || ']')
      WHEN c.key < json_array_length(ob.body, '$.values') THEN json_extract(ob.body, '$.values[' || c.key || ']')
      ELSE json_extract(rb.body, '$.more[' || (c.key - json_array_length(ob.body, '$.values')) || ']')
    END) FROM json_each(kb.body, '$.columns') c) AS cells,
  CASE WHEN r.block = k.number THEN json_extract(rb.body, '$.from') ELSE r.number END AS made_from,
  json_extract(coalesce(ob.body, rb.body), '$.evidence.events') AS events,
  r.seq AS entry
FROM entries k
JOIN bodies kb ON kb.seq = k.seq
JOIN entries r ON r.run = k.run AND r.kind = 'row' AND r.block = json_extract(kb.body, '$.rows_of')
JOIN bodies rb ON rb.seq = r.seq
LEFT JOIN entries o ON o.run = r.run AND o.kind = 'row'
  AND o.number = json_extract(rb.body, '$.same[1]') AND o.block = json_extract(rb.body, '$.same[0]')
LEFT JOIN bodies ob ON ob.seq = o.seq
WHERE k.kind = 'block';

-- One line an event behind a kept row, up to 100 a row; events is the exact
-- number of them. A row whose events are not known has one line that says why.
-- offset counts bytes of the decompressed file from 0, line counts from 1.
CREATE VIEW evidence AS
SELECT
  k.run,
  k.number AS block,
  r.number AS row,
  json_extract(coalesce(ob.body, rb.body), '$.evidence.events') AS events,
  json_extract(coalesce(ob.body, rb.body), '$.evidence.files[' || json_extract(p.value, '$[0]') || ']') AS file,
  json_extract(p.value, '$[2]') AS line,
  json_extract(p.value, '$[1]') AS offset,
  json_extract(coalesce(ob.body, rb.body), '$.evidence.unknown') AS unknown
FROM entries k
JOIN bodies kb ON kb.seq = k.seq
JOIN entries r ON r.run = k.run AND r.kind = 'row' AND r.block = json_extract(kb.body, '$.rows_of')
JOIN bodies rb ON rb.seq = r.seq
LEFT JOIN entries o ON o.run = r.run AND o.kind = 'row'
  AND o.number = json_extract(rb.body, '$.same[1]') AND o.block = json_extract(rb.body, '$.same[0]')
LEFT JOIN bodies ob ON ob.seq = o.seq
LEFT JOIN json_each(coalesce(ob.body, rb.body), '$.evidence.first') p
WHERE k.kind = 'block';

-- One line a signal, as it was after it was last raised.
CREATE VIEW signals AS
SELECT
  e.run,
  e.number AS signal,
  json_extract(b.body, '$.block') AS block,
  json_extract(b.body, '$.row') AS row,
  b.subject AS name,
  json_extract(b.body, '$.severity') AS severity,
  json_extract(b.body, '$.score') AS score,
  json_extract(b.body, '$.target') AS target,
  json_extract(b.body, '$.suspect') AS suspect,
  json_extract(b.body, '$.occurrences') AS occurrences,
  json_extract(b.body, '$.first_seen') AS first_seen,
  json_extract(b.body, '$.last_seen') AS last_seen,
  json_extract(b.body, '$.confidence') AS confidence,
  json_extract(b.body, '$.tactic') AS tactic,
  json_extract(b.body, '$.technique') AS technique,
  json_extract(b.body, '$.subtechnique') AS subtechnique,
  json_extract(b.body, '$.tags') AS tags,
  json_extract(b.body, '$.source_stream') AS source_stream,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'signal' AND NOT EXISTS (
  SELECT 1 FROM entries l
  WHERE l.run = e.run AND l.kind = 'signal' AND l.number = e.number AND l.seq > e.seq);

-- One line an action. target is in the form in which it was judged, written_as
-- in that of the row.
CREATE VIEW actions AS
SELECT
  e.run,
  e.number AS action,
  e.block,
  json_extract(b.body, '$.row') AS row,
  json_extract(b.body, '$.type') AS type,
  b.subject AS target,
  json_extract(b.body, '$.dnif') AS dnif,
  json_extract(b.body, '$.verdict') AS verdict,
  json_extract(b.body, '$.rule') AS rule,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.protected') AS protected,
  nullif(json_extract(b.body, '$.same_as'), 0) AS same_as,
  json_extract(b.body, '$.integration') AS integration,
  json_extract(b.body, '$.target') AS written_as,
  substr(e.time, 1, 19) || 'Z' AS time,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'action';

-- One line an action that has a request, with the answer to it.
CREATE VIEW requests AS
SELECT
  e.run,
  e.number AS action,
  json_extract(b.body, '$.verdict') AS verdict,
  json_extract(b.body, '$.request.method') AS method,
  json_extract(b.body, '$.request.url') AS url,
  json_extract(b.body, '$.request.body') AS request,
  json_extract(b.body, '$.response.status') AS status,
  json_extract(b.body, '$.response.body') AS response,
  json_extract(b.body, '$.request.headers') AS headers,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'action' AND json_extract(b.body, '$.request') IS NOT NULL;

INSERT INTO schemas (version, program) VALUES (2, '0.1.0');
