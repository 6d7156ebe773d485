"""The PSA in memory passes the suite that the real adapters pass, so tests built on it mean something."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.standins.texts import stored_text
from shared.billing.psa.base import Effect, PsaRefused, PsaUnavailable, Sent, Write
from tests.shared.billing.psa.contract import RETRY_AFTER, PsaContract, PsaWorld
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes

START = datetime(2026, 3, 2, tzinfo=UTC)


class FakeWorld(PsaWorld):
    psa: FakePsa

    def __init__(self) -> None:
        self.psa = FakePsa(takes=self.takes)
        self.psa.retry_after = RETRY_AFTER
        self.company_id = self.psa.add_company().id
        self.product_id = self.psa.add_product().id
        self.agreement_id = self.psa.add_agreement(self.company_id).id
        self.line_id = self.psa.add_line(self.agreement_id, self.product_id, 10).id
        self.other_line_id = self.psa.add_line(self.agreement_id, self.psa.add_product("AV").id, 3).id

    def next_write(self, outcome: Outcome) -> None:
        self.psa.outcomes.append(outcome)

    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        if quantity is not None:
            self.psa.edit_line(line_id, quantity=Decimal(quantity))
        if unit_price is not None:
            self.psa.edit_line(line_id, unit_price=Decimal(unit_price))

    def change_marker(self, line_id: str, marker: str) -> None:
        self.psa.edit_line(line_id, marker=marker)

    def edit_text(self, line_id: str, text: str) -> None:
        self.psa.edit_line(line_id, text=text)

    def change_texts(self, rule: str) -> None:
        self.psa.text_rule = lambda text: stored_text(rule, text)

    def truth(self, line_id: str) -> Decimal:
        return self.psa.line(line_id).quantity

    def write_requests(self) -> int:
        return self.psa.requests

    def next_read_is_stale(self) -> None:
        self.psa.stale_reads = 1

    def remove_line(self, line_id: str) -> None:
        self.psa.remove_line(line_id)

    def remove_agreement(self) -> None:
        self.psa.remove_agreement(self.agreement_id)

    def fail_reads(self) -> None:
        self.psa.unavailable = PsaUnavailable("The fake does not answer.")

    def break_sign_in(self) -> None:
        self.psa.refused = PsaRefused("NotFound", "The fake does not know you.", sign_in=True)


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


class TestFakePsa(PsaContract):
    def test_a_late_write_shows_first_the_old_state_and_then_the_new(self, world: FakeWorld) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.UNCLEAR_APPLIED_LATE)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_late_write_comes_by_time_however_often_it_is_read(self, world: FakeWorld) -> None:
        at = START
        world.psa.now, world.psa.late_by = lambda: at, timedelta(minutes=4)
        write = world.set_to(12)
        world.next_write(Outcome.UNCLEAR_APPLIED_LATE)
        world.psa.apply(write)
        for minutes, effect in ((1, Effect.NOT_APPLIED), (3, Effect.NOT_APPLIED), (4, Effect.APPLIED)):
            at = START + timedelta(minutes=minutes)
            assert world.psa.find_effect(write).effect is effect


class DifferencesWorld(FakeWorld):
    takes = Takes.DIFFERENCES


class TestFakePsaThatTakesDifferences(PsaContract):
    @pytest.fixture
    def world(self) -> DifferencesWorld:
        return DifferencesWorld()

    def test_a_difference_that_is_sent_twice_counts_twice(self, world: DifferencesWorld) -> None:
        write = world.set_to(12)
        world.psa.apply(write)
        world.psa.apply(write)
        assert world.truth(world.line_id) == 14


class DocumentsWorld(FakeWorld):
    takes = Takes.DOCUMENTS

    def next_write(self, outcome: Outcome) -> None:
        super().next_write(outcome)
        self._document = self.psa.document(self.agreement_id)

    def carry_out_late(self, write: Write) -> None:
        self.psa.carry_out([write], self._document)


class TestFakePsaThatTakesDocuments(PsaContract):
    @pytest.fixture
    def world(self) -> DocumentsWorld:
        return DocumentsWorld()

    def test_a_document_that_is_carried_out_late_undoes_what_came_between(
        self, world: DocumentsWorld
    ) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
        world.psa.apply(write)
        world.edit(world.other_line_id, quantity=9)
        world.carry_out_late(write)
        assert [world.truth(one) for one in (world.line_id, world.other_line_id)] == [12, 3]

    def test_all_changes_of_a_document_are_one_request(self, world: DocumentsWorld) -> None:
        other = world.line(world.other_line_id)
        more = world.set_to(12).model_copy(
            update={"line_id": other.id, "product_id": other.product_id, "before": 3, "after": 5}
        )
        before = world.write_requests()
        assert world.psa.apply(world.set_to(12), more).sent is Sent.ANSWERED
        assert world.write_requests() == before + 1
        assert [world.truth(one) for one in (world.line_id, world.other_line_id)] == [12, 5]
