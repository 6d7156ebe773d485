"""K14 against the stand-ins: what each PSA bills of each day of two months is what the mapping promised of the period.

The bill is computed from the stand-ins' own documents, by day.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from sandbox.standins.state import Document
from shared.billing.mapping.choices import mappings_of
from shared.billing.models import FewerSeats, LicenceMapping, LineKey, MoreSeats, Options, TenantMappings
from shared.errors import Rejected
from tests.simulation.cheap import parsed_once
from tests.simulation.mapping_life import MSP
from tests.simulation.simulate import Simulation

FEBRUARY, MARCH, APRIL = (date(2027, month, 1) for month in (2, 3, 4))
NEXT = Options(fewer_seats=FewerSeats.NEXT_PERIOD)
WHOLE = Options(more_seats=MoreSeats.FROM_PERIOD_START)


class Month:
    """An MSP from 10 February 2027 on, and of each PSA one line that bills a whole licence."""

    def __init__(self) -> None:
        self._simulation = Simulation("periods-3", tenants=5)
        self.life = self._simulation.life
        self.truth = self._simulation.truth
        self._said = {self.today.replace(day=1): self.truth.quantities()}

    def line(self, psa: str) -> "Line":
        for key, kept in self.life.kept_lines():
            if key.connection == psa and kept.confirmed and kept.confirmed > 4:
                mapping = self.life.mapping(kept.tenant_id, kept.mapping_id)
                if mapping is not None and not mapping.subscription_id:
                    if psa == "sim-cw":
                        self.life.do("set_prorate", agreement=key.agreement_id, on=True)
                    return Line(self, key, kept.tenant_id, kept.line_id, kept.confirmed)
        raise AssertionError(psa)

    @property
    def today(self) -> date:
        return self.life.mappings.today

    def nights_until(self, day: date) -> None:
        while self.today < day:
            if self.today.day == 1:
                self._said[self.today] = self.truth.quantities()
            self._simulation.night(set())

    def invoiced(self, line: str, day: date) -> int:
        """What the line said when the month of that day was invoiced, on its first day."""
        return self._said.get(day.replace(day=1), self.truth.quantities())[line]


class Line:
    def __init__(self, month: Month, key: LineKey, tenant: str, line: str, seats: int) -> None:
        self._month, self._key, self._tenant, self.id, self.seats = month, key, tenant, line, seats

    def choose(self, options: Options) -> None:
        before = mappings_of(self._month.life.mappings.tables, MSP, self._tenant)
        changed = tuple(
            mapping.model_copy(update={"options": options}) if mapping.id == self._key.mapping_id else mapping
            for mapping in before.mappings
        )
        self._month.life.mappings.save(TenantMappings(tenant_id=self._tenant, mappings=changed))

    def sells(self, more: int) -> None:
        """The customer buys so many seats, or gives them back, today."""
        mapping = self._month.life.mapping(self._tenant, self._key.mapping_id)
        assert isinstance(mapping, LicenceMapping)

        def edit(tenant: Document) -> None:
            (holding,) = (held for held in tenant["holdings"] if held["sku_id"] == mapping.sku_id)
            part = next(part for part in holding["subscriptions"] if part["status"] == "Enabled")
            part["units"] += more
            holding["assigned"] = min(holding["assigned"], part["units"])

        self._month.life.state.change("tenant", self._tenant, edit)

    def bills(self, first: date, days: int) -> set[int]:
        """The different numbers of seats that these days are billed with."""
        return {self._bills(first + timedelta(days=n)) for n in range(days)}

    def _bills(self, day: date) -> int:
        """Autotask by the day. ConnectWise a month in advance, and a second line for each of its days."""
        truth = self._month.truth
        if self._key.connection != "sim-cw":
            return truth.seats_on(self.id, day)
        mine = (line for line in truth.second_lines() if line.mapping == self._key.mapping_id)
        seconds = sum(line.seats for line in mine if line.begins <= day <= line.ends)
        return self._month.invoiced(self.id, day) + seconds


@pytest.fixture
def month() -> Iterator[Month]:
    with parsed_once():
        yield Month()


def test_fewer_seats_are_billed_to_the_end_of_february_and_not_a_day_longer(month: Month) -> None:
    """Autotask bills by the day; ConnectWise billed February before, and takes the line's number for March."""
    autotask, connectwise = month.line("sim-autotask"), month.line("sim-cw")
    for line in (autotask, connectwise):
        line.choose(NEXT)
    month.nights_until(date(2027, 2, 15))
    for line in (autotask, connectwise):
        line.sells(-2)
    month.nights_until(date(2027, 2, 20))
    assert autotask.bills(FEBRUARY, 28) == {autotask.seats}
    assert month.truth.quantities()[connectwise.id] == connectwise.seats - 2
    for line in (autotask, connectwise):
        line.sells(+1)  # these are paid until the month is over
    month.nights_until(date(2027, 3, 10))
    for line in (autotask, connectwise):
        assert line.bills(FEBRUARY, 28) == {line.seats}
        assert line.bills(MARCH, 31) == {line.seats - 1}


def test_more_seats_are_billed_from_the_first_of_their_month(month: Month) -> None:
    line = month.line("sim-autotask")
    line.choose(WHOLE)
    month.nights_until(date(2027, 3, 17))
    line.sells(3)
    month.nights_until(date(2027, 4, 5))
    assert line.bills(FEBRUARY, 28) == {line.seats}
    assert line.bills(MARCH, 31) == {line.seats + 3}
    assert line.bills(APRIL, 30) == {line.seats + 3}


def test_by_default_seats_are_billed_from_their_day_to_their_day(month: Month) -> None:
    autotask, connectwise = month.line("sim-autotask"), month.line("sim-cw")
    month.nights_until(date(2027, 3, 10))
    for line in (autotask, connectwise):
        line.sells(3)
    month.nights_until(date(2027, 3, 20))
    for line in (autotask, connectwise):
        assert line.bills(MARCH, 10) == {line.seats}
        assert line.bills(date(2027, 3, 11), 21) == {line.seats + 3}
    autotask.sells(-2)
    month.nights_until(date(2027, 4, 2))
    assert autotask.bills(date(2027, 3, 21), 20) == {autotask.seats + 1}


@pytest.mark.parametrize(
    "psa, options, why",
    [
        ("sim-cw", WHOLE, "cannot count from the start of a period"),
        ("sim-halo", WHOLE, "cannot count from the start of a period"),
        ("sim-halo", NEXT, "Nobody knows until when"),
    ],
)
def test_what_a_psa_cannot_do_is_refused_when_it_is_saved(
    month: Month, psa: str, options: Options, why: str
) -> None:
    with pytest.raises(Rejected, match=why):
        month.line(psa).choose(options)
