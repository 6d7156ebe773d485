"""`make bench`: nights W0, W1, W4, W5 and the peers in one run; a table, a chart, and by how much a goal is missed."""

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import chart, package, pages, report_speed
from bench.api_speed import Asker, asked_by_the_clock, quantile
from bench.nights import Nights, nights
from bench.peers.run import peers

REPORTS = 20
"""Enough to see the slowest, which is the first: it loads fonts. `make report-speed` makes a thousand."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000, help="of Seatwise's nights (1000)")
    parser.add_argument("--by-peers", type=int, default=100, help="tenants that the threads read (100)")
    parser.add_argument("--by-sdk", type=int, default=15, help="tenants that msgraph-sdk reads (15)")
    parser.add_argument("--no-pages", action="store_true", help="only print: leave docs/ as it is")
    asked = parser.parse_args()
    found = measured(asked.tenants, asked.by_peers, asked.by_sdk)
    print(pages.performance(found))
    if not asked.no_pages:
        pages.write(found)
        (pages.ROOT / "docs/performance.svg").write_text(chart.svg(found))
    return 0


def measured(tenants: int, by_peers: int, by_sdk: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="seatwise-bench-") as name:
        folder = Path(name)
        (folder / "peers").mkdir()
        # First: what the peers lack is missed before nights are lived.
        others = peers(folder / "peers", by_peers, by_sdk)
        with nights(folder / "msp", tenants) as lived:
            found = {"W0": lived.unchanged(), "W1": lived.changed()}
            p95 = _api_p95_ms(lived)
            found |= {"W4": lived.with_faults(), "W5": lived.at_the_limit()}
        return {
            "nights": found,
            "autotask": pages.figures().get("autotask"),
            "peers": others,
            "api_p95_ms": p95,
            "package_mb": package.megabytes(),
            "import_cpu_s": package.import_cpu_seconds(),
            "report_cpu_s": report_speed.measured(REPORTS)[0][-1],
            "growth": pages.figures().get("growth", []),
            "machine": {
                "on": datetime.now(UTC).date().isoformat(),
                "cpus": os.cpu_count(),
                "load": os.getloadavg()[0],
            },
        }


def _api_p95_ms(lived: Nights, seconds: int = 20) -> float:
    token = lived.processes.stand_ins.control("sign-in", person="owner")["token"]
    asker = Asker(lived.host.address, token)
    lists = list(asker.lists())
    asker.ask("/summary")  # the API is imported at the first request of a process
    took = asked_by_the_clock(asker, lists, seconds)
    return quantile([one for each in took.values() for one in each], 0.95)


if __name__ == "__main__":
    sys.exit(main())
