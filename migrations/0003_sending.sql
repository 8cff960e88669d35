-- What sending adds. These kinds of entry come to those of the first file:
--
--   plan        a run wrote a plan; the subject is its SHA-256, under which its
--               text stands in contents
--   approval    someone approved the plan that the run applies; number counts
--               the run's approvals from 1, the subject is who
--   intent      the request of an action is about to leave. An action has an
--               entry of kind action, or where it is sent an intent
--   outcome     what became of an intent, under the number of its action; the
--               subject is the action's key. A later outcome takes the place of
--               an earlier one, also where another run found it out
--   validation  a configuration was tried; run is 0, the subject its digest
--   enabling    a configuration was enabled or disabled; likewise
--
-- A run that a plan belongs to has the plan's SHA-256 for its subject.

-- What was sent is looked up before it is sent again, by the action's key. Only
-- intents of runs that really sent begin so, and their number stays small
-- beside that of what rehearsals record.
CREATE INDEX bodies_sent ON bodies (json_extract(body, '$.key'))
WHERE substr(body, 1, 15) = '{"mode":"apply"';

DROP VIEW runs;
DROP VIEW actions;
DROP VIEW requests;

-- One line a run. A run without an end is going on, or its program died. plan
-- is the plan that it applies, endpoint where it sent instead, as FROM=TO.
CREATE VIEW runs AS
SELECT
  e.run,
  substr(e.time, 1, 19) || 'Z' AS started,
  json_extract(b.body, '$.workbook.name') AS workbook,
  json_extract(b.body, '$.mode') AS mode,
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

-- One line an action, with its verdict by the last outcome: unknown where its
-- request was about to leave and nothing tells what became of it. target is in
-- the form in which it was judged, written_as in that of the row. settled_by is
-- the later run that found the verdict out; time is when the action was
-- recorded, which is before its request left.
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

-- One line an action that has a request, with the last answer to it.
CREATE VIEW requests AS
SELECT
  e.run,
  e.number AS action,
  coalesce(json_extract(ob.body, '$.verdict'), json_extract(b.body, '$.verdict')) AS verdict,
  json_extract(b.body, '$.request.method') AS method,
  json_extract(b.body, '$.request.url') AS url,
  json_extract(b.body, '$.request.body') AS request,
  json_extract(coalesce(ob.body, b.body), '$.response.status') AS status,
  json_extract(coalesce(ob.body, b.body), '$.response.body') AS response,
  json_extract(b.body, '$.request.headers') AS headers,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
LEFT JOIN bodies ob ON ob.seq = CASE e.kind WHEN 'intent' THEN
  (SELECT max(o.seq) FROM entries o WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block) END
WHERE e.kind IN ('action', 'intent') AND json_extract(b.body, '$.request') IS NOT NULL;

-- One line a plan. applied_by is the run that sent it, where one did; a plan is
-- sent once.
CREATE VIEW plans AS
SELECT
  e.run,
  b.subject AS plan,
  json_extract(b.body, '$.file') AS file,
  substr(e.time, 1, 19) || 'Z' AS made,
  json_extract(b.body, '$.expires') AS expires,
  json_extract(b.body, '$.actions') AS actions,
  json_extract(b.body, '$.need_approval') AS need_approval,
  (SELECT a.run FROM bodies ab JOIN entries a ON a.seq = ab.seq
   WHERE ab.subject = b.subject AND a.kind = 'run' AND json_extract(ab.body, '$.mode') = 'apply') AS applied_by,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'plan';

-- One line an approval, under the run that applied the plan on its strength.
-- actions are the numbers of those that were approved one by one.
CREATE VIEW approvals AS
SELECT
  e.run,
  e.number AS approval,
  b.subject AS approver,
  json_extract(b.body, '$.key') AS key,
  json_extract(b.body, '$.reason') AS reason,
  json_extract(b.body, '$.actions') AS actions,
  json_extract(b.body, '$.time') AS approved,
  json_extract(b.body, '$.statement') AS statement,
  json_extract(b.body, '$.signature') AS signature,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind = 'approval';

-- One line for each time that a configuration was validated, enabled or
-- disabled. digest is that of the configuration as it was then; a status or an
-- enabling holds for no other. endpoint is empty for the real one.
CREATE VIEW validations AS
SELECT
  substr(e.time, 1, 19) || 'Z' AS time,
  json_extract(b.body, '$.name') AS integration,
  CASE WHEN e.kind = 'validation' THEN 'validated' WHEN json_extract(b.body, '$.enabled') THEN 'enabled' ELSE 'disabled' END AS what,
  json_extract(b.body, '$.status') AS status,
  json_extract(b.body, '$.detail') AS detail,
  json_extract(b.body, '$.endpoint') AS endpoint,
  json_extract(b.body, '$.user') AS user,
  json_extract(b.body, '$.host') AS host,
  b.subject AS digest,
  e.seq AS entry
FROM entries e
JOIN bodies b ON b.seq = e.seq
WHERE e.kind IN ('validation', 'enabling');

INSERT INTO schemas (version, program) VALUES (3, '0.1.0');
