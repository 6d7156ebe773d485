"""Months written by hand, with the table that a person would make of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest

from shared.errors import Rejected
from shared.licensing.product_names import Names
from shared.licensing.tenant_state import Day, Mailboxes
from shared.microsoft.models import Sku, Subscription, User
from shared.reports.figures import figures
from shared.reports.models import LicenceMonth, Month, MonthFacts, PersonEvent
from tests.shared.alerts.world import box, sku, subscription
from tests.shared.licensing.bought import bought

E3, E5, COPILOT = "e3", "e5", "copilot"
NAMES = Names({E3: "Office 365 E3", E5: "Office 365 E5", COPILOT: "Copilot"})


class Row(NamedTuple):
    name: str
    purchased: int | None
    assigned: int | None
    spare: int | None
    average: str | None


def user(name: str, *skus: str) -> User:
    return User(f"id-{name}", name, f"{name.lower()}@q.example", "", True, "Member", "", "", "", "", skus)


def day(on: str, *skus: Sku, users: str = "nobody", subscriptions: Collection[Subscription] = ()) -> Day:
    at = date.fromisoformat(on)
    began = datetime(at.year, at.month, at.day, 2, tzinfo=UTC)
    bought_then = bought(*skus, besides=subscriptions)
    return Day(on=at, began=began, digest=on, users_digest=users, skus=skus, subscriptions=bought_then)


def facts(
    month: str,
    *days: Day,
    today: str = "2026-12-31",
    not_read: Collection[str] = (),
    users: Mapping[str, list[User] | None] | None = None,
) -> MonthFacts:
    return MonthFacts(
        company="Quayside",
        month=Month.named(month),
        today=date.fromisoformat(today),
        days=days,
        not_read={date.fromisoformat(on) for on in not_read},
        ours=(),
        by_subscription=(),
        users={"nobody": []} if users is None else users,
        billed={},
        do_not_bill=(),
        mailboxes=None,
        names=NAMES,
    )


def row(licence: LicenceMonth) -> Row:
    end, average = licence.end, licence.average
    return Row(
        licence.name, end.purchased, end.assigned, end.spare, str(average) if average is not None else None
    )


def table(given: MonthFacts) -> list[Row]:
    return [row(licence) for licence in figures(given).licences]


def changes(licence: LicenceMonth) -> list[tuple[str, int | None, int | None]]:
    return [(str(one.on), one.before.purchased, one.after.purchased) for one in licence.changes]


def test_a_month_in_which_nothing_happened() -> None:
    """Only a row of long before: history has a row only where something changed."""
    given = facts("2026-11", day("2026-03-04", sku(E3, 25, 19)))
    assert table(given) == [Row("Office 365 E3", 25, 19, 6, "25.00")]
    assert figures(given).licences[0].changes == ()


def test_each_change_stands_with_its_day_and_the_average_is_by_days() -> None:
    """10 days of 10, 15 of 13, 5 of 12: (100 + 195 + 60) / 30."""
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10, 9)),
        day("2026-11-11", sku(E3, 13, 9)),
        day("2026-11-26", sku(E3, 12, 11)),
    )
    assert table(given) == [Row("Office 365 E3", 12, 11, 1, "11.83")]
    assert changes(figures(given).licences[0]) == [("2026-11-11", 10, 13), ("2026-11-26", 13, 12)]


def test_a_licence_that_came_and_went_is_told_with_its_average() -> None:
    """5 seats from the 6th to the 20th: 15 days of 30."""
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10)),
        day("2026-11-06", sku(E3, 10), sku(COPILOT, 5, 2)),
        day("2026-11-21", sku(E3, 10)),
    )
    assert table(given) == [Row("Copilot", 0, 0, 0, "2.50"), Row("Office 365 E3", 10, 10, 0, "10.00")]
    assert changes(figures(given).licences[0]) == [("2026-11-06", 0, 5), ("2026-11-21", 5, 0)]


def test_a_split_licence_has_a_row_a_subscription_and_no_assigned_number() -> None:
    """Microsoft counts users per SKU only."""
    one, two = subscription("a", E3, 10), subscription("b", E3, 4)
    given = facts("2026-11", day("2026-11-01", sku(E3, 14, 9), subscriptions=(one, two)))
    given = replace(given, by_subscription={E3})
    assert table(given) == [
        Row("Office 365 E3", 10, None, None, "10.00"),
        Row("Office 365 E3", 4, None, None, "4.00"),
    ]
    assert [str(licence.key) for licence in figures(given).licences] == ["e3/a", "e3/b"]


def test_grace_and_suspended_seats_stand_apart() -> None:
    given = facts("2026-11", day("2026-11-01", sku(E3, 10, 9, grace=3, suspended=2)))
    end = figures(given).licences[0].end
    assert (end.purchased, end.in_grace, end.suspended) == (10, 3, 2)


def test_unread_days_are_said_and_are_in_no_average() -> None:
    """9 days of 10 (the 1st to the 9th), nothing known of the 10th to the 12th, 18 of 20."""
    missed = ["2026-11-10", "2026-11-11", "2026-11-12"]
    given = facts("2026-11", day("2026-10-20", sku(E3, 10)), day("2026-11-13", sku(E3, 20)), not_read=missed)
    assert table(given) == [Row("Office 365 E3", 20, 20, 0, "16.67")]
    found = figures(given)
    assert [str(on) for on in found.not_read] == missed
    assert found.licences[0].changes[0].not_read_since == date(2026, 11, 10)


def test_days_whose_numbers_cannot_be_trusted_are_in_no_average() -> None:
    wrong = (subscription("a", E3, 9),)
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10)),
        day("2026-11-16", sku(E3, 12), subscriptions=wrong),
    )
    assert table(given) == [Row("Office 365 E3", None, 12, None, "10.00")]


@pytest.mark.parametrize("month, days", [("2026-03", 31), ("2026-10", 31), ("2028-02", 29), ("2026-02", 28)])
def test_months_of_a_changed_clock_and_of_a_leap_day_have_their_days(month: str, days: int) -> None:
    """One seat on all days but the last, two on that."""
    last = Month.named(month).last
    given = facts(month, day("2026-01-02", sku(E3, 1)), day(str(last), sku(E3, 2)), today="2029-01-01")
    average = (Decimal(days + 1) / days).quantize(Decimal("0.01"))
    assert table(given) == [Row("Office 365 E3", 2, 2, 0, str(average))]


def test_a_company_that_was_added_in_the_month_is_told_from_its_first_read_on() -> None:
    given = facts("2026-11", day("2026-11-16", sku(E3, 10)), day("2026-11-26", sku(E3, 13)))
    found = figures(given)
    assert found.known_from == date(2026, 11, 16)
    assert [row(licence) for licence in found.licences] == [Row("Office 365 E3", 13, 13, 0, "11.00")]
    assert found.not_read == ()


def test_a_month_that_is_not_over_is_told_up_to_today() -> None:
    given = facts("2026-11", day("2026-10-20", sku(E3, 10)), today="2026-11-10")
    assert figures(given).last == date(2026, 11, 10)


def test_free_licences_are_not_told_of() -> None:
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10), sku("flow", 10_000, 4, part="FLOW_FREE"), sku("x", 20_000, 2)),
    )
    assert [found.name for found in table(given)] == ["Office 365 E3"]


def test_the_chart_has_twelve_months_and_none_before_the_first_read() -> None:
    given = facts(
        "2026-11", day("2026-08-15", sku(E3, 10), sku(E5, 2)), day("2026-10-20", sku(E3, 11), sku(E5, 2))
    )
    seats = [found for _, found in figures(given).seats]
    assert seats == [None] * 8 + [12, 12, 13, 13]


def test_people_who_came_went_and_changed_are_told_with_the_day() -> None:
    skus = sku(E3, 3), sku(E5, 3)
    given = facts(
        "2026-11",
        day("2026-10-20", *skus, users="1"),
        day("2026-11-05", *skus, users="2"),
        day("2026-11-20", *skus, users="3"),
        users={
            "1": [user("Ann", E3), user("Bob", E3)],
            "2": [user("Ann", E3, E5), user("Cid", E3), user("Dora", "free")],
            "3": [user("Ann", E5), user("Cid", E3)],
        },
    )
    found = figures(given)
    told = [(str(one.on), one.event, one.name, one.came, one.went) for one in found.person_changes]
    e3, e5 = "Office 365 E3", "Office 365 E5"
    assert told == [
        ("2026-11-05", PersonEvent.CHANGED, "Ann", (e5,), ()),
        ("2026-11-05", PersonEvent.GONE, "Bob", (), (e3,)),
        ("2026-11-05", PersonEvent.NEW, "Cid", (e3,), ()),
        ("2026-11-20", PersonEvent.CHANGED, "Ann", (), (e3,)),
    ]
    assert found.people is not None
    assert [(person.name, person.licences) for person in found.people] == [("Ann", (e5,)), ("Cid", (e3,))]


def test_people_who_are_kept_no_longer_are_not_taken_for_nobody() -> None:
    given = facts("2026-11", day("2026-10-20", sku(E3, 3), users="gone"), users={"gone": None})
    assert figures(given).people is None


def test_a_shared_mailbox_with_a_licence_is_told() -> None:
    mailboxes = Mailboxes(licensed=(box("info", E3), box("free", "flow")))
    given = replace(facts("2026-11", day("2026-10-20", sku(E3, 3))), mailboxes=mailboxes)
    assert [(one.name, one.licences) for one in figures(given).mailboxes] == [("Info", ("Office 365 E3",))]


def test_a_month_before_the_first_read_is_refused() -> None:
    with pytest.raises(Rejected, match="had not been read by the end of October 2026"):
        figures(facts("2026-10", day("2026-11-16", sku(E3, 10))))


def test_a_month_without_a_single_read_is_refused() -> None:
    month = Month.named("2026-11")
    missed = [str(month.first + timedelta(days=number)) for number in range(30)]
    with pytest.raises(Rejected, match="could not be read on a single day of November 2026"):
        figures(facts("2026-11", day("2026-10-16", sku(E3, 10)), not_read=missed))


def test_a_month_that_is_still_to_come_is_refused() -> None:
    with pytest.raises(Rejected, match="is still to come"):
        figures(facts("2027-01", day("2026-10-16", sku(E3, 10))))
