"""`make bench`: nights W0, W1, W4, W5 and the peers in one run; a table, a chart, and by how much a goal is missed."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import chart, goals, package
from bench.api_speed import Asker, asked_by_the_clock, quantile
from bench.nights import Nights, nights
from bench.peers.run import peers


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000, help="of Seatwise's nights (1000)")
    parser.add_argument("--by-peers", type=int, default=100, help="tenants that the threads read (100)")
    parser.add_argument("--by-sdk", type=int, default=20, help="tenants that msgraph-sdk reads (20)")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--chart", type=Path, help="draw the chart into this file (SVG)")
    asked = parser.parse_args()
    found = measured(asked.tenants, asked.by_peers, asked.by_sdk)
    table = list(goals.rows(found))
    load = os.getloadavg()[0]
    print(f"{asked.tenants} tenants, {os.cpu_count()} processors, load {load:.1f} at the end\n")
    print(goals.peers_as_markdown(found) + "\n\n" + goals.as_markdown(table))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    if asked.chart:
        asked.chart.write_text(chart.svg(found))
    missed = [row for row in table if row.met is False]
    print(f"\n{len(missed)} missed, {sum(row.met is None for row in table)} not measured", file=sys.stderr)
    return 0


def measured(tenants: int, by_peers: int, by_sdk: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="seatwise-bench-") as name:
        folder = Path(name)
        with nights(folder / "msp", tenants) as lived:
            found = {"W0": lived.unchanged(), "W1": lived.changed()}
            p95 = _api_p95_ms(lived)
            found |= {"W4": lived.with_faults(), "W5": lived.at_the_limit()}
        (folder / "peers").mkdir()
        return {
            "nights": found,
            "peers": peers(folder / "peers", by_peers, by_sdk),
            "api_p95_ms": p95,
            "package_mb": package.megabytes(),
            "import_cpu_s": package.import_cpu_seconds(),
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
