"""An account whose PSA is a stand-in in this process, behind the real adapter, on the clock of the tests.

The stand-in's own documents tell what is billed; nothing of the product is asked for it.
"""

import calendar
from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import requests

from sandbox.standins.dispatch import Dispatcher
from sandbox.standins.protocol import Request
from sandbox.standins.state import Document
from sandbox.standins.worlds import autotask, halo, types
from sandbox.standins.worlds.load import load_world
from shared.billing import agreement_store
from shared.billing.models import BillingProfile, LicenceMapping, LineRecord, Options
from shared.billing.profiles import save_profile
from shared.billing.psa import pace
from shared.billing.psa.base import Product, Psa, PsaCompany
from shared.billing.psa.registry import open_psa
from shared.http.client import Http
from tests.shared.billing.psa.autotask_world import SECRET as AUTOTASK_SECRET
from tests.shared.billing.psa.autotask_world import SETTINGS as AUTOTASK
from tests.shared.billing.psa.connectwise_world import PRIVATE_KEY
from tests.shared.billing.psa.connectwise_world import SETTINGS as CONNECTWISE
from tests.shared.billing.psa.halo_world import SECRET as HALO_SECRET
from tests.shared.billing.psa.halo_world import SETTINGS as HALO
from tests.shared.billing.world import ACCOUNT, CONNECTION, DAY, SKU, Mapped, World
from tests.simulation.cheap import InProcess, MemoryState
from tests.simulation.truth import Truth

KINDS: Final = ("autotask", "connectwise", "halo")
PRODUCT, OTHER = 77, 78
COMPANY, AGREEMENT, ELSEWHERE, LINE = 2, 100, 101, 1000
OTHER_PROFILE = "business-standard"
_MONTHS = (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1))


class StandInWorld(World):
    """One tenant of ten seats, mapped to the one line of its agreement; a second agreement has none."""

    def __init__(self, kind: str, at: datetime, **agreement: Any) -> None:
        super().__init__()
        self.kind = kind
        self.clock.at = at
        self.state = MemoryState()
        self.state.clock = self.clock  # type: ignore[assignment]
        load_world(self.state, _begin(kind, **agreement))
        self.stand_ins = Dispatcher(self.state)
        pace.pace_of.cache_clear()  # its calls of other tests may be of a later day
        self.psa = self.opened()
        self.company = PsaCompany(str(COMPANY), "Acme", "")
        self.product = Product(str(PRODUCT), "BP", "BP", Decimal(22), Decimal(18), active=True)
        self.name_product(self.product.id)
        other = BillingProfile(
            id=OTHER_PROFILE, name="Business Standard", connection=CONNECTION, product_id=str(OTHER)
        )
        save_profile(self.tables, ACCOUNT, other, self.by())

    def opened(self) -> Psa:
        settings, secret = _sign_in(self.kind)
        http = Http(InProcess(self._answered), sleep=self.clock.sleep, clock=self.clock.now)
        return open_psa(self.kind, settings, secret, http)

    def _answered(self, request: Request) -> requests.Response:
        answer = self.stand_ins.deliver(request).answer
        assert answer is not None
        told = requests.Response()
        told.status_code, told.raw = answer.status, BytesIO(answer.raw())
        told.headers["Content-Type"] = answer.content_type
        told.headers.update(answer.headers)
        return told

    # What is done to it

    def mapped(self, options: Options | None = None) -> Mapped:
        """Its line is adopted, and pushed once."""
        self.read("contoso", {SKU: 10})
        mapped = self.map("contoso", SKU, str(AGREEMENT), str(LINE), options)
        self.push_now()
        return mapped

    def push_now(self) -> None:
        self.push_until_done(f"{self.clock.at:%Y-%m-%d-%H%M%S%f}")

    def live_until(self, day: date, seats: dict[date, int] | None = None) -> None:
        """A night on each day on which the tenant has other seats or a month begins, and on that day itself."""
        known, today = seats or {}, self.clock.at.date()
        for night in sorted(night for night in {*known, *_MONTHS, day} if today < night <= day):
            self.clock.at = at(night)
            self.read("contoso", {SKU: known[night]} if night in known else None)
            self.push_now()

    def remapping(self, mapped: Mapped, **changes: object) -> LicenceMapping:
        (old,) = self.mappings("contoso").mappings
        assert old.id == mapped.mapping
        return old.model_copy(update=changes)

    # What it bills, by its own documents

    def seats_on(self, day: date) -> dict[str, int]:
        """Seats of each product that are billed on a day; a product that two lines bill has the sum."""
        truth, found = Truth(self.state), Counter[str]()
        for line, product in self.products():
            found[product] += truth.seats_on(line, day)
        return {product: seats for product, seats in found.items() if seats}

    def products(self) -> list[tuple[str, str]]:
        """Each line with its product."""
        places = (
            ("cw_agreement", "additions", "product"),
            ("halo_invoice", "lines", "_itemid"),
            ("at_contract", "services", "serviceID"),
        )
        return [
            (number, str(line[product]))
            for kind, lines, product in places
            for agreement in self.state.all(kind)
            for number, line in agreement[lines].items()
        ]


def lines_that_end(world: World) -> list[LineRecord]:
    """Those of a person's last day that is not over yet, as Seatwise keeps them."""
    kept = agreement_store.all_of(world.tables, ACCOUNT, CONNECTION)
    return [line for found in kept for line in found.record.lines.values() if line.ending]


def invoiced(world: StandInWorld, seats: dict[date, int]) -> list[int]:
    """Seat-days that the customer pays for March, April and May, while the tenant has these seats from those days on.

    An agreement of ConnectWise is invoiced on the first of a month for that month, by what its lines say then; what was
    made since for days of that month is on the next invoice. A contract of Autotask is posted once its period is over.
    """
    found = []
    for first in _MONTHS:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        world.live_until(first, seats)
        on_invoice = {line for line, _ in world.products()}
        billed = _seat_days(world, on_invoice, first, last)
        world.live_until(last, seats)
        since = {line for line, _ in world.products()} - on_invoice
        if world.kind == "autotask":
            world.live_until(last + DAY, seats)
            found.append(_seat_days(world, on_invoice, first, last))
        else:
            found.append(billed + _seat_days(world, since, first, last))
    return found


def _seat_days(world: StandInWorld, lines: Collection[str], first: date, last: date) -> int:
    truth = Truth(world.state)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(truth.seats_on(line, day) for line in lines for day in days)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def _begin(kind: str, **agreement: Any) -> types.World:
    made: dict[str, Any] = {"connectwise": _connectwise, "halo": _halo, "autotask": _autotask}
    empty: Document = {"name": kind, "partners": (), "tenants": (), "connectwise": ()}
    return types.World(**{**empty, kind: (made[kind](**agreement),)})


def _connectwise(**agreement: Any) -> types.ConnectWise:
    line = types.Line(LINE, PRODUCT, 10.0, 22.0, 18.0)
    words = {"company_id": COMPANY, "type_name": "Microsoft 365", **agreement}
    return types.ConnectWise(
        key="acme",
        account="demo",
        site=CONNECTWISE.site,
        company_login=CONNECTWISE.company_id,
        public_key=CONNECTWISE.public_key,
        private_key=PRIVATE_KEY,
        client_id=CONNECTWISE.client_id,
        member="seatwise",
        codebase="v2026_1/",
        companies=(types.Company(COMPANY, "acme", "Acme"),),
        agreements=(
            types.Agreement(id=AGREEMENT, name="Monthly", lines=(line,), **words),
            types.Agreement(id=ELSEWHERE, name="Elsewhere", lines=(), **words),
        ),
        products=(
            types.Product(PRODUCT, "BP", "Business Premium", 22.0, 18.0),
            types.Product(OTHER, "BS", "Business Standard", 12.0, 9.0),
        ),
    )


def _halo(**invoice: Any) -> halo.HaloPsa:
    line = halo.HaloLine(LINE, PRODUCT, 10, 22.0)
    return halo.HaloPsa(
        key="acme",
        account="demo",
        host=HALO.site,
        tenant=HALO.tenant,
        client_id=HALO.client_id,
        client_secret=HALO_SECRET,
        agent="Seatwise API",
        clients=(halo.HaloClient(COMPANY, "Acme"),),
        items=(
            halo.HaloItem(PRODUCT, "BP", "Business Premium", 22.0, 18.0),
            halo.HaloItem(OTHER, "BS", "Business Standard", 12.0, 9.0),
        ),
        invoices=(
            halo.RecurringInvoice(AGREEMENT, COMPANY, "Monthly", (line,), **invoice),
            halo.RecurringInvoice(ELSEWHERE, COMPANY, "Elsewhere", (), **invoice),
        ),
    )


def _autotask(**contract: Any) -> autotask.Autotask:
    service = autotask.ContractService(LINE, PRODUCT, 10, 22.0)
    return autotask.Autotask(
        key="northwind",
        account="demo",
        zone="webservices14.autotask.net",
        user=AUTOTASK.user_name,
        secret=AUTOTASK_SECRET,
        integration_code=AUTOTASK.integration_code,
        companies=(autotask.AutotaskCompany(COMPANY, "Acme"),),
        services=(
            autotask.Service(PRODUCT, "Business Premium", "BP", 22.0, 18.0),
            autotask.Service(OTHER, "Business Standard", "BS", 12.0, 9.0),
        ),
        contracts=(
            autotask.Contract(AGREEMENT, COMPANY, "Monthly", (service,), **contract),
            autotask.Contract(ELSEWHERE, COMPANY, "Elsewhere", (), **contract),
        ),
    )


def _sign_in(kind: str) -> tuple[str, str]:
    """Settings and secret."""
    if kind == "connectwise":
        in_advance = CONNECTWISE.model_copy(update={"billed_in_advance": "Microsoft 365"})
        return in_advance.model_dump_json(), PRIVATE_KEY
    if kind == "halo":
        return HALO.model_dump_json(), HALO_SECRET
    return AUTOTASK.model_dump_json(), AUTOTASK_SECRET
