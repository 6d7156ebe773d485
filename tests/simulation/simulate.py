"""Live a story from its first day to some quiet nights at its end, and shrink a story in which something is wrong."""

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from functions.queues.messages import StartRun
from sandbox.seed import seed as seed_product
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from shared.accounts import due_work, local_time, sync_now
from shared.accounts.account import Account
from shared.accounts.directory import load_account
from shared.billing import line_decisions
from shared.billing.models import LineRecord, LineState
from shared.billing.planning import approval
from shared.billing.pushing import settle
from shared.errors import NotFound, Rejected
from shared.storage.decisions import Decider
from tests.simulation.cheap import parsed_once
from tests.simulation.checks import Checker
from tests.simulation.installation import Installation, new_installation
from tests.simulation.life import Life
from tests.simulation.mapping_life import MSP, WHO
from tests.simulation.night_faults import NightFaults
from tests.simulation.prices import Prices
from tests.simulation.real import Kept, azurite
from tests.simulation.story import FAULTS, PEOPLE, Happening, without
from tests.simulation.truth import Truth
from tests.simulation.world import beginning, world

QUIET_NIGHTS = 5
_TICK = timedelta(minutes=15)


@dataclass
class Lived:
    """What became of a story."""

    wrong: list[str] = field(default_factory=list)
    on: int = 0
    """The day on which it went wrong."""
    left: list[str] = field(default_factory=list)
    """Lines that are not right at the end, and say why."""
    refused: int = 0
    """What people wanted, and were told why it cannot be."""
    writes: int = 0
    undone_edits: int = 0
    restarts: int = 0
    drawn: Counter[str] = field(default_factory=Counter)
    """What the story had, by name."""
    moments: Counter[str] = field(default_factory=Counter)
    """Moments that came: of a process that ends, of a storage that refuses, of the calendar."""
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Faults that a request met: what it was, and whose interface was asked."""
    states: Counter[str] = field(default_factory=Counter)


class Simulation:
    """One MSP's life."""

    def __init__(self, seed: str, tenants: int, storage: Kept | None = None) -> None:
        random.seed(seed)  # the product's own jitter
        chance = random.Random(f"world/{seed}")
        made, branches = world(chance, tenants)
        now = beginning(chance)

        def begin(state: State) -> str:
            load_world(state, made)
            return made.sendgrid_key

        self.installation: Installation = new_installation(now, begin, storage)
        seed_product(self.installation.wired, made, now)
        self.truth = Truth(self.installation.state)
        prices = Prices(self.installation.state)
        self.life = Life(self.installation, self.truth, prices, branches)
        self.faults = NightFaults(self.installation, self.life)
        self.checker = Checker(self.installation, self.truth, prices, self.life.mappings.decided)

    def live(self, story: Sequence[Happening], days: int) -> Lived:
        lived = Lived()
        for day in range(1, days + QUIET_NIGHTS + 1):
            today = [happening for happening in story if happening.day == day]
            lived.on = day
            if day == days + 1:
                self._calm_down()
            if day > days:
                self._decide_all()
            lived.wrong = self._day(today, lived) or (list(self._month_end()) if day % 10 == 0 else [])
            if lived.wrong:
                break
        else:
            lived.wrong = [
                *self._month_end(),
                *(text for text in self.checker.lost() if text.startswith("lost")),
            ]
            lived.left = [text for text in self.checker.lost() if text.startswith("left")]
        self._count(lived)
        return lived

    def _count(self, lived: Lived) -> None:
        lived.writes, lived.undone_edits = self.checker.writes, self.checker.undone_edits
        lived.refused = len(self.life.refused)
        lived.restarts = self.installation.restarts
        lived.met = Counter((met.what, met.kind.partition(".")[0]) for met in self.installation.faults_met)
        lived.moments = Counter(self.installation.fate.happened)
        lived.moments["held at zero"] = len(self.checker.held_at_zero)
        lived.states = Counter(str(line.state) for _, line in self.life.kept_lines())

    def _day(self, today: Sequence[Happening], lived: Lived) -> list[str]:
        """Life by day; then the night with its faults; then people read their mail and decide."""
        self.faults.over()
        lived.drawn += Counter(happening.what for happening in today)
        for happening in today:
            if happening.what not in FAULTS and happening.what != PEOPLE:
                self.life.happen(happening)
                self._work(timedelta(minutes=10))
                self.checker.note()
        for happening in today:
            if happening.what in FAULTS:
                self.faults.happen(happening)
        self.installation.fate.happened += self._days_of_the_calendar()
        run_id = self.night({happening.what for happening in today})
        wrong = self.checker.after_night(run_id)
        for happening in today:
            if happening.what == PEOPLE and not wrong:
                self.life.happen(happening)
                self._work(timedelta(hours=1))
                self.checker.note()
        return wrong

    def _days_of_the_calendar(self) -> Iterator[str]:
        """What is special about the local day that begins in this night."""
        today = self.installation.clock.now().astimezone(self._account.zone)
        tomorrow = today + timedelta(days=1)
        if today.utcoffset() != tomorrow.utcoffset():
            yield "change of the clock"
        if tomorrow.month != today.month:
            yield "month end"
        if (tomorrow.month, tomorrow.day) == (2, 29):
            yield "29 February"

    def night(self, what: set[str]) -> str:
        account, clock = self._account, self.installation.clock
        self.truth.note()
        self.checker.before_night()
        self._go_to(local_time.next_due(clock.now(), account.sync_hour, account.zone))
        due = local_time.newest_due(clock.now(), account.sync_hour, account.zone)
        run_id = due_work.nightly_id(due)
        digest = local_time.next_due(clock.now(), account.digest.hour, account.zone)
        if "F15 tick missed" in what:
            self._go_to(clock.now() + timedelta(minutes=105))
        while clock.now() < digest:
            self._tick(twice="F15 tick doubled" in what)
            if self.installation.vault.down and clock.now() > digest - timedelta(hours=4):
                self.installation.vault.down = False
            next_tick = min(digest, clock.now() + _TICK)
            busy = not self.installation.idle_by(digest)
            self._go_to(next_tick if busy else digest)
        self._tick(twice=False)
        self._work(timedelta(minutes=30))
        return run_id

    def _tick(self, *, twice: bool) -> None:
        for _ in range(2 if twice else 1):
            self.installation.tick()
        self.installation.work_until(self.installation.clock.now() + timedelta(seconds=1))

    def _work(self, span: timedelta) -> None:
        self._go_to(self.installation.clock.now() + span)

    def _go_to(self, instant: datetime) -> None:
        self.installation.work_until(instant)
        self.installation.stand_ins.apply_what_is_due()

    @property
    def _account(self) -> Account:
        return load_account(self.installation.tables, MSP)

    def _month_end(self) -> list[str]:
        """All lines are read, then the certificate is made."""
        self.faults.over()
        self._work(timedelta(hours=2))
        with self.installation.person():
            by = Decider(WHO, "month end", self.installation.clock.now())
            run = sync_now.sync_now(self.installation.tables, self._account, None, by, every_agreement=True)
            self.installation.queues.send(StartRun.queue, StartRun.of(MSP, run).model_dump_json())
        self._work(timedelta(hours=1))
        return list(self.checker.certificate())

    # -- at the end

    def _calm_down(self) -> None:
        self.faults.over()
        self.faults.everything_back()
        self.life.prices.all_have_a_price()
        for tenant in self.life.tenants():
            self.life.end_agreement(tenant, ended=False)
        self._work(timedelta(hours=3))

    def _decide_all(self) -> None:
        """Whoever must decide does, and wants our number everywhere."""
        self.truth.note()
        tables, by = self.installation.tables, Decider(WHO, "end", self.installation.clock.now())
        for found in list(line_decisions.decidable(tables, MSP)):
            line = found.line
            self._try(lambda line=line: self._ours(line, by))  # type: ignore[misc]
        for key, line, _ in list(settle.undecidable(tables, MSP)):
            self._try(lambda key=key, line=line: self.life.settle(key, line))  # type: ignore[misc]
        for _, line in list(self.life.kept_lines()):
            self.life.prices.put_right(line, self.life.mapping(line.tenant_id, line.mapping_id))
        for hold in list(approval.held(tables, MSP)):
            self._try(lambda hold=hold: self.life.approve(hold.change.id))  # type: ignore[misc]
        self._work(timedelta(hours=3))
        self.checker.note()

    def _ours(self, line: LineRecord, by: Decider) -> None:
        if line.frozen is not None:
            line_decisions.unfreeze(self.installation.tables, MSP, line.tenant_id, line.mapping_id, by)
        if line.drift is not None and line.frozen is None and line.state is LineState.DRIFT:
            self.life.keep_ours(line, int(line.drift.psa))

    def _try(self, do: Callable[[], object]) -> None:
        try:
            with self.installation.person():
                do()
        except (Rejected, NotFound) as no:
            self.life.refused.append(str(no))


def lived(seed: str, story: Sequence[Happening], days: int, tenants: int, *, is_real: bool = False) -> Lived:
    """Live a story; what the simulation itself stumbles over is told as wrong, too.

    `is_real`: over real sockets, and with rows and blobs in a storage emulator.
    """
    with parsed_once(), azurite() if is_real else nullcontext() as storage:
        simulation = Simulation(seed, tenants, storage)
        try:
            return simulation.live(story, days)
        except Exception as bug:  # noqa: BLE001 - a story that breaks is told with its seed
            return Lived(wrong=[f"{type(bug).__name__}: {bug} ({_place(bug)})"], on=days + QUIET_NIGHTS)
        finally:
            simulation.installation.stop()


def _place(bug: Exception) -> str:
    frames = traceback.extract_tb(bug.__traceback__)
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-3:])


def shrunk(
    story: Sequence[Happening], live: Callable[[Sequence[Happening]], Lived], *, seconds: float = 300
) -> tuple[list[Happening], Lived]:
    """As few of the happenings as still make the same kind of thing wrong, and what that is; it looks for so long."""
    give_up, found = time.monotonic() + seconds, live(story)
    left = [happening for happening in story if happening.day <= found.on]
    size = max(1, len(left) // 2)
    while size:
        start = 0
        while start < len(left) and time.monotonic() < give_up:
            fewer = without(left, left[start : start + size])
            tried = live(fewer)
            if tried.wrong and _kind(tried) == _kind(found):
                left, found = [happening for happening in fewer if happening.day <= tried.on], tried
            else:
                start += size
        size //= 2
    return left, found


def _kind(found: Lived) -> str:
    return found.wrong[0].partition(":")[0]
