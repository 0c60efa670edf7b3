"""What the batch peers share: arguments, timing, and files of results to compare.

python duckdb_peer.py RAW OUT three|keep

RAW holds *.ndjson of one epoch; OUT gets the results. `three` computes three results and keeps nothing; `keep` first writes every field of the
deduplicated events as Parquet to OUT/kept, as the platform does, and computes the results after that. The clock starts when libraries are
loaded (and Spark's JVM is up) and stops when the results are in this process.
"""

import csv
import json
import os
import sys
import time

RESULTS = {
    "hourly": ["window", "board", "trips", "minutes", "longest", "shortest", "mean", "riders", "p95"],
    "daily": ["window", "trips", "riders", "median"],
    "minutely": ["window", "trips", "minutes", "longest", "mean"],
}



def measure(version, work):
    """Runs work(raw, out, keep), which answers rows by result, and prints what it took."""
    raw, out, variant = sys.argv[1:4]
    os.makedirs(out, exist_ok=True)
    begun = time.perf_counter()
    results = work(raw, out, variant == "keep")
    seconds = time.perf_counter() - begun
    for name, columns in RESULTS.items():
        with open(f"{out}/{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(results[name])
    print(json.dumps({"seconds": seconds, "peakMb": peak_mb(), "version": version}))


def peak_mb():
    """The most memory that this process and its children have had, MB."""
    return sum(high_water(pid) for pid in [os.getpid(), *children(os.getpid())]) / 1024


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        direct = [int(child) for child in file.read().split()]
    return direct + [below for child in direct for below in children(child)]


def high_water(pid):
    with open(f"/proc/{pid}/status") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)
