"""`make growth`: unchanged nights of a smaller and a larger MSP, P8 and P9: does a night grow faster than its tenants?

Their PSA sweeps differ: a night reads at least 100 agreements, and every agreement that is invoiced within two days.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import chart, pages
from bench.nights import nights


def main() -> int:
    parser = argparse.ArgumentParser(prog="make growth", description=__doc__)
    parser.add_argument("tenants", type=int, nargs=2, help="of the smaller MSP and of the larger one")
    parser.add_argument("--no-pages", action="store_true", help="only print: leave docs/ as it is")
    asked = parser.parse_args()
    grown = [_night_of(tenants) for tenants in sorted(asked.tenants)]
    print(grown)
    if not asked.no_pages:
        found = pages.figures() | {"growth": grown}
        pages.write(found)
        (pages.ROOT / "docs/performance.svg").write_text(chart.svg(found))
    return 0


def _night_of(tenants: int) -> dict[str, Any]:
    """Its peak is that of the first night too, which stores every tenant."""
    with (
        tempfile.TemporaryDirectory(prefix="seatwise-growth-") as folder,
        nights(Path(folder), tenants) as lived,
    ):
        night = lived.unchanged()
    kept = ("seconds", "reading_seconds", "cpu_ms_per_tenant", "host_cpu_ms_per_tenant", "peak_mb")
    counts = {"tenants": night["tenants"]["read"], "psa_reads": night["calls"]["psa_reads"]}
    return counts | {name: night[name] for name in kept}


if __name__ == "__main__":
    sys.exit(main())
