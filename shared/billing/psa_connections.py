"""The connected PSAs of an account, and why one of them cannot be worked with."""

from collections.abc import Iterator
from datetime import date, datetime

from shared.billing.models import PsaConnection
from shared.billing.psa import causes
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from shared.errors import NotFound
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Insert, Put, Replace, Tables
from shared.text import one_line

_CONNECTION = "psa"
_FAILURE = "psa-trouble"


class ConnectionFailure(Document):
    """Why the newest attempt to work with a PSA connection failed as a whole; no cause: it did not."""

    connection: str
    code: str = ""
    cause: Cause | None = None
    facts: tuple[str, ...] = ()
    """What the cause's sentence is made with."""
    lost: str = ""
    """Of a list that lost agreements: which, as a hash of their ids."""
    missing: int = 0
    agreements: tuple[str, ...] = ()
    """The first of those that are missing, by id."""
    since: date | None = None
    """The first night that found just these lost."""
    found_at: datetime | None = None
    """When the newest look found it."""
    sentence: str = ""
    """Instead of a cause, in rows of before December 2026."""
    sign_in: bool = False
    """Nothing of the connection works until somebody enters other keys."""

    @classmethod
    def of(cls, connection: str, why: PsaRefused) -> "ConnectionFailure":
        return cls(
            connection=connection,
            code=why.code,
            cause=why.cause or Cause.OTHER,
            facts=why.facts if why.cause else (why.sentence,),
            sign_in=why.sign_in,
        )

    @property
    def is_over(self) -> bool:
        return self.cause is None and not self.sentence

    def what(self, psa: str) -> str:
        """What is wrong, as a sentence; `psa` is what the connection is called."""
        return self.sentence if self.cause is None else causes.what(self.cause, psa, self.facts)

    def cure(self, psa: str) -> str:
        """What a person does about it, as a sentence."""
        return causes.cure(self.cause or Cause.OTHER, psa, self.facts)

    def told(self, psa: str) -> str:
        """What is wrong and what a person does about it."""
        return self.sentence or f"{self.what(psa)} {self.cure(psa)}"


def psa_connections(tables: Tables, account: AccountId) -> Iterator[PsaConnection]:
    """Those that are connected now."""
    return (connection for connection in ever_connected(tables, account) if connection.removed_at is None)


def ever_connected(tables: Tables, account: AccountId) -> Iterator[PsaConnection]:
    """The removed ones too: their ledgers are kept."""
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_CONNECTION)):
        yield row.read(PsaConnection)


def psa_connection(tables: Tables, account: AccountId, connection_id: str) -> PsaConnection:
    """Raises NotFound for a connection that is not the account's, or not any more."""
    return stored_connection(tables, account, connection_id)[0]


def stored_connection(tables: Tables, account: AccountId, connection_id: str) -> tuple[PsaConnection, str]:
    """With its ETag. Raises NotFound."""
    row = tables.get(keys.setting(account, _CONNECTION, connection_id))
    found = row.read(PsaConnection) if row else None
    if row is None or found is None or found.removed_at is not None:
        raise NotFound(f"There is no PSA connection '{one_line(connection_id, 60)}'.")
    return found, row.etag


def save_psa_connection(tables: Tables, account: AccountId, connection: PsaConnection) -> None:
    tables.commit([Put(keys.setting(account, _CONNECTION, connection.id), connection)])


def replace_psa_connection(tables: Tables, account: AccountId, connection: PsaConnection, etag: str) -> None:
    """Raises Conflict when somebody else changed it meanwhile; with "" for an ETag, when it is there already."""
    key = keys.setting(account, _CONNECTION, connection.id)
    tables.commit([Replace(key, connection, etag) if etag else Insert(key, connection)])


def connection_failure(tables: Tables, account: AccountId, connection_id: str) -> ConnectionFailure | None:
    """Why the newest attempt to work with the connection failed; None when it did not."""
    row = tables.get(keys.setting(account, _FAILURE, connection_id))
    failure = row.read(ConnectionFailure) if row else None
    return None if failure is None or failure.is_over else failure


def connection_failures(tables: Tables, account: AccountId) -> Iterator[ConnectionFailure]:
    """The PSA connections that do not work at all, and why."""
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_FAILURE)):
        failure = row.read(ConnectionFailure)
        if not failure.is_over:
            yield failure


def sign_in_is_good(tables: Tables, account: AccountId, connection_id: str) -> None:
    """Keys and rights were proven good: what was wrong is over, but for a list that only a night can prove."""
    failure = connection_failure(tables, account, connection_id)
    if failure is None or failure.cause is not Cause.LIST_LOST:
        save_connection_failure(tables, account, ConnectionFailure(connection=connection_id))


def save_connection_failure(tables: Tables, account: AccountId, failure: ConnectionFailure) -> None:
    tables.commit([Put(keys.setting(account, _FAILURE, failure.connection), failure)])
