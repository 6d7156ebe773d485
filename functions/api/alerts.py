"""Alerts: what a person should fix, filtered and sorted."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, AwareDatetime, WithJsonSchema

from functions.api.kept import alerts_of, closed_alerts_of, companies_of, tickets_of
from functions.api.lists import CSV, Page, Pages
from functions.api.models import Shown, examples
from functions.api.principal import Reader
from functions.api.summary import ShownTypeCount, shown_count
from shared.alerts.listing import AlertFilter, AlertSort, alert_id, by_type
from shared.alerts.models import Alert
from shared.alerts.rules import BY_SLUG
from shared.alerts.tickets.models import Ticket, TicketProgress, opening

router = APIRouter(prefix="/accounts/{account}/alerts", tags=["alerts"])
SHOWN_CLOSED = timedelta(days=92)


def _known(slug: str) -> str:
    if slug not in BY_SLUG:
        raise ValueError(f"there is no such alert type; there are {', '.join(BY_SLUG)}")
    return slug


type AlertTypeName = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(BY_SLUG)})
]


class ShownTicket(Shown):
    number: str
    """As people call it; "" while there is none."""
    link: str
    """Where it is seen in the PSA, "" where that is not known."""
    progress: TicketProgress
    reference: str
    """What stands in the ticket."""
    """not_sent, refused: it is tried again. undecidable: no answer came, and the PSA shows none; a person looks."""


class ShownAlert(Shown):
    model_config = Shown.model_config | examples(
        {
            "id": "unused_licenses-5f0c9a1be2d34876a1b2c3d4e5f60718",
            "type": "unused_licenses",
            "title": "Unused licenses",
            "tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "companyId": "",
            "skuIds": ["cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"],
            "who": "Quayside Marina",
            "what": "Business Premium: 6 of 25 seats assigned to nobody; droppable at renewal on 17 Dec 2026.",
            "fix": "Ask Quayside Marina if the seats are needed: assign them, or reduce the subscription by 6.",
            "seats": 6,
            "money": "132.00",
            "until": None,
            "urgent": False,
            "openedAt": "2026-11-20T02:14:00Z",
            "firstOpenedAt": "2026-09-14T02:14:00Z",
            "changedAt": "2026-11-24T02:13:00Z",
            "closedAt": None,
            "notCheckedSince": None,
            "excludableBy": ["tenant", "sku", "licence"],
            "ticket": {
                "number": "5012",
                "link": "https://na.myconnectwise.net/",
                "progress": "open",
                "reference": "SW-4f2a9c1e00b7d3a5",
            },
        }
    )

    id: str
    type: str
    title: str
    tenant_id: str
    """"" for what is about no tenant."""
    company_id: str
    """Of a tenant that is several companies, the one that it is about; "" is the tenant as a whole."""
    sku_ids: list[str]
    who: str
    what: str
    fix: str
    seats: int
    money: Decimal
    """At stake per month; 0 when it is not known."""
    until: date | None
    """The last day on which something can be done about it."""
    urgent: bool
    opened_at: datetime
    first_opened_at: datetime
    """When it was open for the first time: before `openedAt` for what was closed and came back."""
    changed_at: datetime
    """When it opened, changed, or was raised again."""
    closed_at: datetime | None
    """Null while it is open."""
    not_checked_since: datetime | None
    """It could not be judged since then."""
    excludable_by: list[str]
    """What an exclusion can name to leave it out: tenant, sku (of the account), licence (a SKU of the tenant)."""
    ticket: ShownTicket | None
    """Of a PSA, where its type becomes tickets."""


class AlertCounts(Shown):
    rows: int
    money: Decimal
    types: list[ShownTypeCount]


def shown_ticket(ticket: Ticket) -> ShownTicket:
    return ShownTicket(
        number=ticket.number, link=ticket.link, progress=ticket.progress, reference=ticket.new.reference
    )


def shown(alert: Alert, ticket: Ticket | None) -> ShownAlert:
    finding, rule = alert.finding, BY_SLUG[alert.finding.slug]
    return ShownAlert(
        id=alert_id(alert),
        type=finding.slug,
        title=rule.words.title,
        tenant_id=finding.tenant_id,
        company_id=finding.company,
        sku_ids=list(finding.skus),
        who=finding.who,
        what=finding.what,
        fix=finding.fix,
        seats=finding.seats,
        money=finding.money,
        until=finding.until,
        urgent=finding.urgent,
        opened_at=alert.opened_at,
        first_opened_at=alert.first_opened_at or alert.opened_at,
        changed_at=alert.changed_at,
        closed_at=alert.closed_at,
        not_checked_since=alert.not_checked_since,
        excludable_by=sorted(rule.reach),
        ticket=shown_ticket(ticket) if ticket else None,
    )


def about(
    asking: Reader,
    tenant: Annotated[str, Query(max_length=64, description="Only those about this tenant")] = "",
    company: Annotated[
        str, Query(max_length=64, description="Only those about the tenant of this company")
    ] = "",
) -> frozenset[str] | None:
    """The tenants that are asked about, none for a company that there is not; None asks about all."""
    found: set[str] | None = {tenant.lower()} if tenant else None
    if company:
        listed = (listed.company for listed in companies_of(asking))
        of_company = {each.tenant_id for each in listed if each.id == company}
        found = of_company if found is None else found & of_company
    return None if found is None else frozenset(found)


type About = Annotated[frozenset[str] | None, Depends(about)]


def wanted_of(
    tenants: About,
    of_type: Annotated[
        AlertTypeName | None, Query(alias="type", description="Only alerts of this type")
    ] = None,
    changed_since: Annotated[
        AwareDatetime | None,
        Query(alias="changedSince", description="Only what is new, changed or raised again since then"),
    ] = None,
    urgent: Annotated[bool | None, Query(description="Only urgent ones, or none of them")] = None,
    not_checked: Annotated[
        bool | None,
        Query(alias="notChecked", description="Only those that could not be judged at the newest evaluation"),
    ] = None,
) -> AlertFilter:
    return AlertFilter(of_type or "", tenants, changed_since, urgent, not_checked)


type Wanted = Annotated[AlertFilter, Depends(wanted_of)]


@router.get("", operation_id="listAlerts", response_model=Page[ShownAlert], responses=CSV)
def list_alerts(
    asking: Reader,
    paging: Pages,
    wanted: Wanted,
    sort: Annotated[AlertSort, Query(description="What comes first")] = AlertSort.WORST,
) -> Page[ShownAlert] | Response:
    """Everything that is open, as of the newest evaluation. The usual order is that of a digest."""
    name = f"alerts-by-{sort}"
    after = paging.after(asking, name)
    found = alerts_of(asking, sort)
    rest = islice(found, bisect_right(found, after, key=lambda entry: entry[0]), None)
    tickets = tickets_of(asking)
    rows = ((key, shown(alert, tickets.get(opening(alert)))) for key, alert in rest if wanted.wants(alert))
    return paging.answer(asking, name, rows)


@router.get("/closed", operation_id="listClosedAlerts", response_model=Page[ShownAlert], responses=CSV)
def list_closed_alerts(
    asking: Reader,
    paging: Pages,
    tenants: About,
    of_type: Annotated[
        AlertTypeName | None, Query(alias="type", description="Only alerts of this type")
    ] = None,
) -> Page[ShownAlert] | Response:
    """What was closed in the last 92 days, the newest first, as it was last told. Opened again, it is open, too."""
    wanted, since = AlertFilter(of_type or "", tenants), asking.now - SHOWN_CLOSED
    found = closed_alerts_of(asking)
    kept = (entry for entry in found if entry[1].closed_at and entry[1].closed_at >= since)
    tickets = tickets_of(asking, ended=True)
    rows = ((key, shown(alert, tickets.get(opening(alert)))) for key, alert in kept if wanted.wants(alert))
    return paging.answer_all(asking, "closed-alerts", rows)


@router.get("/counts", operation_id="countAlerts")
def count_alerts(asking: Reader, wanted: Wanted) -> AlertCounts:
    """How many are open, by type, with what is at stake per month."""
    counts = by_type(alert for _, alert in alerts_of(asking, AlertSort.WORST) if wanted.wants(alert))
    return AlertCounts(
        rows=sum(count.rows for count in counts),
        money=sum((count.money for count in counts), Decimal(0)),
        types=[shown_count(count) for count in counts],
    )
