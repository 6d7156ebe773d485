"""An Autotask stand-in for tests: its database, and what can be done to it from outside."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Lock
from time import sleep
from typing import Any

import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.autotask import (
    YEARLY,
    AutotaskCompany,
    Contract,
    ContractService,
    Service,
)
from sandbox.standins.worlds.autotask import Autotask as Site
from sandbox.transport import SandboxAdapter, sandbox_session
from shared.billing.psa.autotask.adapter import Autotask
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.base import Write
from shared.billing.psa.texts import LONGEST
from shared.http.client import Http
from tests.shared.billing.psa.contract import RETRY_AFTER, PsaWorld
from tests.shared.billing.psa.fake import Outcome, Takes

SECRET = "x7Kq-92-autotask"
SETTINGS = AutotaskSettings(user_name="q7w2e@NORTHWIND.COM", integration_code="TRACKINGIDENTIFIER1")
PRODUCT, OTHER, YEARLY_PRODUCT, FIRST_CONTRACT, COUNT = 9001, 9002, 9003, 7000, 90


def site(**changed: Any) -> Site:
    contracts = tuple(
        Contract(
            FIRST_CONTRACT + n,
            202,
            f"Contract {n}",
            (
                ContractService(80_000 + 10 * n, PRODUCT, 10, 22.0),
                ContractService(80_001 + 10 * n, OTHER, 3, 5.0),
            ),
        )
        for n in range(COUNT)
    )
    words: dict[str, Any] = {
        "key": "northwind",
        "account": "demo",
        "zone": "webservices14.autotask.net",
        "user": SETTINGS.user_name,
        "secret": SECRET,
        "integration_code": SETTINGS.integration_code,
        "companies": (
            AutotaskCompany(202, "Amble Joinery", "www.amble.example"),
            AutotaskCompany(203, "Closed down", active=False),
        ),
        "services": (
            Service(PRODUCT, "Microsoft 365 Business Premium", "SPB", 23.5, 18.0),
            Service(OTHER, "Antivirus", "AV", 5.0, 2.0),
            Service(YEARLY_PRODUCT, "Business Premium, yearly", "SPB-Y", 240.0, 200.0, period=YEARLY),
        ),
        "contracts": contracts,
    }
    return Site(**(words | changed))


class Watch(SandboxAdapter):
    """How many requests to each entity were under way at once."""

    slowly = 0.0
    """Seconds that each request takes."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._lock = Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        entity = str(request.url).lower().partition("v1.0/")[2].partition("?")[0].partition("/query")[0]
        entity = "".join(letter for letter in entity if not letter.isdigit())
        with self._lock:
            self.now[entity] += 1
            self.most[entity] = max(self.most[entity], self.now[entity])
        try:
            sleep(self.slowly)
            answer = super().send(request, *args, **kwargs)
        finally:
            with self._lock:
                self.now[entity] -= 1
        with self._lock:
            self.statuses[answer.status_code] += 1
        return answer


@dataclass
class AutotaskWorld(PsaWorld):
    standins: RunningStandIns
    number: int
    secret: str = SECRET
    waited: list[float] = field(default_factory=list)
    later: timedelta = timedelta()
    """How far the adapter's clock is ahead."""

    takes = Takes.DIFFERENCES
    created_seats, longest_text = 0, LONGEST["autotask"]
    dates_lines = bills_otherwise = False

    def __post_init__(self) -> None:
        self.company_id, self.product_id = "202", str(PRODUCT)
        self.agreement_id = str(FIRST_CONTRACT + self.number)
        self.line_id, self.other_line_id = (str(80_000 + 10 * self.number + n) for n in range(2))
        self.adapter = Watch(self.standins.url)
        self._days = 0
        self.last_day = datetime.now(UTC).date() + timedelta(
            days=10
        )  # rows of units that are over are not read
        self.sign_in()

    def sign_in(self, settings: AutotaskSettings = SETTINGS) -> None:
        session = sandbox_session(self.standins.url)
        session.mount("https://", self.adapter)
        http = Http(session, sleep=self.waited.append, clock=lambda: datetime.now(UTC) + self.later)
        self.psa = Autotask(settings, self.secret, http)

    def set_to(self, after: int, line_id: str = "") -> Write:
        # A service takes one adjustment a day: each write is of a day of its own.
        self._days += 1
        day = date(2026, 3, 17) + timedelta(days=self._days)
        return super().set_to(after, line_id).model_copy(update={"effective": day})

    def control(self, do: str, **words: Any) -> Any:
        return self.standins.control(f"autotask-{do}", **words)

    def fault(self, what: str, **conditions: Any) -> None:
        self.standins.control("set-fault", what=what, vendor="autotask", **conditions)

    def next_write(self, outcome: Outcome) -> None:
        once: dict[str, Any] = {"kind": "autotask.write", "count": 1}
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
                self.control("habits", forgets_to_apply=True)
            case Outcome.ANSWERED:
                pass
            case _:
                raise NotImplementedError

    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        of = {"contract": self.agreement_id, "service": int(line_id)}
        if quantity is not None:
            self.control("set-units", units=quantity, **of)
        if unit_price is not None:
            self.control("edit-service", adjustedPrice=unit_price, **of)

    def change_marker(self, line_id: str, marker: str) -> None:
        self.control(
            "edit-service", contract=self.agreement_id, service=int(line_id), internalDescription=marker
        )

    def edit_text(self, line_id: str, text: str) -> None:
        self.control(
            "edit-service", contract=self.agreement_id, service=int(line_id), invoiceDescription=text
        )

    def change_texts(self, rule: str) -> None:
        self.control("habits", texts=rule)

    def truth(self, line_id: str) -> Decimal:
        told = self.control("lines", contract=self.agreement_id)
        return Decimal(next(line["units"] for line in told if str(line["id"]) == line_id))

    def write_requests(self) -> int:
        return self.standins.counts().get("autotask.write", 0)

    def next_read_is_stale(self) -> None:
        self.fault("stale", kind="autotask.read.contractserviceunits", count=1)

    def remove_line(self, line_id: str) -> None:
        self.control("remove-service", contract=self.agreement_id, service=int(line_id))

    def remove_agreement(self) -> None:
        self.control("remove-contract", contract=self.agreement_id)

    def fail_reads(self) -> None:
        self.fault("status", status=503, kind="autotask.read")

    def break_sign_in(self) -> None:
        self.secret = "y8Lr-another"
        self.sign_in()
