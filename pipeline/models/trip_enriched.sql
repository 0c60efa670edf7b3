-- kind: incremental
-- title: Trips with their hoverboard and customer
-- description: Each trip with the last report of its hoverboard before it ended, and its customer as of then.
-- by: curated.trip
-- time: ended_at
-- within: curated.hoverboard 2h
-- key: event_id, event_source
-- column: charge Charge of the hoverboard at its last report of the ten minutes before the trip ended
-- column: reported_at When the hoverboard reported that
-- column: is_known_customer Whether anything was known of the customer when the trip ended
-- test: unique event_id, event_source
-- test: not-null trip_duration
-- test warn: rows trip_duration < 0
WITH ended AS (
  SELECT event_id, event_source, hoverboard_id, customer_id, trip_duration,
    end_time_and_date AS ended_at, start_time_and_date AS started_at
  FROM curated.trip
),
reported AS (
  SELECT t.event_id, t.event_source, h.charge, h.temperature, h.event_time AS reported_at,
    row_number() OVER (PARTITION BY t.event_id, t.event_source ORDER BY h.event_time DESC, h.receipt DESC) AS n
  FROM ended AS t
  JOIN curated.hoverboard AS h
    ON h.id = t.hoverboard_id AND h.event_time <= t.ended_at AND h.event_time > t.ended_at - INTERVAL '10' MINUTE
),
last_report AS (
  SELECT event_id, event_source, charge, temperature, reported_at FROM reported WHERE n = 1
)
SELECT t.event_id, t.event_source, t.hoverboard_id, t.customer_id, t.started_at, t.ended_at, t.trip_duration,
  r.charge, r.temperature, r.reported_at,
  c.first_name, c.last_name,
  CASE WHEN c.customer_id IS NULL THEN FALSE ELSE TRUE END AS is_known_customer
FROM ended AS t
LEFT JOIN last_report AS r ON r.event_id = t.event_id AND r.event_source = t.event_source
LEFT JOIN customer_history AS c
  ON c.customer_id = t.customer_id AND c.valid_from <= t.ended_at
  AND (c.valid_to IS NULL OR c.valid_to > t.ended_at)
