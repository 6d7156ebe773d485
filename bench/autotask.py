"""`make autotask-night`: a night with changes in an Autotask of which other tools use half the hourly budget: P12."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import chart, pages
from bench.nights import nights

BUDGET: Final = 10_000
"""Calls an hour that Autotask allows a database, for all tools together."""
OTHERS: Final = BUDGET // 2


def measured(folder: Path, tenants: int) -> dict[str, Any]:
    """The night with changes; an unchanged one was lived before."""
    with nights(folder, tenants, "autotask") as lived:
        lived.processes.stand_ins.control("autotask-limit", others=OTHERS, calls=BUDGET)
        night = lived.changed()
    # What lasts longer than an hour uses the budget of several.
    hours = max(1.0, night["seconds"] / 3600)
    return {
        "tenants": night["tenants"]["read"],
        "seconds": night["seconds"],
        "changes": night["changes"],
        "written": night["lines"]["written"],
        "calls": night["psa_calls"]["autotask"],
        "throttled": night["psa_throttled"],
        "share_percent": 100 * night["psa_calls"]["autotask"] / hours / BUDGET,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make autotask-night", description=__doc__)
    parser.add_argument("--tenants", type=int, default=120)
    parser.add_argument("--no-pages", action="store_true", help="only print: leave docs/ as it is")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seatwise-autotask-") as folder:
        night = measured(Path(folder), asked.tenants)
    print(night)
    if not asked.no_pages:
        found = pages.figures() | {"autotask": night}
        pages.write(found)
        (pages.ROOT / "docs/performance.svg").write_text(chart.svg(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
