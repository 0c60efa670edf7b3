-- kind: scd2
-- title: Customer history
-- description: What each customer was called and could be written to, and from when until when.
-- key: customer_id
-- valid from: observed_at
-- latest by: receipt
-- test: not-null customer_id
-- test: unique customer_id, valid_from
SELECT id AS customer_id,
  customer_name_first_name AS first_name,
  customer_name_last_name AS last_name,
  customer_email AS email,
  event_time AS observed_at,
  receipt
FROM curated.customer
