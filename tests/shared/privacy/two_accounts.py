"""Two accounts in one store: the rows of every kind that the tests of the API know, once more for the other account."""

from dataclasses import dataclass
from typing import Any

from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient
from pydantic import ConfigDict

from shared.storage import keys
from shared.storage.connect import CONTAINER, TABLE, AzureStorage, connect
from shared.storage.documents import Document
from shared.storage.encrypted_table import EncryptedTableSecrets
from shared.storage.tables import Key, Put, chunks
from tests.functions.api.conftest import MSP, OTHER
from tests.functions.api.known_things import known_things

SECRET_KEY = b"k" * 32


class Raw(Document):
    """A stored document as it is."""

    model_config = ConfigDict(extra="allow", frozen=True)


@dataclass(frozen=True)
class TwoAccounts:
    """The app's storage, and the test's own look at it, which knows nothing of accounts."""

    storage: AzureStorage
    secrets: EncryptedTableSecrets
    connection: str

    def rows(self) -> dict[Key, str]:
        """Every row of the table, by its key."""
        client = TableClient.from_connection_string(self.connection, TABLE)
        with client:
            return {
                Key(one["PartitionKey"], one["RowKey"]): str(one.metadata["etag"])
                for one in client.list_entities()
            }

    def blobs(self) -> set[str]:
        with ContainerClient.from_connection_string(self.connection, CONTAINER) as client:
            return {blob.name for blob in client.list_blobs()}


def two_accounts(connection: str) -> TwoAccounts:
    storage = connect(connection)
    storage.ensure([])
    made: Any = known_things()._made
    seeded = made.storage.tables._partitions
    for partition, rows in seeded.items():
        whose = partition.split("|")[0]
        twins = {MSP: (MSP, OTHER), OTHER: ()}.get(whose, (MSP,))
        for twin in twins:
            puts = [
                Put(
                    Key(partition.replace(MSP, twin), row.key.row.replace(MSP, twin)),
                    Raw.model_validate_json(row.body.decode().replace(MSP, twin)),
                )
                for row in rows.values()
            ]
            for some in chunks(puts):
                storage.tables.commit(some)
    for account in (MSP, OTHER):
        storage.tables.commit([Put(keys.customer("customer-tenant", account, "c1"), Raw())])
    secrets = EncryptedTableSecrets(storage.tables, [SECRET_KEY])
    for account in (MSP, OTHER):
        secrets.put(account, "refresh-token", f"secret of {account}")
        storage.blobs.put(keys.readings_blob(account), f"bodies of {account}".encode())
        storage.blobs.put(keys.users_blob(account, "t1", "d1"), f"users of {account}".encode())
    return TwoAccounts(storage, secrets, connection)
