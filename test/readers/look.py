"""Runs a block of docs/read-the-lake.md and prints what its reader makes of the folder, as JSON.

usage: look.py READER FOLDER < block
"""
import json
import sys
from collections import Counter
from datetime import timezone

UTC = timezone.utc

reader, folder = sys.argv[1:]
block = sys.stdin.read().replace(".tributary/lake/curated/type=com.tributary.trip", folder)
scope = {}
exec(block, scope)
trips = scope["trips"]


if reader == "pandas":
    types = {name: str(dtype) for name, dtype in trips.dtypes.items()}
    rows = trips.astype(object).where(trips.notna(), None).to_dict("records")
elif reader == "pyarrow":
    types = {field.name: str(field.type) for field in trips.schema}
    rows = trips.to_pylist()
elif reader == "polars":
    types = {name: str(dtype) for name, dtype in trips.schema.items()}
    rows = trips.to_dicts()
elif reader == "duckdb":
    types = dict(zip(trips.columns, map(str, trips.types)))
    rows = [dict(zip(trips.columns, row)) for row in trips.fetchall()]
else:
    types = dict(trips.dtypes)
    rows = [row.asDict() for row in trips.collect()]
    scope["spark"].stop()


def iso(value):
    # Spark's instants come as local times of this process, whose zone is UTC.
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


one = next(row for row in rows if row["at"] is not None)
print(json.dumps({
    "types": types,
    "epochs": Counter(iso(row["epoch"]) for row in rows),
    "kinds": Counter(str(row["type"]) for row in rows),
    "one": {name: iso(one[name]) if name in ("at", "event_time") else str(one[name])
            for name in ("at", "event_time", "price", "tags", "n", "ok", "filename")},
    "later": sum(row.get("later") is not None for row in rows),
}))
