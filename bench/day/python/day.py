"""What the peers of the day share: the clock. It starts when libraries are loaded, and Spark's JVM is up, and stops when all is written."""

import json
import time

steps = {}
begun = last = 0.0


def done(step):
    """Notes what the step that ends here took, seconds."""
    global last
    now = time.perf_counter()
    steps[step] = now - last
    last = now


def measure(version, work):
    """Runs work() and prints one line of JSON."""
    global begun, last
    begun = last = time.perf_counter()
    work()
    print(json.dumps({"seconds": time.perf_counter() - begun, "steps": steps, "version": version}), flush=True)
