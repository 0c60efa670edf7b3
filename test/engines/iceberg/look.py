"""Runs blocks of docs/read-the-lake.md and prints what a reader makes of a table, snapshot by snapshot, as JSON.

usage: look.py READER [QUERY AS OF AN INSTANT] < blocks
"""
import json
import re
import sys
from collections import Counter
from datetime import timezone

reader = sys.argv[1]
scope = {}
exec(sys.stdin.read(), scope)


def iso(value):
    return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).astimezone(timezone.utc).isoformat()


def rows_of(trips):
    if reader == "pandas":
        return trips.astype(object).where(trips.notna(), None).to_dict("records")
    if reader == "polars":
        return trips.to_dicts()
    if reader == "duckdb":
        return [dict(zip(trips.columns, row)) for row in trips.fetchall()]
    if reader == "spark":
        return [row.asDict() for row in trips.collect()]
    return trips.to_pylist()


def types_of(trips):
    if reader == "pandas":
        return {name: str(dtype) for name, dtype in trips.dtypes.items()}
    if reader == "polars":
        return {name: str(dtype) for name, dtype in trips.schema.items()}
    if reader == "duckdb":
        return dict(zip(trips.columns, map(str, trips.types)))
    if reader == "spark":
        return dict(trips.dtypes)
    return {field.name: str(field.type) for field in trips.schema}


def epochs(trips):
    return Counter(iso(row["epoch"]) for row in rows_of(trips))


if reader == "spark":
    spark = scope["spark"]
    spark.sparkContext.setLogLevel("ERROR")
    name = "tributary.curated.click"
    as_of = sys.argv[2].replace("curated.trip", "curated.click")
    tables = [row.tableName for row in spark.sql("SHOW TABLES IN tributary.curated").collect()]
    snapshots = [
        {"id": str(row.snapshot_id), "run": row.summary.get("tributary.run"),
         "epochs": epochs(spark.sql(f"SELECT * FROM {name} VERSION AS OF {row.snapshot_id}")),
         "byInstant": spark.sql(re.sub("'[^']*'", f"'{row.committed_at}'", as_of)).collect()[0][0]}
        for row in spark.sql(f"SELECT * FROM {name}.snapshots ORDER BY committed_at").collect()]
else:
    table = scope["table"]
    tables = [name[-1] for name in scope["catalog"].list_tables("curated")]
    snapshots = [
        {"id": str(snapshot.snapshot_id), "run": snapshot.summary.get("tributary.run"),
         "epochs": Counter(iso(epoch) for epoch in table.scan(snapshot_id=snapshot.snapshot_id)
                           .to_arrow()["epoch"].to_pylist())}
        for snapshot in table.snapshots()]

trips = scope["trips"]
one = next(row for row in rows_of(trips) if row["at"] is not None)
print(json.dumps({
    "tables": tables,
    "types": types_of(trips),
    "epochs": epochs(trips),
    "one": {name: iso(one[name]) if name in ("at", "event_time") else str(one[name])
            for name in ("at", "event_time", "price", "tags", "ok", "filename")},
    "snapshots": snapshots,
}))
if reader == "spark":
    spark.stop()
