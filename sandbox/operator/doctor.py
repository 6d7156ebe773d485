"""Whether all is well in a sandbox, as `make doctor` tells it of an installation."""

from pathlib import Path

from functions import doctor as told
from functions.health import all_findings
from sandbox.operator.decisions import reached
from shared.health.finding import Check


def doctor(state: Path) -> str:
    """The sandbox's clock is moved by hand, so nothing is said of it."""
    with reached(state) as wiring:
        return "\n".join(told.lines(one for one in all_findings(wiring) if one[1].check is not Check.CLOCK))
