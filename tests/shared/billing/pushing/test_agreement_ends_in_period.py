"""K14, golden: where an agreement ends within a period that is billed already, no seat is billed after its end.

From what the PSA sends of the agreement to the body of what it is sent, by its own adapter.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.billing.models import FewerSeats, Options
from shared.billing.psa.autotask import adapter as autotask
from shared.billing.psa.autotask import shapes as contracts
from shared.billing.psa.base import Agreement, Write, WriteKind
from shared.billing.psa.connectwise import bodies
from shared.billing.psa.connectwise import shapes as connectwise
from shared.billing.psa.connectwise.shapes import WholeList
from shared.billing.psa.halo import documents
from shared.billing.psa.halo import shapes as halo
from shared.billing.psa.halo.rows import WholeList as HaloList
from tests.shared.billing.golden import case, rows
from tests.shared.billing.world import SKU, Mapped, World

CREDITED = Options(fewer_seats=FewerSeats.CREDITED)


def sent(row: dict[str, str], there: Agreement, options: Options | None = None) -> list[Write]:
    """Ten seats, an agreement like that, and then so many seats."""
    world = World()
    today = date.fromisoformat(row["today"])
    world.clock.at = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    at = world.add_agreement()
    known = {"ends", "active", "proration", "billed_through", "next_invoice"}
    world.fake.edit_agreement(at, proration=there.proration, billed_through=there.billed_through)
    mapped: Mapped = world.map_line(quantity=10, agreement=at, options=options)
    world.fake.edit_agreement(at, **{name: getattr(there, name) for name in known})
    world.later_read({SKU: int(row["seats"])})
    world.push_until_done(f"{today:%Y-%m-%d}")
    end = there.ends
    assert end is None or all(write.effective is None or write.effective <= end for write in world.fake.sent)
    assert world.quantity(mapped) == (int(row["seats"]) if row["sent"] else 10)
    return world.fake.sent


@pytest.mark.parametrize("row", rows("agreement_ends_connectwise"), ids=case)
def test_a_second_line_of_connectwise_ends_with_its_agreement(row: dict[str, str]) -> None:
    told: dict[str, Any] = {
        "id": 55,
        "name": "Acme 365",
        "type": {"id": 3, "name": "Microsoft 365"},
        "company": {"id": 2, "identifier": "acme", "name": "Acme"},
        "prorateFlag": True,
        "nextInvoiceDate": f"{row['next invoice']}T00:00:00Z" if row["next invoice"] else None,
        "endDate": f"{row['agreement ends']}T00:00:00Z" if row["agreement ends"] else None,
    }
    today = date.fromisoformat(row["today"])
    (there,) = connectwise.agreements(WholeList({55: told}, 0), today, ("microsoft 365",))
    options = CREDITED if "credited" in row["case"] else None

    def body(write: Write) -> str:
        if write.kind is not WriteKind.PRORATE:
            return str(bodies.new_quantity(write)[0]["value"])
        new = bodies.new_addition(write)
        days = (str(new[name]).removesuffix("T00:00:00Z") for name in ("effectiveDate", "cancelledDate"))
        return f"{new['quantity']} from {' to '.join(days)}"

    assert ", ".join(map(body, sent(row, there, options))) == row["sent"]


@pytest.mark.parametrize("row", rows("agreement_ends_autotask"), ids=case)
def test_an_adjustment_of_autotask_counts_within_its_contract(row: dict[str, str]) -> None:
    told = {
        "id": 55,
        "companyID": 2,
        "contractName": "Acme",
        "status": 1,
        "startDate": "2025-01-01T00:00:00Z",
    }
    if row["agreement ends"]:
        told["endDate"] = f"{row['agreement ends']}T00:00:00Z"
    there = contracts.agreement(told, date.fromisoformat(row["today"]))
    found = [autotask._request(write)[2] for write in sent(row, there)]
    assert ", ".join(f"{body['unitChange']:+} from {body['effectiveDate']}" for body in found) == row["sent"]


@pytest.mark.parametrize("row", rows("agreement_ends_halo"), ids=case)
def test_a_pro_rata_row_of_halo_is_within_its_recurring_invoice(row: dict[str, str]) -> None:
    told: dict[str, Any] = {"id": 55, "name": "Acme", "client_id": 2, "period": 2}
    if row["agreement ends"]:
        told["enddate"] = f"{row['agreement ends']}T00:00:00Z"
    today = date.fromisoformat(row["today"])
    (there,) = halo.agreements(HaloList({55: told}, 0), today, prorates=True)

    def body(write: Write) -> str:
        document = {"id": 55, "lines": [{"id": write.line_id, "qty_order": write.before}]}
        (line,) = documents.edited(document, [write], prorates=True)[0]["lines"]
        if not line.get("prorata_data"):
            return str(line["qty_order"])
        (more,) = line["prorata_data"]
        return f"row of {more['quantity']} from {more['date'].removesuffix('T00:00:00Z')}"

    assert ", ".join(map(body, sent(row, there))) == row["sent"]
