"""DuckDB by hand: two threads; three results from the four fields that they need, or from a Parquet file of everything."""

import duckdb

from peer import measure

PLACE = "STRUCT(longitude DOUBLE, latitude DOUBLE)"
FIELDS = """{tbreceipt: 'VARCHAR', tbepoch: 'BIGINT', tbtime: 'BIGINT', tbpartition: 'INTEGER', specversion: 'VARCHAR', id: 'VARCHAR',
  source: 'VARCHAR', type: 'VARCHAR', time: 'VARCHAR', data: 'STRUCT(hoverboard_id BIGINT, customer_id BIGINT, trip_duration DOUBLE,
  start_location %s, end_location %s, start_time_and_date VARCHAR, end_time_and_date VARCHAR)'}""" % (PLACE, PLACE)
NEEDED = """{tbtime: 'BIGINT', id: 'VARCHAR', source: 'VARCHAR',
  data: 'STRUCT(hoverboard_id BIGINT, customer_id BIGINT, trip_duration DOUBLE)'}"""
COLUMNS = "tbtime AS ms, data.hoverboard_id AS board, data.customer_id AS customer, data.trip_duration AS minutes"


def work(raw, out, keep):
    db = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False, "temp_directory": f"{out}/spill"})

    def lines(fields):
        return f"read_json('{raw}/*.ndjson', format = 'newline_delimited', columns = {fields})"

    if keep:
        kept = f"{out}/kept.parquet"
        db.execute(f"COPY (SELECT DISTINCT ON (source, id) * FROM {lines(FIELDS)}) TO '{kept}' (FORMAT parquet, COMPRESSION zstd)")
        db.execute(f"CREATE VIEW trips AS SELECT {COLUMNS} FROM '{kept}'")
    else:
        db.execute(f"CREATE TABLE trips AS SELECT DISTINCT ON (source, id) {COLUMNS} FROM {lines(NEEDED)}")
    return {
        "hourly": db.execute(
            """SELECT ms // 3600000 * 3600000 AS w, board, count(*), sum(minutes), max(minutes), min(minutes), avg(minutes),
                 count(DISTINCT customer), quantile_disc(minutes, 0.95) FROM trips GROUP BY ALL"""
        ).fetchall(),
        "daily": db.execute(
            """SELECT ms // 86400000 * 86400000 AS w, count(*), count(DISTINCT customer), quantile_disc(minutes, 0.5)
               FROM trips WHERE minutes >= 1 GROUP BY ALL"""
        ).fetchall(),
        "minutely": db.execute(
            "SELECT ms // 60000 * 60000 AS w, count(*), sum(minutes), max(minutes), avg(minutes) FROM trips GROUP BY ALL"
        ).fetchall(),
    }


measure(f"DuckDB {duckdb.__version__}", work)
