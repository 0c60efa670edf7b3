-- kind: view
-- title: Routes, whoever flies them
-- description: How often each route is flown, by its two airports: the data does not tell carriers.
-- key: origin, destination
SELECT origin, destination, count(*) AS flights, max(distance) AS miles, avg(delay) AS mean_delay
FROM curated.flight
GROUP BY origin, destination
