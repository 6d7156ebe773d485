"""S19: a company's monthly report: its figures."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path

from functions.api.models import Shown
from functions.api.principal import Principal, Reader
from shared.accounts.companies import company
from shared.accounts.directory import load_account
from shared.reports.load import month_of
from shared.reports.models import (
    Counts,
    LicenceMonth,
    Month,
    MonthFigures,
    PersonChange,
    PersonMonth,
    SeatChange,
)

router = APIRouter(prefix="/accounts/{account}/companies/{company}", tags=["reports"])
type CompanyId = Annotated[str, Path(alias="company", max_length=64)]
type MonthName = Annotated[
    str, Path(alias="month", pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])
]


class ShownCounts(Shown):
    purchased: int | None
    """Null: the number of this day cannot be trusted."""
    assigned: int | None
    """Null: Microsoft does not count users of one subscription."""
    spare: int | None
    on_trial: int
    in_grace: int
    suspended: int


class ShownSeatChange(Shown):
    on: date
    before: ShownCounts
    after: ShownCounts
    not_read_since: date | None
    """The first of the unread days before it: the change happened on one of them, or on its day."""


class ShownBilled(Shown):
    mapping_id: str
    connection: str
    agreement_id: str
    line_id: str
    number: int | None
    """What the PSA was proven to say; null: nothing yet."""
    wanted: int | None
    counted: int | None
    basis: Literal["purchased", "assigned"]
    included: int
    minimum: int
    difference: int


class ShownLicenceMonth(Shown):
    sku_id: str
    subscription_id: str
    name: str
    end: ShownCounts
    average: Decimal | None
    """Purchased seats a day, over the days that were read."""
    changes: list[ShownSeatChange]
    billed: ShownBilled | None
    not_billed: bool


class ShownPersonMonth(Shown):
    name: str
    upn: str
    licences: list[str]


class ShownPersonChange(Shown):
    on: date
    event: Literal["new", "gone", "changed"]
    name: str
    upn: str
    came: list[str]
    went: list[str]


class ShownMailboxMonth(Shown):
    name: str
    address: str
    licences: list[str]


class ShownSeats(Shown):
    month: str
    purchased: int | None


class ShownMonth(Shown):
    company: str
    month: str
    last: date
    known_from: date
    not_read: list[date]
    purchased: int
    assigned: int
    spare: int
    licences: list[ShownLicenceMonth]
    people: list[ShownPersonMonth] | None
    """Null: who they were is kept no longer."""
    person_changes: list[ShownPersonChange]
    mailboxes: list[ShownMailboxMonth]
    mailboxes_at: datetime | None
    seats: list[ShownSeats]
    """At the end of each of twelve months."""


def shown_counts(counts: Counts) -> ShownCounts:
    return ShownCounts(
        purchased=counts.purchased,
        assigned=counts.assigned,
        spare=counts.spare,
        on_trial=counts.on_trial,
        in_grace=counts.in_grace,
        suspended=counts.suspended,
    )


def shown_change(change: SeatChange) -> ShownSeatChange:
    return ShownSeatChange(
        on=change.on,
        before=shown_counts(change.before),
        after=shown_counts(change.after),
        not_read_since=change.not_read_since,
    )


def shown_person(person: PersonMonth) -> ShownPersonMonth:
    return ShownPersonMonth.model_validate(asdict(person))


def shown_person_change(change: PersonChange) -> ShownPersonChange:
    return ShownPersonChange.model_validate(asdict(change))


def _licence(licence: LicenceMonth) -> ShownLicenceMonth:
    return ShownLicenceMonth(
        sku_id=licence.key.sku_id,
        subscription_id=licence.key.subscription_id,
        name=licence.name,
        end=shown_counts(licence.end),
        average=licence.average,
        changes=[shown_change(change) for change in licence.changes],
        billed=_billed(licence),
        not_billed=licence.not_billed,
    )


def _billed(licence: LicenceMonth) -> ShownBilled | None:
    line = licence.billed
    if line is None:
        return None
    return ShownBilled(
        mapping_id=line.mapping_id,
        connection=line.connection,
        agreement_id=line.agreement_id,
        line_id=line.line_id,
        number=line.number,
        wanted=line.wanted,
        counted=line.counted,
        basis=line.options.basis.value,
        included=line.options.included,
        minimum=line.options.minimum,
        difference=line.options.difference,
    )


def shown(figures: MonthFigures) -> ShownMonth:
    people = figures.people
    return ShownMonth(
        company=figures.company,
        month=str(figures.month),
        last=figures.last,
        known_from=figures.known_from,
        not_read=list(figures.not_read),
        purchased=figures.purchased,
        assigned=figures.assigned,
        spare=figures.spare,
        licences=[_licence(licence) for licence in figures.licences],
        people=None
        if people is None
        else [ShownPersonMonth.model_validate(asdict(person)) for person in people],
        person_changes=[
            ShownPersonChange.model_validate(asdict(change)) for change in figures.person_changes
        ],
        mailboxes=[ShownMailboxMonth.model_validate(asdict(mailbox)) for mailbox in figures.mailboxes],
        mailboxes_at=figures.mailboxes_at,
        seats=[ShownSeats(month=str(month), purchased=seats) for month, seats in figures.seats],
    )


def figures_of(asking: Principal, company_id: str, month: str) -> MonthFigures:
    account = load_account(asking.tables, asking.account)
    of = company(asking.tables, asking.account, company_id)
    return month_of(asking.tables, asking.wired.blobs, account, of, Month.named(month), asking.now)


@router.get("/months/{month}", operation_id="getMonth")
def get_month(company_id: CompanyId, month: MonthName, asking: Reader) -> ShownMonth:
    """The figures that the report of a month is made from; of the present month as far as it has come."""
    return shown(figures_of(asking, company_id, month))
