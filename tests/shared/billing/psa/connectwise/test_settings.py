"""Wrong settings name themselves and say what they must be."""

import pytest
from pydantic import ValidationError

from shared.billing.psa.connectwise.settings import CLOUD_SITES, ConnectWiseSettings

GOOD = {
    "site": "api-na.myconnectwise.net",
    "company_id": "acme",
    "public_key": "kYh3Lw0PzQ",
    "client_id": "7f5b3c52-5d54-4a1e-9d34-0d2b4f6a1c11",
}


def problems(**changes: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        ConnectWiseSettings.model_validate({**GOOD, **changes})
    return {str(error["loc"][0]): error["msg"] for error in refused.value.errors()}


@pytest.mark.parametrize("site", CLOUD_SITES)
def test_each_cloud_site_is_accepted(site: str) -> None:
    assert ConnectWiseSettings.model_validate({**GOOD, "site": site}).site == site


@pytest.mark.parametrize(
    "site",
    [
        " https://API-na.MyConnectWise.net/ ",
        "https://api-na.myconnectwise.net:443/",
        "api-na.myconnectwise.net:0443",
        "api-na.myconnectwise.net:",
        "api-na.myconnectwise.net.",
    ],
)
def test_every_spelling_of_a_site_becomes_the_one_host(site: str) -> None:
    settings = ConnectWiseSettings.model_validate({**GOOD, "site": site})
    assert settings.site == "api-na.myconnectwise.net"


@pytest.mark.parametrize("port", ["", ":443", ":0443", ".:443"])
def test_a_server_of_ones_own_is_one_system_however_its_port_is_written(port: str) -> None:
    """Two connections to one PSA would each look after the same lines."""
    given = {**GOOD, "site": f"psa.msp.example{port}", "self_hosted": True}
    assert ConnectWiseSettings.model_validate(given).system == "psa.msp.example/acme"


@pytest.mark.parametrize(
    "site", ["https://[::1", "psa.msp.example:４４３", "[::1]:443", "psa.msp.example:443:443"]
)
def test_what_is_no_address_at_all_is_refused_in_words(site: str) -> None:
    assert "Site must" in problems(site=site, self_hosted=True)["site"]


@pytest.mark.parametrize(
    "site",
    [
        "na.myconnectwise.net",
        "api-na.myconnectwise.net.evil.example",
        "evil.example",
        "api-na.myconnectwise.net:8443",
        "localhost",
        "",
    ],
)
def test_a_foreign_site_is_refused_and_the_allowed_ones_are_named(site: str) -> None:
    said = problems(site=site)["site"]
    assert "Site must be" in said
    assert CLOUD_SITES[0] in said


@pytest.mark.parametrize(
    "site, words",
    [
        ("http://api-na.myconnectwise.net", "https"),
        ("ftp://api-na.myconnectwise.net", "https"),
        ("https://me:secret@api-na.myconnectwise.net", "without a user name"),
        ("https://me@psa.msp.example", "without a user name"),
        ("https://psa.msp.example/path", "host name alone"),
        ("https://psa.msp.example?x=1", "host name alone"),
    ],
)
@pytest.mark.parametrize("self_hosted", [False, True])
def test_a_site_is_a_host_reached_by_https(site: str, words: str, self_hosted: bool) -> None:
    said = problems(site=site, self_hosted=self_hosted)["site"]
    assert words in said
    assert "secret" not in said


@pytest.mark.parametrize("site", ["psa.msp.example", "psa.msp.example:8443", "https://PSA.msp.example/"])
def test_an_own_server_is_accepted_only_when_an_owner_said_so(site: str) -> None:
    assert ConnectWiseSettings.model_validate({**GOOD, "site": site, "self_hosted": True}).site.startswith(
        "psa."
    )
    assert "self-hosted" in problems(site=site)["site"]


@pytest.mark.parametrize(
    "site",
    ["127.0.0.1", "10.0.0.5", "169.254.169.254", "[::1]", "localhost", "server", "8.8.8.8", "a_b.example"],
)
def test_an_own_server_needs_a_full_public_name(site: str) -> None:
    assert "full public name" in problems(site=site, self_hosted=True)["site"]


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_an_own_server_needs_a_real_port(port: str) -> None:
    assert "Site must" in problems(site=f"psa.msp.example:{port}", self_hosted=True)["site"]


@pytest.mark.parametrize("company_id", ["", "a b", "acme+x", "acme:x", "../acme", "..", "acme/x"])
def test_a_company_id_is_one_plain_word(company_id: str) -> None:
    assert "Company id must be" in problems(company_id=company_id)["company_id"]


@pytest.mark.parametrize("public_key", ["", "a b", "a:b", "ключ", "a\r\nb"])
def test_a_public_key_is_one_plain_word(public_key: str) -> None:
    assert "Public key must be" in problems(public_key=public_key)["public_key"]


@pytest.mark.parametrize("client_id", ["", "acme", "7f5b3c52-5d54-4a1e-9d34"])
def test_a_client_id_is_a_guid(client_id: str) -> None:
    assert "Client id must be a GUID" in problems(client_id=client_id)["client_id"]


def test_every_wrong_setting_is_named_at_once() -> None:
    assert set(problems(site="evil.example", company_id="", public_key="", client_id="")) == set(GOOD)


def test_no_error_repeats_what_was_typed() -> None:
    with pytest.raises(ValidationError) as refused:
        ConnectWiseSettings.model_validate({**GOOD, "public_key": "pub:top-secret"})
    assert "top-secret" not in str(refused.value)


def test_types_that_are_billed_in_advance_are_named_by_comma_in_any_letters() -> None:
    settings = ConnectWiseSettings.model_validate({**GOOD, "billed_in_advance": " Microsoft 365, backup ,,"})
    assert settings.in_advance == {"microsoft 365", "backup"}
