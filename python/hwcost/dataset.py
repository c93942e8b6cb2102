"""Writes datasets in the forms that need Python: Parquet, and the pickle of the published API.

``hwcost dataset`` runs this module with the dataset on standard input.
"""

from __future__ import annotations

import json
import pickle
import sys
from typing import Any

from ._published import COLUMNS, DEVICES, METRICS, SPACES

__all__ = ["main", "published"]

def _columns(dataset: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in dataset["rows"]] for n, name in enumerate(dataset["columns"])}


def published(dataset: dict[str, Any], space: str, devices: dict[str, str]) -> dict[str, Any]:
    """The content of the published pickle: what the devices' targets do not tell is NaN."""
    columns = _columns(dataset)
    count = len(dataset["rows"])

    def metric(name: str) -> list[float]:
        device, figure = name.split("_", 1)
        target = devices.get(device)
        if figure == "arithmetic_intensity":
            macs, traffic = (columns.get(f"{target}.{c}") for c in ("macs", "dram_bytes"))
            if macs is None or traffic is None:
                return [float("nan")] * count
            return [m / t for m, t in zip(macs, traffic)]
        values = columns.get(f"{target}.{COLUMNS[figure]}")
        return [float("nan")] * count if values is None else [float(v) for v in values]

    for device in devices:
        if device not in DEVICES:
            raise ValueError(
                f"HW-NAS-Bench has no device '{device}'; it has {', '.join(DEVICES)}")
    for family, datasets in SPACES.items():
        for name, (own, classes) in datasets.items():
            if own != space:
                continue
            if family == "fbnet":
                keys = columns["block"]
                return {family: {m: dict(zip(keys, metric(m))) for m in METRICS[family]}}
            content: dict[str, Any] = {m: metric(m) for m in METRICS[family]}
            content["config"] = [
                {"name": "infer.tiny", "C": 16, "N": 5, "arch_str": text, "num_classes": classes}
                for text in columns["arch"]]
            return {family: {name: content}}
    known = ", ".join(own for datasets in SPACES.values() for own, _ in datasets.values())
    raise ValueError(f"HW-NAS-Bench has no '{space}'; it has {known}")


def main() -> int:
    """Writes the dataset of standard input; the status is 1 after a message."""
    plan = json.load(sys.stdin)
    dataset = plan["dataset"]
    try:
        if plan["form"] == "parquet":
            try:
                import pyarrow
                import pyarrow.parquet
            except ImportError:
                print("error: Parquet needs the Python package pyarrow\n"
                      "hint: pip install pyarrow", file=sys.stderr)
                return 1
            table = pyarrow.table(_columns(dataset)).replace_schema_metadata(
                {"hwcost": "\n".join(dataset["provenance"])})
            pyarrow.parquet.write_table(table, plan["output"])
        else:
            content = published(dataset, plan["space"], plan["devices"])
            content["provenance"] = dataset["provenance"]
            with open(plan["output"], "wb") as file:
                pickle.dump(content, file, protocol=4)
    except OSError as mistake:
        print(f"error: cannot write '{plan['output']}': {mistake.strerror}", file=sys.stderr)
        return 1
    except ValueError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
