"""Wrong settings name themselves and say what they must be."""

import pytest
from pydantic import ValidationError

from shared.billing.psa.halo.settings import HaloSettings

GOOD = {"site": "quay.halopsa.com", "tenant": "quay", "client_id": "a1c5e2f0-7a52-4b7e"}


def problems(**changes: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        HaloSettings.model_validate({**GOOD, **changes})
    return {str(error["loc"][0]): error["msg"] for error in refused.value.errors()}


def test_a_site_pasted_with_https_and_capitals_becomes_the_host() -> None:
    assert (
        HaloSettings.model_validate({**GOOD, "site": " https://Quay.HaloPSA.com/ "}).site
        == "quay.halopsa.com"
    )


def test_two_spellings_of_one_instance_are_one_system() -> None:
    assert (
        HaloSettings.model_validate({**GOOD, "tenant": "QUAY"}).system
        == HaloSettings.model_validate(GOOD).system
    )


@pytest.mark.parametrize(
    "site",
    [
        "halopsa.com",
        "quay.halopsa.com.evil.example",
        "evil.example",
        "quay.halopsa.com:8443",
        "-.halopsa.com",
        "a.b.halopsa.com",
        "localhost",
        "",
    ],
)
def test_a_foreign_site_is_refused_and_an_example_is_named(site: str) -> None:
    assert "yourname.halopsa.com" in problems(site=site)["site"]


@pytest.mark.parametrize(
    "site, words",
    [
        ("http://quay.halopsa.com", "https"),
        ("https://me:secret@quay.halopsa.com", "without a user name"),
        ("https://psa.msp.example/path", "host name alone"),
    ],
)
@pytest.mark.parametrize("self_hosted", [False, True])
def test_an_address_that_is_more_than_a_host_is_refused(site: str, words: str, self_hosted: bool) -> None:
    assert words in problems(site=site, self_hosted=self_hosted)["site"]


def test_an_own_server_is_taken_only_when_it_was_switched_on_and_has_a_public_name() -> None:
    assert "self-hosted" in problems(site="halo.msp.example")["site"]
    own = HaloSettings.model_validate({**GOOD, "self_hosted": True, "site": "halo.msp.example"})
    assert own.site == "halo.msp.example"
    assert "not an IP address" in problems(self_hosted=True, site="10.0.0.1")["site"]


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("tenant", "two words", "Tenant must be"),
        ("tenant", "", "Tenant must be"),
        ("tenant", "a&b=c", "Tenant must be"),
        ("client_id", "short", "Client id must be"),
        ("client_id", "has spaces in it", "Client id must be"),
        ("quantity_by_hand", 1000, "Quantity by hand must be"),
    ],
)
def test_each_wrong_setting_names_itself_and_repeats_nothing(field: str, value: object, words: str) -> None:
    said = problems(**{field: value})[field]
    assert words in said
    assert not value or str(value) not in said
