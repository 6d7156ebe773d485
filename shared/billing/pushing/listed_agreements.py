"""What the PSA's list of agreements says of those that we have lines in, and when it is not believed."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from shared.accounts.account import Account
from shared.accounts.companies import Company, added_companies
from shared.accounts.runs import Run
from shared.billing import agreement_store
from shared.billing.models import (
    OF_THE_AGREEMENT,
    AgreementRecord,
    Block,
    BlockReason,
    LineRecord,
    Unreadable,
    UnreadableReason,
)
from shared.billing.psa.base import Agreement, Period
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, connection_failure
from shared.errors import RetryLater
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

SHOWN_MISSING = 100
"""So many of the agreements that a list lost are named."""


def loss_of_list(
    tables: Tables, account: Account, connection: str, listed: Collection[str], run: Run, now: datetime
) -> ConnectionFailure | None:
    """Why the list is not believed tonight; None when it is.

    It is believed when little is lost, when another night found the same lost, or when a person said of just these
    agreements that they are gone.
    """
    mapped = sorted(
        kept.record.agreement_id
        for kept in agreement_store.all_of(tables, account.id, connection)
        if _is_there_as_far_as_known(kept.record)
    )
    lost = [id_ for id_ in mapped if id_ not in listed]
    if 2 * len(lost) <= len(mapped):
        return None
    hashed = keys.hashed("|".join(lost))
    if run.believes_lost == hashed:
        return None
    today = now.astimezone(account.zone).date()
    before = connection_failure(tables, account.id, connection)
    again = before is not None and before.lost == hashed
    since = before.since if before is not None and again and before.since is not None else today
    if again and since < today:
        return None
    return ConnectionFailure(
        connection=connection,
        code="list",
        cause=Cause.LIST_LOST,
        facts=(f"{len(mapped) - len(lost)} of {len(mapped)}",),
        lost=hashed,
        missing=len(lost),
        agreements=tuple(lost[:SHOWN_MISSING]),
        since=since,
        found_at=now,
    )


def _is_there_as_far_as_known(record: AgreementRecord) -> bool:
    return any(
        line.blocked is None or line.blocked.reason is not BlockReason.AGREEMENT_GONE
        for line in record.lines.values()
    )


def note_agreements(
    tables: Tables, account: AccountId, connection: str, listed: Mapping[str, Agreement]
) -> None:
    """Remember what the PSA's list says of each agreement that we have lines in. Raises RetryLater."""
    companies = added_companies(tables, account)
    for kept in agreement_store.all_of(tables, account, connection):
        # A row without an id may be any of those that are missing: none of them is gone.
        there = listed.get(kept.record.agreement_id) or listed.get("")
        record = noted(kept.record, there, companies)
        if record != kept.record:
            try:
                agreement_store.save(tables, account, kept, record)
            except Conflict as conflict:
                raise RetryLater(
                    timedelta(seconds=2), "an agreement changed while it was listed"
                ) from conflict


def noted(
    record: AgreementRecord, there: Agreement | None, companies: Mapping[str, Company] | None = None
) -> AgreementRecord:
    """The record by the PSA's list: lines of a gone, ended or foreign agreement are blocked, and freed when it is back.

    `companies` are those of the tenants: an agreement can be moved to another one, and a customer be linked anew.
    """
    if there is not None and there.not_understood:
        why = Unreadable(reason=UnreadableReason.NOT_UNDERSTOOD, text=there.not_understood)
        # As if it was never read: it is then the first to be read once it is understood.
        return record.model_copy(update={"unreadable": why, "read_at": None}) if record.lines else record
    lines = {
        name: _noted(
            line, there, _of_the_agreement(record, line, there, (companies or {}).get(line.tenant_id))
        )
        for name, line in record.lines.items()
    }
    changes: dict[str, object] = {"proration": record.proration if there is None else there.proration}
    if there is None or not there.active:
        changes["unreadable"] = None  # its lines say what is wrong, and nobody reads it any more
    if lines != record.lines:
        changes["lines"] = lines
        if any(record.lines[name].blocked and not line.blocked for name, line in lines.items()):
            changes["read_at"] = None  # what the lines say now is not known any more
    return record.model_copy(update=changes)


def _of_the_agreement(
    record: AgreementRecord, line: LineRecord, there: Agreement | None, company: Company | None
) -> Block | None:
    if there is None:
        return Block(reason=BlockReason.AGREEMENT_GONE)
    if not there.active:
        return Block(reason=BlockReason.AGREEMENT_ENDED)
    its = record.connection, there.company_id
    if company is not None and (company.psa_connection, company.psa_company) != its:
        return Block(reason=BlockReason.OTHER_COMPANY, text=there.company_id)
    if there.period.differs_from(line.period):
        return Block(reason=BlockReason.OTHER_PERIOD, period=there.period, meant=line.period)
    return None


def _noted(line: LineRecord, there: Agreement | None, why: Block | None) -> LineRecord:
    changes: dict[str, object] = {}
    mine = line.blocked is not None and line.blocked.reason in OF_THE_AGREEMENT
    if line.blocked != why and (why is not None or mine):
        changes["blocked"] = why
    if line.period is Period.UNKNOWN and there is not None and there.period is not Period.UNKNOWN:
        changes["period"] = there.period
    return line.model_copy(update=changes) if changes else line
