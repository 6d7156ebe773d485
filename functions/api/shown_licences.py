"""How licences, the lines that bill them and the people behind them are shown."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from functions.api.models import Shown, examples
from functions.api.plan import TextStateWord
from shared.billing.line_states import StateNow
from shared.billing.models import LicenceMapping, LineRecord, kept_text
from shared.billing.psa.write_failures import told
from shared.billing.tenant_licences import LicenceDay, LicenceRow
from shared.microsoft.models import Subscription, Term, User


class ShownSubscription(Shown):
    id: str
    seats: int
    status: str
    """Enabled, Warning (in grace), Suspended, LockedOut or Deleted."""
    trial: bool | None
    """Null: Microsoft does not say, and the seats are not counted."""
    sold_by: str
    """Tenant id of who sold it; "" when Microsoft does not say."""
    term: str
    """ISO 8601 (P1M, P1Y, P3Y); "" when it is not known."""
    renews_on: date | None
    """The last day of the commitment."""
    auto_renew: bool | None
    cancellable_until: datetime | None


class ShownMappedLine(Shown):
    mapping_id: str
    company_id: str
    """Whose users it bills; "" is the company that was added first."""
    bill: bool
    """False: "do not bill"."""
    profile: str
    connection: str
    agreement_id: str
    line_id: str
    state: Literal["in_step", "scheduled", "held", "drift", "frozen", "blocked", "unknown", "not_read"]
    """in_step: proven to say what is wanted now. scheduled: it waits to be written, at the next push or from a later
    day on. blocked: it cannot be written, or could not be read. not_read: nothing is known of the line yet."""
    why: str
    """Why it is blocked, as a sentence; "" in any other state."""
    confirmed: int | None
    """What the PSA was last proven to say."""
    confirmed_at: datetime | None
    unit_price: Decimal | None
    text_state: TextStateWord
    """Of what the customer reads on the invoice. kept: somebody else's text stands there, and stays until the mapping
    gives it up; refused: the PSA does not take ours."""
    text_there: str
    """What the PSA showed at the newest look, where Seatwise looks after it."""
    text_refused: str
    """Why the PSA does not take it, as a sentence."""


class ShownLicence(Shown):
    model_config = Shown.model_config | examples(
        {
            "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
            "subscriptionId": "",
            "name": "Microsoft 365 Business Premium",
            "partNumber": "SPB",
            "purchased": 25,
            "assigned": 19,
            "spare": 6,
            "inGrace": 0,
            "suspended": 0,
            "onTrial": 0,
            "soldByOthers": 0,
            "notCountable": "",
            "watched": True,
            "subscriptions": [],
            "parts": [],
            "startsSplit": False,
            "mapped": None,
        }
    )

    sku_id: str
    subscription_id: str
    """"" for the SKU as a whole."""
    name: str
    part_number: str
    purchased: int | None
    """Enabled seats that are no trial. Null where the number cannot be trusted, or the licence is gone."""
    assigned: int | None
    """Null for one subscription of several: Microsoft counts users per SKU only."""
    spare: int | None
    in_grace: int | None
    suspended: int | None
    on_trial: int | None
    sold_by_others: int | None
    not_countable: str
    """Why there is no number, as a sentence."""
    watched: bool
    """False: free, a trial, or of the whole company: nobody is alerted of it."""
    subscriptions: list[ShownSubscription]
    parts: list[str]
    """Subscriptions that could each get a line of their own, while nothing of the licence is mapped."""
    starts_split: bool
    """The account's first choice: a line for each of these parts, or one for all."""
    mapped: ShownMappedLine | None


class ShownUser(Shown):
    id: str
    name: str
    user_principal_name: str
    mail: str
    enabled: bool
    department: str
    office: str
    state: str
    city: str


class ShownDay(Shown):
    on: date
    """From this local date on, until the next row."""
    purchased: int | None
    assigned: int | None
    in_grace: int | None
    suspended: int | None
    on_trial: int | None


def shown(
    row: LicenceRow, called: str, state: StateNow | None, parts: Sequence[str] = (), *, splits: bool = False
) -> ShownLicence:
    """`state`: of its line; None where there is none."""
    counts = row.counts
    return ShownLicence(
        sku_id=row.key.sku_id,
        subscription_id=row.key.subscription_id,
        name=called,
        part_number=row.part_number,
        purchased=counts.purchased if counts else None,
        assigned=counts.assigned if counts else None,
        spare=counts.spare if counts and counts.assigned is not None else None,
        in_grace=counts.in_grace if counts else None,
        suspended=counts.suspended if counts else None,
        on_trial=counts.on_trial if counts else None,
        sold_by_others=counts.sold_by_others if counts else None,
        not_countable=row.not_countable,
        watched=row.watched,
        subscriptions=[shown_subscription(*bought) for bought in row.subscriptions],
        parts=list(parts),
        starts_split=splits and len(parts) > 0,
        mapped=shown_mapped(row.mapping, row.line, state) if row.mapping else None,
    )


def shown_subscription(subscription: Subscription, term: Term | None) -> ShownSubscription:
    return ShownSubscription(
        id=subscription.id,
        seats=subscription.total,
        status=subscription.status,
        trial=subscription.trial,
        sold_by=subscription.owner_tenant_id,
        term=term.duration if term else "",
        renews_on=term.ends if term else None,
        auto_renew=term.auto_renew if term else None,
        cancellable_until=term.cancellable_until if term else None,
    )


def shown_mapped(mapping: LicenceMapping, line: LineRecord | None, now: StateNow | None) -> ShownMappedLine:
    return ShownMappedLine(
        mapping_id=mapping.id,
        company_id=mapping.company,
        bill=mapping.bill,
        profile=mapping.profile,
        connection=mapping.connection,
        agreement_id=mapping.agreement_id,
        line_id=mapping.line_id or (line.line_id if line else ""),
        state=now.state.value if now else "not_read",
        why=now.why if now else "",
        confirmed=line.confirmed if line else None,
        confirmed_at=line.confirmed_at if line else None,
        unit_price=line.unit_price if line else None,
        text_state=kept_text(line.text if line else None, mapping.options).value,
        text_there=line.text.there if line and line.text else "",
        text_refused=told(line.text.refused) if line and line.text else "",
    )


def shown_user(user: User) -> ShownUser:
    return ShownUser(
        id=user.id,
        name=user.name,
        user_principal_name=user.upn,
        mail=user.mail,
        enabled=user.enabled,
        department=user.department,
        office=user.office,
        state=user.state,
        city=user.city,
    )


def shown_day(day: LicenceDay) -> ShownDay:
    counts = day.counts
    return ShownDay(
        on=day.on,
        purchased=counts.purchased if counts else None,
        assigned=counts.assigned if counts else None,
        in_grace=counts.in_grace if counts else None,
        suspended=counts.suspended if counts else None,
        on_trial=counts.on_trial if counts else None,
    )
