"""Runs the bench: `python -m bench`, or with the names of some figures."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

#: Modules with `measure() -> Figure | list[Figure]`, in the order they run.
MEASURES = (
    "ingest",
    "batches",
    "mix_rate",
    "tables",
    "desk",
    "app_weight",
    "slow_cpu",
    "reconnect",
    "reading",
    "rows_csv",
    "report_vs_plain",
    "breakdown",
    "kept_report",
)


def main(names: list[str]) -> int:
    """Measure, print and write; the exit code says whether every bar holds."""
    unknown = set(names) - set(MEASURES)
    if unknown:
        print(
            f"No such measure: {', '.join(sorted(unknown))}. There are: {', '.join(MEASURES)}.",
            file=sys.stderr,
        )
        return 2
    figures = []
    for name in names or MEASURES:
        measured = importlib.import_module(f"bench.{name}").measure()
        for figure in measured if isinstance(measured, list) else [measured]:
            print(figure, flush=True)
            figures.append(figure)
    out = Path("build/bench.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(
        json.dumps([figure.plain() for figure in figures], indent=2, ensure_ascii=False) + "\n"
    )
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
