"""Tables on Azure Table Storage: one table holds every partition of every account."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared.storage.table_limits import (
    check_changes,
    check_key,
    check_key_text,
    check_payload,
    packed,
    unpacked,
)
from shared.storage.tables import Conflict, Delete, Insert, Key, Put, Replace, Row, RowChange, TooLarge

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.data.tables import TableClient, TableEntity

type Entity = dict[str, str | bytes]
type Operation = tuple[str, Entity, dict[str, Any]]

_PAGE = 200
"""Rows asked for at once. A page is in memory several times over while the SDK unpacks it; of tenants' states, 5 KB
each as they are stored, 1 MB."""
_TEXT = "json"
_PACKED = "z"


class AzureTables:
    """Documents as the text property `json`, or compressed in `z` when they are long.

    The SDK repeats a request after a 5xx; after a broken connection or a time-out it repeats reads and writes of
    one row by PUT, while an Insert or a transaction (POST) then raises, and may have been applied or not.
    A repeated Insert or Replace whose first try had been applied is answered "exists" or "changed": that is a
    Conflict here too, because nobody can tell it from somebody else's write. After a Conflict the caller reads
    again and decides; what it finds may be its own document. A repeated Put is harmless.
    """

    def __init__(self, client: "TableClient") -> None:
        self._client = client

    def ensure(self) -> None:
        """Create the table if it is missing."""
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client.create_table()
        except ResourceExistsError:
            return

    def get(self, key: Key) -> Row | None:
        from azure.core.exceptions import ResourceNotFoundError

        check_key(key)
        try:
            entity = self._client.get_entity(key.partition, key.row)
        except ResourceNotFoundError as error:
            if _code(error) == "TableNotFound":
                raise
            return None
        return _row(entity)

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        check_key_text(partition)
        query, parameters = "PartitionKey eq @partition", {"partition": partition}
        if prefix:
            check_key_text(prefix)
            query += " and RowKey ge @first and RowKey lt @end"
            parameters |= {"first": prefix, "end": prefix[:-1] + chr(ord(prefix[-1]) + 1)}
        if after:
            check_key_text(after)
            query += " and RowKey gt @after"
            parameters["after"] = after
        for entity in self._client.query_entities(query, parameters=parameters, results_per_page=_PAGE):
            yield _row(entity)

    def rows_between(self, first: str, end: str) -> Iterator[Row]:
        check_key_text(first)
        check_key_text(end)
        query, parameters = "PartitionKey ge @first and PartitionKey lt @end", {"first": first, "end": end}
        for entity in self._client.query_entities(query, parameters=parameters, results_per_page=_PAGE):
            yield _row(entity)

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        from azure.core.exceptions import HttpResponseError
        from azure.data.tables import RequestTooLargeError

        check_changes(changes)
        operations = [_operation(change) for change in changes]
        check_payload(
            [body for _, entity, _ in operations for name, body in entity.items() if name in (_TEXT, _PACKED)]
        )
        try:
            return self._send(operations)
        except RequestTooLargeError as error:
            raise TooLarge("the changes are together more than one transaction holds") from error
        except HttpResponseError as error:
            if _is_conflict(error, changes):
                raise Conflict(f"{changes[0].key.partition}: {_code(error)}") from error
            raise

    def _send(self, operations: list[Operation]) -> list[str]:
        if len(operations) == 1:
            name, entity, options = operations[0]
            match name:
                case "create":
                    return [self._client.create_entity(entity, **options)["etag"]]
                case "update":
                    return [self._client.update_entity(entity, **options)["etag"]]
                case "upsert":
                    return [self._client.upsert_entity(entity, **options)["etag"]]
                # A delete goes on as a transaction: `delete_entity` says nothing when the row is gone.
        return [answer.get("etag", "") for answer in self._client.submit_transaction(operations)]


def _operation(change: RowChange) -> Operation:
    from azure.core import MatchConditions
    from azure.data.tables import UpdateMode

    entity: Entity = {"PartitionKey": change.key.partition, "RowKey": change.key.row}
    if isinstance(change, Delete):
        return "delete", entity, {"etag": change.etag, "match_condition": MatchConditions.IfNotModified}
    body = packed(change.document)
    entity[_TEXT if isinstance(body, str) else _PACKED] = body
    match change:
        case Insert():
            # Without this preference the whole entity comes back as the answer.
            return "create", entity, {"response_preference": "return-no-content"}
        case Put():
            return "upsert", entity, {"mode": UpdateMode.REPLACE}
        case Replace():
            unchanged = {"etag": change.etag, "match_condition": MatchConditions.IfNotModified}
            return "update", entity, {"mode": UpdateMode.REPLACE, **unchanged}


def _row(entity: "TableEntity") -> Row:
    body: str | bytes = entity[_TEXT] if _TEXT in entity else entity[_PACKED]
    return Row(Key(entity["PartitionKey"], entity["RowKey"]), unpacked(body), str(entity.metadata["etag"]))


def _is_conflict(error: "HttpResponseError", changes: Sequence[RowChange]) -> bool:
    """A row is not as expected; a missing table is another matter, and the only 404 of an Insert or Put."""
    if error.status_code == 404:
        return _code(error) != "TableNotFound" and any(
            isinstance(change, Replace | Delete) for change in changes
        )
    return error.status_code in (409, 412) and _code(error) != "TableBeingDeleted"


def _code(error: "HttpResponseError") -> str:
    """The service's own code: `create_entity` raises an error that carries it in the answer's header only."""
    code = getattr(error, "error_code", None) or getattr(error.response, "headers", {}).get("x-ms-error-code")
    return str(getattr(code, "value", code))
