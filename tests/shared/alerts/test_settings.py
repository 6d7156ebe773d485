"""What is saved about alerts is what the rules know: a slip of the hand is refused with the field's name."""

from typing import Any

import pytest

from shared.accounts.directory import load_account
from shared.alerts import settings
from shared.alerts.rules import RULES
from shared.alerts.rules.base import Parameters
from shared.errors import NotFound, Rejected
from tests.shared.alerts.world import World


def save(world: World, **changes: Any) -> None:
    account = world.account.model_validate(world.account.model_dump() | changes)
    settings.save(world.tables, account)


def refusal(world: World, **changes: Any) -> str:
    with pytest.raises(Rejected) as refused:
        save(world, **changes)
    with pytest.raises(NotFound):
        load_account(world.tables, world.account.id)
    return refused.value.reason


def test_what_the_rules_know_is_saved(world: World) -> None:
    save(world, alerts_off=["line_drift"], alert_parameters={"renewal_due": {"days": 60}})
    saved = load_account(world.tables, world.account.id)
    assert saved.alerts_off == {"line_drift"}
    assert saved.alert_parameters == {"renewal_due": {"days": 60}}


def test_a_slip_in_a_switch_is_refused_with_the_types_that_there_are(world: World) -> None:
    told = refusal(world, alerts_off=["unused_licences", "line_drift"])
    assert told.startswith(
        "alerts_off: 'unused_licences' is not an alert type; there are psa_sign_in, push_held, "
    )


def test_a_slip_in_a_route_or_in_parameters_is_refused(world: World) -> None:
    digest = {"recipients": ["a@msp.example"], "by_type": {"renewals": ["b@msp.example"]}}
    assert refusal(world, digest=digest).startswith("digest.by_type: 'renewals' is not an alert type")
    told = refusal(world, alert_parameters={"renewals": {"days": 5}})
    assert told.startswith("alert_parameters: 'renewals' is not an alert type")


@pytest.mark.parametrize("days", [-1, 0, 366, "soon", None, 1.5])
def test_a_threshold_that_cannot_be_is_refused_with_its_name(world: World, days: object) -> None:
    told = refusal(world, alert_parameters={"renewal_due": {"days": days}})
    assert told == "alert_parameters.renewal_due.days must be a number of days from 1 to 365"


def test_a_parameter_that_no_rule_has_is_refused(world: World) -> None:
    told = refusal(world, alert_parameters={"renewal_due": {"day": 5}, "push_held": {"days": 5}})
    assert told == (
        "alert_parameters.push_held.days is not a parameter of this alert type; there are none; "
        "alert_parameters.renewal_due.day is not a parameter of this alert type; there are days"
    )


@pytest.mark.parametrize("model", [rule.parameters for rule in RULES])
def test_each_parameter_has_a_default_and_says_what_it_must_be(model: type[Parameters]) -> None:
    model()
    assert all(field.description for field in model.model_fields.values())
