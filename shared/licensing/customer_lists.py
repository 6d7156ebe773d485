"""The customer list of a partner connection: read once per run, else as it was last complete."""

import gzip
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.errors import RetryLater
from shared.licensing.run_reading import RunReading
from shared.licensing.tenant_state import CustomerList, PartnerList, ReadFailure
from shared.microsoft.app_tokens import SECRETS_UNAVAILABLE
from shared.microsoft.models import Customer, FailureCause, NotRead, PartnerConnection, Renewal, SignInMode
from shared.microsoft.read_problems import ReadProblem
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, Secrets, SecretsUnavailable
from shared.storage.tables import Put

_log = logging.getLogger("seatwise.reading")

WAIT = timedelta(seconds=60)
"""Before the next try when Microsoft did not say how long to wait."""
TRIED_FOR = timedelta(minutes=10)
"""Every tenant of the account waits for the lists: what takes longer is read by the list as it was."""
NO_CUSTOMERS: Final = ReadFailure.own(FailureCause.INVALID, ReadProblem.NO_CUSTOMERS)
NO_GDAP: Final = ReadFailure.own(FailureCause.INVALID, ReadProblem.NO_RELATIONSHIPS)


@dataclass(frozen=True, slots=True)
class PartnerInRun:
    """One partner connection in a run: its customers, as far as they are known, and whether they can be reached."""

    connection: PartnerConnection
    customers: dict[str, Customer]
    failure: ReadFailure | None
    by_app: frozenset[str] = frozenset()
    """Tenants whose own administrator let the partner's app in: they are read without GDAP (K4)."""

    def can_read(self, customer: Customer) -> bool:
        """As far as anybody knows before it is tried."""
        app_only = self.connection.mode is SignInMode.APP_ONLY
        return customer.gdap is not None or app_only or customer.tenant_id in self.by_app


def read(reading: RunReading, connection: PartnerConnection) -> PartnerInRun:
    """One connection's list for this run: read at most once per run, else as it is stored.

    A list that lost all or most of its customers, or of their GDAP, is believed when the next night repeats that.
    """
    tables, blobs, run, account = reading.tables, reading.blobs, reading.run, reading.account.id
    key = keys.partner_list(account, connection.id)
    blob = keys.partner_list_blob(account, connection.id)
    row = tables.get(key)
    stored = row.read(PartnerList) if row else PartnerList(connection_id=connection.id, run="")
    if stored.run == run.id:
        return PartnerInRun(connection, stored_customers(blobs, blob), stored.failure)
    try:
        _renew(reading.secrets, account, connection, reading.microsoft.check_partner(account, connection))
        customers = reading.microsoft.customers(account, connection)
    except NotRead as failed:
        wait = failed.after or WAIT
        if failed.cause is FailureCause.TRANSIENT and reading.now + wait < run.started_at + TRIED_FOR:
            raise RetryLater(wait, f"the customer list of {connection.name}") from failed
        failure = ReadFailure.of(failed)
        if failed.code == SECRETS_UNAVAILABLE:  # it did not pass: nobody can be signed in, at no tenant
            failure = failure.model_copy(update={"cause": FailureCause.PARTNER})
        return _stands(reading, connection, stored, failure)
    doubt = _doubt(customers, stored) or _doubt_of_nothing(customers, lambda: stored_customers(blobs, blob))
    if doubt is not None and not (run.nightly and stored.failure and stored.failure.problem is doubt.problem):
        return _stands(reading, connection, stored, doubt)
    document = CustomerList(customers=tuple(customers))
    blobs.put(blob, gzip.compress(document.body(), compresslevel=1, mtime=0))
    fresh = PartnerList(
        connection_id=connection.id,
        run=run.id,
        began=reading.now,
        customers=len(customers),
        with_gdap=_with_gdap(customers),
    )
    tables.commit([Put(key, fresh)])
    return PartnerInRun(connection, {c.tenant_id: c for c in customers}, None)


def _stands(
    reading: RunReading, connection: PartnerConnection, stored: PartnerList, failure: ReadFailure
) -> PartnerInRun:
    """The list as it was last complete, with what is wrong with the newest one."""
    account = reading.account.id
    told = stored.model_copy(update={"run": reading.run.id, "failure": failure})
    reading.tables.commit([Put(keys.partner_list(account, connection.id), told)])
    customers = stored_customers(reading.blobs, keys.partner_list_blob(account, connection.id))
    return PartnerInRun(connection, customers, failure)


def _doubt(customers: Sequence[Customer], before: PartnerList) -> ReadFailure | None:
    """Most of what the stored list had is gone, and something is left."""
    now = len(customers), _with_gdap(customers)
    for problem, count, then in (
        (ReadProblem.MOST_CUSTOMERS_GONE, now[0], before.customers),
        (ReadProblem.MOST_RELATIONSHIPS_GONE, now[1], before.with_gdap),
    ):
        if 0 < 2 * count < then:
            return ReadFailure.own(FailureCause.INVALID, problem, f"{count} of {then}")
    return None


def _doubt_of_nothing(
    customers: Sequence[Customer], stored: Callable[[], Mapping[str, Customer]]
) -> ReadFailure | None:
    """What is wholly gone that was in the stored list, which is only looked up when something is."""
    if _with_gdap(customers):
        return None
    before = stored()
    if before and not customers:
        return NO_CUSTOMERS
    return NO_GDAP if _with_gdap(before.values()) else None


def _with_gdap(customers: Iterable[Customer]) -> int:
    return sum(customer.gdap is not None for customer in customers)


def _renew(
    secrets: Secrets, account: AccountId, connection: PartnerConnection, renewal: Renewal | None
) -> None:
    """Keep the rotated refresh token, so that the partner's sign-in never runs out by age. The old one stays good.

    Unless a person signed in meanwhile: what that gave is newer, and may hold an MFA that ours lacks.
    """
    if renewal is None:
        return
    name = connection.refresh_token
    try:
        if secrets.get(account, name) == renewal.replaces.get_secret_value():
            secrets.put(account, name, renewal.refresh_token.get_secret_value())
    except (SecretMissing, SecretsUnavailable) as unavailable:
        _log.warning("%s: the renewed sign-in of %s was not kept: %s", account, connection.id, unavailable)


def stored_customers(blobs: Blobs, name: str) -> dict[str, Customer]:
    """The newest complete list in the blob of that name, by tenant id; empty when there was never one."""
    data = blobs.get(name)
    if data is None:
        return {}
    stored = CustomerList.model_validate_json(gzip.decompress(data))
    return {customer.tenant_id: customer for customer in stored.customers}
