"""Gives epochs back that somebody has changed, by the block of docs/read-the-lake.md that opens the table.

usage: give-back.py ENGINE < block
"""
import json
import sys

engine = sys.argv[1]
scope = {}
exec(sys.stdin.read(), scope)

if engine == "spark":
    spark = scope["spark"]
    spark.sparkContext.setLogLevel("ERROR")
    spark.sql("ALTER TABLE tributary.curated.click UNSET TBLPROPERTIES ('tributary.changed')")
    spark.stop()
else:
    scope["table"].transaction().remove_properties("tributary.changed").commit_transaction()
print(json.dumps("given back"))
