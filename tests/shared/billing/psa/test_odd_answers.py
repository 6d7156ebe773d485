"""What a PSA answers of another type than its documents say: read as it is where it can mean one thing only.

What can mean several costs its own line, or agreement, and names the field: never a 0, and never the others.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

import pytest
import requests

from sandbox.standins.controls.halo import halo_edit_line, halo_lines
from sandbox.standins.protocol import Request
from shared.billing.psa.base import (
    Agreement,
    Line,
    Psa,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteKind,
)
from tests.shared.billing.standin_world import AGREEMENT, COMPANY, LINE, PRODUCT, StandInWorld
from tests.shared.billing.world import SKU

MISSING = ""
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


class OddWorld(StandInWorld):
    """On its way one field gets another value, written as it stands: of each row that belongs to `of`."""

    of: int = 0
    field: str = ""
    raw: str = MISSING

    def _answered(self, request: Request) -> requests.Response:
        answer = super()._answered(request)
        told = self._changed(json.loads(answer.raw.read()))
        answer.raw = BytesIO(json.dumps(told).replace('"@"', self.raw).encode())
        return answer

    def _changed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._changed(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        row = {name: self._changed(inner) for name, inner in value.items()}
        # ConnectWise leaves out what is unset.
        if self.of in (row.get("id"), row.get("contractServiceID")) and (
            self.field in row or "billCustomer" in row
        ):
            row.pop(self.field, None)
            return row if self.raw == MISSING else {**row, self.field: "@"}
        return row


@dataclass(frozen=True)
class Site:
    """What the fields are called in one PSA."""

    kind: str
    quantity: str
    product: str
    price: str
    ends: str
    text: str
    company: str
    ref: str = "%s"
    """How a reference to another row is written."""


SITES = (
    Site(
        *(
            "connectwise",
            "quantity",
            "product",
            "unitPrice",
            "cancelledDate",
            "invoiceDescription",
            "company",
        ),
        ref='{"id": %s, "name": "x"}',
    ),
    Site("halo", "qty_order", "_itemid", "unit_price", "enddate", "item_shortdescription", "client_id"),
    Site(
        *("autotask", "units", "serviceID", "internalCurrencyAdjustedPrice", "startDate"),
        *("invoiceDescription", "companyID"),
    ),
)

type Told = Callable[[int, str, str], Psa]


@cache
def _world(kind: str) -> OddWorld:
    """Nothing is written to it."""
    return OddWorld(kind, BEGIN)


@pytest.fixture(params=SITES, ids=lambda site: site.kind)
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.param
    return found


@pytest.fixture
def told(site: Site) -> Told:
    """The PSA, of which one row has another value in a field."""

    def make(of: int, field: str, raw: str) -> Psa:
        world = _world(site.kind)
        world.clock.at += timedelta(minutes=10)  # the calls of the test before are forgotten
        world.of, world.field, world.raw = of, field, raw
        return world.opened()

    return make


def line_of(site: Site, told: Told, field: str, raw: str) -> Line:
    """The line of which a field is told otherwise."""
    (line,) = told(LINE, field, raw).lines(str(AGREEMENT))
    return line


def names_it(line: Line, field: str) -> bool:
    """Nothing of it is written, and a person is told which field it is."""
    is_named = field in line.not_understood and (
        field in line.not_writable or "no quantity" in line.not_writable
    )
    return is_named and line.bills_from(date(2026, 1, 1))


@pytest.mark.parametrize(
    "raw, quantity",
    [
        *(("12.0", 12), ('"12"', 12), ('"12.0"', 12), ("1.2e1", 12), ("0", 0), ("-3", -3)),
        *((raw, None) for raw in ('"1,000"', '"1.000"', '"1_0"', '"\\u0661\\u0662"', '"12 seats"', '""')),
        *((raw, None) for raw in ("null", "true", "1e30", '"1e1"', "{}", "1e999999999", MISSING)),
    ],
)
def test_a_number_of_seats_is_read_or_named(site: Site, told: Told, raw: str, quantity: int | None) -> None:
    line = line_of(site, told, site.quantity, raw)
    assert names_it(line, site.quantity) if quantity is None else line.quantity == quantity
    assert quantity is None or not line.not_understood


@pytest.mark.parametrize("raw", ["NaN", "-Infinity"])
def test_what_is_no_json_is_no_answer(site: Site, told: Told, raw: str) -> None:
    with pytest.raises(PsaUnavailable, match="JSON"):
        told(LINE, site.quantity, raw).lines(str(AGREEMENT))


@pytest.mark.parametrize(
    "raw, price",
    [
        *(("22.5", "22.5"), ('"22.50"', "22.50"), ('"3"', "3")),
        *((raw, None) for raw in ('"22,50"', '"1.000"', "true", "{}")),
    ],
)
def test_a_price_is_read_or_named(site: Site, told: Told, raw: str, price: str | None) -> None:
    line = line_of(site, told, site.price, raw)
    assert names_it(line, site.price) if price is None else line.unit_price == Decimal(price)


@pytest.mark.parametrize("raw", ["null", MISSING])
def test_a_price_that_is_not_told_is_no_price_of_0(site: Site, told: Told, raw: str) -> None:
    line = line_of(site, told, site.price, raw)
    is_of_its_service = site.price == "internalCurrencyAdjustedPrice" and line.unit_price == 22
    assert line.price_untold or is_of_its_service or names_it(line, site.price)


@pytest.mark.parametrize(
    "id_, is_read",
    [
        *((of, True) for of in ("%d", '"%d"', "%d.0")),
        *((of, False) for of in ("true", "%d.5", "null", "{}", "-%d", '"%d,"', '"' + "9" * 5000 + '"')),
    ],
)
def test_whose_product_a_line_is_of_is_read_or_named(site: Site, told: Told, id_: str, is_read: bool) -> None:
    raw = site.ref % id_.replace("%d", str(PRODUCT))
    line = line_of(site, told, site.product, raw)
    assert line.product_id == str(PRODUCT) if is_read else names_it(line, site.product)


@pytest.mark.parametrize("id_", ['"%d"', "%d.0"])
def test_the_id_of_a_line_is_read_in_whatever_type(site: Site, told: Told, id_: str) -> None:
    line = line_of(site, told, "id", id_.replace("%d", str(LINE)))
    assert (line.id, line.quantity, line.not_understood) == (str(LINE), Decimal(10), "")


@pytest.mark.parametrize("id_", ["true", "null", "%d.5", "-%d", '"' + "9" * 5000 + '"'])
def test_a_line_without_an_id_leaves_its_agreement_unread(site: Site, told: Told, id_: str) -> None:
    with pytest.raises(PsaUnavailable, match=f"{AGREEMENT}.* without an id"):
        told(LINE, "id", id_.replace("%d", str(LINE))).lines(str(AGREEMENT))


@pytest.mark.parametrize("raw", ['"31/12/2026"', "1798675200", "{}", '"2026-02-30"'])
def test_a_day_that_is_not_understood_is_named(site: Site, told: Told, raw: str) -> None:
    assert names_it(line_of(site, told, site.ends, raw), site.ends)


@pytest.mark.parametrize("raw", ["12", "{}"])
def test_what_the_customer_reads_is_a_text_or_named(site: Site, told: Told, raw: str) -> None:
    assert names_it(line_of(site, told, site.text, raw), site.text)


def agreement(site: Site, told: Told, field: str, raw: str) -> tuple[Agreement | None, list[Agreement]]:
    """The agreement of which a field is told otherwise, and the others."""
    found = told(AGREEMENT, field, raw).agreements()
    mine = next((one for one in found if one.id == str(AGREEMENT)), None)
    return mine, [one for one in found if one is not mine]


@pytest.mark.parametrize(
    "id_, is_read",
    [("%d", True), ('"%d"', True), ("%d.0", True), ("true", False), ("%d.5", False), ("null", False)],
)
def test_whose_an_agreement_is_is_read_or_named(site: Site, told: Told, id_: str, is_read: bool) -> None:
    raw = site.ref % id_.replace("%d", str(COMPANY))
    mine, others = agreement(site, told, site.company, raw)
    assert mine is not None
    assert (mine.company_id == str(COMPANY)) is is_read
    assert (site.company in mine.not_understood) is not is_read
    assert not any(other.not_understood for other in others)


def test_an_agreement_without_an_id_costs_no_other(site: Site, told: Told) -> None:
    mine, others = agreement(site, told, "id", "true")
    assert mine is None
    assert [("id" in other.not_understood, other.id) for other in others if other.not_understood] == [
        (True, "")
    ]


@pytest.mark.parametrize("raw", ['"1,000"', "null", "true"])
def test_a_night_leaves_such_a_line_as_it_is_and_says_which_field(site: Site, raw: str) -> None:
    world = OddWorld(site.kind, BEGIN)
    mapped = world.mapped()
    world.of, world.field, world.raw = LINE, site.quantity, raw
    world.read("contoso", {SKU: 12})
    world.push_now()
    assert world.seats_on(date(2026, 4, 1)) == {str(PRODUCT): 10}
    assert world.record(mapped).blocked is not None
    assert site.quantity in world.why_blocked(mapped) or "no quantity" in world.why_blocked(mapped)


def test_a_number_that_is_not_told_is_no_proof_that_0_was_written(site: Site, told: Told) -> None:
    (line,) = told(LINE, "", MISSING).lines(str(AGREEMENT))
    set_to_0 = Write(
        kind=WriteKind.SET_QUANTITY,
        agreement_id=str(AGREEMENT),
        line_id=str(LINE),
        product_id=str(PRODUCT),
        before=10,
        after=0,
        fingerprint=line.fingerprint,
    )
    psa = told(LINE, site.quantity, "null")
    with pytest.raises(PsaUnavailable, match=f"ine {LINE}.*not understood: {site.quantity}"):
        psa.find_effect(set_to_0)


class _ElseWorld(StandInWorld):
    """Somebody or something else answers: to what writes, or to every list that is read."""

    status, body, content_type = 200, b"", "application/json"
    instead_of: Callable[[Request], bool] = staticmethod(lambda _: False)

    def _answered(self, request: Request) -> requests.Response:
        answer = super()._answered(request)
        if self.instead_of(request):
            answer.status_code, answer.raw = self.status, BytesIO(self.body)
            answer.headers["Content-Type"] = self.content_type
        return answer


def _writes(request: Request) -> bool:
    return request.method in ("POST", "PATCH") and "token" not in request.path


@pytest.mark.parametrize("status", [400, 404, 409, 413, 451])
@pytest.mark.parametrize(
    "body, content_type", [(b"<html>no</html>", "text/html"), (b"[]", "application/json")]
)
def test_a_refusal_that_is_not_the_psas_own_may_have_been_applied(
    site: Site, status: int, body: bytes, content_type: str
) -> None:
    """A proxy does not know what went on behind it; an adjustment of Autotask that is sent again counts twice."""
    world = _ElseWorld(site.kind, BEGIN)
    (line,) = world.psa.lines(str(AGREEMENT))
    world.status, world.body, world.content_type, world.instead_of = status, body, content_type, _writes
    write = Write(
        kind=WriteKind.SET_QUANTITY,
        agreement_id=str(AGREEMENT),
        line_id=str(LINE),
        product_id=str(PRODUCT),
        before=10,
        after=12,
        fingerprint=line.fingerprint,
        document=line.document,
        effective=date(2026, 3, 2),
    )
    answer = world.psa.apply(write)
    assert answer.sent is Sent.UNCLEAR


@pytest.mark.parametrize(
    "body", [b"", b"null", b"true", b"7", b"{}", b'"ok"', b"[null]", b"[[]]", b'{"items": null}']
)
def test_a_test_of_the_connection_that_finds_no_lists_is_not_passed(site: Site, body: bytes) -> None:
    world = _ElseWorld(site.kind, BEGIN)
    psa = world.opened()
    psa.check()
    world.body, world.instead_of = body, lambda request: "token" not in request.path.lower()
    with pytest.raises((PsaUnavailable, PsaRefused)):
        psa.check()


class _BusyAutotask(StandInWorld):
    """Other tools made most calls of the hour."""

    raw = ""

    def _answered(self, request: Request) -> requests.Response:
        answer = super()._answered(request)
        told = json.loads(answer.raw.read())
        if "currentTimeframeRequestCount" in told:
            told["currentTimeframeRequestCount"] = "@"
        answer.raw = BytesIO(json.dumps(told).replace('"@"', self.raw).encode())
        return answer


@pytest.mark.parametrize("raw", ["9000", "9000.0", '"9000"'])
def test_calls_of_other_tools_are_counted_in_whatever_type_they_are_told(raw: str) -> None:
    world = _BusyAutotask("autotask", BEGIN)
    world.raw = raw
    with pytest.raises(PsaUnavailable, match="9000 of 10000"):
        world.opened().lines(str(AGREEMENT))


@pytest.mark.parametrize(
    "fields", [{"qty_order": "12"}, {"qty_order": None}, {"unit_price": None}, {"unit_price": []}]
)
def test_the_stand_in_of_halo_serves_whatever_a_line_says(fields: dict[str, Any]) -> None:
    world = StandInWorld("halo", BEGIN)
    halo_edit_line(world.state, world.stand_ins.faults, str(AGREEMENT), LINE, **fields)
    (line,) = world.psa.lines(str(AGREEMENT))
    (shown,) = halo_lines(world.state, world.stand_ins.faults, str(AGREEMENT))
    assert shown["qty_order"] == fields.get("qty_order", 10)
    assert line.not_understood == ("" if fields == {"qty_order": "12"} else next(iter(fields)))
