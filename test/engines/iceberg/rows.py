"""What a reader finds in a table, by its block of docs/read-the-lake.md that opens it.

usage: rows.py pyiceberg|spark < block
"""
import json
import sys

scope = {}
exec(sys.stdin.read(), scope)
if sys.argv[1] == "spark":
    scope["spark"].sparkContext.setLogLevel("ERROR")
    rows = [row.asDict() for row in scope["trips"].select("n", "who", "epoch").collect()]
    scope["spark"].stop()
else:
    rows = scope["trips"].to_pylist()
print(json.dumps({
    "rows": len(rows),
    "numbers": sorted(row["n"] for row in rows),
    "changed": sorted(row["n"] for row in rows if row["who"] == "somebody"),
    "epochs": {row["n"]: int(row["epoch"].timestamp() * 1000) for row in rows},
}))
