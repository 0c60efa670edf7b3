"""The day with chDB (ClickHouse in the process), two threads: the same steps as with Spark.

chdb_day.py RAW OUT
"""

import sys

import chdb
from chdb.session import Session

from day import done, measure

RAW, OUT = sys.argv[1:3]

LINES = """tbreceipt String, tbepoch Int64, tbtime Int64, tbpartition Int32, id String, source String,
  data Tuple(hoverboard_id Int64, customer_id Int64, trip_duration Decimal(18, 1))"""
ROWS = """id AS event_id, source AS event_source, fromUnixTimestamp64Milli(tbtime, 'UTC') AS event_time,
  fromUnixTimestamp64Milli(toInt64(substring(tbreceipt, 1, 13)), 'UTC') AS received_at, tbreceipt AS receipt,
  fromUnixTimestamp64Milli(tbepoch, 'UTC') AS epoch, data.hoverboard_id AS hoverboard_id, data.customer_id AS customer_id,
  data.trip_duration AS trip_duration, tbpartition AS event_partition"""
SETTINGS = "SETTINGS max_threads = 2, max_insert_threads = 2, output_format_parquet_compression_method = 'zstd'"
WINDOW = "toUnixTimestamp64Milli(toDateTime64(%s(event_time), 3, 'UTC')) AS window"
RESULTS = {
    "hourly": f"""SELECT {WINDOW % "toStartOfHour"}, hoverboard_id AS board, count() AS trips, sum(trip_duration) AS minutes,
        max(trip_duration) AS longest, min(trip_duration) AS shortest, avg(trip_duration) AS mean,
        uniqCombined(12)(customer_id) AS riders, quantileTDigest(0.95)(toFloat64(trip_duration)) AS p95 FROM trips GROUP BY window, board""",
    "daily": f"""SELECT {WINDOW % "toStartOfDay"}, count() AS trips, uniqCombined(12)(customer_id) AS riders,
        quantileTDigest(0.5)(toFloat64(trip_duration)) AS median FROM trips WHERE trip_duration >= 1 GROUP BY window""",
    "minutely": f"""SELECT {WINDOW % "toStartOfMinute"}, count() AS trips, sum(trip_duration) AS minutes,
        max(trip_duration) AS longest, avg(trip_duration) AS mean FROM trips GROUP BY window""",
}


def work():
    session = Session(f"{OUT}/session")
    curated = f"{OUT}/curated.parquet"
    session.query(
        f"""INSERT INTO FUNCTION file('{curated}', Parquet)
            SELECT {ROWS} FROM file('{RAW}/*/*.jsonl.gz', JSONEachRow, '{LINES}') LIMIT 1 BY event_source, event_id {SETTINGS}"""
    )
    done("curated")
    for name, sql in RESULTS.items():
        rows = sql.replace("FROM trips", f"FROM file('{curated}', Parquet)")
        session.query(f"INSERT INTO FUNCTION file('{OUT}/{name}.parquet', Parquet) {rows} {SETTINGS}")
        done(name)


measure(f"chDB {chdb.__version__}", work)
