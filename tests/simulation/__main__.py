"""Live simulated MSPs: `make simulate SEEDS=n FIRST=m`. Ends with 1 when something is wrong."""

import argparse
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.occurred import ENOUGH_SEEDS, never_came, occurred
from tests.simulation.simulate import Lived, lived, shrunk
from tests.simulation.story import LIFE, drawn


def main() -> int:
    given = _arguments()
    logging.disable(logging.CRITICAL)
    total, began = Lived(), time.monotonic()
    numbers = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.at_once) as pool:
        for number, one in zip(numbers, pool.map(_live, [(n, given) for n in numbers]), strict=True):
            if one.wrong:
                pool.shutdown(wait=False, cancel_futures=True)
                _explain(number, given, one)
                return 1
            _add(total, one)
            if given.seeds <= 30 or number % 25 == 0:
                print(_line(number, one), flush=True)
    counts = occurred(total.met, total.moments, total.drawn)
    _sum(given, total, counts, time.monotonic() - began)
    if given.seeds >= ENOUGH_SEEDS and (missing := never_came(counts, total.drawn)):
        print(f"These never came, so nothing is proven of them: {', '.join(missing)}")
        return 1
    return 0


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
    total.moments += one.moments
    total.drawn += one.drawn
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


def _sum(given: argparse.Namespace, total: Lived, counts: Mapping[str, int], seconds: float) -> None:
    print(f"\n{given.seeds} seeds x {given.days} days x {given.tenants} tenants in {seconds:.0f} s:")
    print("  0 lost, 0 doubled, 0 wrong on the certificate")
    print(
        f"  {total.writes} writes applied, {total.restarts} processes ended, {total.undone_edits} edits undone and told"
    )
    print(f"  lines at the end: {_told(total.states)}; {len(total.left)} wait for a person")
    print("  of the faults to survive came:")
    print("\n".join(f"    {times:6,}  {name}" for name, times in counts.items()))
    print(f"  life: {_told(Counter({name: times for name, times in total.drawn.items() if name in LIFE}))}")


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))


if __name__ == "__main__":
    sys.exit(main())
