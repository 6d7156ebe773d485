"""P19: processor time of one monthly report, HTML and PDF, and the memory of a thousand: `make report-speed`."""

import argparse
import io
import resource
import sys
import time
from datetime import UTC, datetime

from PIL import Image

from shared.reports.mail import bodies
from shared.reports.models import Month
from shared.reports.publish import make
from shared.storage import keys
from tests.shared.alerts.world import sku
from tests.shared.reports.test_figures import user
from tests.shared.reports.world import ReportWorld

MOST_SECONDS = 2.0
MOST_MB = 300
PEOPLE = 60
LICENCES = 12
NAMES = ("Ann Archer", "Γιώργος Παπαδόπουλος", "Ольга Петрова", "王小明", "محمد علي", "Zoë Müller")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    count = parser.parse_args().reports
    spent, size = measured(count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slowest, usual = spent[-1], spent[len(spent) // 2]
    print(f"{count} reports of {PEOPLE} people and {LICENCES} licences, {size // 1024} KB each")
    print(f"processor time a report: median {usual:.3f} s, slowest {slowest:.3f} s (goal {MOST_SECONDS} s)")
    print(f"peak memory of the process: {peak:.0f} MB (goal {MOST_MB} MB)")
    return 0 if slowest <= MOST_SECONDS and peak <= MOST_MB else 1


def measured(count: int) -> tuple[list[float], int]:
    """Seconds of processor time of each report, the shortest first, and the bytes of the last one."""
    world = ReportWorld()
    world.blobs.put(keys.logo_blob(world.account.id), _logo())
    now, month, spent, size = datetime(2026, 12, 1, 6, tzinfo=UTC), Month(2026, 11), [], 0
    for number in range(count):
        company = world.company(f"Customer{number}", since=datetime(2026, 1, 5, tzinfo=UTC))
        people = tuple(user(f"{NAMES[n % len(NAMES)]} {n}", f"sku{n % LICENCES}") for n in range(PEOPLE))
        for on, more in (("2026-02-03", 0), ("2026-11-05", 2), ("2026-11-17", 1)):
            skus = [sku(f"sku{n}", 10 + n + more, 5) for n in range(LICENCES)]
            world.read(company, on, *skus, until="2026-12-01", users=people)
        began = time.process_time()
        made = make(world.publisher, world.account, company, month, now)
        size = len(bodies(made, "ann@customer.example").html) + len(made.pdf)
        spent.append(time.process_time() - began)
    return sorted(spent), size


def _logo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((502, 81), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
