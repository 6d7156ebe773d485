"""Alert settings and preferences by the API: changed in the version that was seen, by who may."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.accounts.directory import load_account
from tests.functions.api.busy import QUAY, Busy
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
ALERTS, PREFERENCES = f"/accounts/{MSP}/alert-settings", f"/accounts/{MSP}/preferences"


@pytest.fixture
def owner(sign_in: SignIn, busy: Busy) -> Caller:
    return sign_in("owner")


def change(caller: Caller, path: str, body: object) -> Any:
    """In the version that is there."""
    tag = caller("GET", path).headers["ETag"]
    return caller("PATCH", path, json=body, headers={"If-Match": tag})


def of_type(settings: Any, slug: str) -> Any:
    return next(one for one in settings["types"] if one["type"] == slug)


def test_each_alert_type_says_what_it_is_about_and_what_can_be_set(owner: Caller) -> None:
    renewal = of_type(owner("GET", ALERTS).json(), "renewal_due")
    assert (renewal["title"], renewal["on"]) == ("Renewals due", True)
    assert renewal["parameters"] == [
        {"name": "days", "mustBe": "a number of days from 1 to 365", "default": 30, "value": 30}
    ]


def test_what_is_not_named_stays(owner: Caller) -> None:
    body = {
        "addresses": ["Eva@MSP.example", "eva@msp.example"],
        "frequency": "weekly",
        "types": {
            "renewal_due": {"parameters": {"days": 60}, "addresses": ["max@msp.example"]},
            "unused_licenses": {"on": False},
        },
        "companyAddresses": {QUAY: ["quay@msp.example"]},
    }
    assert change(owner, ALERTS, body).status_code == 200
    saved = change(owner, ALERTS, {"hour": 9}).json()
    assert (saved["addresses"], saved["frequency"], saved["hour"]) == (["eva@msp.example"], "weekly", 9)
    assert of_type(saved, "unused_licenses")["on"] is False
    assert of_type(saved, "renewal_due")["parameters"][0]["value"] == 60
    assert of_type(saved, "renewal_due")["addresses"] == ["max@msp.example"]
    assert saved["companyAddresses"] == {QUAY: ["quay@msp.example"]}
    on = change(owner, ALERTS, {"types": {"unused_licenses": {"on": True}}, "companyAddresses": {}}).json()
    assert of_type(on, "unused_licenses")["on"] is True
    assert of_type(on, "renewal_due")["parameters"][0]["value"] == 60
    assert on["companyAddresses"] == {}


@pytest.mark.parametrize(
    "body,field",
    [
        ({"addresses": []}, "addresses"),
        ({"addresses": ["eva@msp.example\r\nBcc: x@y.example"]}, "addresses.0"),
        ({"frequency": "hourly"}, "frequency"),
        ({"hour": 24}, "hour"),
        ({"repeatAfterDays": 0}, "repeatAfterDays"),
        ({"companyAddresses": {"t-nobody": ["a@msp.example"]}}, "companyAddresses"),
        ({"types": {"renewal_due": {"parameters": {"days": 0}}}}, "types.renewal_due.days"),
        ({"types": {"renewal_due": {"parameters": {"day": 5}}}}, "types.renewal_due.day"),
        ({"types": {"nothing": {"on": False}}}, "types.nothing.[key]"),
        ({"colour": 1}, "colour"),
        ({"types": []}, "types"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_field_and_nothing_is_saved(
    wired: MemoryWiring, owner: Caller, body: dict[str, object], field: str
) -> None:
    before = load_account(wired.tables, MSP)
    refused = change(owner, ALERTS, {"hour": 5} | body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert load_account(wired.tables, MSP) == before


def test_a_version_that_was_changed_meanwhile_is_refused_with_what_is_there(owner: Caller) -> None:
    old = owner("GET", ALERTS).headers["ETag"]
    change(owner, ALERTS, {"hour": 9})
    assert owner("PATCH", ALERTS, json={"hour": 10}).status_code == 428
    stale = owner("PATCH", ALERTS, json={"hour": 10}, headers={"If-Match": old})
    assert (stale.status_code, stale.json()["current"]["hour"]) == (412, 9)
    assert owner("GET", ALERTS).json()["hour"] == 9


def test_preferences_are_an_admins_and_alert_settings_an_owners(sign_in: SignIn, owner: Caller) -> None:
    admin = sign_in("admin")
    assert change(admin, PREFERENCES, {"currencySymbol": "CHF"}).json()["currencySymbol"] == "CHF"
    assert change(admin, ALERTS, {"hour": 9}).status_code == 403
    assert change(sign_in("editor"), PREFERENCES, {"showNames": True}).status_code == 403


def test_preferences_keep_what_is_not_named(owner: Caller) -> None:
    saved = change(owner, PREFERENCES, {"guard": {"tenantSeats": 9}, "timezone": "Asia/Kathmandu"}).json()
    assert saved["guard"] == {
        "tenantPercent": 20,
        "tenantSeats": 9,
        "accountPercent": 10,
        "accountSeats": 20,
        "accountMost": 500,
    }
    assert (saved["timezone"], saved["delegatedAdmin"]) == ("Asia/Kathmandu", True)


@pytest.mark.parametrize(
    "body,field",
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currencySymbol": "\u0007"}, "currencySymbol"),
        ({"syncHour": -1}, "syncHour"),
        ({"guard": {"tenantPercent": 200}}, "guard.tenantPercent"),
        ({"retention": {"countsMonths": 1}}, "retention.countsMonths"),
        ({"guard": None, "delegatedAdmin": "perhaps"}, "delegatedAdmin"),
    ],
)
def test_a_wrong_preference_is_refused_by_its_field(owner: Caller, body: object, field: str) -> None:
    refused = change(owner, PREFERENCES, body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_change_of_settings_is_in_the_audit_log_with_before_and_after(owner: Caller) -> None:
    change(owner, PREFERENCES, {"currencySymbol": "CHF"})
    change(owner, PREFERENCES, {"currencySymbol": "CHF"})
    [entry] = owner("GET", f"/accounts/{MSP}/audit").json()["items"]
    assert entry["action"] == "preferences.changed"
    assert ('"currencySymbol":"$"' in entry["before"], '"currencySymbol":"CHF"' in entry["after"]) == (
        True,
        True,
    )
