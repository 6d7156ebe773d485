"""Dates at both ends of the calendar, with any offset, in any answer: never a crash, never a wrong end."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.microsoft.instants import LAST, Instant, in_utc
from shared.microsoft.models import Gdap, NotRead
from tests.shared.microsoft.fake import (
    ACCOUNT,
    CONNECTION,
    TENANT,
    FakeMicrosoft,
    is_token,
    json_answer,
    relationship,
    subscription,
)

type Ask = Callable[[FakeMicrosoft, str, object], object]

OFFSETS = ("Z", "", "-08:00", "+01:00", "-23:59", "+23:59", "+14:00")
EDGES = (
    *("9999-12-31T23:59:59", "9999-12-31T00:00:00", "9999-12-30T23:59:59"),
    *("0001-01-01T00:00:00", "0001-01-02T00:00:00", "0001-12-31T23:59:59"),
)


def read_tenant(fake: FakeMicrosoft, field: str, told: Any) -> object:
    fake.subscriptions = [subscription(**{field: told})]
    return fake.connector().read_tenant(ACCOUNT, CONNECTION, TENANT).subscriptions[0]


def read_customers(fake: FakeMicrosoft, field: str, told: Any) -> object:
    fake.relationships = [[relationship(**{field: told})]]
    return fake.connector().customers(ACCOUNT, CONNECTION)


def read_terms(fake: FakeMicrosoft, field: str, told: Any) -> object:
    answer = json_answer({"items": [{"id": "a", field: told}]})
    fake.bend = lambda request: None if is_token(request) else answer
    return fake.connector().terms(ACCOUNT, CONNECTION, TENANT)


DATES = [
    (read_tenant, "nextLifecycleDateTime"),
    (read_customers, "endDateTime"),
    (read_terms, "commitmentEndDate"),
    (read_terms, "cancellationAllowedUntilDate"),
]


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("ask, field", DATES, ids=[field for _, field in DATES])
def test_a_date_at_an_edge_of_the_calendar_is_read(
    ask: Callable[[FakeMicrosoft, str, object], object], field: str, edge: str, offset: str
) -> None:
    assert ask(FakeMicrosoft(), field, edge + offset)


NO_DATES = [
    *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "soon", "", "5", "-1", "1.5"),
    *(10**18, -(10**18), 0, 5, 1_798_675_200, 1.5, True, {}, []),
]
"""A number could be of seconds or of milliseconds."""


@pytest.mark.parametrize("told", NO_DATES)
def test_an_end_that_is_no_date_costs_its_own_relationship_its_end_and_nobody_the_list(told: object) -> None:
    fake = FakeMicrosoft()
    fake.relationships = [[relationship(endDateTime=told)]]
    (known,) = fake.connector().customers(ACCOUNT, CONNECTION)
    assert known.gdap == Gdap(status="active", ends=None)


@pytest.mark.parametrize("told", NO_DATES)
@pytest.mark.parametrize(
    "ask, field",
    [(read_tenant, "nextLifecycleDateTime"), (read_terms, "cancellationAllowedUntilDate")],
    ids=["nextLifecycleDateTime", "cancellationAllowedUntilDate"],
)
def test_what_is_no_date_is_not_known_and_costs_nothing_else(ask: Ask, field: str, told: object) -> None:
    assert ask(FakeMicrosoft(), field, told) == ask(FakeMicrosoft(), field, None)


@pytest.mark.parametrize("told", NO_DATES)
def test_an_end_that_is_no_date_is_not_taken_for_a_term_without_end(told: object) -> None:
    """The rows of renewals stay as they were."""
    with pytest.raises(NotRead):
        read_terms(FakeMicrosoft(), "commitmentEndDate", told)


@pytest.mark.parametrize(
    "ends",
    [
        "9999-12-31T23:59:59-08:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-10T00:00:00Z",
        "2853-07-01T00:00:00Z",
        None,
    ],
)
def test_such_a_commitment_has_no_end(ends: str | None) -> None:
    fake = FakeMicrosoft()
    answer = json_answer({"items": [{"id": "a", "commitmentEndDate": ends}]})
    fake.bend = lambda request: None if is_token(request) else answer
    [term] = fake.connector().terms(ACCOUNT, CONNECTION, TENANT)
    assert term.ends is None


def test_a_relationship_without_a_set_end_is_kept_and_the_one_that_ends_last_counts() -> None:
    fake = FakeMicrosoft()
    fake.relationships = [
        [
            relationship(ends="0001-01-01T00:00:00+01:00"),
            relationship(ends="9999-12-31T23:59:59-08:00"),
            relationship(ends="2027-05-01T00:00:00Z"),
        ]
    ]
    [customer] = fake.connector().customers(ACCOUNT, CONNECTION)
    assert customer.gdap is not None
    assert customer.gdap.ends == date(9999, 12, 31)
    fake.relationships = [[relationship(ends="0001-01-01T00:00:00+01:00")]]
    [customer] = fake.connector().customers(ACCOUNT, CONNECTION)
    assert customer.gdap is not None
    assert customer.gdap.ends is None


@given(
    st.datetimes(
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    ),
    st.integers(-14, 14),
)
def test_every_date_with_every_offset_is_utc_or_none_and_every_zone_can_show_it(
    at: datetime, hours: int
) -> None:
    told = TypeAdapter[datetime | None](Instant).validate_python(at.isoformat())
    assert told == in_utc(at)
    if told is None:
        assert at.year <= 2
        return
    assert told.tzinfo is UTC
    assert told in (at, LAST)
    assert told.astimezone(timezone(timedelta(hours=hours))) == told
