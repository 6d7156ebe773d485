"""Microsoft's file of product names, with the oddities that people met in it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.http.client import Unreachable
from shared.licensing.product_names import Names, NamesState, is_due, parse
from shared.storage import keys
from shared.storage.memory import MemoryTables
from shared.storage.tables import Put

HEADER = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id"
E3, E5 = "05e9a617-0261-4cee-bb44-138d3ef5d965", "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


def file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *rows)).encode()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
def test_a_sku_is_keyed_by_its_id_and_has_the_first_name_that_it_is_given(mark: bytes) -> None:
    rows = (
        f"Microsoft 365 E3,SPE_E3,{E3.upper()},EXCHANGE,a",
        f"Microsoft 365 E3 (old),SPE_E3,{E3},TEAMS,b",
        f"Microsoft 365 E5 ,SPE_E3,{E5},TEAMS,b",
    )
    assert parse(mark + file(*rows)) == {E3: "Microsoft 365 E3", E5: "Microsoft 365 E5"}


def test_a_header_that_begins_with_three_question_marks_is_understood_or_refused_whole() -> None:
    spoiled = file(f"Microsoft 365 E3,SPE_E3,{E3},EXCHANGE,a", header=f"???{HEADER}")
    with pytest.raises(Unreachable):
        parse(spoiled)


@pytest.mark.parametrize("data", [b"", b"<html>Not found</html>", file(), file("a,b")])
def test_what_is_not_that_file_is_refused(data: bytes) -> None:
    with pytest.raises(Unreachable):
        parse(data)


def test_a_sku_that_the_file_lacks_is_called_by_our_name_then_its_part_number_then_its_id() -> None:
    names = Names({E3: "Microsoft 365 E3"})
    assert names(E3.upper(), "SPE_E3") == "Microsoft 365 E3"
    assert names("11111111-1111-4111-8111-111111111111", "NEW_SKU") == "NEW_SKU"
    assert names("11111111-1111-4111-8111-111111111111", "") == "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    "fetched, tried, due",
    [(None, None, True), (6, 6, False), (7, 7, True), (8, 0, False), (8, 1, True)],
    ids=["never", "fresh", "a week old", "failed just now", "failed yesterday"],
)
def test_it_is_fetched_weekly_and_after_a_failure_daily(
    fetched: int | None, tried: int | None, *, due: bool
) -> None:
    tables = MemoryTables()
    if fetched is not None and tried is not None:
        state = NamesState(fetched_at=NOW - timedelta(days=fetched), tried_at=NOW - timedelta(days=tried))
        tables.commit([Put(keys.product_names(), state)])
    assert is_due(tables, NOW) is due


def test_a_file_that_is_no_table_is_not_read() -> None:
    """The module of CSV bears no field beyond its limit."""
    with pytest.raises(Unreachable, match="no table"):
        parse(file(f'"{"x" * 200_000}",SPE_E3,{E3},TEAMS,b'))
