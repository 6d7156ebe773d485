"""A ConnectWise stand-in for tests: its databases, and what can be done to it from outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.types import Agreement, Company, Line, Product
from sandbox.standins.worlds.types import ConnectWise as Site
from sandbox.transport import SandboxAdapter, sandbox_session
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.texts import LONGEST
from shared.http.client import Http
from tests.shared.billing.psa.contract import RETRY_AFTER, PsaWorld
from tests.shared.billing.psa.fake import Outcome

SITE = "api-na.myconnectwise.net"
PRIVATE_KEY = "qT7rVw3zKp0s"
SETTINGS = ConnectWiseSettings(
    site=SITE, company_id="acme", public_key="kYh3Lw0PzQ", client_id="7f5b3c52-5d54-4a1e-9d34-0d2b4f6a1c11"
)
PRODUCT, BUNDLE, FIRST_AGREEMENT, FULL_PAGE = 77, 78, 100, 90
CANCELLED_LINE = 2
"""Number of a test agreement's line that was cancelled; lines 0 and 1 are not."""


def line_id_of(agreement: int, number: int) -> int:
    return agreement * 10 + number


def _line(id_: int, quantity: float = 10.0, cancelled_in_days: int | None = None) -> Line:
    return Line(
        id=id_,
        product_id=PRODUCT,
        quantity=quantity,
        unit_price=22.0,
        unit_cost=18.0,
        cancelled_in_days=cancelled_in_days,
    )


def _agreement(id_: int) -> Agreement:
    lines = (
        _line(line_id_of(id_, 0)),
        _line(line_id_of(id_, 1), quantity=3.0),
        _line(line_id_of(id_, CANCELLED_LINE), cancelled_in_days=-3),
    )
    return Agreement(id=id_, company_id=2, name=f"Agreement {id_}", type_name="Microsoft 365", lines=lines)


def _site(company_login: str, products: tuple[Product, ...], agreements: tuple[Agreement, ...]) -> Site:
    return Site(
        key=company_login,
        account="demo",
        site=SITE,
        company_login=company_login,
        public_key=SETTINGS.public_key,
        private_key=PRIVATE_KEY,
        client_id=SETTINGS.client_id,
        member="seatwise",
        codebase="v2026_1/",
        companies=(Company(2, "acme", "Acme"), Company(3, "gone", "Gone", deleted=True)),
        agreements=agreements,
        products=products,
    )


def _products(count: int) -> tuple[Product, ...]:
    named = (
        Product(PRODUCT, "M365-BP", "Microsoft 365 Business Premium", 23.5, 18.0),
        Product(BUNDLE, "STARTER", "Starter bundle", 100.0, 80.0, product_class="Bundle"),
    )
    return named + tuple(
        Product(1000 + n, f"P{n}", f"Product {n}", 1.0, 0.5) for n in range(count - len(named))
    )


def sites() -> tuple[Site, ...]:
    """Databases: "acme" with all there is to read, and others that refuse in their own ways."""
    agreements = tuple(_agreement(FIRST_AGREEMENT + n) for n in range(120))
    full, more = (
        Agreement(
            id=id_,
            company_id=2,
            name=f"{count} lines",
            type_name="Backup",
            lines=tuple(_line(id_ * 10_000 + n) for n in range(count)),
        )
        for id_, count in ((FULL_PAGE, 1000), (FULL_PAGE + 1, 1500))
    )
    return (
        _site("acme", _products(2500), (*agreements, full, more)),
        _site("restricted", _products(2), agreements[:1]),
        _site("reads_only", _products(2), agreements[:1]),
        _site("says401", _products(2), agreements[:1]),
        _site("busy", _products(2), agreements[:1]),
    )


class Meddler(SandboxAdapter):
    """What the stand-in cannot do by itself, because it happens on our side or in between."""

    misspelt = False
    """Send PATCH bodies with a sub-path: ConnectWise answers 200 to those and changes nothing."""
    lost = ""
    """Requests whose address contains this text get no answer."""

    numbered = False
    """Be an older server that knows no forward-only pages and numbers them."""
    unlinked = False
    """Be a proxy that drops the Link header."""

    after_first_list: Callable[[], None] | None = None
    """What somebody else does right after the first page of lines was answered."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.numbered:
            request.headers.pop("pagination-type", None)
        if self.lost and self.lost in str(request.url):
            raise requests.ConnectionError("lost on the way")
        if self.misspelt and request.method == "PATCH":
            body = request.body.encode() if isinstance(request.body, str) else request.body
            assert isinstance(body, bytes)
            assert b'"quantity"' in body
            request.prepare_body(body.replace(b'"quantity"', b'"product/quantity"'), None)
            request.headers["Content-Type"] = "application/json"
        response = super().send(request, *args, **kwargs)
        act = self.after_first_list
        if act and "additions?" in str(request.url):
            self.after_first_list = None
            act()
        if self.unlinked:
            response.headers.pop("Link", None)
        return response


@dataclass
class ConnectWiseWorld(PsaWorld):
    standins: RunningStandIns
    number: int
    private_key: str = PRIVATE_KEY
    company_login: str = "acme"
    longest_text = LONGEST["connectwise"]
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.company_id, self.product_id = "2", str(PRODUCT)
        self.agreement_id = str(FIRST_AGREEMENT + self.number)
        self.line_id, self.other_line_id = self.line_number(0), self.line_number(1)
        self.raw = sandbox_session(self.standins.url)
        self.raw.auth = (f"acme+{SETTINGS.public_key}", PRIVATE_KEY)
        self.raw.headers["clientId"] = SETTINGS.client_id
        self.adapter = Meddler(self.standins.url)
        self.sign_in()

    def sign_in(self) -> None:
        session = sandbox_session(self.standins.url)
        session.mount("https://", self.adapter)
        self.http = Http(session, sleep=self.waited.append, clock=lambda: datetime.now(UTC))
        self.settings = SETTINGS.model_copy(update={"company_id": self.company_login})
        self.psa = ConnectWise(self.settings, self.private_key, self.http)

    def line_number(self, number: int) -> str:
        return str(line_id_of(int(self.agreement_id), number))

    def fault(self, what: str, **conditions: Any) -> None:
        self.standins.control("set-fault", what=what, vendor="connectwise", **conditions)

    def next_write(self, outcome: Outcome) -> None:
        once: dict[str, Any] = {"kind": "connectwise.write", "count": 1}
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
                self.adapter.misspelt = True
            case Outcome.ANSWERED:
                pass
            case Outcome.UNCLEAR_APPLIED_LATE:
                raise NotImplementedError

    def url(self, line_id: str) -> str:
        return (
            f"https://{SITE}/v4_6_release/apis/3.0/finance/agreements/{self.agreement_id}/additions/{line_id}"
        )

    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        wanted = {"quantity": quantity, "unitPrice": unit_price}
        patch = [{"op": "replace", "path": p, "value": v} for p, v in wanted.items() if v is not None]
        self.raw.patch(self.url(line_id), json=patch).raise_for_status()

    def change_marker(self, line_id: str, marker: str) -> None:
        patch = [{"op": "replace", "path": "serialNumber", "value": marker}]
        self.raw.patch(self.url(line_id), json=patch).raise_for_status()

    def edit_text(self, line_id: str, text: str) -> None:
        patch = [{"op": "replace", "path": "invoiceDescription", "value": text}]
        self.raw.patch(self.url(line_id), json=patch).raise_for_status()

    def change_texts(self, rule: str) -> None:
        self.standins.control("set_texts", site="acme", becomes=rule)

    def truth(self, line_id: str) -> Decimal:
        return Decimal(self.raw.get(self.url(line_id)).json()["quantity"])

    def write_requests(self) -> int:
        return self.standins.counts().get("connectwise.write", 0)

    def read_requests(self) -> int:
        return self.standins.counts().get("connectwise.read", 0)

    def next_read_is_stale(self) -> None:
        self.fault("stale", kind="connectwise.read.additions", count=1)

    def remove_line(self, line_id: str) -> None:
        self.raw.delete(self.url(line_id)).raise_for_status()

    def remove_agreement(self) -> None:
        self.fault("status", status=404, path=f"/agreements/{self.agreement_id}/")

    def fail_reads(self) -> None:
        self.fault("status", status=503, kind="connectwise.read")

    def break_sign_in(self) -> None:
        self.private_key = "wrong"
        self.sign_in()
