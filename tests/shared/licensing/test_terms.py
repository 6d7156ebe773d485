"""Whose terms are read tonight, and which of the known ones can be relied on."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.licensing import terms
from shared.licensing.tenant_state import Snapshot, TenantState, Terms
from shared.microsoft.models import Subscription, TenantRead, Term
from tests.shared.billing.world import sku, user

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
DAY = timedelta(days=1)
MANY = [f"tenant-{number}" for number in range(1000)]


@given(st.text(max_size=40), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_every_tenant_has_its_turn_once_in_seven_nights(tenant: str, first: date) -> None:
    turns = [terms.in_turn(tenant, first + number * DAY) for number in range(7)]
    assert sum(turns) == 1


def test_the_turns_are_spread_over_the_week() -> None:
    nights = Counter(
        number for number in range(7) for one in MANY if terms.in_turn(one, NOW.date() + number * DAY)
    )
    assert all(100 < count < 190 for count in nights.values())


def test_a_new_account_knows_all_its_terms_after_one_night() -> None:
    assert terms.due(MANY, MANY, NOW.date()) == set(MANY)


def test_a_tenant_that_was_just_added_is_told_the_same_night() -> None:
    assert MANY[3] in terms.due(MANY, [MANY[3]], NOW.date())


def test_once_they_are_known_only_turns_are_read() -> None:
    due = terms.due(MANY, (), NOW.date())
    assert due == {one for one in MANY if terms.in_turn(one, NOW.date())}


def test_all_are_read_again_within_the_week() -> None:
    nights = [terms.due(MANY, (), NOW.date() + number * DAY) for number in range(7)]
    assert frozenset().union(*nights) == set(MANY)
    assert sum(map(len, nights)) == len(MANY)


# -- what moves a term


def bought(commerce_id: str = "c1", status: str = "Enabled", total: int = 10, ends: int = 40) -> Subscription:
    return Subscription(
        id=f"s-{commerce_id}",
        sku_id="a",
        commerce_id=commerce_id,
        status=status,
        total=total,
        next_lifecycle=NOW + ends * DAY,
    )


def state(*subscriptions: Subscription, known: Terms | None = Terms()) -> TenantState:  # noqa: B008
    snapshot = Snapshot(
        connection_id="p",
        began=NOW,
        ended=NOW,
        digest="d",
        skus=(),
        subscriptions=subscriptions,
        user_count=1,
        users_digest="u",
    )
    return TenantState(tenant_id="t", snapshot=snapshot, terms=known)


def read(*subscriptions: Subscription) -> TenantRead:
    return TenantRead("t", "p", NOW, NOW, (sku("a", 10),), subscriptions, (user("u1"),))


@pytest.mark.parametrize(
    "after",
    [[bought(), bought("c2")], [], [bought(status="Warning")], [bought(ends=405)]],
    ids=["one more", "one less", "another state", "renewed"],
)
def test_a_subscription_that_comes_goes_or_renews_changes_the_terms(after: list[Subscription]) -> None:
    assert terms.changed(state(bought()), read(*after))


def test_more_or_fewer_seats_change_no_term() -> None:
    assert not terms.changed(state(bought()), read(bought(total=7)))


def test_the_first_time_is_by_turn_and_not_by_change() -> None:
    assert not terms.changed(state(bought(), known=None), read())
    assert not terms.changed(TenantState(tenant_id="t", terms=Terms()), read(bought()))


# -- what can be relied on


def kept(ends: date | None, began: datetime | None = NOW) -> TenantState:
    return state(known=Terms(began=began, known=terms.pack([Term(commerce_id="c1", ends=ends)])))


@pytest.mark.parametrize(
    "ends, is_known", [(NOW.date(), True), (NOW.date() - DAY, False), (None, True)], ids=str
)
def test_a_term_is_known_until_its_last_day(ends: date | None, is_known: bool) -> None:
    assert ("c1" in (terms.known(kept(ends), NOW) or {})) is is_known


@pytest.mark.parametrize(
    "began, is_known",
    [(NOW - 30 * DAY, True), (NOW - 30 * DAY - timedelta(seconds=1), False), (None, False)],
    ids=["30 days", "longer", "never"],
)
def test_terms_that_were_read_long_ago_are_unknown(began: datetime | None, is_known: bool) -> None:
    assert bool(terms.known(kept(None, began), NOW)) is is_known


@given(
    st.builds(
        Term,
        commerce_id=st.text(min_size=1, max_size=40),
        duration=st.sampled_from(["", "P1M", "P1Y", "P3Y"]),
        ends=st.none() | st.dates(NOW.date(), date(2099, 1, 1)),
        auto_renew=st.none() | st.booleans(),
        cancellable_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_term_that_was_kept_is_the_same_term(term: Term) -> None:
    stored = TenantState.model_validate_json(state(known=Terms(began=NOW, known=terms.pack([term]))).body())
    assert terms.known(stored, NOW) == {term.commerce_id: term}
