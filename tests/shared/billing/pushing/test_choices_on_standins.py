"""K14 on each stand-in behind its real adapter: what is billed for a period is what the mapping's choice promises."""

from datetime import date

import pytest

from shared.billing.models import FewerSeats, MoreSeats, Options
from shared.errors import Rejected
from tests.shared.billing.standin_world import StandInWorld, at, invoiced

BEGIN = date(2026, 2, 20)
SEATS = {
    date(2026, 3, 17): 12,
    date(2026, 3, 20): 8,
    date(2026, 3, 25): 11,
    date(2026, 4, 10): 9,
    date(2026, 4, 16): 13,
}
"""What the tenant has from those days on; ten before."""


def options(more: str = "from_their_day", fewer: str = "at_once") -> Options:
    return Options(more_seats=MoreSeats(more), fewer_seats=FewerSeats(fewer))


@pytest.mark.parametrize(
    "prorates, fewer, march, april",
    [
        # Twelve are paid for the rest of March, and of April eleven: what comes back within is paid already.
        (True, "at_once", 10 * 31 + 2 * 15, 11 * 30 + 2 * 15),
        (True, "next_period", 10 * 31 + 2 * 15, 11 * 30 + 2 * 15),
        (True, "credited", 10 * 31 + 2 * 15 - 4 * 12 + 3 * 7, 11 * 30 - 2 * 21 + 4 * 15),
        (False, "at_once", 10 * 31, 11 * 30),
        (False, "next_period", 10 * 31, 11 * 30),
    ],
)
def test_connectwise_bills_in_advance_what_was_chosen(
    prorates: bool, fewer: str, march: int, april: int
) -> None:
    world = StandInWorld("connectwise", at(BEGIN), prorate=prorates)
    world.mapped(options(fewer=fewer))
    assert invoiced(world, SEATS) == [march, april, 13 * 31]


@pytest.mark.parametrize(
    "more, fewer, march, april",
    [
        (
            "from_their_day",
            "at_once",
            16 * 10 + 3 * 12 + 5 * 8 + 7 * 11,
            9 * 11 + 6 * 9 + 15 * 13,
        ),
        # Twelve until fewer count on the first of April; then eleven, as of the third change of March.
        ("from_their_day", "next_period", 16 * 10 + 15 * 12, 15 * 11 + 15 * 13),
        # From the first of March, and what comes after a change of that period from the day after that change: a
        # service takes one change a day, and the days before it say what they are to say already.
        ("from_period_start", "at_once", 19 * 12 + 1 * 8 + 11 * 11, 9 * 11 + 1 * 9 + 20 * 13),
        ("from_period_start", "next_period", 31 * 12, 1 * 11 + 29 * 13),
    ],
)
def test_autotask_bills_by_the_day_what_was_chosen(more: str, fewer: str, march: int, april: int) -> None:
    world = StandInWorld("autotask", at(BEGIN))
    world.mapped(options(more, fewer))
    assert invoiced(world, SEATS) == [march, april, 13 * 31]


@pytest.mark.parametrize(
    "kind, chosen, sentence",
    [
        ("connectwise", options("from_period_start"), "no days from which seats count"),
        ("halo", options("from_period_start"), "no days from which seats count"),
        ("halo", options(fewer="next_period"), "In HaloPSA they count at once"),
        ("halo", options(fewer="credited"), "does not prorate by a second line"),
        ("autotask", options(fewer="credited"), "does not prorate by a second line"),
    ],
)
def test_what_a_psa_cannot_do_is_refused_with_a_sentence(kind: str, chosen: Options, sentence: str) -> None:
    world = StandInWorld(kind, at(BEGIN))
    with pytest.raises(Rejected, match=sentence):
        world.mapped(chosen)


def test_connectwise_without_advance_billing_cannot_let_fewer_seats_wait() -> None:
    world = StandInWorld("connectwise", at(BEGIN), type_name="Backup")
    with pytest.raises(
        Rejected, match="say in the connection that agreements of its type are billed in advance"
    ):
        world.mapped(options(fewer="next_period"))
