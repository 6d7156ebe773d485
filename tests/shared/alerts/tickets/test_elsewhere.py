"""Tickets stay with the PSA connection that they were made in, also when tickets go to another one."""

import pytest

from shared.alerts.tickets import making
from shared.alerts.tickets.models import TicketProgress
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import psa_connection, save_psa_connection
from shared.storage.tables import Put
from tests.shared.alerts.tickets.desk import Desk
from tests.shared.alerts.world import DAY
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.fake_tickets import FakeTickets


@pytest.fixture
def desk() -> Desk:
    """One ticket in the first PSA; tickets go to the other one from then on, where they are closed otherwise."""
    made = Desk()
    made.switch_on()
    made.unused("t1")
    made.night()
    return made


def statuses(psa: FakeTickets) -> list[str]:
    return [made.status for made in psa.tickets.values()]


def test_a_ticket_is_closed_in_the_psa_that_it_was_made_in_by_what_closes_it_there(desk: Desk) -> None:
    desk.move()
    desk.other.statuses = {"done": "Done"}
    desk.unused("t2")
    desk.night()
    desk.unused("t1", 0)
    desk.night()
    assert (statuses(desk.psa), statuses(desk.other)) == (["done"], ["new"])
    assert "state" not in desk.other.asked
    assert [ended.progress for ended in desk.ended()] == [TicketProgress.CLOSED]


def test_a_board_that_is_not_chosen_any_more_keeps_the_status_that_closes_its_tickets(desk: Desk) -> None:
    desk.switch_on(board="desk", closed_status="closed")
    desk.unused("t2")
    desk.night()
    for tenant in ("t1", "t2"):
        desk.unused(tenant, 0)
    desk.night()
    assert statuses(desk.psa) == ["done", "closed"]


def test_a_ticket_of_which_no_answer_came_is_looked_for_only_where_it_was_sent(desk: Desk) -> None:
    desk.unused("t2")
    desk.psa.outcomes, desk.psa.finds = [Outcome.UNCLEAR_APPLIED], False
    desk.night()
    desk.move()
    desk.psa.finds = True
    desk.night()
    assert (len(desk.psa.tickets), len(desk.other.tickets)) == (2, 0)
    assert "find" not in desk.other.asked
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.OPEN, TicketProgress.OPEN]


@pytest.mark.parametrize("was_made", [False, True])
def test_a_refused_ticket_is_made_in_the_other_psa_when_the_first_one_has_none(
    desk: Desk, was_made: bool
) -> None:
    desk.unused("t2")
    desk.psa.outcomes = [Outcome.REFUSED_APPLIED if was_made else Outcome.REFUSED]
    desk.night()
    desk.move()
    desk.night()
    desk.night()
    assert (len(desk.psa.tickets), len(desk.other.tickets)) == ((2, 0) if was_made else (1, 1))


def test_a_refused_ticket_waits_while_nobody_can_look_where_it_was_refused(desk: Desk) -> None:
    desk.unused("t2")
    desk.psa.outcomes = [Outcome.REFUSED_APPLIED]
    desk.night()
    desk.move()
    desk.psa.unavailable = True
    desk.now += DAY
    desk.evaluate()
    assert desk.keep() is not None
    desk.psa.unavailable = False
    desk.keep()
    assert (len(desk.psa.tickets), len(desk.other.tickets)) == (2, 0)


def test_a_psa_that_refuses_to_be_read_stops_no_ticket_of_the_other_and_its_tickets_say_so(
    desk: Desk,
) -> None:
    desk.move()
    desk.psa.refused = PsaRefused.for_all("The PSA", Cause.SIGN_IN, "401", "the secret")
    desk.unused("t1", 0)
    desk.unused("t2")
    desk.night()
    assert statuses(desk.other) == ["new"]
    assert desk.tickets.failure is None
    left = next(kept for kept in desk.kept() if kept.connection == "cw")
    assert (left.progress, left.tried_on) == (TicketProgress.OPEN, desk.now.date())
    assert left.why
    asked = len(desk.psa.asked)
    desk.keep()
    assert len(desk.psa.asked) == asked
    desk.psa.refused = None
    desk.night()
    assert statuses(desk.psa) == ["done"]


def test_a_psa_that_does_not_answer_is_asked_again_while_the_other_goes_on(desk: Desk) -> None:
    desk.move()
    desk.psa.unavailable = True
    desk.unused("t1", 0)
    desk.unused("t2")
    desk.now += DAY
    desk.evaluate()
    assert desk.keep() is not None
    assert statuses(desk.other) == ["new"]
    desk.psa.unavailable = False
    assert desk.keep() is None
    assert statuses(desk.psa) == ["done"]


def test_what_is_in_a_connection_that_was_removed_is_for_people(desk: Desk) -> None:
    desk.unused("t2")
    desk.psa.outcomes, desk.psa.finds = [Outcome.UNCLEAR_APPLIED], False
    desk.now += DAY
    desk.evaluate()
    assert desk.keep() == making.GRACE
    desk.move()
    removed = psa_connection(desk.tables, desk.account.id, "cw").model_copy(update={"removed_at": desk.now})
    save_psa_connection(desk.tables, desk.account.id, removed)
    desk.unused("t1", 0)
    desk.night()
    assert [ended.progress for ended in desk.ended()] == [TicketProgress.LEFT]
    assert [kept.progress for kept in desk.kept()] == [TicketProgress.UNDECIDABLE]
    assert desk.other.tickets == {}


def test_a_ticket_of_before_that_does_not_say_what_closes_it_is_left_to_people(desk: Desk) -> None:
    (kept,) = desk.kept()
    desk.tables.commit([Put(kept.key(desk.account.id), kept.model_copy(update={"closed_status": ""}))])
    desk.move()
    desk.unused("t1", 0)
    desk.night()
    assert statuses(desk.psa) == ["new"]
    assert [ended.progress for ended in desk.ended()] == [TicketProgress.LEFT]
