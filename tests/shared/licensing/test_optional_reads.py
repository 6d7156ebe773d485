"""Shared mailboxes and terms come beside the licences: only when they are wanted, and never at the licences' cost."""

from datetime import date, timedelta

import pytest

from shared.accounts.account import OptionalRead
from shared.licensing.optional_reads import MOST_MAILBOXES, NO_IDS
from shared.licensing.reading import TenantToRead
from shared.licensing.tenant_state import Mailboxes, ReadStatus, TenantState, Terms
from shared.licensing.terms import in_turn, pack
from shared.microsoft.models import (
    FailureCause,
    MailboxRead,
    MailboxSource,
    NotRead,
    SharedMailbox,
    Subscription,
    Term,
)
from shared.microsoft.read_problems import ReadProblem
from tests.shared.billing.world import START
from tests.shared.licensing.test_reading import Night

REFUSED = NotRead(FailureCause.TENANT, "403 Forbidden", ReadProblem.EXCHANGE_ROLE)
BUSY = NotRead(FailureCause.TRANSIENT, "throttled", ReadProblem.THROTTLED, "Exchange Online")
DAY = timedelta(days=1)


def box(number: int = 1) -> SharedMailbox:
    return SharedMailbox(user_id=f"u{number}", name="Info", address="info@a.example", skus=("a",))


def told(*boxes: SharedMailbox, listed: int | None = None) -> MailboxRead:
    return MailboxRead(MailboxSource.EXCHANGE, len(boxes) if listed is None else listed, boxes)


@pytest.fixture
def night() -> Night:
    night = Night()
    night.add("contoso")
    return night


def read(night: Night, *, terms: bool = False, nights: int = 0) -> TenantState:
    """A night's read of contoso."""
    at = START + nights * DAY
    night.microsoft.now = at
    night.start(f"night-{nights}", at)
    (asked,) = night.ask(at)
    night.read(TenantToRead(asked.tenant_id, asked.connections, terms), at)
    return night.state("contoso")


def mailboxes(state: TenantState) -> Mailboxes:
    assert state.mailboxes is not None
    return state.mailboxes


def known(state: TenantState) -> Terms:
    assert state.terms is not None
    return state.terms


# -- shared mailboxes


def test_what_is_told_stands_on_the_head(night: Night) -> None:
    night.microsoft.boxes = told(box())
    state = read(night)
    assert mailboxes(state) == Mailboxes(began=START, source=MailboxSource.EXCHANGE, licensed=(box(),))


def test_who_does_not_watch_them_asks_nobody_and_keeps_nothing(night: Night) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.account = night.account.model_copy(update={"optional_reads": frozenset({OptionalRead.TERMS})})
    night.microsoft.asked.clear()
    state = read(night, nights=1)
    assert state.mailboxes is None
    assert [what for _, what in night.microsoft.asked if what.startswith("mailboxes")] == []


@pytest.mark.parametrize("failed", [REFUSED, BUSY], ids=["refused", "busy"])
def test_when_they_cannot_be_read_the_licences_are_and_the_list_stays_with_the_reason(
    night: Night, failed: NotRead
) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.microsoft.boxes = failed
    night.microsoft.reads["p1", "contoso"] = 12
    state = read(night, nights=1)
    assert state.status is ReadStatus.READ
    assert state.snapshot is not None
    assert state.snapshot.skus[0].enabled == 12
    kept = mailboxes(state)
    assert kept.failure is not None
    assert (kept.failure.code, kept.licensed, kept.began) == (failed.code, (box(),), START)


def test_the_licences_are_kept_even_when_the_reading_beside_them_breaks_down(night: Night) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.microsoft.boxes = RuntimeError("a bug")
    night.microsoft.reads["p1", "contoso"] = 12
    with pytest.raises(RuntimeError):
        read(night, nights=1)
    state = night.state("contoso")
    assert state.status is ReadStatus.READ
    assert state.snapshot is not None
    assert state.snapshot.skus[0].enabled == 12
    kept = mailboxes(state)
    assert (kept.licensed, kept.failure and kept.failure.code) == ((box(),), "interrupted")


def test_the_reason_is_gone_with_the_next_good_read(night: Night) -> None:
    night.microsoft.boxes = REFUSED
    read(night)
    night.microsoft.boxes = told()
    assert mailboxes(read(night, nights=1)) == Mailboxes(began=START + DAY, source=MailboxSource.EXCHANGE)


def test_an_empty_list_after_a_full_one_is_believed_only_the_second_time(night: Night) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.microsoft.boxes = told()
    doubted = mailboxes(read(night, nights=1))
    assert doubted.licensed == (box(),)
    assert doubted.failure is not None
    believed = mailboxes(read(night, nights=2))
    assert (believed.licensed, believed.failure) == ((), None)


def test_mailboxes_that_lost_their_licences_are_believed_at_once(night: Night) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.microsoft.boxes = told(listed=1)
    assert mailboxes(read(night, nights=1)).licensed == ()


def test_of_very_many_the_rest_is_counted(night: Night) -> None:
    night.microsoft.boxes = told(*(box(number) for number in range(MOST_MAILBOXES + 5)))
    kept = mailboxes(read(night))
    assert (len(kept.licensed), kept.more) == (MOST_MAILBOXES, 5)


def test_a_tenant_that_cannot_be_read_keeps_what_was_known(night: Night) -> None:
    night.microsoft.boxes = told(box())
    read(night)
    night.microsoft.reads["p1", "contoso"] = REFUSED
    state = read(night, nights=1)
    assert state.status is ReadStatus.NOT_READ
    assert mailboxes(state).licensed == (box(),)


# -- terms


def subscription(commerce_id: str, status: str = "Enabled") -> Subscription:
    return Subscription(id=f"s-{commerce_id}", sku_id="a", commerce_id=commerce_id, status=status, total=10)


def terms_asked(night: Night) -> int:
    return sum(what.startswith("terms") for _, what in night.microsoft.asked)


def test_terms_are_read_in_turn_and_kept_between_turns(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    night.microsoft.told = (Term(commerce_id="c1", ends=date(2026, 9, 1)), Term(commerce_id="an azure plan"))
    first = known(read(night, terms=True))
    assert first == Terms(began=START, known=pack([Term(commerce_id="c1", ends=date(2026, 9, 1))]))
    assert known(read(night, nights=1)) == first
    assert terms_asked(night) == 1


def test_terms_are_read_out_of_turn_when_a_subscription_changed(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    read(night, terms=True)
    night.microsoft.subscriptions = (subscription("c1", "Warning"),)
    assert known(read(night, nights=1)).began == START + DAY
    assert terms_asked(night) == 2


def test_terms_that_cannot_be_read_cost_nothing_else(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    night.microsoft.told = REFUSED
    state = read(night, terms=True)
    assert state.status is ReadStatus.READ
    kept = known(state)
    assert kept.failure is not None
    assert (kept.failure.code, kept.began) == ("403 Forbidden", None)


def test_a_failed_turn_keeps_the_terms_that_were_known(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    night.microsoft.told = (Term(commerce_id="c1"),)
    read(night, terms=True)
    night.microsoft.told = BUSY
    kept = known(read(night, terms=True, nights=7))
    assert (kept.known, kept.began) == (pack([Term(commerce_id="c1")]), START)


def test_terms_that_no_subscription_can_be_joined_to_any_more_stay_as_they_were_known(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    night.microsoft.told = (Term(commerce_id="c1"),)
    read(night, terms=True)
    night.microsoft.subscriptions = (subscription(""),)
    kept = known(read(night, nights=1))
    assert (kept.known, kept.began) == (pack([Term(commerce_id="c1")]), START)
    assert kept.failure == NO_IDS
    night.microsoft.subscriptions = (subscription("c1"),)
    assert known(read(night, nights=2)).failure is None


def test_terms_of_subscriptions_that_are_gone_are_gone(night: Night) -> None:
    night.microsoft.subscriptions = (subscription("c1"),)
    night.microsoft.told = (Term(commerce_id="c1"),)
    read(night, terms=True)
    night.microsoft.subscriptions, night.microsoft.told = (), ()
    assert known(read(night, nights=1)) == Terms(began=START + DAY)


@pytest.mark.parametrize("failed, again", [(BUSY, True), (REFUSED, False)], ids=["busy", "refused"])
def test_a_first_turn_that_failed_for_a_passing_reason_comes_again_the_next_night(
    night: Night, failed: NotRead, again: bool
) -> None:
    night.microsoft.told = failed
    read(night, terms=True)
    turns = [number for number in range(1, 7) if not in_turn("contoso", START.date() + number * DAY)]
    at = START + turns[0] * DAY
    night.start("later", at)
    assert [one.terms for one in night.ask(at)] == [again]


def test_the_first_night_of_a_small_account_asks_for_all_terms(night: Night) -> None:
    night.add("fabrikam")
    assert [one.terms for one in night.ask()] == [True, True]


def test_who_wants_no_terms_is_not_read_any(night: Night) -> None:
    night.account = night.account.model_copy(update={"reads_terms": False})
    state = read(night, terms=True)
    assert state.terms is None
    assert [what for _, what in night.microsoft.asked if what.startswith("terms")] == []
    night.start("next", START + DAY)
    assert [one.terms for one in night.ask(START + DAY)] == [False]
