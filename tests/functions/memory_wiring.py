"""The product wired to stores in memory, for tests of what calls it."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import requests

from shared import config
from shared.billing.models import PsaConnection
from shared.billing.psa.base import Psa
from shared.billing.psa.tickets import PsaTickets
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.wiring import Wiring, WiringOverrides
from tests.shared.test_config import GOOD, KEY

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLIENT_ID = "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"
OWNER_TENANT = "11111111-aaaa-4bbb-8ccc-000000000001"
API = {
    **GOOD,
    "SEATWISE_LINK_KEYS": KEY,
    "SEATWISE_PUBLIC_URL": "https://app.seatwise.example",
    "SEATWISE_API_CLIENT_ID": CLIENT_ID,
    "SEATWISE_WEB_ORIGIN": "https://web.seatwise.example",
    "SEATWISE_OWNER_TENANTS": OWNER_TENANT,
}


def _nowhere() -> requests.Session:
    raise AssertionError("nothing outside is asked in this test")


class MemoryWiring(Wiring):
    """Tables, blobs and queues in memory; the clock stands at `now` until a test moves it."""

    def __init__(
        self,
        *,
        now: datetime = NOW,
        settings: dict[str, str] | None = None,
        session: Callable[[], requests.Session] = _nowhere,
        tables: MemoryTables | None = None,
    ) -> None:
        self.now = now
        overrides = WiringOverrides(clock=lambda: self.now, sleep=lambda _: None, session=session)
        super().__init__(config.read(settings or API), overrides)
        self.sent = MemoryQueues()
        self.fake_psas: dict[str, Psa] = {}
        """By the id of the connection."""
        self.fake_tickets: dict[str, PsaTickets] = {}
        """The same."""
        stores: Any = SimpleNamespace(
            tables=tables if tables is not None else MemoryTables(), blobs=MemoryBlobs(), queues=self.sent
        )
        self.__dict__["storage"] = stores

    def psa(self, account: AccountId, connection: PsaConnection) -> Psa:
        return self.fake_psas.get(connection.id) or super().psa(account, connection)

    def psa_tickets(self, account: AccountId, connection: PsaConnection) -> PsaTickets:
        return self.fake_tickets.get(connection.id) or super().psa_tickets(account, connection)
