-- kind: full
-- title: Daily health of hoverboards
-- description: How each hoverboard did on each day (UTC): reports, lowest charge, highest temperature.
-- key: day, hoverboard_id
-- test: unique day, hoverboard_id
-- test warn: rows lowest_charge < 0
SELECT date_trunc('day', event_time) AS day,
  id AS hoverboard_id,
  count(*) AS reports,
  min(charge) AS lowest_charge,
  avg(charge) AS mean_charge,
  max(temperature) AS highest_temperature,
  count(*) FILTER (WHERE is_docked) AS docked_reports
FROM curated.hoverboard
GROUP BY date_trunc('day', event_time), id
