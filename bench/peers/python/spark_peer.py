"""Spark on local[2] with 8 GB of heap; deduplicated and cached in memory, or into Parquet of everything."""

import pyspark
from pyspark.sql import SparkSession

from peer import measure

PLACE = "STRUCT<longitude: DOUBLE, latitude: DOUBLE>"
NEEDED = "tbtime BIGINT, id STRING, source STRING, data STRUCT<hoverboard_id: BIGINT, customer_id: BIGINT, trip_duration: DOUBLE>"
FIELDS = f"""tbreceipt STRING, tbepoch BIGINT, tbtime BIGINT, tbpartition INT, specversion STRING, id STRING, source STRING, type STRING,
  time STRING, data STRUCT<hoverboard_id: BIGINT, customer_id: BIGINT, trip_duration: DOUBLE, start_location: {PLACE}, end_location: {PLACE},
  start_time_and_date: STRING, end_time_and_date: STRING>"""
COLUMNS = ["tbtime AS ms", "data.hoverboard_id AS board", "data.customer_id AS customer", "data.trip_duration AS minutes"]

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "8g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)


def work(raw, out, keep):
    events = spark.read.schema(FIELDS if keep else NEEDED).json(f"{raw}/*.ndjson").dropDuplicates(["source", "id"])
    if keep:
        events.write.parquet(f"{out}/kept")
        events = spark.read.parquet(f"{out}/kept")
    trips = events.selectExpr(*COLUMNS)
    if not keep:
        trips = trips.cache()
    trips.createOrReplaceTempView("trips")
    return {
        "hourly": rows(
            """SELECT ms DIV 3600000 * 3600000 AS w, board, count(*), sum(minutes), max(minutes), min(minutes), avg(minutes),
                 count(DISTINCT customer), percentile_disc(0.95) WITHIN GROUP (ORDER BY minutes) FROM trips GROUP BY w, board"""
        ),
        "daily": rows(
            """SELECT ms DIV 86400000 * 86400000 AS w, count(*), count(DISTINCT customer),
                 percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) FROM trips WHERE minutes >= 1 GROUP BY w"""
        ),
        "minutely": rows(
            "SELECT ms DIV 60000 * 60000 AS w, count(*), sum(minutes), max(minutes), avg(minutes) FROM trips GROUP BY w"
        ),
    }


def rows(sql):
    return [tuple(row) for row in spark.sql(sql).collect()]


measure(f"Spark {pyspark.__version__}", work)
