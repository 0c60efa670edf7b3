"""Computes again what a run of Tributary published, with stock DuckDB alone (pip install duckdb).

verify-run.py LAKE [RUN]   the folder of a lake, such as .tributary/lake; every run where none is named
"""
import glob, hashlib, json, os, sys
import duckdb

def sha256(data): return hashlib.sha256(data).hexdigest()
def quoted(texts, mark="'"): return ", ".join(mark + text.replace(mark, 2 * mark) + mark for text in texts)

def found(file):
    """Where an object is: at its path or, in a copy of a bucket, in a version of its folder."""
    folder, name = os.path.split(file["path"])
    for path in [file["path"], *glob.glob(f"{glob.escape(folder)}/v=*/{glob.escape(name)}")]:
        if os.path.exists(path) and sha256(open(path, "rb").read()) == file["sha256"]: return path
    raise ValueError(f"{file['path']} is gone, or not what it was")

def before(counted):
    """The events that earlier epochs counted."""
    epochs = glob.glob(f"{glob.escape(counted['folder'])}/tbepoch=*") if counted else []
    inside = [epoch for epoch in epochs if counted["from"] <= epoch.rsplit("=", 1)[1] < counted["before"]]
    paths = [path for epoch in inside for path in glob.glob(glob.escape(epoch) + "/**/*.parquet", recursive=True)]
    if not paths: return "(SELECT '' AS event_source, '' AS event_id WHERE false)"
    return f"(SELECT event_source, event_id FROM read_parquet([{quoted(paths)}]))"

def is_past(epoch, type):
    """Whether the contract keeps raw lines, rows or partials of the epoch no longer."""
    marks = [os.path.basename(path) for path in glob.glob(f"retention/{glob.escape('type=' + type)}/*.mark")]
    return any(mark.split("=")[1][:16] > epoch.replace("-", "").replace(":", "") for mark in marks)

def check(each):
    """Compares what the SQL makes of the inputs with the results; answers how many rows they are."""
    inputs, results = [found(file) for file in each["inputs"]], [found(file) for file in each["results"]]
    sql = open(f"certificates/sql/{each['sql']}.sql", encoding="utf-8", newline="").read()
    if sha256(sql.encode()) != each["sql"]: raise ValueError("its SQL is not what it was")
    sql = sql.replace("{before}", before(each.get("countedBefore"))).replace("{epoch}", str(each.get("epoch")))
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'; CREATE TABLE made AS " + sql.replace("{inputs}", f"[{quoted(inputs)}]"))
        source = f"read_parquet([{quoted(results)}], hive_partitioning = false)" if results else "made WHERE false"
        db.execute(f"CREATE TABLE kept AS SELECT {quoted(db.table('made').columns, chr(34))} FROM {source}")
        differ = "((FROM made EXCEPT ALL FROM kept) UNION ALL (FROM kept EXCEPT ALL FROM made))"
        numbers = [db.execute(f"SELECT count(*) FROM {rows}").fetchone()[0] for rows in ("made", "kept", differ)]
    if numbers[2] or numbers[0] != each.get("counts", {}).get("curated", numbers[0]):
        raise ValueError("{} rows computed, {} in the lake, {} differ".format(*numbers))
    return numbers[0]

run = (os.chdir(sys.argv[1]), *sys.argv[2:], None)[1]
texts = [open(path, "rb").read() for path in sorted(glob.glob("certificates/chain/*/*.json"))]
chain, wrong, equal = [json.loads(text) for text in texts], [], []
links = [(one["number"], one["previous"]) for one in chain]
if links != [(n + 1, sha256(texts[n - 1]) if n else None) for n in range(len(texts))]: wrong.append("the chain is broken")
if max(os.listdir("certificates/head"))[13:] != sha256(texts[-1]): wrong.append("the chain has lost its end")
if run and run not in [one["run"] for one in chain]: wrong.append(f"no certificate is of run {run}")
named = [(one, (one["epoch"], each.get("metric", each["type"])), each) for one in chain for each in one["types"] + one["metrics"]]
newest = {name: one["number"] for one, name, _ in named}  # A later run may have computed it again.
for one, name, each in [part for part in named if run in (None, part[0]["run"]) and newest[part[1]] == part[0]["number"]]:
    try: equal += [] if is_past(one["epoch"], each["type"]) else [check(each)]
    except (ValueError, OSError, duckdb.Error) as error: wrong.append(f"{one['run']} {' '.join(name)}: {error}")
print("\n".join(wrong) or f"equal: {sum(equal)} rows in {len(equal)} results of types and metrics, {len(chain)} certificates")
sys.exit(1 if wrong else 0)
