"""Computes again what a run of Tributary published, with stock DuckDB alone (pip install duckdb).

verify-run.py LAKE [RUN]   the folder of a lake, such as .tributary/lake; every run where none is named
"""
import glob, hashlib, json, os, sys
import duckdb

def sha256(data): return hashlib.sha256(data).hexdigest()
def at(*parts): return os.path.join(lake, *parts)
def quoted(texts, mark): return ", ".join(mark + text.replace(mark, 2 * mark) + mark for text in texts)

def found(file):
    """Where an object is: at its path or, in a copy of a bucket, in a version of its folder."""
    folder, name = os.path.split(file["path"])
    for path in [at(file["path"]), *glob.glob(at(glob.escape(folder), "v=*", glob.escape(name)))]:
        if os.path.exists(path) and sha256(open(path, "rb").read()) == file["sha256"]: return path
    raise ValueError(f"{file['path']} is gone, or not what it was")

def before(counted):
    """The events that earlier epochs counted."""
    epochs = glob.glob(at(glob.escape(counted["folder"]), "tbepoch=*")) if counted else []
    inside = [epoch for epoch in epochs if counted["from"] <= epoch.rsplit("=", 1)[1] < counted["before"]]
    paths = [path for epoch in inside for path in glob.glob(glob.escape(epoch) + "/**/*.parquet", recursive=True)]
    if not paths: return "(SELECT '' AS event_source, '' AS event_id WHERE false)"
    return f"(SELECT event_source, event_id FROM read_parquet([{quoted(paths, chr(39))}]))"

def check(each):
    """Compares what the SQL makes of the inputs with the results; answers how many rows they are."""
    inputs, results = [found(file) for file in each["inputs"]], [found(file) for file in each["results"]]
    sql = open(at(f"certificates/sql/{each['sql']}.sql"), encoding="utf-8", newline="").read()
    if sha256(sql.encode()) != each["sql"]: raise ValueError("its SQL is not what it was")
    sql = sql.replace("{before}", before(each.get("countedBefore"))).replace("{epoch}", str(each.get("epoch")))
    sql = sql.replace("{inputs}", f"[{quoted(inputs, chr(39))}]")
    with duckdb.connect() as db:
        db.execute(f"SET TimeZone = 'UTC'; CREATE TABLE made AS {sql}")
        columns = quoted(db.table("made").columns, '"')
        source = f"read_parquet([{quoted(results, chr(39))}], hive_partitioning = false)" if results else "made WHERE false"
        db.execute(f"CREATE TABLE kept AS SELECT {columns} FROM {source}")
        differ = "(FROM made EXCEPT ALL FROM kept) UNION ALL (FROM kept EXCEPT ALL FROM made)"
        numbers = [db.execute(f"SELECT count(*) FROM {rows}").fetchone()[0] for rows in ("made", "kept", f"({differ})")]
    if numbers[2] or numbers[0] != each.get("counts", {}).get("curated", numbers[0]):
        raise ValueError("{} rows computed, {} in the lake, {} differ".format(*numbers))
    return numbers[0]

lake, run = sys.argv[1], (sys.argv[2:] or [None])[0]
texts = [open(path, "rb").read() for path in sorted(glob.glob(at("certificates/chain/*/*.json")))]
chain, wrong, equal = [json.loads(text) for text in texts], [], 0
links = [(one["number"], one["previous"]) for one in chain]
if links != [(n + 1, sha256(texts[n - 1]) if n else None) for n in range(len(texts))]: wrong.append("the chain is broken")
if max(os.listdir(at("certificates/head")))[13:] != sha256(texts[-1]): wrong.append("the chain has lost its end")
if run and run not in [one["run"] for one in chain]: wrong.append(f"no certificate is of run {run}")
names = lambda one: {(one["epoch"], each.get("metric", each["type"])): each for each in one["types"] + one["metrics"]}
newest = {name: one["number"] for one in chain for name in names(one)}  # A later run may have computed it again.
for one in [one for one in chain if run in (None, one["run"])]:
    for name, each in names(one).items():
        try: equal += check(each) if newest[name] == one["number"] else 0
        except (ValueError, OSError, duckdb.Error) as error: wrong.append(f"{one['run']} {' '.join(name)}: {error}")
print("\n".join(wrong) or f"equal: {equal} rows, {len(newest)} results of types and metrics, {len(chain)} certificates")
sys.exit(1 if wrong else 0)
