"""A list of agreements that lost most of what is mapped: more likely a right that was narrowed than the truth."""

from collections.abc import Collection
from datetime import date

from shared.billing import agreement_store
from shared.billing.models import AgreementRecord
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, connection_failure
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

AGREEMENT_GONE = "The agreement is no longer in the PSA. Choose another one for the mapping, or end it."
AGREEMENT_ENDED = "The agreement is cancelled or has ended in the PSA. Renew it there, or choose another one."


def loss_of_list(
    tables: Tables, account: AccountId, connection: str, listed: Collection[str], today: date
) -> ConnectionFailure | None:
    """Why the list is not believed tonight; None when it is: little is lost, or another night found the same lost."""
    mapped = sorted(
        kept.record.agreement_id
        for kept in agreement_store.all_of(tables, account, connection)
        if _is_there_as_far_as_known(kept.record)
    )
    lost = [id_ for id_ in mapped if id_ not in listed]
    if 2 * len(lost) <= len(mapped):
        return None
    hashed = keys.hashed("|".join(lost))
    before = connection_failure(tables, account, connection)
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
        since=since,
    )


def _is_there_as_far_as_known(record: AgreementRecord) -> bool:
    return any(line.blocked != AGREEMENT_GONE for line in record.lines.values())
