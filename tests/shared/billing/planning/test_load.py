"""What the plan holds is stored and told once, however many and large the agreements are."""

import base64
import gc
import random
from collections.abc import Iterator
from datetime import timedelta

from shared.accounts.account import Mode
from shared.billing import agreement_store
from shared.billing.models import AgreementRecord, HoldReason
from shared.billing.planning import load
from shared.billing.psa.base import Proration
from shared.billing.psa.write_failures import by_psa
from shared.microsoft.doubts import DoubtKind
from shared.storage import keys
from shared.storage.table_limits import PACKED_LIMIT, packed
from shared.storage.tables import Row
from tests.shared.billing.hooks import WatchedTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, World


def store(world: World) -> None:
    load.store_holds(world.tables, ACCOUNT, world.plan(), world.clock.now(), "2026-03-02")


def test_what_is_held_is_told_once_in_the_ledger_with_its_numbers_and_why() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    store(world)
    store(world)
    world.night()
    assert world.events(mapped) == ["adopted", "held"]
    (held,) = [entry for entry in world.ledger(mapped) if entry.event == "held"]
    (hold,) = world.held()
    assert (held.before, held.after, held.why) == (10, 0, "")
    assert held.held == (HoldReason.SUSPICIOUS, HoldReason.TO_ZERO)
    assert (held.change_id, held.run) == (hold.change.id, "2026-03-02")


def test_other_numbers_are_held_anew() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12}, doubts=(DoubtKind.FIELD_GONE,))
    store(world)
    world.later_read({SKU: 13}, doubts=(DoubtKind.FIELD_GONE,))
    store(world)
    assert [entry.after for entry in world.ledger(mapped) if entry.event == "held"] == [12, 13]


def test_many_large_records_are_stored_in_transactions_that_fit() -> None:
    world = World(mode=Mode.PREVIEW)
    dice = random.Random(7)
    lines = [world.map_line(f"tenant{number}", 10) for number in range(60)]
    world.clock.pass_by(timedelta(hours=1))
    for mapped in lines:
        world.read(mapped.tenant, {SKU: 12})
        kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
        long = base64.b64encode(dice.randbytes(58_000)).decode()
        line = kept.record.lines[mapped.mapping].model_copy(update={"refused": by_psa(long)})
        large = kept.record.with_line(line)
        assert 0.9 * PACKED_LIMIT < len(packed(large)) <= PACKED_LIMIT
        agreement_store.save(world.tables, ACCOUNT, kept, large)
    store(world)
    assert all(world.record(mapped).would for mapped in lines)


def test_of_many_records_that_change_not_all_are_in_memory_at_once() -> None:
    """On a first night that is every record of the account."""
    world = World(mode=Mode.PREVIEW)
    for number in range(2 * load.RECORDS_AT_ONCE):
        world.read(world.map_line(f"tenant{number}", 10).tenant, {SKU: 12})
    unpacked: list[int] = []

    def in_memory() -> int:
        return sum(isinstance(each, AgreementRecord) for each in gc.get_objects())

    def look(event: str) -> None:
        if event == "before commit":
            unpacked.append(in_memory() - before)

    tables, planned, now = WatchedTables(world.tables, look), world.plan(), world.clock.now()
    gc.collect()
    before = in_memory()  # of other tests
    load.store_holds(tables, ACCOUNT, planned, now)
    assert len(unpacked) == 2
    assert max(unpacked) <= load.RECORDS_AT_ONCE + 2


class CountedLists(WatchedTables):
    """Counts how often all agreements of a connection are read."""

    lists = 0

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        self.lists += prefix == keys.AGREEMENTS
        return super().rows(partition, prefix, after)


def test_a_push_reads_every_agreement_once_to_plan_and_once_to_count_however_much_its_list_says() -> None:
    world = World()
    mapped = world.map_line()
    world.fake.edit_agreement(mapped.agreement, proration=Proration.BY_DATE)
    night = world.next_night()
    world.tables = counted = CountedLists(world.tables, lambda moment: None)
    world.push_until_done(night)
    stored = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    assert (counted.lists, stored.proration) == (2, Proration.BY_DATE)
