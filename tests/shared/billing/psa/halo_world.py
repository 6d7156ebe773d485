"""A Halo stand-in for tests: its instances, and what can be done to it from outside."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from sandbox.clock import SandboxClock
from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.halo import (
    HaloClient,
    HaloItem,
    HaloLine,
    HaloPsa,
    ProRata,
    RecurringInvoice,
)
from sandbox.transport import SandboxAdapter, sandbox_session
from shared.billing.psa.base import Write
from shared.billing.psa.halo.adapter import Halo
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.texts import LONGEST
from shared.http.client import Http
from tests.shared.billing.psa.contract import RETRY_AFTER, PsaWorld
from tests.shared.billing.psa.fake import Outcome, Takes

SECRET = "hS3cr3t-of-halo"
SETTINGS = HaloSettings(site="acme.halopsa.com", tenant="acme", client_id="a1c5e2f0-7a52-4b7e")
ITEM, FIRST_INVOICE, INVOICES = 44, 900, 150
COUNTED, PENDING = 2, 3
"""Numbers of a test invoice's lines: one that Halo counts, and one with two of its 10 seats in a pending row."""


def line_id_of(invoice: int, number: int) -> int:
    return invoice * 10 + number


def _invoice(id_: int) -> RecurringInvoice:
    lines = (
        HaloLine(line_id_of(id_, 0), ITEM, 10, 22.0),
        HaloLine(line_id_of(id_, 1), ITEM, 3, 22.5),
        HaloLine(line_id_of(id_, COUNTED), ITEM + 1, 6, 30.25, counted=8),
        HaloLine(line_id_of(id_, PENDING), ITEM + 1, 8, 30.25, pending=(ProRata(2),)),
    )
    return RecurringInvoice(id_, 2, f"Invoice {id_}", lines)


def sites() -> tuple[HaloPsa, ...]:
    return (
        HaloPsa(
            key="acme",
            account="demo",
            host=SETTINGS.site,
            tenant=SETTINGS.tenant,
            client_id=SETTINGS.client_id,
            client_secret=SECRET,
            agent="Seatwise API",
            clients=(HaloClient(2, "Acme"), HaloClient(3, "Gone", inactive=True)),
            items=(
                HaloItem(ITEM, "M365-BP", "Microsoft 365 Business Premium", 23.5, 18.0),
                HaloItem(ITEM + 1, "M365-E3", "Microsoft 365 E3", 30.25, 25.0),
                HaloItem(ITEM + 2, "OLD", "Old price list", 9.0, 7.0, inactive=True),
            ),
            invoices=tuple(_invoice(FIRST_INVOICE + n) for n in range(INVOICES)),
        ),
    )


class Listener(SandboxAdapter):
    """Keeps the last document that was posted and never answered: Halo may carry it out later."""

    unanswered: requests.PreparedRequest | None = None
    before_page: Callable[[int], None] = staticmethod(lambda number: None)
    """What somebody else does just before a page of that number is asked for."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if found := re.search(r"page_no=(\d+)", str(request.url)):
            self.before_page(int(found[1]))
        try:
            return super().send(request, *args, **kwargs)
        except requests.RequestException:
            self.unanswered = request.copy()
            raise


@dataclass
class HaloWorld(PsaWorld):
    standins: RunningStandIns
    folder: Path
    number: int
    client_secret: str = SECRET
    waited: list[float] = field(default_factory=list)
    takes = Takes.DOCUMENTS
    longest_text = LONGEST["halo"]

    def __post_init__(self) -> None:
        self.company_id, self.product_id = "2", str(ITEM)
        self.agreement_id = str(FIRST_INVOICE + self.number)
        self.line_id, self.other_line_id = self.line_number(0), self.line_number(1)
        self.clock = SandboxClock(self.folder)
        self.later(minutes=6)  # the calls of the test before are forgotten
        self.adapter = Listener(self.standins.url)
        self.sign_in()

    def later(self, minutes: float) -> None:
        self.standins.control("move_clock", hours=minutes / 60)

    def sign_in(self, **settings: Any) -> None:
        session = sandbox_session(self.standins.url)
        session.mount("https://", self.adapter)
        self.http = Http(session, sleep=self.waited.append, clock=self.clock.now)
        self.psa = Halo(SETTINGS.model_copy(update=settings), self.client_secret, self.http)

    def line_number(self, number: int) -> str:
        return str(line_id_of(int(self.agreement_id), number))

    def fault(self, what: str, **conditions: Any) -> None:
        self.standins.control("set-fault", what=what, vendor="halo", **conditions)

    def habits(self, **habits: Any) -> None:
        self.standins.control("halo_habits", site="acme", **habits)

    def next_write(self, outcome: Outcome) -> None:
        once: dict[str, Any] = {"kind": "halo.write", "count": 1}
        match outcome:
            case Outcome.REFUSED:
                self.fault("status", status=400, **once)
            case Outcome.NOT_SENT:
                self.fault("throttle", retry_after=int(RETRY_AFTER.total_seconds()), **once)
            case Outcome.UNCLEAR_APPLIED:
                self.fault("timeout_after", seconds=0.05, **once)
            case Outcome.UNCLEAR_NOT_APPLIED:
                self.fault("timeout_before", seconds=0.05, **once)
            case Outcome.ANSWERED_NOT_APPLIED:
                self.habits(forgets_to_apply=True)
            case Outcome.ANSWERED:
                pass
            case Outcome.UNCLEAR_APPLIED_LATE:
                raise NotImplementedError

    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        wanted = {"qty_order": quantity, "unit_price": unit_price}
        fields = {name: value for name, value in wanted.items() if value is not None}
        self.by_a_person(line_id, **fields)

    def by_a_person(self, line_id: str, **fields: Any) -> None:
        self.standins.control("halo_edit_line", invoice=self.agreement_id, line=int(line_id), **fields)

    def change_marker(self, line_id: str, marker: str) -> None:
        self.by_a_person(line_id, customfields=[{"name": "CFSeatwise", "value": marker}])

    def edit_text(self, line_id: str, text: str) -> None:
        self.by_a_person(line_id, item_shortdescription=text)

    def change_texts(self, rule: str) -> None:
        self.habits(texts=rule)

    def shown(self, line_id: str) -> dict[str, Any]:
        """The line as the stand-in has it."""
        lines = self.standins.control("halo_lines", invoice=self.agreement_id)
        found: dict[str, Any] = next(line for line in lines if str(line["id"]) == line_id)
        return found

    def truth(self, line_id: str) -> Decimal:
        return Decimal(str(self.shown(line_id)["in_effect"]))

    def carry_out_late(self, write: Write) -> None:
        """The very document that was sent then, whatever has been written since."""
        assert self.adapter.unanswered is not None
        assert self.adapter.send(self.adapter.unanswered).ok

    def write_requests(self) -> int:
        return self.standins.counts().get("halo.write", 0)

    def read_requests(self) -> int:
        return self.standins.counts().get("halo.read", 0)

    def next_read_is_stale(self) -> None:
        self.fault("stale", kind="halo.read.recurringinvoice", count=1)

    def remove_line(self, line_id: str) -> None:
        self.standins.control("halo_remove_line", invoice=self.agreement_id, line=int(line_id))

    def remove_agreement(self) -> None:
        self.standins.control("halo_remove_invoice", invoice=self.agreement_id)

    def fail_reads(self) -> None:
        self.fault("status", status=503, kind="halo.read")

    def break_sign_in(self) -> None:
        self.client_secret = "n0t-the-s3cret"
        self.sign_in()
