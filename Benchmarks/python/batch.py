"""Costs of many networks from Python, beside the published pickle API's way of doing it.

Run it where the package and its command are installed: python Benchmarks/python/batch.py. The pickles are
made by `hwcost dataset`. Figures are time of the processor on one thread, the best of some runs, so that
other work on the machine counts little. The status is 1 if a bar is missed.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

import hwcost

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python/tests"))
import published_way  # noqa: E402

FAST = {"factors": "perfect"}
TARGETS = ["eyeriss-like", "eyeriss"]
missed = []


def best(function, repeats=7):
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def tell(name, value, unit, bar=None, more_is_better=True):
    within = bar is None or (value >= bar if more_is_better else value <= bar)
    print(f"{name}: {value:.4g} {unit}" + (f", bar {bar}" if bar is not None else "")
          + ("" if within else "  MISSED"), flush=True)
    if not within:
        missed.append(name)


def command():
    """The hwcost command: beside this Python, or on the PATH."""
    own = os.path.join(os.path.dirname(sys.executable), "hwcost")
    return own if os.path.exists(own) else shutil.which("hwcost") or sys.exit("no hwcost command")


def dataset(space, folder):
    """The published pickle's content for a space, with our numbers in it."""
    path = os.path.join(folder, space + ".pickle")
    subprocess.run(
        [command(), "dataset", "--target", *TARGETS, "--space", space, "--factors", "perfect",
         "--as", "pickle", "--output", path, "--name", "eyeriss=eyeriss-like", "edgegpu=eyeriss"],
        check=True)
    with open(path, "rb") as file:
        return pickle.load(file)


def fbnet(estimator, folder):
    rows = np.random.default_rng(1).integers(0, 9, size=(1_000_000, 22), dtype=np.int32)
    columns = ["latency_ms", "energy_mj", "dram_bytes", "macs"]
    for names, targets, bar in (
            (columns[:1], TARGETS[:1], 30), (columns, TARGETS[:1], None), (columns, TARGETS, 10)):
        table = estimator.table("fbnet-cifar100", targets, columns=names, **FAST)
        out = np.empty((len(rows), len(table.columns)))
        seconds = best(lambda: table.costs(rows, out))
        tell(f"FBNet, batch of {len(table.columns)} metrics", len(rows) / seconds / 1e6,
             "M networks/s", bar)
    content = dataset("fbnet-cifar100", folder)
    few = rows[:2000].tolist()
    found = published_way.query(content, "fbnet", few[0], "cifar100")
    expected = estimator.batch(rows[:1], "fbnet-cifar100", "eyeriss-like", **FAST).latency_ms[0]
    assert abs(found["eyeriss_latency"] - expected) < 1e-9, "the pickle's way finds other costs"
    seconds = best(
        lambda: [published_way.query(content, "fbnet", row, "cifar100") for row in few], 3)
    tell("FBNet, 8 metrics the pickle's way", len(few) / seconds / 1e6, "M networks/s")


def nasbench201(estimator, folder):
    space = "nasbench201-cifar10"
    table = estimator.table(space, TARGETS, **FAST)
    members = estimator.members(space)
    seconds = best(lambda: table.costs(members), 50)
    tell(f"NAS-Bench-201, all {len(members)} x {len(table.columns)} metrics", seconds * 1e3, "ms", 2,
         more_is_better=False)
    content = dataset(space, folder)
    found = published_way.query(content, "nasbench201", 7, "cifar10")["eyeriss_latency"]
    assert abs(found - table.costs(members[7:8])[0, 0]) < 1e-9, "the pickle's way finds other costs"
    seconds = best(lambda: [published_way.query(content, "nasbench201", index, "cifar10")
                            for index in range(len(members))], 3)
    tell("NAS-Bench-201, all x 10 metrics the pickle's way", seconds * 1e3, "ms")
    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
    seconds = best(lambda: [table.cost(text) for _ in range(10_000)]) / 10_000
    tell("NAS-Bench-201, one query by text", seconds * 1e6, "us", 20, more_is_better=False)


def imports():
    """Seconds of processor that hwcost with its library takes to import after numpy, in fresh
    processes."""
    code = ("import time, numpy; s = time.process_time(); from hwcost import Estimator; "
            "print(time.process_time() - s)")
    own = min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(15))
    tell("import of hwcost after numpy", own * 1e3, "ms", 20, more_is_better=False)


def main():
    print(f"hwcost {hwcost.version()}, numpy {np.__version__}, Python {sys.version.split()[0]}")
    estimator = hwcost.Estimator()
    with tempfile.TemporaryDirectory() as folder:
        fbnet(estimator, folder)
        nasbench201(estimator, folder)
    imports()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
