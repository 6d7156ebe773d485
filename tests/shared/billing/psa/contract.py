"""What every PSA adapter must do, told as tests: subclass `PsaContract` and give it a world."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.billing.psa.base import (
    BillableOption,
    Effect,
    EndsBy,
    Line,
    NotThere,
    Psa,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteKind,
)
from shared.billing.psa.write_failures import told
from tests.shared.billing.psa.fake import Outcome, Takes

MARKER = "seatwise:4f2a9c1e:m"
RETRY_AFTER = timedelta(seconds=30)


class PsaWorld(ABC):
    """One PSA with an active agreement that holds at least two lines; the first is writable and says 10."""

    psa: Psa
    company_id: str
    agreement_id: str
    line_id: str
    other_line_id: str
    product_id: str
    """Of the line; active."""
    takes = Takes.NUMBERS

    @abstractmethod
    def next_write(self, outcome: Outcome) -> None:
        """Choose what happens to the next write; NOT_SENT asks for RETRY_AFTER."""

    @abstractmethod
    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        """Change a line as a person would."""

    @abstractmethod
    def change_marker(self, line_id: str, marker: str) -> None:
        """A workflow rule or a person changes our reference on a line."""

    def carry_out_late(self, write: Write) -> None:
        """The PSA carries the last request out now that it took before and never answered."""
        self.psa.apply(write)

    longest_text = 255
    """Characters of a text on the invoice; 0 where none is written."""
    created_seats = 7
    """Of `create`; 0 where lines are made without seats."""
    dates_lines = True
    """A line says from which day it is billed."""
    bills_otherwise = True
    """A line may be billed, or not be charged."""

    @abstractmethod
    def truth(self, line_id: str) -> Decimal:
        """The quantity the PSA holds, without asking the adapter."""

    @abstractmethod
    def write_requests(self) -> int:
        """How many write requests reached the PSA, or would have."""

    @abstractmethod
    def next_read_is_stale(self) -> None: ...

    @abstractmethod
    def remove_line(self, line_id: str) -> None: ...

    @abstractmethod
    def remove_agreement(self) -> None: ...

    @abstractmethod
    def fail_reads(self) -> None:
        """From now on no read gets an answer."""

    @abstractmethod
    def break_sign_in(self) -> None:
        """From now on the credentials are not accepted."""

    def line(self, line_id: str = "") -> Line:
        wanted = line_id or self.line_id
        return next(line for line in self.psa.lines(self.agreement_id) if line.id == wanted)

    def set_to(self, after: int, line_id: str = "") -> Write:
        """The write that a push would store after a fresh read."""
        line = self.line(line_id)
        return Write(
            kind=WriteKind.SET_QUANTITY,
            agreement_id=self.agreement_id,
            line_id=line.id,
            product_id=line.product_id,
            before=int(line.quantity),
            after=after,
            effective=self.today,
            fingerprint=line.fingerprint,
            document=line.document,
        )

    last_day = date(2026, 3, 31)
    """Of a line that is ended."""

    def end(self, on: date | None = None) -> Write:
        """The write that ends the line, as a push would store it."""
        line, ends = self.line(), on or self.last_day
        return Write(
            kind=WriteKind.END_LINE,
            agreement_id=self.agreement_id,
            line_id=line.id,
            product_id=line.product_id,
            before=int(line.quantity),
            after=int(line.quantity),
            effective=ends + timedelta(days=1),
            ends=ends,
            ended=line.last_day,
            fingerprint=line.but_end,
            document=line.document,
        )

    def edit_text(self, line_id: str, text: str) -> None:
        """Change what the customer reads on the invoice, as a person would."""
        raise NotImplementedError

    def change_texts(self, rule: str) -> None:
        """From now on a text that is written comes back "html", or "cut" after 40 characters."""
        raise NotImplementedError

    def say(self, text: str, after: int | None = None) -> Write:
        """The write of a text, alone or with a new quantity, as a push would store it."""
        line = self.line()
        set_to = self.set_to(int(line.quantity) if after is None else after)
        said = {"invoice_text": text, "text_before": line.text, "fingerprint": line.but_text}
        kind = WriteKind.SET_TEXT if after is None else WriteKind.SET_QUANTITY
        return set_to.model_copy(update={**said, "kind": kind})

    def set_to_twelve(self) -> Write:
        return self.set_to(12)

    today = date(2026, 3, 17)
    """The day of every write."""

    def create(self, after: int | None = None, price: Decimal | None = None) -> Write:
        return Write(
            kind=WriteKind.CREATE_LINE,
            agreement_id=self.agreement_id,
            product_id=self.product_id,
            before=0,
            after=self.created_seats if after is None else after,
            effective=self.today,
            document=self.line().document,
            marker=MARKER,
            billable=BillableOption.NO_CHARGE if self.bills_otherwise else BillableOption.BILLABLE,
            unit_price=price,
            invoice_text="Microsoft 365, March",
        )


class PsaContract:
    # Reading

    def test_a_good_connection_passes_its_check(self, world: PsaWorld) -> None:
        world.psa.check()

    def test_companies_products_and_agreements_are_listed(self, world: PsaWorld) -> None:
        assert world.company_id in {company.id for company in world.psa.companies()}
        assert world.product_id in {product.id for product in world.psa.products()}
        agreement = next(a for a in world.psa.agreements() if a.id == world.agreement_id)
        assert (agreement.company_id, agreement.active) == (world.company_id, True)

    def test_a_line_shows_what_the_psa_holds(self, world: PsaWorld) -> None:
        line = world.line()
        assert (line.quantity, line.product_id) == (Decimal(10), world.product_id)
        assert (line.agreement_id, line.not_writable, line.marker) == (world.agreement_id, "", "")
        assert line.fingerprint

    def test_two_reads_of_an_untouched_line_are_equal(self, world: PsaWorld) -> None:
        assert world.line() == world.line()

    def test_the_lines_of_an_agreement_that_is_gone_are_refused_and_never_empty(
        self, world: PsaWorld
    ) -> None:
        world.remove_agreement()
        with pytest.raises(NotThere) as refused:
            world.psa.lines(world.agreement_id)
        assert not refused.value.sign_in

    def test_a_read_that_fails_is_unavailable_and_never_empty(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.fail_reads()
        for read in (world.psa.companies, world.psa.products, world.psa.agreements, world.psa.check):
            with pytest.raises(PsaUnavailable):
                read()
        with pytest.raises(PsaUnavailable):
            world.psa.lines(world.agreement_id)
        with pytest.raises(PsaUnavailable):
            world.psa.find_effect(write)

    def test_a_broken_sign_in_is_said_by_every_read_and_never_looks_like_something_gone(
        self, world: PsaWorld
    ) -> None:
        set_quantity, create = world.set_to(12), world.create()
        world.break_sign_in()
        for read in (world.psa.check, world.psa.companies, world.psa.products, world.psa.agreements):
            with pytest.raises(PsaRefused) as refused:
                read()
            assert refused.value.sign_in
        for write in (set_quantity, create):
            with pytest.raises(PsaRefused) as refused:
                world.psa.find_effect(write)
            assert refused.value.sign_in

    # Setting a quantity

    def test_a_quantity_is_set_and_proven_by_reading_back(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        assert world.psa.apply(write).sent is Sent.ANSWERED
        assert world.truth(world.line_id) == 12
        evidence = world.psa.find_effect(write)
        assert evidence.effect is Effect.APPLIED
        assert evidence.line == world.line()

    def test_setting_a_quantity_changes_nothing_else(self, world: PsaWorld) -> None:
        before, other = world.line(), world.line(world.other_line_id)
        world.psa.apply(world.set_to(12))
        assert world.line() == replace(before, quantity=Decimal(12))
        assert world.line(world.other_line_id) == other

    def test_a_quantity_can_be_set_to_zero(self, world: PsaWorld) -> None:
        write = world.set_to(0)
        world.psa.apply(write)
        assert world.psa.find_effect(write).effect is Effect.APPLIED
        assert world.truth(world.line_id) == 0

    def test_a_write_that_was_never_sent_is_not_applied(self, world: PsaWorld) -> None:
        assert world.psa.find_effect(world.set_to(12)).effect is Effect.NOT_APPLIED

    def test_a_time_out_after_applying_is_unclear_and_the_read_back_says_applied(
        self, world: PsaWorld
    ) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.UNCLEAR_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_time_out_before_applying_is_unclear_and_the_read_back_says_not_applied(
        self, world: PsaWorld
    ) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED

    def test_a_throttled_write_is_not_sent_and_says_when_to_try_again(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.NOT_SENT)
        answer = world.psa.apply(write)
        assert (answer.sent, answer.after, answer.asked_for) == (Sent.NOT_SENT, RETRY_AFTER, True)
        assert answer.why
        assert world.truth(world.line_id) == 10

    def test_a_refused_write_gives_the_reason_and_changes_nothing(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.REFUSED)
        answer = world.psa.apply(write)
        assert answer.sent is Sent.REFUSED
        assert answer.why
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED

    def test_a_yes_that_changed_nothing_is_found_by_the_read_back(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.next_write(Outcome.ANSWERED_NOT_APPLIED)
        assert world.psa.apply(write).sent is Sent.ANSWERED
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED

    @pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.UNCLEAR_NOT_APPLIED, Outcome.NOT_SENT])
    def test_whatever_becomes_of_a_write_it_is_one_request(self, world: PsaWorld, outcome: Outcome) -> None:
        write = world.set_to(12)
        before = world.write_requests()
        world.next_write(outcome)
        world.psa.apply(write)
        assert world.write_requests() == before + 1

    def test_a_stale_read_shows_the_old_number_and_the_next_one_the_new(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.psa.apply(write)
        world.next_read_is_stale()
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_quantity_edited_by_hand_diverges(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.edit(world.line_id, quantity=11)
        evidence = world.psa.find_effect(write)
        # What must not be applied twice may still be on its way: a person says what became of it.
        once = world.takes is not Takes.NUMBERS
        assert evidence.effect is (Effect.UNDECIDABLE if once else Effect.DIVERGED)
        assert (evidence.failure is not None) is once
        assert evidence.line is not None
        assert evidence.line.quantity == 11

    def test_another_field_edited_by_hand_diverges_even_when_the_quantity_is_right(
        self, world: PsaWorld
    ) -> None:
        write = world.set_to(12)
        world.psa.apply(write)
        world.edit(world.line_id, unit_price=25)
        assert world.psa.find_effect(write).effect is Effect.DIVERGED

    def test_a_line_that_is_gone_diverges_with_no_line_to_show(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.remove_line(world.line_id)
        evidence = world.psa.find_effect(write)
        assert (evidence.effect, evidence.line) == (Effect.DIVERGED, None)

    def test_writing_to_a_line_that_is_gone_is_refused(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.remove_line(world.line_id)
        no = Sent.CONFLICT if world.takes is Takes.DOCUMENTS else Sent.REFUSED
        assert world.psa.apply(write).sent is no

    # The text on the invoice

    def test_a_text_is_written_and_proven_by_reading_back_and_changes_nothing_else(
        self, world: PsaWorld
    ) -> None:
        if not world.longest_text:
            return
        world.edit_text(world.line_id, "As it was")
        before, other = world.line(), world.line(world.other_line_id)
        write = world.say("Office & more | Users: Änn O'Brien, Bob")
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        asked = world.write_requests()
        assert world.psa.apply(write).sent is Sent.ANSWERED
        assert world.write_requests() == asked + 1
        after = world.line()
        assert (before.text, after.text) == ("As it was", write.invoice_text)
        assert (after.quantity, after.but_text) == (before.quantity, before.but_text)
        assert world.truth(world.line_id) == 10
        assert world.line(world.other_line_id).fingerprint == other.fingerprint
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_the_longest_text_is_taken(self, world: PsaWorld) -> None:
        if not world.longest_text:
            return
        write = world.say("x" * world.longest_text)
        assert world.psa.apply(write).sent is Sent.ANSWERED
        assert world.line().text == write.invoice_text

    @pytest.mark.parametrize("rule", ["html", "cut"])
    def test_a_text_that_comes_back_otherwise_is_applied_all_the_same(
        self, world: PsaWorld, rule: str
    ) -> None:
        if not world.longest_text:
            return
        world.change_texts(rule)
        write = world.say("Office & more | Users: Ann O'Brien, Bob Stone, Cleo Ash")
        world.psa.apply(write)
        assert world.line().text != write.invoice_text
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_text_and_a_quantity_go_in_one_request_where_the_psa_takes_both(self, world: PsaWorld) -> None:
        if not world.psa.text_with_quantity:
            return
        write, asked = world.say("Office", after=12), world.write_requests()
        world.psa.apply(write)
        assert world.write_requests() == asked + 1
        evidence = world.psa.find_effect(write)
        assert evidence.effect is Effect.APPLIED
        assert evidence.line is not None
        assert (evidence.line.quantity, evidence.line.text) == (Decimal(12), "Office")

    def test_a_text_that_somebody_else_wrote_meanwhile_diverges(self, world: PsaWorld) -> None:
        if not world.longest_text:
            return
        write = world.say("Office")
        world.edit_text(world.line_id, "By hand")
        evidence = world.psa.find_effect(write)
        assert evidence.effect is Effect.DIVERGED
        assert evidence.line is not None
        assert evidence.line.text == "By hand"

    # Ending a line

    def test_a_line_is_ended_and_proven_by_reading_back(self, world: PsaWorld) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        write, other = world.end(), world.line(world.other_line_id)
        assert world.line().last_day is None
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        assert world.psa.apply(write).sent is Sent.ANSWERED
        evidence = world.psa.find_effect(write)
        assert evidence.effect is Effect.APPLIED
        line = world.line()
        assert evidence.line == line
        assert line.last_day == world.last_day
        assert line.bills_from(world.last_day)
        assert not line.bills_from(world.last_day + timedelta(days=1))
        assert world.line(world.other_line_id).but_end == other.but_end
        assert world.line(world.other_line_id).last_day is None

    def test_ending_a_line_leaves_its_seats_to_the_last_day_where_lines_have_one(
        self, world: PsaWorld
    ) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        seats = world.line().quantity
        world.psa.apply(world.end())
        no_seats = world.psa.ends_by is EndsBy.NO_SEATS
        assert world.line().quantity == (0 if no_seats else seats)
        assert [said.day for said in world.line().pending] == (
            [world.last_day + timedelta(days=1)] if no_seats else []
        )

    def test_an_ended_line_that_got_no_answer_is_found_to_be_ended_or_not(self, world: PsaWorld) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        write = world.end()
        world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        world.next_write(Outcome.UNCLEAR_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_line_that_is_changed_beside_its_end_diverges(self, world: PsaWorld) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        write = world.end()
        world.psa.apply(write)
        world.edit(world.line_id, unit_price=25)
        assert world.psa.find_effect(write).effect is Effect.DIVERGED

    def test_another_last_day_than_the_one_asked_for_is_not_taken_for_it(self, world: PsaWorld) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        write = world.end()
        world.psa.apply(world.end(world.last_day + timedelta(days=30)))
        evidence = world.psa.find_effect(write)
        once = world.takes is not Takes.NUMBERS
        assert evidence.effect is (Effect.UNDECIDABLE if once else Effect.DIVERGED)
        assert f"{world.last_day + timedelta(days=30):%-d %b %Y}" in told(evidence.failure)

    def test_ending_a_line_may_be_repeated_where_it_is_an_absolute_day(self, world: PsaWorld) -> None:
        if world.psa.ends_by is EndsBy.A_PERSON:
            return
        assert (WriteKind.END_LINE in world.psa.repeatable) is (world.takes is Takes.NUMBERS)

    # Creating a line

    def test_a_created_line_is_found_by_its_marker_and_says_what_was_asked_for(self, world: PsaWorld) -> None:
        write = world.create()
        assert world.psa.apply(write).sent is Sent.ANSWERED
        evidence = world.psa.find_effect(write)
        assert evidence.effect is Effect.APPLIED
        line = evidence.line
        assert line is not None
        assert (line.quantity, line.product_id) == (Decimal(write.after), world.product_id)
        assert (line.marker, line.billable) == (MARKER, write.billable)
        assert line.effective == (write.effective if world.dates_lines else None)
        assert line.description == "Microsoft 365, March"
        assert line == world.line(line.id)

    def test_a_line_is_created_with_the_price_that_is_asked_for(self, world: PsaWorld) -> None:
        write = world.create(price=Decimal("20.90"))
        write = write.model_copy(update={"billable": BillableOption.BILLABLE})
        assert world.psa.apply(write).sent is Sent.ANSWERED
        evidence = world.psa.find_effect(write)
        assert evidence.line is not None
        assert (evidence.effect, evidence.line.unit_price) == (Effect.APPLIED, Decimal("20.90"))

    def test_the_answer_to_a_creation_names_the_line_that_was_made(self, world: PsaWorld) -> None:
        answer = world.psa.apply(world.create())
        assert answer.sent is Sent.ANSWERED
        assert world.line(answer.line_id).marker == MARKER

    @pytest.mark.parametrize(
        "marker", ["", MARKER.upper(), MARKER[:9], "ticket 4711"], ids=["not kept", "case", "cut", "other"]
    )
    def test_a_created_line_is_found_by_its_id_whatever_became_of_its_mark(
        self, world: PsaWorld, marker: str
    ) -> None:
        write = world.create()
        line_id = world.psa.apply(write).line_id
        world.change_marker(line_id, marker)
        assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
        found = world.psa.find_effect(write, line_id)
        assert found.line is not None
        assert (found.effect, found.line.id) == (Effect.APPLIED, line_id)

    def test_what_is_carried_out_late_is_not_applied_until_then(self, world: PsaWorld) -> None:
        for ask in (world.set_to_twelve, world.create):
            write = ask()
            world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
            assert world.psa.apply(write).sent is Sent.UNCLEAR
            assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
            world.carry_out_late(write)
            assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_late_write_over_a_newer_one_is_not_taken_for_the_newer(self, world: PsaWorld) -> None:
        late, newer = world.set_to(12), world.set_to(13)
        world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
        world.psa.apply(late)
        world.psa.apply(newer)
        world.carry_out_late(late)
        number = {Takes.NUMBERS: 12, Takes.DIFFERENCES: 15, Takes.DOCUMENTS: 12}[world.takes]
        assert world.truth(world.line_id) == number
        once = world.takes is not Takes.NUMBERS
        assert world.psa.find_effect(newer).effect is (Effect.UNDECIDABLE if once else Effect.DIVERGED)

    def test_a_foreign_edit_of_another_line_is_no_matter(self, world: PsaWorld) -> None:
        for ask in (world.set_to_twelve, world.create):
            write = ask()
            answer = world.psa.apply(write)
            world.edit(world.other_line_id, quantity=write.after + 1, unit_price=write.after)
            assert world.psa.find_effect(write, answer.line_id).effect is Effect.APPLIED
            assert world.truth(world.other_line_id) == write.after + 1

    def test_a_creation_may_not_be_repeated_and_an_absolute_number_may(self, world: PsaWorld) -> None:
        assert WriteKind.CREATE_LINE not in world.psa.repeatable
        assert (WriteKind.SET_QUANTITY in world.psa.repeatable) is (world.takes is Takes.NUMBERS)
        assert world.psa.whole_document is (world.takes is Takes.DOCUMENTS)

    def test_a_document_that_was_changed_since_it_was_looked_at_is_not_sent(self, world: PsaWorld) -> None:
        write = world.set_to(12)
        world.edit(world.other_line_id, quantity=9)
        before = world.write_requests()
        answer = world.psa.apply(write)
        whole = world.takes is Takes.DOCUMENTS
        assert answer.sent is (Sent.CONFLICT if whole else Sent.ANSWERED)
        assert world.write_requests() == before + (0 if whole else 1)
        assert world.truth(world.line_id) == (10 if whole else 12)
        assert world.truth(world.other_line_id) == 9

    def test_a_line_created_before_a_time_out_is_found_so_nothing_is_created_twice(
        self, world: PsaWorld
    ) -> None:
        write = world.create()
        world.next_write(Outcome.UNCLEAR_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        assert world.psa.find_effect(write).effect is Effect.APPLIED

    def test_a_line_that_was_not_created_is_not_applied(self, world: PsaWorld) -> None:
        write = world.create()
        world.next_write(Outcome.UNCLEAR_NOT_APPLIED)
        assert world.psa.apply(write).sent is Sent.UNCLEAR
        evidence = world.psa.find_effect(write)
        assert (evidence.effect, evidence.line) == (Effect.NOT_APPLIED, None)

    def test_two_lines_with_one_marker_diverge(self, world: PsaWorld) -> None:
        write = world.create()
        world.psa.apply(write)
        world.psa.apply(world.create())
        assert world.psa.find_effect(write).effect is Effect.DIVERGED

    @pytest.mark.parametrize(
        "asked",
        [{"after": 8}, {"effective": date(2026, 3, 18)}, {"billable": BillableOption.BILLABLE}],
        ids=["quantity", "start date", "billable option"],
    )
    def test_a_created_line_that_differs_from_what_was_asked_for_diverges(
        self, world: PsaWorld, asked: dict[str, object]
    ) -> None:
        write = world.create()
        world.psa.apply(write)
        unsaid = ("effective" in asked and not world.dates_lines) or (
            "billable" in asked and not world.bills_otherwise
        )
        effect = world.psa.find_effect(write.model_copy(update=asked)).effect
        assert effect is (Effect.APPLIED if unsaid else Effect.DIVERGED)

    def test_what_was_written_in_an_agreement_that_is_gone_diverges_with_no_line_to_show(
        self, world: PsaWorld
    ) -> None:
        writes = (world.set_to(12), world.create())
        world.remove_agreement()
        for write in writes:
            evidence = world.psa.find_effect(write)
            assert (evidence.effect, evidence.line) == (Effect.DIVERGED, None)

    def test_evidence_that_diverges_says_in_words_what_is_otherwise(self, world: PsaWorld) -> None:
        write = world.create()
        world.psa.apply(write)
        differs = write.model_copy(
            update={"after": 8, "effective": date(2026, 3, 18), "billable": BillableOption.BILLABLE}
        )
        what = ["quantity"] + ["start date"] * world.dates_lines + ["billable option"] * world.bills_otherwise
        assert f"its {' and '.join(what)}" in told(world.psa.find_effect(differs).failure)
        world.psa.apply(world.create())
        assert "2 lines" in told(world.psa.find_effect(write).failure)
