"""A person's word on a PSA's list that lost most of the agreements with mapped licences: they are really gone."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import Run, RunState
from shared.billing import agreement_store
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, connection_failure
from shared.errors import NotFound, Rejected
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class LostAgreement:
    """An agreement that the list does not show any more, and whose licences are mapped to it."""

    agreement_id: str
    tenants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LostAgreements:
    """What is in doubt, until another night repeats it or a person says that it is true."""

    seen: str
    """Names exactly these agreements."""
    missing: int
    since: date | None
    """The first night that found them lost."""
    first: tuple[LostAgreement, ...]
    """The first of them: a list that lost thousands names only some."""


def lost_agreements(tables: Tables, account: AccountId, connection: str) -> LostAgreements:
    """Raises NotFound when nothing of the kind is in doubt."""
    failure = _doubt(tables, account, connection)
    records = (agreement_store.get(tables, account, connection, id_).record for id_ in failure.agreements)
    first = tuple(
        LostAgreement(record.agreement_id, tuple(sorted({line.tenant_id for line in record.lines.values()})))
        for record in records
    )
    return LostAgreements(failure.lost, failure.missing, failure.since, first)


def believe(
    tables: Tables, account: Account, connection: str, seen: str, who: str, now: datetime
) -> tuple[Run, bool]:
    """The run that works on the connection at once and believes its list, if just these are lost; True: it is new.

    The word counts for that run alone. Said twice it is the same run. Raises NotFound when nothing is in doubt any
    more, Rejected when other agreements are missing than those that were seen.
    """
    failure = _doubt(tables, account.id, connection)
    if failure.lost != seen:
        raise Rejected(
            "The list has lost other agreements since you looked. Look at what is missing now, and say it again.",
            "loss_changed",
            "seen",
        )
    found = failure.found_at or now
    run = Run(
        id=f"list-{connection}-{failure.lost[:16]}-{found:%Y%m%dT%H%M%S}",
        on=now.astimezone(account.zone).date(),
        started_at=now,
        nightly=False,
        tenants=(),
        state=RunState.PUSHING,
        connections=(connection,),
        who=who,
        believes_lost=failure.lost,
    )
    known = runs.find(tables, account.id, run.id)
    return (known, False) if known else (runs.start(tables, account.id, run), True)


def _doubt(tables: Tables, account: AccountId, connection: str) -> ConnectionFailure:
    failure = connection_failure(tables, account, connection)
    if failure is None or failure.cause is not Cause.LIST_LOST:
        raise NotFound("No agreements of this connection are in doubt.")
    return failure
