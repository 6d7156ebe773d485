"""Live simulated MSPs: `make simulate SEEDS=n FIRST=m`. Ends with 1 when something is wrong,
or when a fault that 25 months should bring did not come.
"""

import argparse
import logging
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.came import ELSEWHERE, came
from tests.simulation.simulate import Lived, lived, shrunk
from tests.simulation.story import LIFE, drawn

ENOUGH = 25
"""So many months bring every fault; fewer may miss one."""


def main() -> int:
    given = _arguments()
    logging.disable(logging.CRITICAL)
    total, began = Lived(), time.monotonic()
    numbers = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.at_once) as pool:
        for number, one in zip(numbers, pool.map(_live, [(n, given) for n in numbers]), strict=True):
            if one.wrong:
                _explain(number, given, one)
                return 1
            _add(total, one)
            if given.seeds <= 30 or number % 25 == 0:
                print(_line(number, one), flush=True)
    _sum(given, total, time.monotonic() - began)
    if missing := _missing(given, total):
        print(f"These faults should have come in so many months, and did not: {', '.join(missing)}")
    return int(bool(missing))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=25)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--real", action="store_true", help="over real sockets and Azurite")
    return parser.parse_args()


def _live(what: tuple[int, argparse.Namespace]) -> Lived:
    number, given = what
    logging.disable(logging.CRITICAL)
    seed = str(number)
    return lived(seed, drawn(seed, given.days), given.days, given.tenants, is_real=given.real)


def _line(number: int, one: Lived) -> str:
    told = f"{one.writes} writes, {one.restarts} processes ended, {one.met.total()} faults met"
    return f"seed {number}: {told}, {one.undone_edits} edits undone and told, {len(one.left)} lines wait for a person"


def _add(total: Lived, one: Lived) -> None:
    total.writes += one.writes
    total.restarts += one.restarts
    total.refused += one.refused
    total.undone_edits += one.undone_edits
    total.left += one.left
    total.met += one.met
    total.happened += one.happened
    total.states += one.states


def _explain(number: int, given: argparse.Namespace, one: Lived) -> None:
    print(f"seed {number}, day {one.on}: something is wrong.")
    print("\n".join(f"  {text}" for text in one.wrong[:10]))
    print("Shrinking its story ...", flush=True)
    seed = str(number)
    story = drawn(seed, given.days)
    left, again = shrunk(
        story, lambda fewer: lived(seed, fewer, given.days, given.tenants, is_real=given.real)
    )
    print(f"{len(left)} happenings are enough:")
    print("\n".join(f"  {happening}" for happening in left))
    print("Then, on day", f"{again.on}:")
    print("\n".join(f"  {text}" for text in again.wrong[:10]))


def _sum(given: argparse.Namespace, total: Lived, seconds: float) -> None:
    by_request = Counter[str]()
    for (what, _), times in total.met.items():
        by_request[what] += times
    life = Counter({name: total.happened[name] for name in LIFE})
    print(f"\n{given.seeds} seeds x {given.days} days x {given.tenants} tenants in {seconds:.0f} s:")
    print("  0 lost, 0 doubled, 0 wrong on the certificate")
    print(
        f"  {total.writes} writes applied, {total.restarts} processes ended, {total.undone_edits} edits undone and told"
    )
    print(f"  lines at the end: {_told(total.states)}; {len(total.left)} wait for a person")
    print(f"  what customers and people did: {_told(life)}")
    print(f"  faults that requests met, by what they are: {_told(by_request)}")
    print("  faults to survive that touch money, by their numbers, as often as they came:")
    for name, times in came(total.met, total.happened).items():
        print(f"    {name}: {times}")
    print("  what cannot come within one process, and where it is tested:")
    for name, where in ELSEWHERE.items():
        print(f"    {name}: {where}")


def _missing(given: argparse.Namespace, total: Lived) -> list[str]:
    """Faults that so many months should have brought, and did not."""
    is_whole = given.seeds >= ENOUGH and given.days >= 30 and not given.real
    return [name for name, times in came(total.met, total.happened).items() if is_whole and not times]


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))


if __name__ == "__main__":
    sys.exit(main())
