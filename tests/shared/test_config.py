"""A wrong setting names itself and says what it must be, and never repeats what it is."""

import base64

import pytest

from shared.config import Config, WrongSetting, read

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "SEATWISE_SECRET_KEYS": KEY,
    "SEATWISE_MAIL": "folder",
    "SEATWISE_MAIL_PATH": "/mails",
    "SEATWISE_SENDER": "seatwise@msp.example",
}


def settings(**changes: str) -> Config:
    return read({**GOOD, **changes})


def test_good_settings_are_taken_with_the_mail_transports_own_ones() -> None:
    config = settings(SEATWISE_CLAIM_SECONDS="7.5", SOMETHING_ELSE="x")
    assert (config.claim_seconds, config.settle_seconds, config.mail_settings) == (
        7.5,
        120,
        {"path": "/mails"},
    )


@pytest.mark.parametrize(
    "name, value",
    [
        ("SEATWISE_KEY_VAULT", "http://vault.example"),
        ("SEATWISE_SENDER", "nobody"),
        ("SEATWISE_SENDER", "a@b@c"),
        ("SEATWISE_REPLY_TO", "somebody"),
        ("SEATWISE_PUBLIC_URL", "http://app.example"),
        ("SEATWISE_PUBLIC_URL", "https://app.example/path"),
        ("SEATWISE_CLAIM_SECONDS", "0"),
        ("SEATWISE_CLAIM_SECONDS", "inf"),
        ("SEATWISE_CLAIM_SECONDS", "soon"),
        ("SEATWISE_SETTLE_SECONDS", "-1"),
        ("SEATWISE_SETTLE_SECONDS", "nan"),
    ],
)
def test_a_wrong_setting_names_itself_and_what_it_must_be(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"^{name} must be "):
        settings(**{name: value})


def test_a_wrong_setting_is_not_repeated() -> None:
    with pytest.raises(WrongSetting) as wrong:
        settings(SEATWISE_SENDER="hunter2")
    assert "hunter2" not in str(wrong.value)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(WrongSetting, match=r"SEATWISE_SENDER must be .*; SEATWISE_CLAIM_SECONDS must be "):
        settings(SEATWISE_SENDER="nobody", SEATWISE_CLAIM_SECONDS="0")


@pytest.mark.parametrize(
    "missing", ["AzureWebJobsStorage", "SEATWISE_SECRET_KEYS", "SEATWISE_MAIL", "SEATWISE_SENDER"]
)
def test_what_is_needed_and_missing_or_empty_is_named(missing: str) -> None:
    with pytest.raises(WrongSetting, match=missing):
        settings(**{missing: ""})
    with pytest.raises(WrongSetting, match=missing):
        read({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize("name", ["SEATWISE_KEY_VAULT", "SEATWISE_PUBLIC_URL", "SEATWISE_CLAIM_SECONDS"])
def test_an_empty_setting_is_none(name: str) -> None:
    assert settings(**{name: ""}) == settings()


def test_links_need_their_address_and_their_keys() -> None:
    with pytest.raises(WrongSetting, match="SEATWISE_LINK_KEYS and SEATWISE_PUBLIC_URL must be set both"):
        settings(SEATWISE_PUBLIC_URL="https://app.example")


@pytest.mark.parametrize("name", ["SEATWISE_SECRET_KEYS", "SEATWISE_MAIL_API_KEY"])
def test_a_reference_that_was_not_resolved_is_never_taken_for_the_secret(name: str) -> None:
    with pytest.raises(WrongSetting, match=f"^{name}: the Key Vault reference was not resolved"):
        settings(**{name: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)"})
