"""What an admin chose for a company: its monthly report and its portal. All is off until somebody switches it on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from shared.accounts.companies import all_companies
from shared.accounts.company import Company
from shared.accounts.preferences import Address
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.decisions import Decider, decide, get, in_force
from shared.storage.documents import Chosen, Document
from shared.storage.keys import AccountId
from shared.storage.tables import Delete, Put, Tables

REPORT: Final = "report"
MOST_RECIPIENTS: Final = 20


def _all_different(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


class ReportSettings(Chosen):
    scheduled: bool = False
    """A report is sent on the 1st for the month before."""
    scheduled_since: datetime | None = None
    """No month that ended before is sent by itself."""
    recipients: Annotated[
        tuple[Address, ...], Field(max_length=MOST_RECIPIENTS), AfterValidator(_all_different)
    ] = ()
    prices: bool = False
    """The report tells what the customer pays."""
    portal: bool = False
    """Users of the company's own tenant see it in the portal."""
    portal_prices: bool = False


class CustomerEntry(Document):
    """A row of the directory of customers: its key says which tenant sees which company of which account."""


def settings_of(tables: Tables, account: AccountId, company: str) -> ReportSettings:
    return get(tables, account, REPORT, company, ReportSettings) or ReportSettings()


def all_settings(tables: Tables, account: AccountId) -> dict[str, ReportSettings]:
    """By company, of those for which anything was chosen."""
    return dict(in_force(tables, account, REPORT, ReportSettings))


def save(
    tables: Tables, account: AccountId, company: Company, wanted: ReportSettings, by: Decider
) -> ReportSettings:
    """Put settings in force. Raises Rejected when a report is to be sent to nobody.

    The settings first, then the directory: an entry there opens nothing that the settings do not.
    """
    if wanted.scheduled and not wanted.recipients:
        raise Rejected("Name at least one recipient: a report cannot go to nobody.", "required", "recipients")
    before = settings_of(tables, account, company.id)
    since = (before.scheduled_since if before.scheduled else None) or by.now
    after = wanted.model_copy(update={"scheduled_since": since if wanted.scheduled else None})
    if after != before:
        decide(tables, account, REPORT, company.id, after, by)
    _list(tables, account, company, listed=after.portal)
    return after


def _list(tables: Tables, account: AccountId, company: Company, *, listed: bool) -> None:
    key = keys.customer(company.tenant_id, account, company.id)
    row = tables.get(key)
    if listed and row is None:
        tables.commit([Put(key, CustomerEntry())])
    elif not listed and row is not None:
        tables.commit([Delete(key, row.etag)])


@dataclass(frozen=True, slots=True)
class Switched:
    """What a bulk switch does, or would do, to a company."""

    company: Company
    before: ReportSettings
    after: ReportSettings
    why_not: str = ""
    """A sentence; "": it is done."""


def switch(
    tables: Tables,
    account: AccountId,
    companies: Collection[str],
    *,
    scheduled: bool,
    by: Decider,
    preview: bool,
) -> Sequence[Switched]:
    """Switch the report of many companies on or off; with `preview` only what would become of each, by name."""
    found = [company for company in all_companies(tables, account) if company.id in companies]
    return [
        _switched(tables, account, company, scheduled=scheduled, by=by if not preview else None)
        for company in sorted(found, key=lambda company: (company.name.casefold(), company.id))
    ]


def _switched(
    tables: Tables, account: AccountId, company: Company, *, scheduled: bool, by: Decider | None
) -> Switched:
    before = settings_of(tables, account, company.id)
    wanted = before.model_copy(update={"scheduled": scheduled})
    if scheduled and not before.recipients:
        return Switched(company, before, before, "It has no recipient: add one first.")
    if by is not None:
        wanted = save(tables, account, company, wanted, by)
    return Switched(company, before, wanted)
