"""A month of a simulated MSP holds, and whoever checks it sees what is wrong.

The whole of it is `make simulate`; here one MSP lives some days, so that what it is made of stays true.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.standins.state import Document
from shared.billing.models import LedgerEvent, PriceKind, PriceRule
from shared.storage.tables import Delete
from tests.simulation.checks import Checker
from tests.simulation.mapping_life import MSP, Decided, Ended
from tests.simulation.prices import Prices, charged, new_prices, written_prices
from tests.simulation.simulate import Lived, Simulation, lived, shrunk
from tests.simulation.story import FAULTS, LIFE, PEOPLE, Happening, drawn
from tests.simulation.truth import Applied

DAYS, TENANTS = 4, 7
MOSTLY_WRITES = (
    *["seats_bought"] * 9,
    "edited_by_hand",
    "licence_appeared",
    "mapped",
    "line_ended",
    "remapped",
    PEOPLE,
)


def _busy() -> list[Happening]:
    """Each day much is bought, and one fault after the other comes."""
    faults = list(FAULTS)
    return [
        Happening(day, what, 100 * day + number)
        for day in range(1, DAYS + 1)
        for number, what in enumerate((*MOSTLY_WRITES, *faults[day::DAYS]))
    ]


def test_some_days_with_every_fault_lose_nothing_double_nothing_and_certify_nothing_wrong() -> None:
    told = lived("busy", _busy(), DAYS, TENANTS)
    assert told.wrong == []
    assert told.writes > 12
    assert told.met.total() > 8


def test_the_same_seed_draws_the_same_story_and_every_fault_comes() -> None:
    assert drawn("1", 30) == drawn("1", 30)
    assert drawn("1", 30) != drawn("2", 30)
    told = {happening.what for number in range(25) for happening in drawn(str(number), 30)}
    assert told >= {*FAULTS, *LIFE}


def test_a_story_is_shrunk_to_what_makes_it_wrong() -> None:
    story = [Happening(day, what, 1) for day in range(1, 9) for what in ("a", "b", "c")]
    guilty = {story[4], story[16]}

    def live(told: Sequence[Happening]) -> Lived:
        return Lived(wrong=["I1: it"], on=6) if guilty <= set(told) else Lived()

    left, found = shrunk(story, live)
    assert (set(left), found.wrong) == (guilty, ["I1: it"])


@pytest.fixture(scope="module")
def after_a_night() -> Simulation:
    simulation = Simulation("checked", 6)
    told = simulation.live([Happening(1, "seats_bought", number) for number in range(40)], 1)
    assert told.wrong == []
    assert told.writes >= 4
    return simulation


def _wrong(simulation: Simulation) -> list[str]:
    return [text.partition(":")[0] for text in simulation.checker.after_night("none")]


def _line(simulation: Simulation, site: str) -> tuple[str, str, str]:
    """Kind, key and number of a line that a licence is billed on."""
    for kind, key, number, ours in simulation.life.lines_in_psa():
        if ours and key.startswith(site):
            return kind, key, number
    raise AssertionError(site)


def _set_in_secret(simulation: Simulation, line: tuple[str, str, str], quantity: int) -> None:
    _, key, number = line
    agreement = key.split("/")[1]
    simulation.life.do("edit_line", agreement=agreement, addition=int(number), quantity=quantity)


def test_a_number_that_nobody_wanted_is_seen(after_a_night: Simulation) -> None:
    line = _line(after_a_night, "sim-cw")
    before = after_a_night.truth.quantities()[line[2]]
    _set_in_secret(after_a_night, line, 77)
    assert _wrong(after_a_night) == ["I1"]
    _set_in_secret(after_a_night, line, before)
    assert _wrong(after_a_night) == []


def test_a_tenant_that_nothing_kept_from_being_read_must_have_been(after_a_night: Simulation) -> None:
    tenants = len(after_a_night.life.tenants())
    before = after_a_night.checker
    after_a_night.checker = Checker(
        after_a_night.installation,
        after_a_night.truth,
        Prices(after_a_night.installation.state),
        after_a_night.life.mappings.decided,
    )
    assert _wrong(after_a_night) == ["I1"] * tenants
    after_a_night.checker = before


def test_a_line_that_bills_after_its_last_day_is_seen(after_a_night: Simulation) -> None:
    number = _line(after_a_night, "sim-autotask")[2]
    ended = after_a_night.life.mappings.decided.ended
    day = after_a_night.life.mappings.today
    ended[number] = Ended(number, day - timedelta(days=1), "it", 3)
    assert _wrong(after_a_night) == ["ended"]
    ended[number] = Ended(number, day + timedelta(days=1), "it", 3)
    assert _wrong(after_a_night) == []
    del ended[number]


def test_a_second_line_for_seats_that_never_came_is_seen(after_a_night: Simulation) -> None:
    _, key, number = _line(after_a_night, "sim-cw")
    mark = f"lic:{after_a_night.checker.mapping_of[number]}:p:77"
    dates = {"effectiveDate": "2031-05-02T00:00:00Z", "cancelledDate": "2031-05-31T00:00:00Z"}

    def double(document: Document) -> None:
        document["additions"]["77"] = document["additions"][number] | dates | {"serialNumber": mark}

    after_a_night.installation.state.change("cw_agreement", key, double)
    assert _wrong(after_a_night) == ["doubled"]
    after_a_night.installation.state.change(
        "cw_agreement", key, lambda document: document["additions"].pop("77")
    )


def test_a_price_is_judged_by_the_prices_of_its_day(after_a_night: Simulation) -> None:
    simulation, now = after_a_night, after_a_night.installation.clock.now()
    place = _line(simulation, "sim-autotask")
    prices, number = Prices(simulation.installation.state), place[2]
    (there,) = prices.of_line(number, now, now)
    decided = Decided(prices={"it": [(now, PriceRule(kind=PriceKind.FIXED, amount=there))]})
    made = [Applied("autotask", "sim-autotask", "1", number, None, 0, now)]
    changed = [Applied("autotask", "sim-autotask", "1", number, 0, 4, now)]

    def told() -> list[str]:
        owned = {number: "it"}
        return [*new_prices(decided, prices, made, owned), *written_prices(decided, prices, changed, owned)]

    assert told() == []
    simulation.installation.clock.sleep(86_400)
    decided.means(
        "it", PriceRule(kind=PriceKind.FIXED, amount=there + 1), simulation.installation.clock.now()
    )
    assert told() == []  # what is meant since then was not meant when it was written
    decided.prices["it"] = decided.prices["it"][1:]
    assert [text.partition(":")[0] for text in told()] == ["price", "price"]


def test_a_price_rule_is_worked_out_to_the_cent() -> None:
    assert charged(PriceRule(kind=PriceKind.PERCENT, amount=Decimal("-7.5")), Decimal("4.20")) == Decimal(
        "3.89"
    )
    assert charged(PriceRule(kind=PriceKind.FIXED, amount=Decimal("9.95")), Decimal(4)) == Decimal("9.95")
    assert charged(PriceRule(kind=PriceKind.PERCENT, amount=Decimal(10)), Decimal(0)) is None


def test_a_write_that_was_applied_twice_is_seen(after_a_night: Simulation) -> None:
    state = after_a_night.installation.state
    written = state.all("at_write")
    number = str(len(written) + 1)
    state.put("at_write", number, dict(written[-1]))
    assert "I2" in _wrong(after_a_night)
    state.remove("at_write", number)


def test_a_write_of_a_number_that_was_never_right_is_seen(after_a_night: Simulation) -> None:
    state = after_a_night.installation.state
    number = str(len(state.all("cw_write")) + 1)
    state.put("cw_write", number, state.all("cw_write")[-1] | {"after": 99})
    assert "wrong" in _wrong(after_a_night)
    state.remove("cw_write", number)


def test_a_line_that_is_lost_by_a_document_is_seen(after_a_night: Simulation) -> None:
    state = after_a_night.installation.state
    number = str(len(state.all("halo_write")) + 1)
    state.put("halo_write", number, state.all("halo_write")[-1] | {"after": None})
    assert "lost" in _wrong(after_a_night)
    state.remove("halo_write", number)


def test_a_mail_that_was_sent_twice_is_seen(after_a_night: Simulation) -> None:
    state = after_a_night.installation.state
    mails = state.all("mail")
    state.put("mail", "twice", dict(mails[-1]))
    assert _wrong(after_a_night) == ["I8"]
    state.remove("mail", "twice")


def test_an_entry_that_is_gone_from_the_ledger_is_seen() -> None:
    simulation = Simulation("checked", 6)
    simulation.live([Happening(1, "seats_bought", number) for number in range(40)], 1)
    tables = simulation.installation.tables
    gone = [
        row
        for key, _ in simulation.life.kept_lines()
        for row in tables.rows(f"{MSP}|psa|{key.connection}", f"log|{key.agreement_id}|")
        if LedgerEvent.CONFIRMED in row.key.row
    ]
    tables.commit([Delete(gone[0].key, gone[0].etag)])
    assert "I4" in _wrong(simulation)
