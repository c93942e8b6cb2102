"""Costs of many networks from Python, beside the way of the published pickle's API.

Run it with the package installed: python Benchmarks/python/batch.py. Each figure is the best of some
runs on one thread, in time of the processor, so that other work on the machine counts little; the
pickle's way sums a dictionary of the same numbers by keys made for each
network, as the published class does.
"""

import statistics
import subprocess
import sys
import time

import numpy as np

import hwcost

FAST = {"factors": "perfect"}


def best(function, repeats=7):
    """Seconds of the fastest of some runs, and their median."""
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times), statistics.median(times)


def rate(name, count, function, bar):
    fastest, median = best(function)
    print(f"{name}: {count / fastest / 1e6:.2f} M networks/s (median {count / median / 1e6:.2f}), "
          f"bar {bar}")


def by_keys(blocks, tables, row):
    """Every metric of one network: keys are made, and looked up one by one."""
    shapes = [blocks["fixed"][0], *(own[c] for own, c in zip(blocks["choices"], row)),
              *blocks["fixed"][1:]]
    parts = [key.split("_") for key in shapes]
    return [sum(table["_".join(part)] for part in parts) for table in tables]


def main():
    estimator = hwcost.Estimator()
    random = np.random.default_rng(1)
    rows = random.integers(0, 9, size=(1_000_000, 22), dtype=np.int32)

    table = estimator.table("fbnet-cifar100", "eyeriss-like", **FAST)
    print(f"hwcost {hwcost.version()}, numpy {np.__version__}, Python {sys.version.split()[0]}")
    out = np.empty((len(rows), len(table.columns)))
    rate(f"FBNet, {len(table.columns)} metrics", len(rows), lambda: table.costs(rows, out), "-")
    two = estimator.table(
        "fbnet-cifar100", ["eyeriss-like", "eyeriss"],
        columns=["latency_ms", "energy_mj", "dram_bytes", "macs"], **FAST)
    out = np.empty((len(rows), len(two.columns)))
    rate(f"FBNet, {len(two.columns)} metrics", len(rows), lambda: two.costs(rows, out), "10")
    single = estimator.table("fbnet-cifar100", "eyeriss-like", columns=["latency_ms"], **FAST)
    out = np.empty((len(rows), 1))
    rate("FBNet, 1 metric", len(rows), lambda: single.costs(rows, out), "30")

    blocks = estimator.request(
        {"op": "blocks", "space": "fbnet-cifar100", "target": "eyeriss-like", **FAST})
    tables = [dict.fromkeys(blocks["costs"], 0.0) for _ in range(8)]
    for key, values in blocks["costs"].items():
        for number, own in enumerate(tables):
            own[key] = values[number % len(values)]
    few = rows[:2000].tolist()
    rate("FBNet, 8 metrics, by keys as with the pickle", len(few),
         lambda: [by_keys(blocks, tables, row) for row in few], "-")

    nasbench = estimator.table("nasbench201-cifar10", ["eyeriss-like", "eyeriss"], **FAST)
    members = np.ascontiguousarray(estimator.members("nasbench201-cifar10"))
    out = np.empty((len(members), len(nasbench.columns)))
    fastest, median = best(lambda: nasbench.costs(members, out), 50)
    print(f"NAS-Bench-201, all 15,625 x {len(nasbench.columns)} metrics: {fastest * 1e3:.3f} ms "
          f"(median {median * 1e3:.3f}), bar 2")

    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
    fastest, median = best(lambda: [nasbench.cost(text) for _ in range(10_000)])
    print(f"one query by string from Python: {fastest * 100:.2f} us (median {median * 100:.2f}), "
          "bar 20")

    def import_time(module):
        code = f"import time; s = time.process_time(); import {module}; print(time.process_time() - s)"
        return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(15))

    numpy_time = import_time("numpy")
    beyond = import_time("numpy, hwcost") - numpy_time
    print(f"import beyond numpy's: {beyond * 1e3:.1f} ms, bar 20")


if __name__ == "__main__":
    main()
