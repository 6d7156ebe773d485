"""What is saved about alerts is what the rules know: a slip of the hand is refused with the field's name."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.account import Account
from shared.accounts.directory import load_account
from shared.alerts import saved_settings
from shared.alerts.rules import RULES
from shared.alerts.rules.base import Parameters
from shared.alerts.types import Parameter, alert_types
from shared.errors import NotFound, Rejected
from tests.shared.alerts.world import World
from tests.shared.billing.hooks import Once, WatchedTables


def save(world: World, **changes: Any) -> None:
    account = world.account.model_validate(world.account.model_dump() | changes)
    saved_settings.save(world.tables, account)


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


TENANT = "0b1c5b4e-0000-4000-8000-000000000001"


def changed(world: World, **fields: Any) -> Account:
    return saved_settings.change(world.tables, world.account.id, fields).after


def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    save(world, currency_symbol="£")
    after = changed(world, digest={"hour": 9})
    assert (after.digest.hour, after.digest.recipients, after.currency_symbol) == (
        9,
        world.account.digest.recipients,
        "£",
    )
    assert load_account(world.tables, world.account.id) == after


def test_a_type_that_is_switched_off_costs_no_reads_any_more(world: World) -> None:
    save(world)
    assert changed(world, alerts_off=["shared_mailbox_licenses"]).watches_shared_mailboxes is False


@pytest.mark.parametrize(
    "fields,field",
    [
        ({"timezone": "Mars/Olympus\r\nBcc: x"}, "timezone"),
        ({"sync_hour": 24}, "sync_hour"),
        ({"currency_symbol": "\x00"}, "currency_symbol"),
        ({"digest": {"recipients": []}}, "digest.recipients"),
        ({"digest": {"recipients": ["not an address"]}}, "digest.recipients.0"),
        ({"digest": {"hour": "late"}}, "digest.hour"),
        ({"digest": {"frequency": "hourly"}}, "digest.frequency"),
        ({"digest": "daily"}, "digest"),
        ({"digest": {"by_company": {TENANT: ["a@msp.example"]}}}, "digest.by_company"),
        ({"alerts_off": ["nothing"]}, "alerts_off"),
        ({"alert_parameters": {"renewal_due": {"days": 0}}}, "alert_parameters.renewal_due.days"),
        ({"guard": {"tenant_percent": 101}}, "guard.tenant_percent"),
        ({"retention": {"counts_months": 1}}, "retention.counts_months"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_its_field_and_nothing_is_changed(
    world: World, fields: dict[str, Any], field: str
) -> None:
    save(world)
    before = load_account(world.tables, world.account.id)
    with pytest.raises(Rejected) as refused:
        changed(world, delegated_admin=False, **fields)
    assert refused.value.field == field
    assert "\n" not in refused.value.reason
    assert load_account(world.tables, world.account.id) == before


def test_a_route_to_an_added_company_is_saved_and_outlives_the_company(world: World) -> None:
    save(world)
    world.add(TENANT)
    changed(world, digest={"by_company": {TENANT.upper(): ["a@msp.example"]}})
    world.remove(TENANT)
    assert changed(world, digest={"hour": 3}).digest.by_company == {TENANT: ("a@msp.example",)}


def test_a_check_of_the_version_that_was_seen_refuses_another(world: World) -> None:
    save(world)

    def stale(before: Account) -> None:
        raise Rejected(f"The hour is {before.sync_hour} now.")

    with pytest.raises(Rejected, match="The hour is 2 now"):
        saved_settings.change(world.tables, world.account.id, {"sync_hour": 5}, stale)
    assert load_account(world.tables, world.account.id).sync_hour == 2


def test_two_people_who_change_different_settings_at_once_both_keep_theirs(world: World) -> None:
    save(world)
    meanwhile = Once("before commit", lambda: changed(world, sync_hour=5))
    tables = WatchedTables(world.tables, meanwhile)
    saved_settings.change(tables, world.account.id, {"show_names": True})
    after = load_account(world.tables, world.account.id)
    assert (after.sync_hour, after.show_names) == (5, True)


@given(st.dictionaries(st.text(max_size=20), st.dictionaries(st.text(max_size=20), st.text(max_size=20))))
def test_any_text_as_parameters_is_refused_or_saved_and_never_a_fault(parameters: dict[str, Any]) -> None:
    world = World()
    save(world)
    with contextlib.suppress(Rejected):
        changed(world, alert_parameters=parameters)


def test_each_alert_type_says_what_it_is_about_and_what_can_be_set(world: World) -> None:
    world.switch_off("line_drift")
    world.set_parameters(renewal_due={"days": 60})
    told = {one.slug: one for one in alert_types(world.account)}
    assert list(told) == [rule.slug for rule in RULES]
    assert {slug for slug, one in told.items() if not one.on} == {"line_drift"}
    assert told["renewal_due"].parameters == (Parameter("days", "a number of days from 1 to 365", 30, 60),)
    assert all(one.title and one.about.endswith(".") for one in told.values())
