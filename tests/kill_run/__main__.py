"""`make kill-run ROUNDS=100`: end processes at random moments of nights, and check that nothing is lost or doubled."""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.kill_run.night import Lived, live
from tests.kill_run.plan import drawn
from tests.kill_run.psas import PSAS, KilledPsa
from tests.kill_run.truth import states, violations

AT_ONCE = 2
LAST_WORDS = 15
"""Lines of the host's own words that are shown of a round with violations."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one round, and the processes that were ended in it."""

    seed: str
    psa: str
    holds: bool
    text: str
    ended: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make kill-run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how many nights (10)")
    parser.add_argument("--seed", default="", help="that round alone, as it was printed")
    parser.add_argument("--series", default="seatwise", help="another word draws other rounds")
    parser.add_argument(
        "--psa", default="connectwise", choices=(*PSAS, "each"), help="each: one after the other"
    )
    asked = parser.parse_args()
    psas = list(PSAS.values()) if asked.psa == "each" else [PSAS[asked.psa]]
    seeds = [asked.seed] if asked.seed else [f"{asked.series}-{n}" for n in range(1, asked.rounds + 1)]
    # An end that is asked for waits for the rounds that are being lived: they end what they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rounds = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for told in pool.map(lived, seeds, cycle(psas)):
            rounds.append(told)
            print(told.text, flush=True)
    ended = Counter(victim for told in rounds for victim in told.ended)
    failed = [f"PSA={told.psa} SEED={told.seed}" for told in rounds if not told.holds]
    victims = ", ".join(f"{victim} {times}" for victim, times in sorted(ended.items())) or "none"
    print(
        f"{len(seeds)} rounds, {ended.total()} processes ended ({victims}), {len(failed)} rounds with violations"
    )
    for seed in failed:
        print(f"again: make kill-run {seed}")
    return int(bool(failed))


def lived(seed: str, psa: KilledPsa) -> Told:
    """Live the round of a seed in a folder of its own."""
    plan, began = drawn(seed, psa), time.monotonic()
    at_rest: Counter[str] = Counter()

    def look(round_: Lived) -> list[str]:
        at_rest.update(states(round_))
        return list(violations(round_))

    with tempfile.TemporaryDirectory(prefix="seatwise-kill-run-") as name:
        folder = Path(name)
        wrong, round_ = live(folder, plan, look)
        said = (folder / "host.log").read_text().splitlines()[-LAST_WORDS:]
    states_told = ", ".join(f"{state} {number}" for state, number in sorted(at_rest.items()))
    ends = "; ".join(map(str, round_.killed)) or "no process was ended"
    holds, took = "VIOLATED" if wrong else "holds", time.monotonic() - began
    lines = [f"{seed} ({psa.kind}): {holds}, {took:.0f} s. {ends}. {states_told}"]
    if wrong:
        lines += [*(f"  {sentence}" for sentence in wrong), *(f"  fault: {fault}" for fault in plan.faults)]
        lines += [f"  host: {line}" for line in said]
    return Told(
        seed, psa.kind, not wrong, "\n".join(lines), tuple(str(kill.victim) for kill in round_.killed)
    )


if __name__ == "__main__":
    sys.exit(main())
