"""The stand-ins' ticket desks behind the real adapters, in one process."""

import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from sandbox.standins.dispatch import Dispatcher
from sandbox.standins.faults import What
from sandbox.standins.protocol import request_to
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.connectwise.tickets import statuses_of
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from shared.billing.psa.autotask.tickets import AutotaskTickets
from shared.billing.psa.connectwise.tickets import ConnectWiseTickets
from shared.billing.psa.halo.tickets import HaloTickets
from shared.http.client import Http
from tests.shared.billing.psa import autotask_world, halo_world
from tests.shared.billing.psa.connectwise_world import PRIVATE_KEY, SETTINGS, sites
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.tickets_contract import Seen, TicketsWorld

_numbers = count()
_LIMITS = {"limit_per_minute", "calls_an_hour", "limit_per_5_minutes"}
_FAULTS: dict[Outcome, dict[str, Any]] = {
    Outcome.REFUSED: {"what": What.STATUS, "status": 400},
    Outcome.NOT_SENT: {"what": What.THROTTLE, "retry_after": 30},
    Outcome.NOT_SENT_APPLIED: {"what": What.STATUS_AFTER, "status": 429},
    Outcome.UNCLEAR_APPLIED: {"what": What.TIMEOUT_AFTER},
    Outcome.UNCLEAR_NOT_APPLIED: {"what": What.TIMEOUT_BEFORE},
}


class InProcess(HTTPAdapter):
    def __init__(self, stand_ins: Dispatcher) -> None:
        super().__init__()
        self._stand_ins = stand_ins
        self.after: Callable[[], None] = lambda: None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        host, target = str(request.url).removeprefix("https://").split("/", 1)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        asked = request_to(str(request.method), host, f"/{target}", dict(request.headers), body)
        delivery = self._stand_ins.deliver(asked)
        self.after()
        if delivery.answer is None or delivery.wait:
            raise requests.ReadTimeout
        told = requests.Response()
        told.status_code, told.url, told.request = delivery.answer.status, str(request.url), request
        told.raw = io.BytesIO(delivery.answer.raw())
        told.headers["Content-Type"] = delivery.answer.content_type
        told.headers.update(delivery.answer.headers)
        return told


class StandInWorld(TicketsWorld):
    """A world of stand-ins and a session that leads to them."""

    psa: Any
    vendor: str
    kind: str
    """Of the documents in which the vendor keeps its tickets."""

    def __init__(self, world: World) -> None:
        self.state = State(Path(tempfile.mkdtemp(prefix="tickets-")))
        load_world(self.state, world)
        self.stand_ins = Dispatcher(self.state)
        session = requests.Session()
        self.network = InProcess(self.stand_ins)
        session.mount("https://", self.network)
        self.later = timedelta()
        self.http = Http(session, sleep=self._sleep, clock=lambda: datetime.now(UTC) + self.later)

    def _sleep(self, seconds: float) -> None:
        self.later += timedelta(seconds=seconds)

    def use_up_the_pace(self) -> None:
        for _ in range(2000):
            self.psa._api.pace.count(self.http.clock())

    def without_limit(self) -> None:
        """The stand-in refuses no call for its number."""
        prefix = self.kind.partition("_")[0]
        (site,) = self.state.all(f"{prefix}_site")
        free = dict.fromkeys(_LIMITS & site.keys(), 10**9)
        self.state.change(f"{prefix}_site", site["key"], lambda changed: changed.update(free))

    def next_write(self, outcome: Outcome) -> None:
        fault = {"vendor": self.vendor, "kind": f"{self.vendor}.write", "count": 1, **_FAULTS[outcome]}
        self.stand_ins.faults.add(fault.pop("what"), fault)

    def fail_reads(self) -> None:
        self.stand_ins.faults.add(What.STATUS, {"kind": f"{self.vendor}.read", "status": 503})

    def tickets(self) -> list[Document]:
        return self.state.all(self.kind)

    def delete(self, ticket_id: str) -> None:
        (mine,) = [found for found in self.tickets() if str(found["id"]) == ticket_id]
        self.state.remove(self.kind, f"{mine['site']}/{ticket_id}")


class ConnectWiseTicketsWorld(StandInWorld):
    vendor, kind = "connectwise", "cw_ticket"
    board, priority, closed, company = "2", "4", "202", "2"

    def __init__(self) -> None:
        self.login = f"tickets{next(_numbers)}"  # each has a pace of its own
        begun = replace(sites()[1], key=self.login, company_login=self.login)
        super().__init__(World(name="tickets", partners=(), tenants=(), connectwise=(begun,)))
        settings = SETTINGS.model_copy(update={"company_id": self.login})
        self.psa = ConnectWiseTickets(settings, PRIVATE_KEY, self.http)

    def truth(self) -> dict[str, Seen]:
        closing = {row["id"] for row in statuses_of(int(self.board)) if row["closedStatus"]}
        return {
            str(ticket["id"]): Seen(
                ticket["summary"],
                ticket["initialDescription"],
                str(ticket["company"]),
                ticket["status"] in closing,
                tuple(ticket["notes"]),
            )
            for ticket in self.tickets()
        }

    def by_hand(self, ticket_id: str) -> None:
        self.state.change("cw_ticket", f"{self.login}/{ticket_id}", lambda ticket: ticket.update(status=202))

    def no_right_to_write(self) -> None:
        self.state.change("cw_site", self.login, lambda site: site.update(missing_rights=["tickets.edit"]))


class AutotaskTicketsWorld(StandInWorld):
    vendor, kind = "autotask", "at_ticket"
    board, priority, closed, company = "29683481", "3", "5", "202"

    def __init__(self) -> None:
        user = f"q7w2e@TICKETS{next(_numbers)}.COM"  # each has a pace of its own
        begun = autotask_world.site(user=user, contracts=())
        super().__init__(World(name="tickets", partners=(), tenants=(), connectwise=(), autotask=(begun,)))
        settings = autotask_world.SETTINGS.model_copy(update={"user_name": user})
        self.psa = AutotaskTickets(settings, autotask_world.SECRET, self.http)

    def truth(self) -> dict[str, Seen]:
        return {
            str(ticket["id"]): Seen(
                ticket["title"],
                ticket["description"],
                str(ticket["companyID"]),
                ticket["completedDate"] is not None,
                (ticket["resolution"] or "",),
            )
            for ticket in self.tickets()
        }

    def by_hand(self, ticket_id: str) -> None:
        done = {"status": 5, "completedDate": "2026-11-28T00:00:00Z"}
        self.state.change("at_ticket", f"northwind/{ticket_id}", lambda ticket: ticket.update(done))

    def no_right_to_write(self) -> None:
        missing = ["Tickets.create"]
        self.state.change("at_site", "northwind", lambda site: site.update(missing_rights=missing))


class HaloTicketsWorld(StandInWorld):
    vendor, kind = "halo", "halo_ticket"
    board, priority, closed, company = "30", "1-4", "9", "2"

    def __init__(self) -> None:
        tenant = f"tickets{next(_numbers)}"
        settings = halo_world.SETTINGS.model_copy(update={"site": f"{tenant}.halopsa.com", "tenant": tenant})
        begun = replace(halo_world.sites()[0], host=settings.site, tenant=tenant, invoices=())
        super().__init__(World(name="tickets", partners=(), tenants=(), connectwise=(), halo=(begun,)))
        self.psa = HaloTickets(settings, halo_world.SECRET, self.http)

    def truth(self) -> dict[str, Seen]:
        return {
            str(ticket["id"]): Seen(
                ticket["summary"].partition(" [SW-")[0],
                ticket["details"],
                str(ticket["client_id"]),
                ticket["status_id"] == 9,
                tuple(ticket["notes"]),
            )
            for ticket in self.tickets()
        }

    def by_hand(self, ticket_id: str) -> None:
        self.state.change("halo_ticket", f"acme/{ticket_id}", lambda ticket: ticket.update(status_id=9))

    def no_right_to_write(self) -> None:
        missing = ["tickets.edit"]
        self.state.change("halo_site", "acme", lambda site: site.update(missing_rights=missing))
