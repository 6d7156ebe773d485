"""`make api-speed`: 20 requests a second for a minute to the HTTP API of an MSP with 1,000 tenants; p95 <= 300 ms.

60 % are lists of at most 100 rows, in turn every list of the OpenAPI document; 40 % are the summary. Requests go out
by the clock, whether or not earlier ones were answered: a slow answer makes the next ones wait, as it does for people.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import local

import requests

from functions.api.app import make_app
from sandbox import demo_day
from sandbox.processes import SandboxProcesses
from sandbox.seed import is_seeded, seed
from sandbox.standins.controls.commands import send
from sandbox.standins.worlds.registry import world_named

GOAL_MS = 300
WORKED_OUT = ("/plan/lines", "/certificate/rows", "/companies/matches")
"""Made from every tenant and line of the account for the first who asks after a change: that is told apart."""
A_SECOND = 20
ROWS = 100
AT_ONCE = 64
_threads = local()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make api-speed", description=__doc__)
    parser.add_argument(
        "--state", type=Path, help="a sandbox that has lived a day (default: a new one lives one)"
    )
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    state = given.state or Path(tempfile.mkdtemp(prefix="seatwise-"))
    with SandboxProcesses(state.resolve(), f"wide:{given.tenants}") as processes:
        fresh = not is_seeded(processes.wiring)
        if fresh:
            seed(processes.wiring, world_named(f"wide:{given.tenants}"), processes.clock.now())
        host = processes.start_host(timers=False)
        if fresh:
            print(f"Living a day of {given.tenants} tenants first ...", file=sys.stderr)
            demo_day.live(processes, host)
        asker = Asker(host.address, send(processes.state, {"do": "sign-in", "person": "owner"})["token"])
        lists = list(asker.lists())
        asker.ask("/summary")  # the API is imported at the first request of a process
        for path in WORKED_OUT:
            print(f"{path:<60} first asked: {asker.ask(path) / 1000:.1f} s")
        took = asked_by_the_clock(asker, lists, given.seconds)
    return told(took)


class Asker:
    """Asks the API as the account's owner, on a connection of its own for each thread."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._headers = f"{address}/api", {"Authorization": f"Bearer {token}"}
        (mine,) = self._get("/me").json()["accounts"]
        self._account = f"/accounts/{mine['id']}"

    def ask(self, path: str) -> float:
        """Milliseconds of one answer. Raises HTTPError for one that is no success."""
        began = time.perf_counter()
        answer = self._get(self._account + path)
        answer.raise_for_status()
        return (time.perf_counter() - began) * 1000

    def lists(self) -> Iterator[str]:
        """Every list of the account, and of one of its tenants, that its owner can read now."""
        tenant = self._get(f"{self._account}/tenants?limit=1").json()["items"][0]["id"]
        for path, methods in make_app(None).openapi()["paths"].items():
            names = {parameter["name"] for parameter in methods.get("get", {}).get("parameters", ())}
            inside = path.removeprefix("/api/accounts/{account}").replace("{tenant}", tenant)
            if "limit" not in names or "{" in inside:
                continue
            asked = f"{inside}?limit={ROWS}"
            if self._get(self._account + asked).ok:
                yield asked

    def _get(self, path: str) -> requests.Response:
        if not hasattr(_threads, "session"):
            _threads.session = requests.Session()
            _threads.session.trust_env = False
        session: requests.Session = _threads.session
        return session.get(self._address + path, headers=self._headers, timeout=60)


def asked_by_the_clock(asker: Asker, lists: Sequence[str], seconds: int) -> dict[str, list[float]]:
    """Milliseconds of each answer, by what was asked, counted from when it was due."""
    turn = cycle(lists)
    wishes = [next(turn) if number % 5 < 3 else "/summary" for number in range(seconds * A_SECOND)]
    took: dict[str, list[float]] = {}
    began = time.perf_counter()

    def ask(number: int, path: str) -> None:
        late = (time.perf_counter() - began - number / A_SECOND) * 1000
        took.setdefault(path, []).append(max(0.0, late) + asker.ask(path))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = []
        for number, path in enumerate(wishes):
            time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            answers.append(pool.submit(ask, number, path))
        for answer in answers:
            answer.result()
    return took


def told(took: dict[str, list[float]]) -> int:
    """Print what it took; 1 when the goal is missed."""
    for path, each in sorted(took.items(), key=lambda found: -quantile(found[1], 0.95)):
        print(
            f"{path.partition('?')[0]:<60} {len(each):5} asked   p50 {quantile(each, 0.5):7.1f} ms   "
            f"p95 {quantile(each, 0.95):7.1f} ms"
        )
    every = [one for each in took.values() for one in each]
    p95 = quantile(every, 0.95)
    print(
        f"{len(every)} requests, {A_SECOND} a second: p50 {quantile(every, 0.5):.1f} ms, p95 {p95:.1f} ms, slowest "
        f"{max(every):.1f} ms; goal p95 <= {GOAL_MS} ms: {'met' if p95 <= GOAL_MS else 'missed'}"
    )
    return int(p95 > GOAL_MS)


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    sys.exit(main())
