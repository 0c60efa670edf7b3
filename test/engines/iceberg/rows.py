"""What pyiceberg finds in a table, by the block of docs/read-the-lake.md that opens it."""
import json
import sys

scope = {}
exec(sys.stdin.read(), scope)
rows = scope["trips"].to_pylist()
print(json.dumps({"rows": len(rows), "changed": sorted(row["n"] for row in rows if row["who"] == "somebody"),
                  "epochs": sorted({row["epoch"].isoformat() for row in rows})}))
