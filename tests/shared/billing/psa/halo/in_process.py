"""The stand-in of Halo without a network, behind the real adapter, on the clock of the tests of the push."""

import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from sandbox.standins.dispatch import Dispatcher
from sandbox.standins.faults import What
from sandbox.standins.protocol import request_to
from sandbox.standins.state import State
from sandbox.standins.vendors.halo.documents import shown
from sandbox.standins.vendors.halo.edits import edit
from sandbox.standins.worlds.halo import LINE, HaloPsa, begin_halo
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from shared.billing.psa.base import Agreement, Evidence, Line, Product, PsaCompany, Write, WriteAnswer
from shared.billing.psa.halo import invoice_lines
from shared.billing.psa.halo.adapter import Halo
from shared.billing.psa.halo.settings import HaloSettings
from shared.http.client import Http
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes

_FAULTS: dict[Outcome, dict[str, Any]] = {
    Outcome.REFUSED: {"what": What.STATUS, "status": 400},
    Outcome.NOT_SENT: {"what": What.THROTTLE, "retry_after": 30},
    Outcome.NOT_SENT_APPLIED: {"what": What.STATUS_AFTER, "status": 429},
    Outcome.UNCLEAR_APPLIED: {"what": What.TIMEOUT_AFTER},
    Outcome.UNCLEAR_NOT_APPLIED: {"what": What.TIMEOUT_BEFORE},
    Outcome.UNCLEAR_APPLIED_LATE: {"what": What.APPLIED_LATE},
}
_numbers = count()


class _Clock:
    """The clock of the test, where the stand-in expects that of a sandbox."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now


class InProcess(HTTPAdapter):
    """Hands each request to the stand-ins."""

    def __init__(self, psa: "HaloInProcess") -> None:
        super().__init__()
        self._psa = psa

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        host, target = str(request.url).removeprefix("https://").split("/", 1)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        delivery = self._psa.delivered(
            request_to(str(request.method), host, f"/{target}", dict(request.headers), body)
        )
        if delivery.answer is None:
            raise requests.ReadTimeout
        told = requests.Response()
        told.status_code, told.url, told.request = delivery.answer.status, str(request.url), request
        told.raw = io.BytesIO(delivery.answer.raw())
        told.headers["Content-Type"] = delivery.answer.content_type
        told.headers.update(delivery.answer.headers)
        return told


class HaloInProcess(FakePsa):
    """What a test does to the fake is done to the stand-in; what the push asks goes through the real adapter."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(max_parallel=1, takes=Takes.DOCUMENTS)
        self.sleep: Callable[[float], object] = lambda _: None
        self.throttled = 0
        """Requests that were refused because there were too many."""
        self.undone: list[tuple[str, Any, Any]] = []
        """What a posted document changed of a line and nobody meant: line, before, after."""
        tenant = f"acme{next(_numbers)}"  # each has a pace of its own
        self._settings = HaloSettings.model_validate(
            {"site": f"{tenant}.halopsa.com", "tenant": tenant, "client_id": "a1c5e2f0-7a52", **settings}
        )
        self.state = State(Path(tempfile.mkdtemp(prefix="halo-")))
        load_world(self.state, World(name="halo", partners=(), tenants=(), connectwise=()))
        site = HaloPsa(
            key="acme",
            account="demo",
            host=self._settings.site,
            tenant=tenant,
            client_id=self._settings.client_id,
            client_secret="s3cret",
            agent="Seatwise API",
            clients=(),
            items=(),
            invoices=(),
        )
        begin_halo(self.state, site)
        self.state.clock = _Clock(self._now)  # type: ignore[assignment]
        self.stand_ins = Dispatcher(self.state)
        self.stand_ins.deliver(request_to("GET", self._settings.site, "/", {}))
        self.restart()

    def _now(self) -> datetime:
        """The clock is given later than this is made."""
        return self.now()

    def _sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def restart(self) -> None:
        """Another process goes on: it remembers nothing."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", InProcess(self))
        http = Http(session, sleep=self._sleep, clock=self._now)
        self.halo = Halo(self._settings, "s3cret", http)
        self.max_parallel, self.repeatable = self.halo.max_parallel, self.halo.repeatable
        self.whole_document, self.creates_empty = self.halo.whole_document, self.halo.creates_empty
        self.text_with_quantity = self.halo.text_with_quantity

    def delivered(self, request: Any) -> Any:
        """Deliver a request as the next outcome says, and note which of our writes were applied with it."""
        writes = len(self.state.all("halo_write"))
        if request.method == "POST" and request.path == "/api/RecurringInvoice":
            self.requests += 1
            self._choose(self.outcomes.popleft() if self.outcomes else Outcome.ANSWERED)
        delivery = self.stand_ins.deliver(request)
        self.throttled += (
            delivery.answer is not None and delivery.answer.status == HTTPStatus.TOO_MANY_REQUESTS
        )
        for applied in self.state.all("halo_write")[writes:]:
            self._note(applied)
        return delivery

    def _choose(self, outcome: Outcome) -> None:
        self.habits(forgets_to_apply=outcome is Outcome.ANSWERED_NOT_APPLIED)
        if outcome in _FAULTS:
            fault = dict(_FAULTS[outcome])
            late = self.late_by.total_seconds() or 1.0
            conditions = {"kind": "halo.write", "count": 1, "late": late, **fault}
            self.stand_ins.faults.add(conditions.pop("what"), conditions)

    def _note(self, applied: dict[str, Any]) -> None:
        line, after = str(applied["line"]), applied["after"]
        ours = [
            write
            for write in self.sent
            if write.after == after
            and (write.line_id == line if write.line_id else applied["before"] is None)
        ]
        if not ours:
            self.undone.append((line, applied["before"], after))
            return
        self.applied.append(ours[-1])
        self.made.append(line)

    def others_use(self, calls: int) -> None:
        """How many calls other tools of the MSP make in 5 minutes."""
        self.state.change("halo_site", "acme", lambda site: site.update(others_per_5_minutes=calls))

    def habits(self, **habits: Any) -> None:
        self.state.change("halo_site", "acme", lambda site: site["habits"].update(habits))

    # What there is

    def add_company(self, name: str = "Acme", **changes: Any) -> PsaCompany:
        id_ = int(self._new_id())
        row = {"id": id_, "name": name, "website": "", "inactive": False, "site": "acme"}
        self.state.put("halo_client", f"acme/{id_}", row)
        return PsaCompany(str(id_), name, "")

    def add_product(self, sku: str = "M365-BP", **changes: Any) -> Product:
        id_ = int(self._new_id())
        row = {"id": id_, "code": sku, "name": sku, "price": 22.0, "cost": 18.0, "inactive": False}
        self.state.put("halo_item", f"acme/{id_}", row | {"site": "acme"})
        return Product(str(id_), sku, sku, Decimal(22), Decimal(18), active=True)

    def add_agreement(self, company_id: str, name: str = "Monthly", **changes: Any) -> Agreement:
        id_ = int(self._new_id())
        day = "1900-01-01T00:00:00Z"
        row = {"id": id_, "site": "acme", "client_id": int(company_id), "name": name, "period": 2}
        row |= {"disabled": False, "startdate": day, "enddate": day, "nextcreationdate": day}
        self.state.put("halo_invoice", f"acme/{id_}", row | {"last_modified": day, "version": 1, "lines": {}})
        return next(agreement for agreement in self.halo.agreements() if agreement.id == str(id_))

    def add_line(self, agreement_id: str, product_id: str, quantity: int = 10, **changes: Any) -> Line:
        site = self.state.get("halo_site", "acme")
        id_ = site["next_line"]
        self.state.change("halo_site", "acme", lambda document: document.update(next_line=id_ + 1))
        line = {**LINE, "id": id_, "_itemid": int(product_id), "qty_order": quantity, "unit_price": 22.0}
        self.state.change(
            "halo_invoice",
            f"acme/{agreement_id}",
            lambda document: document["lines"].update({str(id_): line | changes}),
        )
        return self.line(str(id_))

    def edit_line(self, line_id: str, **changes: Any) -> Line:
        invoice = self._invoice_of(line_id)
        fields = {("qty_order" if name == "quantity" else name): value for name, value in changes.items()}
        fields = {
            name: float(value) if isinstance(value, Decimal) else value for name, value in fields.items()
        }
        edit(self.state, self.state.get("halo_site", "acme"), invoice, line_id, fields, "kim")
        return self.line(line_id)

    def line(self, line_id: str) -> Line:
        return self._lines[line_id]

    def _invoice_of(self, line_id: str) -> dict[str, Any]:
        return next(invoice for invoice in self.state.all("halo_invoice") if line_id in invoice["lines"])

    @property
    def _lines(self) -> dict[str, Line]:
        """The lines as they truly are."""
        self.stand_ins.apply_what_is_due()
        lines = [
            line
            for invoice in self.state.all("halo_invoice")
            for line in invoice_lines.lines(shown(invoice, self.state), 0)
        ]
        return {line.id: replace(line, quantity=Decimal(str(line.quantity))) for line in lines}

    @_lines.setter
    def _lines(self, lines: dict[str, Line]) -> None:
        assert not lines

    # What the push asks

    def check(self) -> None:
        self.halo.check()

    def companies(self) -> list[PsaCompany]:
        return self.halo.companies()

    def products(self) -> list[Product]:
        return self.halo.products()

    def agreements(self) -> list[Agreement]:
        return self.halo.agreements()

    def lines(self, agreement_id: str) -> list[Line]:
        return self.halo.lines(agreement_id)

    def apply(self, *writes: Write) -> WriteAnswer:
        requests_before = self.requests
        self.sent.extend(writes)
        answer = self.halo.apply(*writes)
        if self.requests == requests_before:
            del self.sent[-len(writes) :]
        return answer

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        return self.halo.find_effect(write, line_id)
