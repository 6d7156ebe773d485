"""N4: why a line said its number on a day, and the people behind it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime

from functions.api.licences import TenantId
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.mappings import ShownMapping, shown_mapping
from functions.api.models import Shown
from functions.api.principal import Principal, Reader
from functions.api.shown_licences import ShownUser, shown_user
from shared.accounts.directory import load_account
from shared.billing.models import LedgerEvent
from shared.billing.why_in_words import sentence
from shared.billing.why_this_number import LineOf, WhyThisNumber, people_behind, why_this_number
from shared.licensing import product_names

router = APIRouter(prefix="/accounts/{account}/tenants/{tenant}/mappings/{mapping}", tags=["licences"])
type MappingId = Annotated[str, Path(alias="mapping", max_length=64)]
type Day = Annotated[date | None, Query(description="A local day, at its end; else today")]


class ShownWhy(Shown):
    on: date
    sentence: str
    number: int | None
    """What the PSA was proven to say; null: nothing yet."""
    proven_at: AwareDatetime | None
    wanted: int | None
    """What the counts and the mapping of that day give; null: they give no number."""
    counted_since: date | None
    """The counts had not changed since this day."""
    purchased: int | None
    assigned: int | None
    not_countable: str
    mapping: ShownMapping | None
    """As it was in force on that day; null: the licence was not mapped."""
    decided_by: str
    decided_at: AwareDatetime | None
    reason: str
    waits: LedgerEvent | None
    """The newest thing that kept the line from the wanted number."""
    change: str


def shown(why: WhyThisNumber, product: str) -> ShownWhy:
    counts, decided, waits = why.counts, why.decided, why.waits
    return ShownWhy(
        on=why.on,
        sentence=sentence(why, product),
        number=why.number,
        proven_at=why.said.at if why.said else None,
        wanted=why.wanted,
        counted_since=why.day.on if why.day else None,
        purchased=counts.purchased if counts else None,
        assigned=counts.assigned if counts else None,
        not_countable=why.not_countable,
        mapping=shown_mapping(why.mapping) if why.mapping else None,
        decided_by=decided.who if decided else "",
        decided_at=decided.valid_from if decided else None,
        reason=decided.reason if decided else "",
        waits=waits.event if waits else None,
        change=waits.change_id if waits else "",
    )


def _asked(asking: Principal, tenant: str, mapping: str, on: date | None) -> WhyThisNumber:
    account = load_account(asking.tables, asking.account)
    day = on or asking.now.astimezone(account.zone).date()
    return why_this_number(
        asking.tables, asking.wired.blobs, account, LineOf(tenant, mapping), day, asking.now
    )


@router.get("/why", operation_id="whyThisNumber")
def why(tenant: TenantId, mapping: MappingId, asking: Reader, on: Day = None) -> ShownWhy:
    """The number of the mapping's line at the end of a day, told by the counts, decisions and writes of that time."""
    found = _asked(asking, tenant, mapping, on)
    if found.mapping is None:
        return shown(found, "The licence")
    part_number = found.counts.part_number if found.counts else ""
    names = product_names.load(asking.wired.blobs)
    return shown(found, names(found.mapping.sku_id, part_number))


@router.get("/people", operation_id="listPeopleBehind", response_model=Page[ShownUser], responses=CSV)
def people(
    tenant: TenantId, mapping: MappingId, asking: Reader, paging: Pages, on: Day = None
) -> Page[ShownUser] | Response:
    """Who had the licence on that day, by name."""
    found = people_behind(asking.wired.blobs, asking.account, tenant, _asked(asking, tenant, mapping, on))
    rows = ((by_name(user.name, user.id), shown_user(user)) for user in found)
    return paging.answer_all(asking, "people-behind", rows)
