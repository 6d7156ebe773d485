"""The process ends after each of its writes and requests: never a second ticket."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.alerts.tickets import making
from shared.alerts.tickets.models import TicketProgress
from shared.billing.models import PsaConnection
from shared.billing.psa.tickets import PsaTickets
from shared.storage.decisions import Decider
from shared.storage.tables import RowChange
from tests.shared.alerts.tickets.desk import Desk
from tests.shared.alerts.world import DAY, CountingTables
from tests.shared.billing.psa.tickets_worlds import (
    AutotaskTicketsWorld,
    ConnectWiseTicketsWorld,
    HaloTicketsWorld,
    InProcess,
    StandInWorld,
)

WRITES, REQUESTS = 3, 6
"""As many as there are in one message about one ticket, or more."""


class Killed(BaseException):
    """Nobody catches the end of the process."""


class Mortal(CountingTables):
    """The tables as one process reaches them."""

    after: Callable[[], None] = staticmethod(lambda: None)

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        etags = super().commit(changes)
        self.after()
        return etags


class AtADesk(Desk):
    """Its PSA is a stand-in behind the real adapter."""

    def __init__(self, there: StandInWorld) -> None:
        self.mortal = Mortal()
        super().__init__(self.mortal)
        self.there = there
        there.http.clock = lambda: self.now
        there.http.sleep = self.wait
        self.chosen = {
            "board": there.board,
            "priority": there.priority,
            "closed_status": there.closed,
            "company": there.company,
        }
        self.switch_on(**self.chosen)

    def sign_in(self, connection: PsaConnection) -> PsaTickets:
        psa: PsaTickets = self.there.psa
        return psa

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def customer(self, tenant: str) -> None:
        self.unused(tenant)
        linked = Company(
            id=f"c-{tenant}",
            tenant_id=tenant,
            name=f"Customer {tenant}",
            psa_connection="cw",
            psa_company=self.there.company,
        )
        add_company(self.tables, self.account.id, linked, Decider("t", "", self.now))

    def judge(self) -> None:
        self.now += DAY
        self.evaluate()

    def killed_after(self, where: "Mortal | InProcess", nth: int) -> bool:
        """Whether a message ended so; a next one is carried out when its lease is over."""
        left = [nth]

        def kill() -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        where.after = kill
        try:
            self.keep()
        except Killed:
            return True
        finally:
            where.after = lambda: None
        return False

    def carry_on(self) -> None:
        self.now += making.GRACE
        for _ in range(20):
            after = self.keep()
            if after is None:
                return
            self.now += after
        raise AssertionError("the message never ends")


WORLDS = (ConnectWiseTicketsWorld, AutotaskTicketsWorld, HaloTicketsWorld)


def _moments(desk: AtADesk) -> "list[tuple[Mortal | InProcess, int]]":
    writes = [(desk.mortal, nth) for nth in range(1, WRITES + 1)]
    return [*writes, *((desk.there.network, nth) for nth in range(1, REQUESTS + 1))]


@pytest.mark.parametrize("there", WORLDS)
def test_a_process_that_ends_at_any_moment_leaves_one_ticket_of_an_alert_and_closes_it(
    there: Callable[[], StandInWorld],
) -> None:
    desk = AtADesk(there())
    killed: Counter[str] = Counter()
    for number, at in enumerate(_moments(desk)):
        desk.customer(f"t{number}")
        desk.judge()
        killed["making"] += desk.killed_after(*at)
        desk.carry_on()
        kept = [ticket for ticket in desk.kept() if ticket.new.summary.startswith(f"Customer t{number}:")]
        made = [seen for seen in desk.there.truth().values() if seen.summary == kept[0].new.summary]
        assert (len(kept), kept[0].progress, len(made)) in {
            (1, TicketProgress.OPEN, 1),
            (1, TicketProgress.UNDECIDABLE, 0),  # it ended between intent and request: a person looks
        }
        before = len(desk.there.truth())
        desk.unused(f"t{number}", 0)
        desk.judge()
        killed["closing"] += desk.killed_after(*at)
        desk.carry_on()
        assert {left.progress for left in desk.kept()} <= {TicketProgress.UNDECIDABLE}
        assert len(desk.there.truth()) == before
        assert all(seen.closed for seen in desk.there.truth().values())
    assert killed["making"] >= WRITES
    assert killed["closing"] >= WRITES
