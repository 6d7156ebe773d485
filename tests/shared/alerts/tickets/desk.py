"""The MSP of the alert tests with tickets switched on, and what its PSA's desk shows."""

import gzip
from datetime import timedelta

from shared.alerts.tickets.keep import keep
from shared.alerts.tickets.models import Ticket, TicketSettings, TicketsState
from shared.alerts.tickets.settings import switch_on
from shared.alerts.tickets.stored import tickets_state
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaCompany
from shared.billing.psa.tickets import PsaTickets
from shared.billing.psa_connections import save_psa_connection
from shared.billing.psa_lists import PsaLists
from shared.errors import RetryLater
from shared.storage import keys
from tests.shared.alerts.world import DAY, NIGHT, CountingTables, World, sku
from tests.shared.billing.psa.fake_tickets import FakeTickets

OTHERS = "c1"
WANTED = TicketSettings(
    connection="cw",
    board="licences",
    priority="low",
    closed_status="done",
    company=OTHERS,
    types={"unused_licenses": NIGHT},
)


class Desk(World):
    """Its customers' company in the PSA is "1"; `evaluate` judges, `keep` does what the queue's message does."""

    def __init__(self, tables: CountingTables | None = None) -> None:
        super().__init__(tables=tables)
        self.psa = FakeTickets()
        self.psa.companies = {"1", OTHERS}
        self.psa.clock = lambda: self.now
        self.other = FakeTickets()
        self.other.companies = {"1", OTHERS}
        self.other.clock = lambda: self.now
        self.evaluate()

    def sign_in(self, connection: PsaConnection) -> PsaTickets:
        return {"cw": self.psa, "other": self.other}[connection.id]

    def move(self) -> None:
        """From now on tickets go to the other PSA."""
        other = PsaConnection(id="other", name="Halo", kind="halo", settings_json="{}")
        save_psa_connection(self.tables, self.account.id, other)
        self.switch_on(connection="other")

    def switch_on(self, **changes: object) -> None:
        choose(self, WANTED.model_copy(update=changes))

    def unused(self, tenant: str, seats: int = 5) -> None:
        """From the next evaluation on so many of its 25 seats are unused; 0: none."""
        held = sku("bp", 25, 25 - seats)
        if tenant in self.at_home:
            self.read(tenant, held)
        else:
            self.add(tenant, held, name=f"Customer {tenant}")

    def keep(self) -> timedelta | None:
        """One message; how long it must wait, if it must."""
        try:
            keep(self.tables, self.account, self.sign_in, lambda: self.now)
        except RetryLater as later:
            return later.after
        return None

    def night(self) -> None:
        """The next evaluation and its message, until nothing waits any more."""
        self.now += DAY
        self.evaluate()
        for _ in range(60):
            after = self.keep()
            if after is None:
                return
            self.now += after
        raise AssertionError("the message never ends")

    @property
    def summaries(self) -> list[str]:
        return [made.new.summary for made in self.psa.tickets.values()]

    @property
    def statuses(self) -> list[str]:
        return [made.status for made in self.psa.tickets.values()]

    def kept(self) -> list[Ticket]:
        rows = self.tables.rows(keys.alerts(self.account.id), keys.TICKETS)
        return [row.read(Ticket) for row in rows]

    def ended(self) -> list[Ticket]:
        rows = self.tables.rows(keys.alerts(self.account.id), keys.ended_tickets("unused_licenses"))
        return [row.read(Ticket) for row in rows]

    @property
    def tickets(self) -> TicketsState:
        return tickets_state(self.tables, self.account.id)


def choose(desk: Desk, wanted: TicketSettings) -> TicketSettings:
    """As the settings page does, with the companies of the PSA as they were last read."""
    companies = tuple(PsaCompany(id_, id_, id_) for id_ in ("1", OTHERS, wanted.company))
    lists = PsaLists(read_at=desk.now, companies=companies, agreements=(), products=())
    desk.blobs.put(keys.psa_lists_blob(desk.account.id, wanted.connection), gzip.compress(lists.body()))
    return switch_on(desk.tables, desk.blobs, desk.account, wanted, desk.sign_in, desk.now)
