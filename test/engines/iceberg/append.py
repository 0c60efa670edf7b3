"""Commits rows to a table again and again beside whoever else does, by the block of docs/read-the-lake.md.

usage: append.py ENGINE FIRST COUNT < block

Prints the numbers that were committed: a commit that came second is tried again, as the engine does.
"""
import json
import sys
import time
from datetime import datetime, timezone

engine, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
scope = {}
exec(sys.stdin.read(), scope)
committed = []

if engine == "spark":
    spark = scope["spark"]
    spark.sparkContext.setLogLevel("OFF")
    name = "tributary.curated.click"
    spark.table(name).limit(1).createOrReplaceTempView("one")
    columns = ", ".join(
        {"n": "{n}L AS n", "who": "'spark' AS who",
         "epoch": "TIMESTAMP '2001-01-01 00:00:00' + INTERVAL {n} HOURS AS epoch"}.get(column, column)
        for column in spark.table(name).columns)
    for n in range(first, first + count):
        for _ in range(20):
            try:
                spark.sql(f"INSERT INTO {name} SELECT {columns.format(n=n)} FROM one")
                committed.append(n)
                break
            except Exception as error:  # Who came second.
                if "CommitFailed" not in str(error):
                    raise
    spark.stop()
else:
    import pyarrow as pa
    from pyiceberg.exceptions import CommitFailedException

    table = scope["table"]
    one = table.scan(limit=1).to_arrow()

    def row(n):
        made = one
        for column, value in (("n", n), ("who", "pyiceberg"),
                              ("epoch", datetime.fromtimestamp(946684800 + 3600 * n, timezone.utc))):
            at = made.schema.get_field_index(column)
            field = made.schema.field(column)
            made = made.set_column(at, field, pa.array([value], field.type))
        return made

    for n in range(first, first + count):
        for _ in range(50):
            try:
                table.refresh()
                table.append(row(n))
                committed.append(n)
                break
            except CommitFailedException:
                time.sleep(0.02)
print(json.dumps(committed))
