-- kind: full
-- title: Delays of airports
-- description: Flights that left each airport on each day (UTC), and how late they arrived.
-- key: day, airport
-- test: unique day, airport
SELECT date_trunc('day', event_time) AS day,
  origin AS airport,
  count(*) AS flights,
  avg(delay) AS mean_delay,
  max(delay) AS longest_delay,
  count(*) FILTER (WHERE delay > 15) AS late_flights
FROM curated.flight
GROUP BY date_trunc('day', event_time), origin
