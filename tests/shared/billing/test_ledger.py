"""Reading the ledger: by time over everything, or by tenant and agreement, the newest first, page after page."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing import agreement_store, ledger, why_not
from shared.billing.ledger import LedgerQuery, LedgerRow
from shared.billing.models import (
    AgreementRecord,
    HoldReason,
    LedgerEntry,
    LedgerEvent,
    LineRecord,
    PsaConnection,
)
from shared.billing.psa.write_failures import by_psa
from shared.billing.psa_connections import save_psa_connection
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.memory import MemoryTables
from shared.storage.tables import Insert, Tables
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, SKU, START, Mapped, World

OTHER = keys.account_id("contoso-msp")


def asked(tables: Tables, after: str = "", **query: Any) -> list[LedgerRow]:
    return list(ledger.entries(tables, ACCOUNT, LedgerQuery(**query), after))


def connect(tables: Tables, *names: str) -> None:
    for name in names:
        connection = PsaConnection(id=name, name=name, kind="connectwise", settings_json="{}")
        save_psa_connection(tables, ACCOUNT, connection)


def tell(tables: Tables, connection: str, agreement: str, *at: datetime) -> None:
    kept = agreement_store.get(tables, ACCOUNT, connection, agreement)
    line = LineRecord(mapping_id="mapping9", tenant_id="tailspin", product_id="1", line_id="1")
    record = AgreementRecord(connection=connection, agreement_id=agreement, lines={"mapping9": line})
    entries = [
        LedgerEntry(event=LedgerEvent.CONFIRMED, at=one, run="r", mapping_id="mapping9", line_id="1")
        for one in at
    ]
    agreement_store.save(tables, ACCOUNT, kept, record, entries)


def three_nights() -> tuple[World, Mapped, Mapped]:
    """Two tenants; the first one's line changes each night."""
    world = World()
    first, second = world.map_line("contoso", 10), world.map_line("fabrikam", 5)
    for seats in (12, 15, 11):
        world.next_night()
        world.read("contoso", {SKU: seats})
        world.push_until_done(world.clock.now().date().isoformat())
    return world, first, second


def test_everything_comes_newest_first_whatever_agreement_it_is_of() -> None:
    world, first, second = three_nights()
    found = asked(world.tables)
    told = world.ledger(first) + world.ledger(second)
    assert sorted((row.entry.at for row in found), reverse=True) == [row.entry.at for row in found]
    assert len(found) == len(told) > 6
    assert {row.entry.agreement_id for row in found} == {first.agreement, second.agreement}


def test_a_tenants_entries_are_those_of_its_lines_alone() -> None:
    world, first, second = three_nights()
    found = asked(world.tables, tenant_id="CONTOSO")
    assert [row.entry for row in reversed(found)] == world.ledger(first)
    assert {row.entry.tenant_id for row in found} == {"contoso"}
    assert [row.entry for row in asked(world.tables, tenant_id="fabrikam")] == world.ledger(second)
    assert asked(world.tables, tenant_id="nobody") == []


def test_what_was_mapped_before_is_found_by_its_tenant_too() -> None:
    world, first, _ = three_nights()
    before = world.ledger(first)
    nothing = world.mappings("contoso").model_copy(update={"mappings": ()})
    world.save_mappings("contoso", nothing, {first.line})
    found = [row.entry for row in asked(world.tables, tenant_id="contoso")]
    assert found[1:] == before[::-1]
    assert found[0].event is LedgerEvent.RELEASED


@pytest.mark.parametrize("by_place", [False, True])
def test_dates_and_events_narrow_it(by_place: bool) -> None:
    world, first, _ = three_nights()
    place = {"connection": "cw", "agreement_id": first.agreement} if by_place else {}
    everything = asked(world.tables, **place)
    since, until = everything[-2].entry.at, everything[2].entry.at
    found = asked(world.tables, since=since, until=until, **place)
    assert found == everything[2:-1]
    confirmed = asked(
        world.tables, event=LedgerEvent.CONFIRMED, mapping_id=first.mapping, tenant_id="contoso"
    )
    assert [row.entry.after for row in confirmed] == [11, 15, 12]


def test_why_a_write_failed_or_waits_is_stored_as_data_and_read_as_a_sentence() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.fake.outcomes.append(Outcome.REFUSED)
    world.later_read({SKU: 12})
    world.push_until_done()
    world.later_read({SKU: 0})
    world.night()
    told = {entry.event: entry for entry in world.ledger(mapped)}
    refused, held = told[LedgerEvent.REFUSED], told[LedgerEvent.HELD]
    assert refused.failure == by_psa("InvalidObject: the fake refuses this")
    assert refused.why == ""
    assert why_not.of_entry(refused) == "InvalidObject: the fake refuses this"
    assert held.held == (HoldReason.SUSPICIOUS, HoldReason.TO_ZERO)
    assert held.why == ""
    assert why_not.of_entry(held) == (
        "Held, since Microsoft’s numbers were hard to believe; the line would go to 0."
    )
    assert why_not.of_entry(told[LedgerEvent.ADOPTED]) == "mapped by hand"


def test_a_line_alone_would_be_looked_for_in_everything() -> None:
    world, first, _ = three_nights()
    for query, field in (
        ({"line_id": first.line}, "line"),
        ({"mapping_id": first.mapping}, "mapping"),
        ({"agreement_id": first.agreement}, "connection"),
    ):
        with pytest.raises(Rejected) as refused:
            asked(world.tables, **query)
        assert refused.value.field == field
    found = asked(world.tables, line_id=first.line, connection="cw", agreement_id=first.agreement)
    assert [row.entry for row in reversed(found)] == world.ledger(first)


def test_an_entry_of_before_is_found_by_its_agreement_and_named() -> None:
    tables = MemoryTables()
    connect(tables, "cw")
    old = LedgerEntry(event=LedgerEvent.HELD, at=START, run="r", mapping_id="m", line_id="1")
    tables.commit([Insert(keys.ledger_entry(ACCOUNT, "cw", "7", "m", START, "held"), old)])
    (row,) = asked(tables, connection="cw", agreement_id="7")
    assert (row.entry.agreement_id, row.connection) == ("7", "cw")


def test_another_account_has_its_own_ledger() -> None:
    world, _, _ = three_nights()
    assert list(ledger.entries(world.tables, OTHER, LedgerQuery())) == []


def test_the_ledger_of_a_removed_connection_is_still_read() -> None:
    tables = MemoryTables()
    connect(tables, "cw")
    tell(tables, "cw", "7", START)
    gone = PsaConnection(id="cw", name="cw", kind="connectwise", settings_json="{}", removed_at=START)
    save_psa_connection(tables, ACCOUNT, gone)
    assert len(asked(tables)) == 1


class CountedTables(MemoryTables):
    """Counts the rows that were looked at."""

    looked_at = 0

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Any:
        for row in super().rows(partition, prefix, after):
            self.looked_at += 1
            yield row


def test_a_page_of_a_long_ledger_reads_no_more_than_itself() -> None:
    tables = CountedTables()
    connect(tables, "cw")
    for agreement in range(20):
        tell(
            tables,
            "cw",
            str(agreement),
            *(START + timedelta(minutes=n, seconds=agreement) for n in range(40)),
        )
    everything = asked(tables)
    tables.looked_at = 0
    page = ledger.entries(tables, ACCOUNT, LedgerQuery(), everything[399].key)
    assert [next(page).key for _ in range(10)] == [row.key for row in everything[400:410]]
    assert tables.looked_at <= 15


@given(
    at=st.lists(
        st.tuples(
            st.sampled_from(["cw", "cw2", "x~y"]), st.sampled_from(["1", "2", "a|b"]), st.integers(0, 3)
        ),
        unique=True,
        max_size=14,
    ),
    size=st.integers(1, 5),
)
def test_pages_hold_every_entry_once_also_of_one_instant(at: list[tuple[str, str, int]], size: int) -> None:
    tables = MemoryTables()
    connect(tables, "cw", "cw2", "x~y")
    for connection, agreement, second in at:
        tell(tables, connection, agreement, START + timedelta(seconds=second))
    whole = asked(tables)
    assert len(whole) == len(at)
    paged: list[LedgerRow] = []
    while page := asked(tables, paged[-1].key if paged else "")[:size]:
        paged += page
    assert paged == whole
