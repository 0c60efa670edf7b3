/** Pages are visited; an order's country is a state of its customer, and the page of before is looked up. */
export const MODELS = {
  customer_country: `-- kind: scd2
-- key: customer
-- valid from: event_time
-- latest by: receipt
-- deleted: is_gone
SELECT customer, country, amount IS NULL AS is_gone, event_time, receipt FROM curated.order`,
  visit_enriched: `-- kind: incremental
-- by: curated.visit
-- time: visited_at
-- within: curated.order 2h
-- key: event_id
-- test: unique event_id
SELECT v.event_id, v.page, v.event_time AS visited_at, c.country,
  o.orders_before
FROM curated.visit AS v
LEFT JOIN customer_country AS c ON CAST(c.customer AS TEXT) = v.page AND c.valid_from <= v.event_time
  AND (c.valid_to IS NULL OR c.valid_to > v.event_time)
LEFT JOIN (SELECT w.event_id, count(*) AS orders_before FROM curated.visit AS w JOIN curated.order AS p
  ON CAST(p.customer AS TEXT) = w.page AND p.event_time <= w.event_time
  AND p.event_time > w.event_time - INTERVAL '1' HOUR GROUP BY w.event_id) AS o ON o.event_id = v.event_id`,
  page_totals: `-- kind: full
-- key: page
SELECT page, count(*) AS visits, count(country) AS with_country FROM visit_enriched GROUP BY page`,
  page_names: `-- kind: view
SELECT DISTINCT page FROM curated.visit`,
}
