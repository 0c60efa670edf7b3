"""Changes rows of a table as a user would, by the block of docs/read-the-lake.md that opens it.

usage: change.py ENGINE DELETED CHANGED < block
"""
import json
import sys

engine, deleted, changed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
scope = {}
exec(sys.stdin.read(), scope)

if engine == "spark":
    spark = scope["spark"]
    spark.sparkContext.setLogLevel("ERROR")
    name = "tributary.curated.click"
    spark.sql(f"DELETE FROM {name} WHERE n = {deleted}")
    spark.sql(f"SELECT {changed}L AS n, 'somebody' AS who").createOrReplaceTempView("changes")
    spark.sql(f"MERGE INTO {name} t USING changes c ON t.n = c.n WHEN MATCHED THEN UPDATE SET t.who = c.who")
    rows = spark.table(name).where("who = 'somebody' OR n = %d" % deleted).select("n").collect()
    print(json.dumps(sorted(row.n for row in rows)))
    spark.stop()
else:
    import pyarrow as pa
    table = scope["table"]
    table.delete(f"n == {deleted}")
    row = table.scan(row_filter=f"n == {changed}").to_arrow()
    who = row.schema.get_field_index("who")
    table.overwrite(row.set_column(who, row.schema.field(who), pa.array(["somebody"], row.schema.field(who).type)),
                    overwrite_filter=f"n == {changed}")
    rows = table.scan(row_filter=f"who == 'somebody' or n == {deleted}").to_arrow()["n"].to_pylist()
    print(json.dumps(sorted(rows)))
