"""Takes a measured device's numbers out of a published pickle or torch file.

``hwcost table import`` runs this module with a plan on standard input:
``{"source": FILE, "tables": [{"output": CSV, "key": COLUMN, "columns": [{"name", "from"}]}]}``.
"""

from __future__ import annotations

import csv
import json
import sys
from typing import Any, Iterable

try:
    import numpy as np

    from . import restricted_pickle
except ModuleNotFoundError:
    if __name__ != "__main__":
        raise
    sys.exit("error: reading a pickle needs the Python package numpy\nhint: pip install numpy")

__all__ = ["main", "rows"]


class ImportMistake(Exception):
    """The file does not hold what the manifest says."""


def _at(content: Any, path: str) -> Any:
    """What is at a path of keys and indices with slashes between."""
    found, done = content, []
    for key in (part for part in path.split("/") if part):
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, (list, tuple)) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            known = ", ".join(map(str, found)) if isinstance(found, dict) and len(found) < 20 else ""
            raise ImportMistake(
                f"there is no '{key}' at '/{'/'.join(done)}' of the file"
                + (f"; there are {known}" if known else ""))
        done.append(key)
    return found


def _entries(values: Any, path: str) -> Iterable[tuple[Any, float]]:
    """Keys and numbers: those of a dictionary, or the places in a list."""
    if isinstance(values, dict):
        return [(key, _number(value, path, key)) for key, value in values.items()]
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ImportMistake(f"'{path}' has {values.ndim} axes; a table has one")
    if isinstance(values, (list, tuple, np.ndarray)):
        return [(index, _number(value, path, index)) for index, value in enumerate(values)]
    raise ImportMistake(f"'{path}' is a {type(values).__name__}; a table is a list or a dictionary")


def _number(value: Any, path: str, key: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ImportMistake(f"'{path}' has no number at '{key}'") from None
    if not np.isfinite(number):
        raise ImportMistake(f"'{path}' has {number} at '{key}'")
    return number


def rows(content: Any, columns: list[dict[str, str]]) -> list[list[Any]]:
    """One row a key, with the number of every column; the columns have the same keys."""
    tables = [dict(_entries(_at(content, column["from"]), column["from"])) for column in columns]
    for table, column in zip(tables[1:], columns[1:]):
        if table.keys() != tables[0].keys():
            raise ImportMistake(
                f"'{columns[0]['from']}' and '{column['from']}' are not of the same entries")
    return [[key] + [table[key] for table in tables] for key in tables[0]]


def main() -> int:
    """Carries out the plan on standard input; the status is 1 after a message."""
    plan = json.load(sys.stdin)
    try:
        content = restricted_pickle.load(plan["source"])
        for table in plan["tables"]:
            found = rows(content, table["columns"])
            with open(table["output"], "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow([table["key"]] + [column["name"] for column in table["columns"]])
                for key, *numbers in found:
                    writer.writerow([key] + [repr(number) for number in numbers])
    except OSError as mistake:
        print(f"error: '{mistake.filename}': {mistake.strerror}", file=sys.stderr)
        return 1
    except (ImportMistake, restricted_pickle.ForbiddenName) as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    except Exception as mistake:  # A broken pickle can raise anything.
        print(f"error: '{plan['source']}' is no pickle or torch file: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
