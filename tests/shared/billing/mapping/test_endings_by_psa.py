"""K15, golden: what each PSA is sent to end a line on a day, and to let another one begin after it; or why not.

The body is that of the very adapter; what leads to it is a save of mappings and the push that follows.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from shared.billing.mapping.ending_lines import all_lines_end
from shared.billing.mapping.save import map_tenant
from shared.billing.models import LicenceMapping, Options, TenantMappings
from shared.billing.psa.autotask import adapter as autotask
from shared.billing.psa.base import Proration, Write, WriteKind
from shared.billing.psa.billing_period import BillingPeriod
from shared.billing.psa.connectwise import bodies
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.halo import documents
from shared.billing.psa.halo.adapter import Halo
from shared.errors import Rejected
from tests.shared.billing.golden import case, rows
from tests.shared.billing.psa.fake import FakePsa, Takes
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World


def connectwise_body(write: Write) -> str:
    if write.kind is WriteKind.END_LINE:
        return f"ends {bodies.last_day(write)[0]['value']}"
    if write.kind is WriteKind.SET_QUANTITY:
        return str(bodies.new_quantity(write)[0]["value"])
    new = bodies.new_addition(write)
    return f"{new['quantity']} from {new['effectiveDate']}"


def autotask_body(write: Write) -> str:
    _, _, body = autotask._request(write)
    if "serviceID" in body:
        return "a service"
    return f"{body['unitChange']:+} from {body['effectiveDate']}"


def halo_body(write: Write) -> str:
    document: dict[str, Any] = {"id": 1, "lines": [{"id": write.line_id or "1", "qty_order": 10}]}
    if write.kind is WriteKind.SET_QUANTITY:
        (changed,) = documents.edited(document, [write], prorates=False)[0]["lines"]
        return str(changed["qty_order"])
    if write.kind is WriteKind.END_LINE:
        (ended,) = documents.edited(document, [write], prorates=False)[0]["lines"]
        return f"ends {ended['enddate']}"
    new = documents.with_new_line(document, write, None)[0]["lines"][-1]
    return f"{new['qty_order']} from {new['startdate']}"


class Kind(NamedTuple):
    adapter: type
    takes: Takes
    body: Callable[[Write], str]
    proration: Proration = Proration.NONE


KINDS = {
    "ConnectWise": Kind(ConnectWise, Takes.NUMBERS, connectwise_body),
    "Autotask": Kind(autotask.Autotask, Takes.DIFFERENCES, autotask_body, Proration.BY_DATE),
    "HaloPSA": Kind(Halo, Takes.DOCUMENTS, halo_body),
}


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def world_of(kind: Kind, row: dict[str, str]) -> tuple[World, Mapped]:
    """Ten seats on a line, in an agreement that may end."""
    world = World(fake=FakePsa(takes=kind.takes))
    assert world.fake.ends_by is kind.adapter.ends_by  # type: ignore[attr-defined]
    world.fake.creates_empty = kind.adapter.creates_empty  # type: ignore[attr-defined]
    today = date.fromisoformat(row["today"])
    world.clock.at = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    agreement = world.fake.add_agreement(world.company.id, proration=kind.proration).id
    mapped = world.map_line(quantity=10, agreement=agreement)
    if through := day(row.get("billed through", "")):
        world.fake.edit_agreement(
            mapped.agreement, billed_through=through, proration=Proration.BY_SECOND_LINE
        )
        billed = BillingPeriod(first=through.replace(day=1), last=through, is_billed=True)
        world.fake.edit_line(mapped.line, periods=(billed,))
    world.fake.edit_agreement(mapped.agreement, ends=day(row["agreement ends"]))
    return world, mapped


def sent(
    world: World, kind: Kind, save: Callable[[], None], seats: int = 10, begins: date | None = None
) -> str:
    """What the PSA is sent after the save; or the code of the refusal.

    With `begins` also in the night after, when the tenant has so many seats, and on that day.
    """
    try:
        save()
    except Rejected as why:
        assert world.fake.sent == []
        return why.code
    world.push_until_done(f"{world.clock.at:%Y-%m-%d}")
    for _ in range(2):
        world.clock.pass_by(timedelta(minutes=11))
        world.push_until_done(f"{world.clock.at:%Y-%m-%d}-{world.clock.at:%H%M}")
    for night in (world.clock.at.date() + timedelta(days=1), begins) if begins else ():
        world.clock.at = datetime(night.year, night.month, night.day, 9, tzinfo=UTC)
        world.later_read({SKU: seats})
        world.push_until_done(f"{night:%Y-%m-%d}-{world.clock.at:%H%M%S%f}")
    return ", ".join(kind.body(write).removesuffix("T00:00:00Z") for write in world.fake.sent)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("row", rows("endings"), ids=case)
def test_a_line_is_ended_on_its_day_as_its_psa_does(name: str, row: dict[str, str]) -> None:
    kind = KINDS[name]
    world, mapped = world_of(kind, row)
    last_day = date.fromisoformat(row["last day"])

    def one_line() -> None:
        world.save_mappings(
            "contoso",
            TenantMappings(tenant_id="contoso", mappings=()),
            last_days={mapped.line: last_day},
        )

    def all_lines() -> None:
        wanted, said = all_lines_end(world.tables, ACCOUNT, "contoso", last_day)
        map_tenant(world.tables, {CONNECTION: world.psa}, ACCOUNT, wanted, world.by(), said)

    assert sent(world, kind, all_lines if row["case"].startswith("all lines") else one_line) == row[name]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("row", rows("remapped"), ids=case)
def test_a_remapped_line_begins_on_its_day_after_the_other_has_ended(name: str, row: dict[str, str]) -> None:
    kind = KINDS[name]
    world, mapped = world_of(kind, row)
    starts = Options(starts=day(row["starts"]), beside_existing=True)
    old: LicenceMapping = world.mappings("contoso").mappings[0]
    new = old.model_copy(update={"line_id": "", "options": starts})
    wanted = TenantMappings(tenant_id="contoso", mappings=(new,))

    def remapped() -> None:
        world.save_mappings("contoso", wanted, last_days={mapped.line: date.fromisoformat(row["last day"])})

    seats = int(row["seats then"] or 10)
    assert sent(world, kind, remapped, seats, day(row["starts"])) == row[name]
