"""Runs the statements that come as lines of JSON, and answers each with a line: rows, or what is wrong."""
import json
import sys

from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1")
    # Not UTC: no result may depend on it.
    .config("spark.sql.session.timeZone", "America/New_York")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")

for line in sys.stdin:
    try:
        rows = spark.sql(json.loads(line))
        answer = {"columns": rows.columns, "rows": [list(row) for row in rows.collect()]}
    except Exception as error:  # The one who asked judges it.
        answer = {"error": str(error)[:2000]}
    print(json.dumps(answer, default=str), flush=True)
