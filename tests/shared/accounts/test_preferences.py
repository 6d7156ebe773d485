"""What an account's settings are when nobody chose, and what they refuse, each by the name of its field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.accounts.account import Account
from shared.accounts.preferences import DigestSettings, Frequency
from shared.alerts.models import Exclusion
from shared.alerts.saved_settings import with_optional_reads
from shared.storage.keys import AccountId
from shared.text import one_line

TO = "clerk@msp.example.com"
SETTINGS: dict[str, Any] = {
    "id": AccountId("acme"),
    "name": "Acme",
    "since": datetime(2026, 1, 1, tzinfo=UTC),
    "timezone": "Europe/Zurich",
    "digest": {"recipients": [TO]},
}


def account(**changes: object) -> Account:
    return Account.model_validate(SETTINGS | changes)


def refusal(**changes: object) -> tuple[str, str]:
    """The one field that is refused, and why."""
    with pytest.raises(ValidationError) as refused:
        account(**changes)
    (error,) = refused.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"]


def test_what_nobody_chose_is_the_products_default() -> None:
    chosen = account()
    assert (chosen.delegated_admin, chosen.show_names, chosen.currency_symbol) == (True, False, "$")
    assert (chosen.digest.frequency, chosen.digest.hour, chosen.digest.repeat_after_days) == ("daily", 7, 7)
    assert (chosen.reads_terms, chosen.alerts_off, chosen.split_licences) == (True, frozenset(), False)


def test_what_was_chosen_stays_when_the_default_changes() -> None:
    """The sync at 2 was chosen, whatever a later version of the product offers: it is stored in full."""
    stored = json.loads(account(sync_hour=2).body())
    assert stored["sync_hour"] == 2
    assert stored["guard"]["tenant_percent"] == 20
    assert stored["digest"]["hour"] == 7


def test_what_was_chosen_is_read_back_just_so() -> None:
    digest = {
        "recipients": [TO],
        "by_type": {"invalid_auth": ["noc@msp.example.com"]},
        "by_company": {"T1": ["eva@msp.example.com"]},
        "frequency": Frequency.WEEKLY,
    }
    chosen = account(delegated_admin=False, show_names=True, currency_symbol="CHF", digest=digest)
    assert Account.model_validate_json(chosen.body()) == chosen


# -- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "clerk", "clerk@", "@msp.example.com", "a b@msp.example.com", "a@msp.example.com\nBcc: b@c.example"],
)
@pytest.mark.parametrize("field", ["recipients", "by_type.invalid_auth", "by_company.t1"])
def test_an_address_that_is_not_one_is_refused_wherever_it_stands(field: str, text: str) -> None:
    name, _, key = field.partition(".")
    digest = {"recipients": [TO]} | {name: {key: [TO, text]} if key else [TO, text]}
    named, why = refusal(digest=digest)
    assert named == f"digest.{field}.1"
    assert "is not an e-mail address" in why
    assert len(why.splitlines()) == 1


@pytest.mark.parametrize("field", ["recipients", "by_type.invalid_auth", "by_company.t1"])
def test_nobody_to_write_to_is_refused(field: str) -> None:
    name, _, key = field.partition(".")
    named, _ = refusal(digest={"recipients": [TO]} | {name: {key: []} if key else []})
    assert named == f"digest.{field}"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "CET+1", "../etc/passwd", "Europe/Zurich\n"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    named, why = refusal(timezone=zone)
    assert named == "timezone"
    assert why.endswith("is not a timezone; use an IANA name such as Europe/Zurich")


@pytest.mark.parametrize("frequency", ["", "hourly", "Daily", 1, None])
def test_a_frequency_outside_the_three_is_refused(frequency: object) -> None:
    named, why = refusal(digest={"recipients": [TO], "frequency": frequency})
    assert named == "digest.frequency"
    assert "'daily', 'weekly' or 'monthly'" in why


@pytest.mark.parametrize("days", [-1, 0, 32])
def test_a_reminder_is_repeated_after_one_to_31_days(days: int) -> None:
    named, _ = refusal(digest={"recipients": [TO], "repeat_after_days": days})
    assert named == "digest.repeat_after_days"


@pytest.mark.parametrize("hour", [-1, 24])
def test_an_hour_is_one_of_24(hour: int) -> None:
    assert refusal(sync_hour=hour)[0] == "sync_hour"
    assert refusal(digest={"recipients": [TO], "hour": hour})[0] == "digest.hour"


@pytest.mark.parametrize(
    "off, reads, watched",
    [
        ((), True, True),
        (("renewal_due",), True, True),  # unused seats still say when they can be dropped
        (("unused_licenses",), True, True),
        (("renewal_due", "unused_licenses"), True, False),
        ((), False, False),
    ],
)
def test_terms_are_read_while_anybody_wants_to_hear_of_them(
    off: tuple[str, ...], reads: bool, watched: bool
) -> None:
    chosen = with_optional_reads(account(alerts_off=off, reads_terms=reads))
    assert chosen.watches_terms == watched


@pytest.mark.parametrize(
    "field", ["tenant_percent", "tenant_seats", "account_percent", "account_seats", "account_most"]
)
def test_a_negative_threshold_of_the_guard_is_refused(field: str) -> None:
    assert refusal(guard={field: -1})[0] == f"guard.{field}"


@pytest.mark.parametrize("field", ["tenant_percent", "account_percent"])
def test_more_than_all_of_it_is_refused(field: str) -> None:
    assert refusal(guard={field: 101})[0] == f"guard.{field}"


def test_a_negative_threshold_of_an_exclusion_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        Exclusion(tenant_id="t1", spare_at_most=-1)
    assert [error["loc"] for error in refused.value.errors()] == [("spare_at_most",)]


@pytest.mark.parametrize("symbol", ["", " ", "123456789", "$\n", "€\x00", "\u202e$", "$\u2028", "a\tb"])
def test_a_currency_symbol_is_one_to_eight_characters_that_can_be_printed(symbol: str) -> None:
    assert refusal(currency_symbol=symbol)[0] == "currency_symbol"


@pytest.mark.parametrize("symbol", ["$", "€", "CHF", "kr.", "د.إ", "R$", "US dolla"])
def test_the_currencies_of_this_world_are_taken(symbol: str) -> None:
    assert account(currency_symbol=symbol).currency_symbol == symbol


@given(st.text(max_size=10))
def test_whatever_is_taken_for_a_currency_is_one_harmless_line(text: str) -> None:
    try:
        symbol = account(currency_symbol=text).currency_symbol
    except ValidationError:
        return
    assert symbol == one_line(symbol, 8) == text


# -- recipients ---------------------------------------------------------------------------------------------------


def test_who_is_named_twice_is_written_to_once_also_in_capitals() -> None:
    digest = DigestSettings(
        recipients=("Clerk@MSP.example.com", TO, " boss@msp.example.com "),
        by_type={"invalid_auth": ("BOSS@msp.example.com", "noc@msp.example.com")},
    )
    assert digest.recipients == (TO, "boss@msp.example.com")
    assert digest.everybody == (TO, "boss@msp.example.com", "noc@msp.example.com")


def test_a_row_goes_to_its_types_and_its_companys_addresses_else_to_the_recipients() -> None:
    digest = DigestSettings(
        recipients=(TO,),
        by_type={"invalid_auth": ("noc@msp.example.com",)},
        by_company={"T1": ("eva@msp.example.com", "noc@msp.example.com")},
    )
    assert digest.to("unused_licenses", "t2") == (TO,)
    assert digest.to("sync_overdue", "") == (TO,)
    assert digest.to("invalid_auth", "t2") == ("noc@msp.example.com",)
    assert digest.to("invalid_auth", "t1") == ("noc@msp.example.com", "eva@msp.example.com")
    assert digest.to("unused_licenses", "t1") == ("eva@msp.example.com", "noc@msp.example.com")


@given(
    slug=st.sampled_from("abc"),
    tenant=st.sampled_from(["", "t1", "t2"]),
    by_type=st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from("klm"), min_size=1)),
    by_company=st.dictionaries(st.sampled_from(["t1", "t2"]), st.sets(st.sampled_from("klm"), min_size=1)),
)
def test_every_row_goes_to_somebody_who_is_written_to(
    slug: str, tenant: str, by_type: dict[str, set[str]], by_company: dict[str, set[str]]
) -> None:
    routes = [
        {key: tuple(f"{one}@msp.example.com" for one in people) for key, people in route.items()}
        for route in (by_type, by_company)
    ]
    digest = DigestSettings(recipients=(TO,), by_type=routes[0], by_company=routes[1])
    to = digest.to(slug, tenant)
    assert to
    assert set(to) <= set(digest.everybody)
    assert (TO in to) == (slug not in by_type and tenant not in by_company)
