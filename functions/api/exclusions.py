"""Exclusions: a member's decision that something is fine."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.alerts import AlertTypeName
from functions.api.lists import CSV, Page, Pages, descending
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Reader
from functions.queues.alerts import judge_again
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.alerts import exclusions
from shared.alerts.exclusion_request import LONGEST_REASON, MOST_SEATS, ExclusionDesk, ExclusionRequest
from shared.alerts.exclusions import Listed
from shared.licensing import product_names

router = APIRouter(prefix="/accounts/{account}/exclusions", tags=["exclusions"])


class NewExclusion(Given):
    """A tenant; a SKU of a tenant from one alert type; or a SKU of the whole account."""

    model_config = Given.model_config | examples(
        {
            "tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
            "type": "unused_licenses",
            "spareAtMost": 5,
            "reason": "Agreed with the customer: spare seats for the season.",
        },
        {"tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10", "until": "2027-01-31"},
    )

    tenant_id: Annotated[str, Field(max_length=64)] = ""
    sku_id: Annotated[str, Field(max_length=64)] = ""
    type: AlertTypeName | None = None
    """Only for a SKU of a tenant."""
    spare_at_most: Annotated[int | None, Field(ge=0, le=MOST_SEATS)] = None
    """Holds while no more seats than this are unused."""
    until: date | None = None
    """The first day on which it holds no more."""
    until_renewal: bool = False
    """Until the subscription renews, where that day is known."""
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class ShownExclusion(Shown):
    id: str
    tenant_id: str
    sku_id: str
    type: str | None
    customer: str
    """As it was called when it was decided."""
    product: str
    spare_at_most: int | None
    until: date | None
    until_renewal: bool
    how_long: str
    """In words, as the end of a sentence."""
    who: str
    since: datetime
    reason: str


def shown(listed: Listed) -> ShownExclusion:
    excluded = listed.exclusion
    return ShownExclusion(
        id=listed.id,
        tenant_id=excluded.tenant_id,
        sku_id=excluded.sku_id,
        type=excluded.slug,
        customer=excluded.customer,
        product=excluded.product,
        spare_at_most=excluded.spare_at_most,
        until=excluded.until,
        until_renewal=excluded.renewal,
        how_long=excluded.how_long,
        who=listed.who,
        since=listed.since,
        reason=listed.reason,
    )


@router.get("", operation_id="listExclusions", response_model=Page[ShownExclusion], responses=CSV)
def list_exclusions(asking: Reader, paging: Pages) -> Page[ShownExclusion] | Response:
    """Those whose time is not over, the newest first."""
    account = load_account(asking.tables, asking.account)
    found = exclusions.listed(asking.tables, asking.account, asking.now.astimezone(account.zone).date())
    rows = sorted((descending(listed.since, listed.id), shown(listed)) for listed in found)
    return paging.answer_all(asking, "exclusions", rows)


@router.get("/{exclusion}", operation_id="getExclusion")
def get_exclusion(exclusion: str, asking: Reader) -> ShownExclusion:
    return shown(exclusions.get(asking.tables, asking.account, exclusion))


@router.post("", operation_id="exclude", status_code=201)
def exclude(asked: NewExclusion, asking: Editor, response: Response) -> ShownExclusion:
    """Nobody is alerted of it any more. What is synced and billed stays as it is. Asking again records nothing new."""
    desk = ExclusionDesk(
        asking.tables,
        asking.wired.blobs,
        load_account(asking.tables, asking.account),
        product_names.load(asking.wired.blobs),
    )
    request = ExclusionRequest(
        asked.tenant_id,
        asked.sku_id,
        asked.type or "",
        asked.spare_at_most,
        asked.until,
        asked.until_renewal,
    )
    listed, recorded = desk.record(request, asking.actor.decider(asked.reason))
    if recorded:
        said = listed.exclusion.model_dump_json(exclude_defaults=True)
        audit.record(asking.tables, asking.account, asking.actor, "exclusion.added", listed.id, "", said)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    response.headers["Location"] = f"/api/accounts/{asking.account}/exclusions/{listed.id}"
    return shown(listed)


@router.delete("/{exclusion}", operation_id="removeExclusion", status_code=204)
def remove(exclusion: str, asking: Editor) -> None:
    """Its alerts are raised again at the next evaluation, which is asked for."""
    ended = exclusions.include(asking.tables, asking.account, exclusion, asking.actor.decider("removed"))
    said = ended.model_dump_json(exclude_defaults=True)
    audit.record(asking.tables, asking.account, asking.actor, "exclusion.removed", exclusion, said, "")
    asking.enqueue(*judge_again(asking.wired, asking.account))
