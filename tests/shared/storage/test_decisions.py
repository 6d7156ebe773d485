"""What people decide is kept, with who, when and why."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage import keys
from shared.storage.decisions import Decider, Decision, as_of, decide, get, history, in_force
from shared.storage.documents import Document
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from shared.storage.tables import Conflict, Key, Row, Tables

ACME, OTHER = account_id("acme"), account_id("other")
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Profile(Document):
    name: str = ""
    counts: str = "purchased"


def say(
    tables: Tables,
    profile: Profile | None,
    now: datetime = MONDAY,
    name: str = "p1",
    kind: str = "profile",
    reason: str = "asked",
) -> Decision:
    return decide(tables, ACME, kind, name, profile, Decider("ann@msp.example", reason, now))


def test_what_was_decided_last_is_in_force(tables: Tables) -> None:
    assert get(tables, ACME, "profile", "p1", Profile) is None
    say(tables, Profile(name="first"))
    say(tables, Profile(name="second"), MONDAY + DAY)
    assert get(tables, ACME, "profile", "p1", Profile) == Profile(name="second")


def test_only_what_is_in_force_of_that_kind_and_account_is_listed(tables: Tables) -> None:
    say(tables, Profile(name="1"), name="p1")
    say(tables, Profile(name="old"), name="žluť / 2")
    say(tables, Profile(name="2"), MONDAY + DAY, name="žluť / 2")
    say(tables, Profile(name="ended"), name="p3")
    say(tables, None, MONDAY + DAY, name="p3")
    say(tables, Profile(name="another kind"), kind="profiles")
    decide(tables, OTHER, "profile", "p9", Profile(), Decider("bob", "", MONDAY))
    assert dict(in_force(tables, ACME, "profile", Profile)) == {
        "p1": Profile(name="1"),
        "žluť / 2": Profile(name="2"),
    }


def test_any_time_in_the_past_shows_what_held_then(tables: Tables) -> None:
    say(tables, Profile(name="first"), MONDAY)
    say(tables, Profile(name="neighbour"), MONDAY, name="p11")
    say(tables, Profile(name="second"), MONDAY + DAY)
    say(tables, None, MONDAY + 2 * DAY)
    say(tables, Profile(name="again"), MONDAY + 3 * DAY)

    def held(when: datetime) -> str | None:
        found = as_of(tables, ACME, "profile", "p1", Profile, when)
        return found.name if found else None

    moment = timedelta(microseconds=1)
    assert held(MONDAY - moment) is None
    assert held(MONDAY) == "first"
    assert held(MONDAY + DAY - moment) == "first"
    assert held(MONDAY + DAY) == "second"
    assert held(MONDAY + 2 * DAY) is None
    assert held(MONDAY + 3 * DAY) == "again"
    assert held(MONDAY + 99 * DAY) == "again"


def test_history_says_who_when_and_why(tables: Tables) -> None:
    say(tables, Profile(name="first"), MONDAY, reason="new customer")
    say(tables, None, MONDAY + DAY, reason="customer left")
    assert [
        (d.valid_from, d.who, d.reason, d.read(Profile)) for d in history(tables, ACME, "profile", "p1")
    ] == [
        (MONDAY, "ann@msp.example", "new customer", Profile(name="first")),
        (MONDAY + DAY, "ann@msp.example", "customer left", None),
    ]


def test_a_second_decision_in_the_same_microsecond_follows_the_first(tables: Tables) -> None:
    first, second = say(tables, Profile(name="first")), say(tables, Profile(name="second"))
    assert second.valid_from == first.valid_from + timedelta(microseconds=1)
    assert list(history(tables, ACME, "profile", "p1")) == [first, second]
    assert get(tables, ACME, "profile", "p1", Profile) == Profile(name="second")


def test_a_decision_made_by_a_slow_clock_still_follows_the_one_it_replaces(tables: Tables) -> None:
    say(tables, Profile(name="first"), MONDAY)
    say(tables, Profile(name="second"), (MONDAY - DAY).astimezone(timezone(timedelta(hours=5))))
    assert [d.read(Profile) for d in history(tables, ACME, "profile", "p1")] == [
        Profile(name="first"),
        Profile(name="second"),
    ]
    assert as_of(tables, ACME, "profile", "p1", Profile, MONDAY) == Profile(name="first")


class _SomebodyIsFaster(MemoryTables):
    """Somebody else decides between the read and the write."""

    faster = False

    def get(self, key: Key) -> Row | None:
        row = super().get(key)
        if self.faster:
            self.faster = False
            say(self, Profile(name="theirs"), MONDAY + timedelta(hours=1))
        return row


@pytest.mark.parametrize("before", [None, Profile(name="before")])
def test_who_decides_at_the_same_moment_is_told_and_nothing_of_it_is_kept(before: Profile | None) -> None:
    tables = _SomebodyIsFaster()
    if before:
        say(tables, before)
    tables.faster = True
    with pytest.raises(Conflict):
        say(tables, Profile(name="mine"), MONDAY + DAY)
    assert get(tables, ACME, "profile", "p1", Profile) == Profile(name="theirs")
    kept = [d.read(Profile) for d in history(tables, ACME, "profile", "p1")]
    assert kept == [*([before] if before else []), Profile(name="theirs")]


def test_a_default_that_changes_later_does_not_change_what_was_decided(tables: Tables) -> None:
    class ProfileOfNextYear(Document):
        name: str = ""
        counts: str = "assigned"

    say(tables, Profile(name="first"))
    found = get(tables, ACME, "profile", "p1", ProfileOfNextYear)
    assert found
    assert found.counts == "purchased"


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "a|b"]), st.none() | st.text(max_size=3), st.integers(-5, 5)),
        max_size=12,
    )
)
def test_the_newest_version_is_always_the_one_in_force(steps: list[tuple[str, str | None, int]]) -> None:
    tables = MemoryTables()
    expected: dict[str, list[str | None]] = {}
    for name, text, minutes in steps:
        profile = None if text is None else Profile(name=text)
        say(tables, profile, MONDAY + timedelta(minutes=minutes), name=name)
        expected.setdefault(name, []).append(text)
    for name, said in expected.items():
        versions = list(history(tables, ACME, "profile", name))
        assert [version.read(Profile) for version in versions] == [
            None if t is None else Profile(name=t) for t in said
        ]
        assert [v.valid_from for v in versions] == sorted({v.valid_from for v in versions})
        assert as_of(tables, ACME, "profile", name, Profile, versions[-1].valid_from) == get(
            tables, ACME, "profile", name, Profile
        )
    assert {name for name, _ in in_force(tables, ACME, "profile", Profile)} == {
        name for name, said in expected.items() if said[-1] is not None
    }


def test_a_decision_and_its_version_share_a_partition() -> None:
    assert (
        keys.decision_now(ACME, "profile", "p1").partition
        == keys.decision_version(ACME, "profile", "p1", MONDAY).partition
    )
