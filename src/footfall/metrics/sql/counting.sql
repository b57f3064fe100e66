-- What is counted, in the subset of SQL that DuckDB, SQLite, PostgreSQL and Spark share. See docs/explanation/counting.md.
--
-- Only integers pass: texts are numbered before they come here, so no engine's collation, case or padding can matter.
-- Every window is ordered by `pos` and has its frame written out: engines differ in what they take when it is missing.
-- {timeout} and {memory} are `session_timeout` and `session_memory`, ms.
--
-- Input: batch, one row a record in log order; records set aside for what they are don't come here at all.
--   part            the partition
--   pos             the record's place in the log, unique in its partition
--   ts              its timestamp, ms
--   session         number of its (partition, session)
--   event           number of its (partition, session, event id); NULL without an id
--   flag            0 none, 1 corrupt, 2 the collector's duplicate flag, 3 a robot
--   kind            1 page view, 2 cart event, 0 other
--   reason          NULL: it counts; > 0: number of the reason to ignore it; < 0: to set it aside
--   place           number of its (shop, item)
--   amount          pieces of a cart event
--   currency        number of its currency
--   high, low       price x amount in 1/10,000 of the currency: high * 10^9 + low
--   carried_clock   clock of the partition before the batch; NULL at its beginning
--   carried_seen    the clock when this (session, event) was last seen; NULL if it is not remembered
--   carried_views   page views of the session so far; NULL if it is not remembered
--   carried_latest  latest timestamp of the session so far; NULL if it is not remembered

-- name: judged
-- How each record ended before its session moves, and the clock right after it.
WITH clocked AS (
  SELECT part, pos, ts, event, flag, carried_clock, carried_seen,
         MAX(ts) OVER (PARTITION BY part ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS batch_clock
  FROM batch
),
started AS (
  SELECT clocked.*,
         CASE WHEN batch_clock IS NULL OR carried_clock > batch_clock THEN carried_clock ELSE batch_clock END AS clock_before
  FROM clocked
),
ticked AS (
  SELECT started.*, CASE WHEN clock_before > ts THEN clock_before ELSE ts END AS clock_after
  FROM started
),
sighted AS (
  SELECT ticked.*,
         COALESCE(
           LAG(clock_after) OVER (PARTITION BY event, CASE WHEN flag = 1 THEN 1 ELSE 0 END ORDER BY pos),
           carried_seen
         ) AS last_seen
  FROM ticked
)
SELECT part, pos, event, clock_after,
       CASE WHEN flag = 1 THEN 'corrupt'
            WHEN flag = 2 OR (event IS NOT NULL AND clock_before - last_seen < {memory}) THEN 'duplicate'
            WHEN flag = 3 THEN 'bot'
            ELSE 'clean' END AS verdict
FROM sighted;

-- name: moved
-- The session of each clean record after it: page views so far (the depth of a page view) and latest timestamp.
WITH clean AS (
  SELECT batch.part, batch.pos, ts, session, kind, carried_views, carried_latest, clock_after,
         MAX(ts) OVER (
           PARTITION BY session ORDER BY batch.pos ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
         ) AS batch_latest
  FROM batch JOIN judged ON judged.part = batch.part AND judged.pos = batch.pos
  WHERE verdict = 'clean'
),
timed AS (
  SELECT clean.*,
         CASE WHEN batch_latest IS NULL OR carried_latest > batch_latest THEN carried_latest ELSE batch_latest END AS latest
  FROM clean
),
cut AS (
  SELECT timed.*, CASE WHEN ts - latest >= {timeout} OR clock_after - latest >= {memory} THEN 1 ELSE 0 END AS starts
  FROM timed
),
visited AS (
  SELECT cut.*,
         SUM(starts) OVER (PARTITION BY session ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS visit,
         LEAD(pos) OVER (PARTITION BY session ORDER BY pos) AS next_pos
  FROM cut
)
SELECT part, pos, session, next_pos,
       CASE WHEN latest > ts THEN latest ELSE ts END AS latest,
       CASE WHEN visit = 0 THEN COALESCE(carried_views, 0) ELSE 0 END + SUM(CASE WHEN kind = 1 THEN 1 ELSE 0 END) OVER (
         PARTITION BY session, visit ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
       ) AS views
FROM visited;

-- name: facts
-- Sums to add for each (place, minute).
SELECT place, ts - ts % 60000 AS minute,
       SUM(CASE WHEN kind = 1 THEN 1 ELSE 0 END) AS views,
       SUM(CASE WHEN kind = 1 THEN views ELSE 0 END) AS depth_sum,
       SUM(CASE WHEN kind = 2 THEN amount ELSE 0 END) AS quantity,
       SUM(CASE WHEN kind = 2 THEN 1 ELSE 0 END) AS clicks
FROM batch JOIN moved ON moved.part = batch.part AND moved.pos = batch.pos
WHERE reason IS NULL
GROUP BY place, ts - ts % 60000;

-- name: money
-- Sums of money to add for each (place, minute, currency), none of zero; the halves are summed apart, so that nothing
-- overflows.
SELECT place, ts - ts % 60000 AS minute, currency, SUM(high) AS high, SUM(low) AS low
FROM batch JOIN moved ON moved.part = batch.part AND moved.pos = batch.pos
WHERE reason IS NULL AND kind = 2 AND (high > 0 OR low > 0)
GROUP BY place, ts - ts % 60000, currency;

-- name: sessions
-- The sessions to carry on.
SELECT session, views, latest
FROM moved
WHERE next_pos IS NULL;

-- name: seen
-- The event ids to remember, each with the clock right after the record that bore it last.
SELECT event, MAX(clock_after) AS last_seen
FROM judged
WHERE event IS NOT NULL AND verdict <> 'corrupt'
GROUP BY event;

-- name: kept
-- The records to set aside for their price or amount.
SELECT batch.part, batch.pos
FROM batch JOIN judged ON judged.part = batch.part AND judged.pos = batch.pos
WHERE verdict = 'clean' AND reason < 0
ORDER BY batch.part, batch.pos;

-- name: endings
-- How many records ended in which way, and the clock after them.
SELECT batch.part, verdict, reason, COUNT(*) AS n, MAX(clock_after) AS clock
FROM batch JOIN judged ON judged.part = batch.part AND judged.pos = batch.pos
GROUP BY batch.part, verdict, reason;
