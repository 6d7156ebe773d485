"""What was stored in November 2026 (by commit 0abde2d) loads, means the same, and the next night goes on from it."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing import agreement_store, ledger, why_not
from shared.billing.ledger import LedgerQuery
from shared.billing.models import (
    AgreementRecord,
    BlockReason,
    Intent,
    LedgerEvent,
    LineRecord,
    LineState,
    UnplannedReason,
    Verdict,
)
from shared.billing.psa.base import BillableOption
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason, told
from shared.storage.memory import MemoryTables
from shared.storage.tables import Key, Row
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World, check_invariants

STORED: dict[str, Any] = json.loads((Path(__file__).parent / "stored" / "2026-11.json").read_text())


class StoredTables(MemoryTables):
    """The rows as they were written, whatever today's models would write."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        super().__init__()
        for number, row in enumerate(rows):
            key = Key(row["partition"], row["row"])
            body = json.dumps(row["body"]).encode()
            self._partitions.setdefault(key.partition, {})[key.row] = Row(key, body, f'W/"old{number}"')


def at(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.fixture
def world() -> World:
    world = World()
    world.tables = StoredTables(STORED["rows"])
    world.clock.at = datetime.fromisoformat(STORED["at"])
    fake, shown = world.fake, STORED["psa"]
    for one in shown["agreements"]:
        days = {name: at(one[name]) for name in ("ends", "next_invoice")}
        fake.add_agreement(**{name: value for name, value in (one | days).items() if name != "prorates"})
    for one in shown["lines"]:
        changes = {
            **one,
            **{name: at(one[name]) for name in ("effective", "ends")},
            **{name: Decimal(one[name]) for name in ("quantity", "unit_price")},
            "billable": BillableOption(one["billable"]),
        }
        fake.add_line(**changes)
    fake._next_id = 5000
    return world


def mapped(name: str) -> Mapped:
    mapping, agreement, line = STORED["mappings"][name]
    return Mapped(name, SKU, mapping, agreement, line)


STATES = {
    "in-step": LineState.IN_STEP,
    "written": LineState.IN_STEP,
    "created": LineState.IN_STEP,
    "agreement-gone": LineState.BLOCKED,
    "agreement-ended": LineState.BLOCKED,
    "line-gone": LineState.BLOCKED,
    "not-whole": LineState.BLOCKED,
    "other-product": LineState.BLOCKED,
    "unowned": LineState.BLOCKED,
    "refused": LineState.BLOCKED,
    "unread": LineState.BLOCKED,
    "too-old": LineState.BLOCKED,
    "unknown": LineState.UNKNOWN,
    "drift": LineState.DRIFT,
    "held": LineState.HELD,
    "approved": LineState.HELD,
    "rejected": LineState.HELD,
}


def test_every_line_is_in_the_state_that_it_was_in(world: World) -> None:
    assert set(STATES) == set(STORED["mappings"])
    assert {name: world.record(mapped(name)).state for name in STATES} == STATES


def test_a_sentence_that_was_stored_is_still_told_word_for_word(world: World) -> None:
    stored = {
        name: line
        for row in STORED["rows"]
        for name, line in row["body"].get("lines", {}).items()
        if row["row"].startswith("agr|")
    }
    for name in STATES:
        line = world.record(mapped(name))
        was = stored[line.mapping_id]
        assert (why_not.blocked(line.blocked) if line.blocked else "") == was.get("blocked", "")
        assert (why_not.unplanned(line.not_planned) if line.not_planned else "") == was.get("not_planned", "")


@pytest.mark.parametrize("stored", ["Counts differ.", {"reason": "not_countable", "text": "Counts differ."}])
def test_why_a_licence_was_not_countable_is_still_told(stored: object) -> None:
    fields = {"mapping_id": "m", "tenant_id": "t", "product_id": "p", "not_planned": stored}
    why = LineRecord.model_validate(fields).not_planned
    assert why is not None
    assert (why.reason, why_not.unplanned(why)) == (UnplannedReason.NOT_COUNTABLE, "Counts differ.")


@pytest.mark.parametrize(
    "stored, said",
    [("", ""), ("price is locked", "price is locked"), (None, "")],
    ids=["none", "words", "null"],
)
def test_why_a_write_failed_or_an_agreement_was_not_read_is_still_told(stored: str | None, said: str) -> None:
    fields = {"mapping_id": "m", "tenant_id": "t", "product_id": "p", "refused": stored}
    assert told(LineRecord.model_validate(fields).refused) == said
    write = {"kind": "set_quantity", "agreement_id": "1", "product_id": "p", "before": 1, "after": 2}
    intent = {"write": write, "change_id": "c", "at": "2026-11-20T02:00:00Z", "why": stored}
    assert told(Intent.model_validate(intent).why) == said
    record = AgreementRecord.model_validate({"connection": "cw", "agreement_id": "1", "unreadable": stored})
    assert (why_not.unreadable(record.unreadable) if record.unreadable else "") == said


@given(st.builds(WriteFailure))
def test_every_failure_of_a_write_is_told_in_a_sentence_and_kept_as_data(failure: WriteFailure) -> None:
    assert WriteFailure.model_validate_json(failure.model_dump_json()) == failure
    if failure.reason is not WriteFailureReason.PSA:
        assert told(failure).endswith(".")


def test_what_was_compared_as_a_sentence_is_a_reason(world: World) -> None:
    assert world.reason(mapped("agreement-gone")) is BlockReason.AGREEMENT_GONE
    assert world.reason(mapped("agreement-ended")) is BlockReason.AGREEMENT_ENDED
    assert world.unplanned(mapped("unread")) is UnplannedReason.UNREAD


def test_a_persons_word_on_a_hold_still_holds(world: World) -> None:
    assert world.record(mapped("held")).hold is not None
    words = {
        name: hold.decided.verdict
        for name in ("approved", "rejected")
        if (hold := world.record(mapped(name)).hold) and hold.decided
    }
    assert words == {"approved": Verdict.APPROVED, "rejected": Verdict.REJECTED}


def test_the_ledger_is_read_by_agreement(world: World) -> None:
    one = mapped("refused")
    query = LedgerQuery(connection=CONNECTION, agreement_id=one.agreement)
    found = [row.entry.event.value for row in ledger.entries(world.tables, ACCOUNT, query)]
    assert found == ["refused", "intended", "adopted"]
    (refused,) = ledger.entries(
        world.tables, ACCOUNT, LedgerQuery(one.tenant, event=LedgerEvent.REFUSED, mapping_id=one.mapping)
    )
    assert why_not.of_entry(refused.entry) == "InvalidObject: the fake refuses this"


def test_the_next_night_goes_on_from_it(world: World) -> None:
    world.clock.pass_by(timedelta(days=1))
    seats = {"written": 12, "refused": 11, "unknown": 11, "held": 0, "approved": 0, "rejected": 0}
    seats |= {"unread": 13, "too-old": 13, "unowned": 5, "created": 6}
    for name in STATES:
        world.read(name, {SKU: seats.get(name, 10)})
    world.push_until_done("2026-03-05")
    written = {"refused": 11, "unknown": 11, "approved": 0, "unread": 13, "too-old": 13}
    assert {name: world.quantity(mapped(name)) for name in written} == written
    assert {write.line_id for write in world.fake.sent} == {mapped(name).line for name in written}
    assert {name: world.reason(mapped(name)) for name in ("line-gone", "not-whole", "other-product")} == {
        "line-gone": BlockReason.LINE_GONE,
        "not-whole": BlockReason.NOT_WHOLE,
        "other-product": BlockReason.OTHER_PRODUCT,
    }
    assert world.reason(mapped("unowned")) is BlockReason.UNOWNED_LINE
    assert world.record(mapped("drift")).state is LineState.DRIFT
    assert [world.record(mapped(name)).state for name in ("held", "rejected")] == [LineState.HELD] * 2
    assert world.record(mapped("created")).state is LineState.IN_STEP


def test_a_record_that_is_saved_again_is_one_of_today(world: World) -> None:
    world.clock.pass_by(timedelta(days=1))
    for name in STATES:
        world.read(name, {SKU: 10})
    world.push_until_done("2026-03-05")
    kept = [one.record for one in agreement_store.all_of(world.tables, ACCOUNT, CONNECTION)]
    assert len(kept) == len(STATES)
    check_invariants(world)
