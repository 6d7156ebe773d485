"""K2: one ticket for each opening of an alert, closed with it, and never a second one, whatever goes wrong."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.accounts.account import Mode
from shared.alerts.tickets import closing, making
from shared.alerts.tickets.book import PAUSE
from shared.alerts.tickets.keep import AT_ONCE
from shared.alerts.tickets.models import TicketProgress
from shared.alerts.tickets.settings import switch_off
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from shared.storage.tables import Put
from tests.shared.alerts.tickets.desk import OTHERS, Desk
from tests.shared.billing.psa.fake import Outcome


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.switch_on()
    return made


class Killed(BaseException):
    """The process ended."""


def kill() -> None:
    raise Killed


def test_an_alert_that_opens_becomes_one_ticket_of_its_customer_and_of_what_was_chosen(desk: Desk) -> None:
    desk.unused("t1")
    desk.night()
    desk.night()
    (made,) = desk.psa.tickets.values()
    new = made.new
    assert (new.board, new.priority, new.company) == ("licences", "low", "1")
    assert new.summary.startswith("Customer t1: ")
    assert new.reference in new.description
    (kept,) = desk.kept()
    assert (kept.progress, kept.ticket_id, kept.number) == (TicketProgress.OPEN, "1", "T1")
    assert kept.link == "https://psa.example/1"


def test_an_alert_that_only_changes_gets_no_second_ticket(desk: Desk) -> None:
    desk.unused("t1", 5)
    desk.night()
    desk.unused("t1", 9)
    desk.night()
    assert len(desk.psa.tickets) == 1


def test_what_was_open_before_becomes_no_ticket() -> None:
    desk = Desk()
    desk.unused("t1")
    desk.evaluate()
    desk.switch_on()
    desk.unused("t2")
    desk.night()
    assert [summary[:11] for summary in desk.summaries] == ["Customer t2"]


def test_a_type_that_was_not_chosen_becomes_no_ticket(desk: Desk) -> None:
    desk.psa_trouble("401", "Wrong key.", sign_in=True)
    desk.night()
    assert desk.psa.tickets == {}
    assert desk.psa.asked == ["choices"]  # at the switching on


def test_an_alert_of_no_customer_is_a_ticket_of_the_company_that_was_chosen_for_them(desk: Desk) -> None:
    desk.switch_on(types={"psa_sign_in": desk.now})
    desk.psa_trouble("401", "Wrong key.", sign_in=True)
    desk.night()
    assert [made.new.company for made in desk.psa.tickets.values()] == [OTHERS]


def test_the_ticket_is_closed_with_its_alert_and_says_so(desk: Desk) -> None:
    desk.unused("t1")
    desk.night()
    desk.unused("t1", 0)
    desk.night()
    (made,) = desk.psa.tickets.values()
    assert made.status == "done"
    assert len(made.notes) == 1
    assert desk.kept() == []
    assert [ended.progress for ended in desk.ended()] == [TicketProgress.CLOSED]
    asked = list(desk.psa.asked)
    desk.night()
    assert desk.psa.asked == asked


def test_an_alert_that_comes_back_gets_a_new_ticket(desk: Desk) -> None:
    for seats in (5, 0, 5):
        desk.unused("t1", seats)
        desk.night()
    assert desk.statuses == ["done", "new"]
    assert len({made.new.reference for made in desk.psa.tickets.values()}) == 2


def test_an_alert_that_cannot_be_checked_keeps_its_ticket_open(desk: Desk) -> None:
    desk.unused("t1")
    desk.night()
    desk.fail("t1")
    desk.night()
    assert desk.statuses == ["new"]


@pytest.mark.parametrize("deleted", [False, True])
def test_what_a_person_closed_or_deleted_is_left_alone(desk: Desk, deleted: bool) -> None:
    desk.unused("t1")
    desk.night()
    if deleted:
        desk.psa.tickets.clear()
    else:
        desk.psa.tickets["1"].status = "closed"
    desk.night()
    desk.unused("t1", 0)
    desk.night()
    assert desk.statuses == ([] if deleted else ["closed"])
    assert "close" not in desk.psa.asked
    expected = TicketProgress.GONE if deleted else TicketProgress.CLOSED
    assert [ended.progress for ended in desk.ended()] == [expected]


def test_a_process_that_dies_after_the_request_leaves_one_ticket(desk: Desk) -> None:
    desk.unused("t1")
    desk.now += timedelta(days=1)
    desk.evaluate()
    desk.psa.after_create = kill
    with pytest.raises(Killed):
        desk.keep()
    desk.psa.after_create = lambda: None
    assert desk.keep() == making.GRACE  # whoever sends may still be at it
    desk.now += making.GRACE
    assert desk.keep() is None
    assert len(desk.psa.tickets) == 1
    (kept,) = desk.kept()
    assert (kept.progress, kept.ticket_id) == (TicketProgress.OPEN, "1")
    desk.unused("t1", 0)
    desk.night()
    assert desk.statuses == ["done"]


def test_a_ticket_of_which_no_answer_came_is_found_by_its_reference(desk: Desk) -> None:
    desk.unused("t1")
    desk.psa.outcomes = [Outcome.UNCLEAR_APPLIED]
    desk.night()
    assert len(desk.psa.tickets) == 1
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.OPEN]


def test_a_ticket_that_nobody_finds_is_for_a_person_and_is_never_sent_again(desk: Desk) -> None:
    desk.unused("t1")
    desk.psa.outcomes = [Outcome.UNCLEAR_APPLIED]
    desk.psa.finds = False
    for _ in range(3):
        desk.night()
    assert len(desk.psa.tickets) == 1
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.UNDECIDABLE]
    desk.psa.finds = True
    desk.night()
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.OPEN]


@pytest.mark.parametrize("nights, closed", [(1, True), (closing.LOOKED_FOR.days, False)])
def test_a_ticket_that_is_found_days_after_its_alert_closed_is_closed(
    desk: Desk, nights: int, closed: bool
) -> None:
    desk.unused("t1")
    desk.psa.outcomes, desk.psa.finds = [Outcome.UNCLEAR_APPLIED], False
    desk.night()
    desk.unused("t1", 0)
    for _ in range(nights):
        desk.night()
    desk.psa.finds = True
    desk.night()
    assert desk.statuses == (["done"] if closed else ["new"])
    ended = TicketProgress.CLOSED if closed else TicketProgress.UNDECIDABLE
    assert [kept.progress for kept in desk.ended()] == [ended]


def test_a_pause_that_the_psa_asks_for_is_kept_and_proves_nothing_of_the_ticket(desk: Desk) -> None:
    desk.unused("t1", 9)
    desk.unused("t2")
    desk.now += timedelta(days=1)
    desk.evaluate()
    desk.psa.outcomes = [Outcome.NOT_SENT]
    assert desk.keep() == PAUSE
    assert desk.psa.asked.count("create") == 1
    desk.now += PAUSE
    assert desk.keep() is not None
    assert [summary[:11] for summary in desk.summaries] == ["Customer t2"]
    desk.now += making.SETTLES_AFTER
    assert desk.keep() is None
    assert desk.psa.asked.count("create") == 2
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.UNDECIDABLE, TicketProgress.OPEN]


MADE_ALL_THE_SAME = [Outcome.NOT_SENT_APPLIED, Outcome.UNCLEAR_APPLIED, Outcome.UNCLEAR_APPLIED_LATE]


@pytest.mark.parametrize("outcome", MADE_ALL_THE_SAME)
def test_what_was_made_all_the_same_is_found_by_a_search_that_lags(desk: Desk, outcome: Outcome) -> None:
    desk.unused("t1")
    desk.psa.outcomes, desk.psa.lag = [outcome], making.SETTLES_AFTER - timedelta(minutes=10)
    desk.night()
    assert len(desk.psa.tickets) == 1
    assert [(kept.progress, kept.ticket_id) for kept in desk.kept()] == [(TicketProgress.OPEN, "1")]


@pytest.mark.parametrize("for_all", [False, True])
def test_a_refusal_that_was_carried_out_all_the_same_gets_no_second_ticket(desk: Desk, for_all: bool) -> None:
    desk.unused("t1")
    desk.psa.outcomes = [Outcome.REFUSED_APPLIED]
    desk.now = desk.now.replace(hour=23, minute=50)
    desk.evaluate()
    desk.keep()
    if for_all:
        (kept,) = desk.kept()
        desk.tables.commit([Put(kept.key(desk.account.id), kept.model_copy(update={"tried_on": None}))])
    desk.psa.finds = False
    desk.now += timedelta(minutes=20)  # on the next day, but too soon to be sure
    desk.keep()
    assert desk.psa.asked.count("create") == 1
    desk.psa.finds = True
    desk.now += making.SETTLES_AFTER
    desk.keep()
    assert len(desk.psa.tickets) == 1
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.OPEN]


def test_a_refused_ticket_that_is_there_is_closed_when_its_alert_closed_meanwhile(desk: Desk) -> None:
    desk.unused("t1")
    desk.psa.outcomes = [Outcome.REFUSED_APPLIED]
    desk.night()
    desk.unused("t1", 0)
    desk.night()
    assert desk.statuses == ["done"]
    assert desk.kept() == []


def test_our_own_pace_leaves_no_doubt_and_the_ticket_is_made_as_soon_as_it_may_be(desk: Desk) -> None:
    desk.unused("t1")
    desk.now += timedelta(days=1)
    desk.evaluate()
    desk.psa.out_of_pace = True
    assert desk.keep() == PAUSE
    desk.psa.out_of_pace = False
    desk.now += PAUSE
    assert desk.keep() is None
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.OPEN]


def test_a_ticket_that_the_psa_does_not_take_waits_for_another_day(desk: Desk) -> None:
    desk.unused("t1")
    desk.psa.companies = {OTHERS}
    desk.night()
    (kept,) = desk.kept()
    assert (kept.progress, kept.why) == (TicketProgress.REFUSED, "the company does not exist")
    desk.keep()
    assert desk.psa.asked.count("create") == 1
    desk.psa.companies = {"1"}
    desk.night()
    assert len(desk.psa.tickets) == 1


def test_a_missing_right_is_one_failure_and_nothing_more_is_asked_that_day(desk: Desk) -> None:
    for number in range(5):
        desk.unused(f"t{number}")
    desk.psa.refused_writes = PsaRefused.for_all("The PSA", Cause.RIGHTS, "403", "Tickets (add)")
    desk.night()
    desk.keep()
    assert desk.psa.asked.count("create") == 1
    failure = desk.tickets.failure
    assert failure is not None
    assert "Tickets (add)" in failure.told("The PSA")
    desk.psa.refused_writes = None
    desk.night()
    assert len(desk.psa.tickets) == 5
    assert desk.tickets.failure is None


@pytest.mark.parametrize("gone", ["boards", "priorities", "statuses"])
def test_a_choice_that_the_psa_offers_no_more_is_told_before_anything_is_written(
    desk: Desk, gone: str
) -> None:
    setattr(desk.psa, gone, {"other": "Other"})
    desk.unused("t1")
    desk.night()
    assert desk.psa.tickets == {}
    assert desk.tickets.failure is not None
    assert "is not there any more" in desk.tickets.failure.told("The PSA")


def test_no_more_than_the_limit_are_made_a_day_and_the_rest_waits(desk: Desk) -> None:
    desk.switch_on(at_most=3)
    for number in range(7):
        desk.unused(f"t{number}", seats=number + 1)
    desk.night()
    assert (len(desk.psa.tickets), desk.tickets.waiting) == (3, 4)
    assert desk.summaries[0].startswith("Customer t6")  # what costs most comes first
    desk.keep()
    assert len(desk.psa.tickets) == 3
    desk.night()
    desk.night()
    assert (len(desk.psa.tickets), desk.tickets.waiting) == (7, 0)


def test_in_preview_and_switched_off_nothing_is_asked_of_the_psa(desk: Desk) -> None:
    desk.unused("t1")
    desk.account = desk.account.model_copy(update={"mode": Mode.PREVIEW})
    desk.night()
    desk.account = desk.account.model_copy(update={"mode": Mode.LIVE})
    switch_off(desk.tables, desk.account.id)
    desk.night()
    assert desk.psa.asked == ["choices"]


def test_a_message_that_takes_too_long_goes_on_with_the_next(desk: Desk) -> None:
    for number in range(3):
        desk.unused(f"t{number}")
    desk.now += timedelta(days=1)
    desk.evaluate()

    def slow() -> None:
        desk.now += AT_ONCE

    desk.psa.after_create = slow
    waits = [desk.keep(), desk.keep()]
    assert waits[0] is not None
    assert waits[1] is None
    assert len(desk.psa.tickets) == 3


def test_two_messages_at_once_make_one_ticket(desk: Desk) -> None:
    desk.unused("t1")
    desk.now += timedelta(days=1)
    desk.evaluate()
    others: list[timedelta | None] = []

    def meanwhile() -> None:
        desk.psa.after_create = lambda: None
        others.append(desk.keep())

    desk.psa.after_create = meanwhile
    desk.keep()
    assert others == [making.GRACE]
    assert len(desk.psa.tickets) == 1


ANY = st.sampled_from([*[Outcome.ANSWERED] * 3, *Outcome])


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from("abc")), st.lists(ANY, max_size=6), st.sampled_from([0, 25, None])),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_answered_no_opening_has_two_tickets(
    nights: list[tuple[set[str], list[Outcome], int | None]],
) -> None:
    """For so many minutes no search shows what was made; None: all night long."""
    desk = Desk()
    desk.switch_on()
    always_found = all(lag is not None for _, _, lag in nights)
    for unused, outcomes, lag in nights:
        for tenant in "abc":
            desk.unused(tenant, 5 if tenant in unused else 0)
        desk.psa.lag, desk.psa.finds = timedelta(minutes=lag or 0), lag is not None
        # What is refused by its word and never seen is not there: nothing could tell it from a true refusal.
        desk.psa.outcomes = [o for o in outcomes if always_found or o is not Outcome.REFUSED_APPLIED]
        desk.night()
    references = Counter(made.new.reference for made in desk.psa.tickets.values())
    assert all(count == 1 for count in references.values())
    desk.psa.outcomes, desk.psa.finds = [], True
    for tenant in "abc":
        desk.unused(tenant, 0)
    desk.night()
    desk.night()
    assert set(desk.statuses) <= {"done"}
    assert desk.kept() == [] or all(kept.progress is TicketProgress.UNDECIDABLE for kept in desk.kept())


def test_names_of_customers_stay_one_harmless_line(desk: Desk) -> None:
    desk.add("t1", name="Evil\r\nCo \u202e" + "x" * 300)
    desk.unused("t1")
    desk.night()
    (summary,) = desk.summaries
    assert len(summary) <= 100
    assert summary.isprintable()
