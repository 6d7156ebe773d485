"""`make doctor`: look at the installation whose settings are in the environment; print what is wrong, and its cure."""

import sys
from collections.abc import Iterable, Iterator

from functions.health import all_findings
from shared.config import WrongSetting
from shared.health.finding import Finding
from shared.wiring import wiring


def main() -> int:
    """0 when all is well, 1 when something is not."""
    try:
        found = list(all_findings(wiring()))
    except WrongSetting as wrong:
        print(f"WRONG   settings: {wrong}\n        -> Correct it, then ask again.")
        return 1
    print("\n".join(lines(found)))
    return int(not all(finding.well for _, finding in found))


def lines(found: Iterable[tuple[str, Finding]]) -> Iterator[str]:
    """As a person reads them: what is well in one line, what is not with its cure below."""
    for whose, finding in found:
        check = finding.check.replace("_", " ")
        yield f"{'well ' if finding.well else 'WRONG'}   {whose}, {check}: {finding.sentence}"
        if not finding.well:
            yield f"        -> {finding.cure}"


if __name__ == "__main__":
    sys.exit(main())
