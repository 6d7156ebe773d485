"""Short lives in which one guard is needed: without it the checker sees what becomes of the money."""

import random
from copy import deepcopy
from datetime import timedelta

from sandbox.standins.faults import What
from shared.billing.mapping.choices import mappings_of
from shared.billing.models import BlockReason, HoldReason, LineState, PriceKind, PriceRule
from shared.billing.psa.texts import digest
from tests.simulation.cheap import parsed_once
from tests.simulation.mapping_life import MSP, replaced
from tests.simulation.prices import Prices
from tests.simulation.simulate import Simulation
from tests.simulation.story import Happening

TENANTS = 5
"""Three are billed, by one PSA each; two are only previewed."""


def _wrong(simulation: Simulation, nights: int = 1) -> list[str]:
    wrong: list[str] = []
    with parsed_once():
        for _ in range(nights):
            wrong += simulation.checker.after_night(simulation.night(set()))
    return wrong


def test_no_line_goes_to_zero_without_a_person() -> None:
    simulation = Simulation("zero", TENANTS)
    for number in range(6):
        simulation.life.happen(Happening(1, "seats_to_zero", number))
    assert _wrong(simulation) == []
    assert any(line.state is LineState.HELD for _, line in simulation.life.kept_lines())


def test_a_tenant_that_loses_most_of_its_seats_waits_for_a_person() -> None:
    simulation = Simulation("drop", TENANTS)
    for number in range(6):
        simulation.life.happen(Happening(1, "most_seats_dropped", number))
    assert _wrong(simulation) == []
    reasons = {
        reason for _, line in simulation.life.kept_lines() if line.hold for reason in line.hold.reasons
    }
    assert HoldReason.TENANT_LOSS in reasons


def test_a_yes_that_comes_when_the_read_is_too_old_writes_nothing() -> None:
    simulation = Simulation("old", TENANTS)
    installation, life = simulation.installation, simulation.life
    before = deepcopy(installation.state.all("tenant"))
    for number in range(6):
        life.happen(Happening(1, "most_seats_dropped", number))
    assert _wrong(simulation) == []
    held = [line.hold.change.id for _, line in life.kept_lines() if line.hold]
    assert held
    for tenant in before:
        installation.state.put("tenant", tenant["id"], tenant)
    simulation.truth.note()
    installation.work_until(installation.clock.now() + timedelta(hours=40))
    for change in held:
        with installation.person():
            life.approve(change)
    installation.work_until(installation.clock.now() + timedelta(hours=1))
    told = simulation.checker.after_night("none")
    assert [text for text in told if not text.startswith("I1")] == []


def test_a_line_bills_until_its_last_day_and_not_beyond() -> None:
    simulation = Simulation("ends", TENANTS)
    mappings = simulation.life.mappings
    for number in range(8):
        for tenant in simulation.life.tenants():
            mappings.line_ended(random.Random(number), tenant)
    soon = [
        said for said in mappings.decided.ended.values() if said.last_day == mappings.today and said.seats
    ]
    assert soon
    assert _wrong(simulation, nights=2) == []


def test_a_line_whose_price_somebody_changed_gets_no_number() -> None:
    simulation = Simulation("price", TENANTS)
    life, tables = simulation.life, simulation.installation.tables
    prices, now = Prices(simulation.installation.state), simulation.installation.clock.now()
    places = {place[2]: place[:3] for place in life.lines_in_psa() if place[3]}
    for _, line in list(life.kept_lines()):
        (there,) = prices.of_line(line.line_id, now, now)
        before = mappings_of(tables, MSP, line.tenant_id)
        mapping = next(one for one in before.mappings if one.id == line.mapping_id)
        life.prices.bill_at(before, mapping, PriceRule(kind=PriceKind.FIXED, amount=there))
        life.prices.set_price(*places[line.line_id], there + 2)
    for number in range(8):
        life.happen(Happening(1, "seats_bought", number))
    assert _wrong(simulation) == []
    told = {line.blocked.reason for _, line in life.kept_lines() if line.blocked}
    assert told == {BlockReason.OTHER_PRICE}


def test_somebody_elses_text_stays_until_a_person_gives_it_up() -> None:
    simulation = Simulation("text", TENANTS)
    life, tables = simulation.life, simulation.installation.tables
    for number, tenant in enumerate(life.tenants()):
        for mapping in mappings_of(tables, MSP, tenant["id"]).mappings:
            line = next(line for _, line in life.kept_lines() if line.mapping_id == mapping.id)
            gives_up = digest(str(simulation.truth.text_of(line.line_id))) if number % 2 else ""
            options = mapping.options.model_copy(
                update={"spare_on_invoice": not mapping.subscription_id, "replaces_text": gives_up}
            )
            changed = mapping.model_copy(update={"options": options})
            before = mappings_of(tables, MSP, tenant["id"])
            life.mappings.save(
                replaced(before, next(m for m in before.mappings if m.id == mapping.id), changed)
            )
    assert _wrong(simulation) == []
    texts = [str(simulation.truth.text_of(line.line_id)) for _, line in life.kept_lines()]
    assert {"Spare seats" in text for text in texts} == {True, False}


def test_a_line_that_is_made_late_is_made_once() -> None:
    simulation = Simulation("late", TENANTS)
    for number in range(12):
        simulation.life.happen(Happening(1, "licence_appeared", number))
        simulation.life.happen(Happening(1, "mapped", number))
    late = {"kind": "connectwise.write", "method": "POST", "count": 1, "seconds": 30, "late": 200}
    simulation.installation.stand_ins.faults.add(What.APPLIED_LATE, late)
    assert _wrong(simulation) == []
    assert [met.what for met in simulation.installation.faults_met] == ["applied_late"]
