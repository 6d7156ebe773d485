"""The connected PSAs of an account, and why one of them cannot be worked with."""

from collections.abc import Iterator

from shared.billing.models import PsaConnection
from shared.errors import NotFound
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables

_CONNECTION = "psa"
_FAILURE = "psa-trouble"


class ConnectionFailure(Document):
    """Why the newest attempt to work with a PSA connection failed as a whole; "" when it did not."""

    connection: str
    code: str = ""
    sentence: str = ""
    sign_in: bool = False


def psa_connections(tables: Tables, account: AccountId) -> Iterator[PsaConnection]:
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_CONNECTION)):
        yield row.read(PsaConnection)


def psa_connection(tables: Tables, account: AccountId, connection_id: str) -> PsaConnection:
    """Raises NotFound for a connection that is not the account's."""
    row = tables.get(keys.setting(account, _CONNECTION, connection_id))
    if row is None:
        raise NotFound(f"there is no PSA connection '{connection_id}'")
    return row.read(PsaConnection)


def save_psa_connection(tables: Tables, account: AccountId, connection: PsaConnection) -> None:
    tables.commit([Put(keys.setting(account, _CONNECTION, connection.id), connection)])


def connection_failures(tables: Tables, account: AccountId) -> Iterator[ConnectionFailure]:
    """The PSA connections that do not work at all, and why."""
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_FAILURE)):
        failure = row.read(ConnectionFailure)
        if failure.sentence:
            yield failure


def save_connection_failure(tables: Tables, account: AccountId, failure: ConnectionFailure) -> None:
    tables.commit([Put(keys.setting(account, _FAILURE, failure.connection), failure)])
