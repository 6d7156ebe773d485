"""Which reports are due: of the month before, once its last night's run has closed, for companies that want one."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import all_companies
from shared.accounts.report_settings import ReportSettings, all_settings
from shared.accounts.runs import RunState
from shared.reports.models import Month
from shared.reports.publish import ReportState, report_of
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.tables import Key, Put, Tables


class ReportsDone(Document):
    """The newest month of which every company has been dealt with: a tick then looks no further."""

    month: str


def due(tables: Tables, account: Account, now: datetime) -> Iterator[tuple[str, Month]]:
    """Companies and months whose report is to be sent now. Only the newest month: older ones are not made up for.

    It follows from what is stored, so a doubled, late or missed tick does no harm.
    """
    today = now.astimezone(account.zone).date()
    month = Month.of(today).before
    if _is_done(tables, account, month):
        return
    wanting = {name: found for name, found in all_settings(tables, account.id).items() if found.scheduled}
    if not wanting or not _has_closed(tables, account, month):
        return
    left = list(_left(tables, account, month, wanting))
    if not left:
        tables.commit([Put(_done(account), ReportsDone(month=str(month)))])
    yield from left


def _left(
    tables: Tables, account: Account, month: Month, wanting: Mapping[str, ReportSettings]
) -> Iterator[tuple[str, Month]]:
    """Each company that has not had its report of the month."""
    ended = datetime.combine(month.next.first, time(), account.zone)
    added = {company.id for company in all_companies(tables, account.id)}
    for name, settings in sorted(wanting.items()):
        if name not in added or settings.scheduled_since is None or settings.scheduled_since > ended:
            continue
        known = report_of(tables, account, name, month)
        if known is None or known.state is ReportState.MADE:
            yield name, month


def _done(account: Account) -> Key:
    return keys.setting(account.id, "reports")


def _is_done(tables: Tables, account: Account, month: Month) -> bool:
    """Who switches reports on later gets none of this month."""
    row = tables.get(_done(account))
    return row is not None and row.read(ReportsDone).month >= str(month)


def _has_closed(tables: Tables, account: Account, month: Month) -> bool:
    """A night of the month that follows has closed: it read what the last day of the month left."""
    nights = runs.recent_nights(tables, account.id, month.next.first)
    return any(run.on >= month.next.first and run.state is RunState.CLOSED for run in nights)
