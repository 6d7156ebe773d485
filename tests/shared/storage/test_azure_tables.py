"""Azure's tables when the service is busy or the connection breaks: what is repeated, and what callers see."""

from collections.abc import Iterator

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.data.tables import TableClient

from shared.storage.azure_tables import AzureTables
from shared.storage.connect import connect
from shared.storage.documents import Document
from shared.storage.tables import Conflict, Insert, Key, Put, Replace
from tests.shared.storage.unsteady import Fault, Proxy, unsteady

pytestmark = pytest.mark.azurite


class Note(Document):
    text: str = ""


A, B = Key("acme|notes", "a"), Key("acme|notes", "b")


@pytest.fixture
def behind(storage_connection: str) -> Iterator[tuple[AzureTables, Proxy]]:
    with unsteady(storage_connection) as (connection, proxy):
        tables = connect(connection).tables
        tables.ensure()
        proxy.requests = 0
        yield tables, proxy


def text(tables: AzureTables, key: Key) -> str | None:
    row = tables.get(key)
    return row.read(Note).text if row else None


@pytest.mark.parametrize("fault", Fault)
def test_a_read_is_repeated_until_it_is_answered(behind: tuple[AzureTables, Proxy], fault: Fault) -> None:
    tables, proxy = behind
    tables.commit([Put(A, Note(text="1"))])
    proxy.faults = [fault]
    assert text(tables, A) == "1"
    proxy.faults = [fault]
    assert [row.key for row in tables.rows("acme|notes", "a")] == [A]
    assert proxy.requests == 5


def test_a_page_that_fails_is_read_again_and_no_row_is_missing_or_twice(
    behind: tuple[AzureTables, Proxy],
) -> None:
    tables, proxy = behind
    wanted = [f"row|{n:04}" for n in range(1_100)]
    for start in range(0, 1_100, 100):
        tables.commit([Put(Key("acme|notes", row), Note()) for row in wanted[start : start + 100]])
    proxy.faults = [None, Fault.BUSY]
    assert [row.key.row for row in tables.rows("acme|notes")] == wanted
    assert proxy.faults == []


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BUSY_AFTER, Fault.CUT_AFTER])
def test_a_put_is_repeated_and_its_etag_is_the_stored_one(
    behind: tuple[AzureTables, Proxy], fault: Fault
) -> None:
    tables, proxy = behind
    proxy.faults = [fault]
    [etag] = tables.commit([Put(A, Note(text="1"))])
    row = tables.get(A)
    assert row
    assert row.etag == etag


def test_a_write_that_was_not_applied_is_repeated(behind: tuple[AzureTables, Proxy]) -> None:
    tables, proxy = behind
    proxy.faults = [Fault.BUSY]
    [etag] = tables.commit([Insert(A, Note(text="1"))])
    proxy.faults = [Fault.BUSY]
    tables.commit([Replace(A, Note(text="2"), etag), Insert(B, Note(text="3"))])
    assert (text(tables, A), text(tables, B)) == ("2", "3")


def test_a_write_that_was_applied_and_repeated_is_a_conflict_and_is_found(
    behind: tuple[AzureTables, Proxy],
) -> None:
    tables, proxy = behind
    proxy.faults = [Fault.BUSY_AFTER]
    with pytest.raises(Conflict):
        tables.commit([Insert(A, Note(text="1"))])
    assert text(tables, A) == "1"
    row = tables.get(A)
    assert row
    proxy.faults = [Fault.BUSY_AFTER]
    with pytest.raises(Conflict):
        tables.commit([Replace(A, Note(text="2"), row.etag)])
    assert text(tables, A) == "2"
    proxy.faults = [Fault.BUSY_AFTER]
    with pytest.raises(Conflict):
        tables.commit([Put(A, Note(text="3")), Insert(B, Note(text="3"))])
    assert (text(tables, A), text(tables, B)) == ("3", "3")


@pytest.mark.parametrize("count", [1, 2])
def test_an_insert_whose_connection_is_cut_is_not_repeated_but_raises(
    behind: tuple[AzureTables, Proxy], count: int
) -> None:
    tables, proxy = behind
    proxy.faults = [Fault.CUT_AFTER]
    with pytest.raises(ServiceResponseError):
        tables.commit([Insert(key, Note(text="1")) for key in (A, B)[:count]])
    assert proxy.requests == 1
    assert text(tables, A) == "1"


def test_a_service_that_stays_busy_is_a_fault_and_no_conflict(storage_connection: str) -> None:
    with unsteady(storage_connection) as (connection, proxy):
        client = TableClient.from_connection_string(
            connection, "seatwise", retry_total=1, retry_backoff_factor=0
        )
        tables = AzureTables(client)
        tables.ensure()
        for changes in ([Insert(A, Note())], [Insert(A, Note()), Insert(B, Note())]):
            proxy.faults = [Fault.BUSY] * 2
            with pytest.raises(HttpResponseError) as busy:
                tables.commit(changes)
            assert busy.value.status_code == 503
