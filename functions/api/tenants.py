"""Tenants: every customer of the partner connections, added or not, and how each was read."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from functions.api.kept import listed_of, until_anything_changes
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Shown, examples
from functions.api.principal import Principal, Reader
from shared.accounts.directory import load_account
from shared.alerts.exclusions import excluded_tenants
from shared.errors import NotFound
from shared.licensing.tenant_state import ReadFailure
from shared.licensing.tenants import ListedTenant, partner_lists

router = APIRouter(prefix="/accounts/{account}", tags=["tenants"])


class ShownFailure(Shown):
    """Why something could not be read: who must act, the vendor's code, and what to do."""

    cause: Literal["transient", "partner", "tenant", "gone", "invalid"]
    code: str
    sentence: str


class ShownListing(Shown):
    partner_connection: str
    name: str
    can_be_read: bool
    """There is an active GDAP relationship, or the app was consented to in the tenant."""
    gdap_ends: date | None
    by_app: bool
    """The partner's app reads it as itself: an administrator of the tenant let it in."""


class ShownTenant(Shown):
    model_config = Shown.model_config | examples(
        {
            "id": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "name": "Quayside Marina",
            "domain": "quayside.example",
            "added": True,
            "companyId": "3f9a1c2b4d5e",
            "excluded": False,
            "state": "read",
            "lastRead": "2026-11-27T02:03:10Z",
            "notReadSince": None,
            "notReadBecause": None,
            "doubted": False,
            "listings": [
                {
                    "partnerConnection": "main",
                    "name": "Harbour IT",
                    "canBeRead": True,
                    "gdapEnds": "2027-08-01",
                    "byApp": False,
                }
            ],
        }
    )

    id: str
    name: str
    domain: str
    added: bool
    company_id: str | None
    excluded: bool
    """Left out of the alerts; what is synced and billed stays as it is."""
    state: Literal["read", "not_read", "pending", "never"]
    """How the newest read went; "never": nobody has asked for it yet."""
    last_read: datetime | None
    not_read_since: datetime | None
    not_read_because: ShownFailure | None
    doubted: bool
    """Its numbers are hard to believe, so its decreases wait for a person."""
    listings: list[ShownListing]
    """The partner connections that list it."""


class ShownPartnerList(Shown):
    partner_connection: str
    name: str
    read_at: datetime | None
    """When the newest complete list was read."""
    customers: int
    failure: ShownFailure | None
    """Why the newest attempt failed: the list is older then."""


def shown_failure(failure: ReadFailure | None) -> ShownFailure | None:
    if failure is None:
        return None
    return ShownFailure(cause=failure.cause.value, code=failure.code, sentence=failure.sentence)


def shown(tenant: ListedTenant, excluded: bool) -> ShownTenant:
    reading = tenant.reading if tenant.company else None
    return ShownTenant(
        id=tenant.tenant_id,
        name=tenant.name,
        domain=tenant.domain,
        added=tenant.company is not None,
        company_id=tenant.company.companies[0].id if tenant.company else None,
        excluded=excluded,
        state=reading.status.value if reading else "never",
        last_read=reading.read_at if reading else None,
        not_read_since=reading.unread_since if reading else None,
        not_read_because=shown_failure(reading.failure) if reading else None,
        doubted=reading.doubted if reading else False,
        listings=[
            ShownListing(
                partner_connection=listing.connection,
                name=listing.name,
                can_be_read=listing.can_be_read,
                gdap_ends=listing.gdap_ends,
                by_app=listing.by_app,
            )
            for listing in tenant.listings
        ],
    )


@until_anything_changes()
def _tenants(asking: Principal) -> list[ShownTenant]:
    account = load_account(asking.tables, asking.account)
    today = asking.now.astimezone(account.zone).date()
    excluded = excluded_tenants(asking.tables, asking.account, today)
    return [shown(listed, listed.tenant_id in excluded) for listed in listed_of(asking)]


@router.get("/tenants", operation_id="listTenants", response_model=Page[ShownTenant], responses=CSV)
def list_tenants(
    asking: Reader,
    paging: Pages,
    added: Annotated[bool | None, Query(description="Only those with a company, or without")] = None,
    excluded: Annotated[bool | None, Query(description="Only those left out of the alerts, or not")] = None,
    state: Literal["read", "not_read", "pending", "never"] | None = None,
    search: Annotated[str, Query(max_length=100, description="Part of a name, domain or tenant id")] = "",
) -> Page[ShownTenant] | Response:
    """By name. How each was read is as of the newest evaluation."""
    wanted = search.casefold()
    rows = (
        listed
        for listed in _tenants(asking)
        if (added is None or listed.added == added)
        and (excluded is None or listed.excluded == excluded)
        and (state is None or listed.state == state)
        and (not wanted or wanted in f"{listed.name}\n{listed.domain}\n{listed.id}".casefold())
    )
    return paging.answer_all(
        asking, "tenants", ((by_name(listed.name, listed.id), listed) for listed in rows)
    )


@router.get("/tenants/{tenant}", operation_id="getTenant")
def get_tenant(tenant: str, asking: Reader) -> ShownTenant:
    """One tenant of the partner connections' lists, or one that was added."""
    for listed in _tenants(asking):
        if listed.id == tenant.lower():
            return listed
    raise NotFound("There is no such tenant.")


@router.get(
    "/partner-lists",
    operation_id="listPartnerLists",
    response_model=Page[ShownPartnerList],
    responses=CSV,
)
def list_partner_lists(asking: Reader, paging: Pages) -> Page[ShownPartnerList] | Response:
    """How reading each partner connection's customer list went."""
    rows = (
        ShownPartnerList(
            partner_connection=connection.id,
            name=connection.name,
            read_at=listed.began if listed else None,
            customers=listed.customers if listed else 0,
            failure=shown_failure(listed.failure) if listed else None,
        )
        for connection, listed in partner_lists(asking.tables, asking.account)
    )
    return paging.answer_all(
        asking, "partner-lists", ((customer_list.partner_connection, customer_list) for customer_list in rows)
    )
