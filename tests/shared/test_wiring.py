"""What is chosen from the settings, and how a wrong one says so."""

import pytest

from shared import config
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.storage.keys import AccountId, account_id
from shared.storage.secrets import SecretMissing, Secrets, SecretsUnavailable
from shared.wiring import Wiring, WiringOverrides
from tests.shared.test_config import GOOD

ACCOUNT = account_id("northwind-msp")
PSA = PsaConnection(id="cw", name="ConnectWise", kind="connectwise", settings_json='{"site": "x"}')


class Drawer:
    """A store of secrets that answers every question in one way."""

    def __init__(self, answer: str | Exception) -> None:
        self._answer = answer

    def get(self, account: AccountId, name: str) -> str:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def put(self, account: AccountId, name: str, value: str) -> None:
        raise AssertionError("nothing is stored here")

    def delete(self, account: AccountId, name: str) -> None:
        raise AssertionError("nothing is deleted here")


class WiringWith(Wiring):
    def __init__(self, secrets: Secrets) -> None:
        super().__init__(config.read(GOOD), WiringOverrides())
        self.__dict__["secrets"] = secrets


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"SEATWISE_MAIL": "pigeon"}, "it names no mail transport; there are folder, "),
        ({"SEATWISE_MAIL": "sendgrid"}, "path is not a setting"),
        ({"SEATWISE_MAIL_PATH": ""}, "path is missing: it must be the folder"),
    ],
)
def test_a_wrong_mail_setting_names_itself(changes: dict[str, str], told: str) -> None:
    wired = Wiring(config.read({**GOOD, **changes}), WiringOverrides())
    with pytest.raises(config.WrongSetting, match=f"SEATWISE_MAIL.*{told}"):
        _ = wired.transport


def test_wrong_encryption_keys_are_named_without_being_told() -> None:
    wired = Wiring(config.read({**GOOD, "SEATWISE_SECRET_KEYS": "hunter2"}), WiringOverrides())
    with pytest.raises(config.WrongSetting, match="SEATWISE_SECRET_KEYS: key 1 must be 32") as wrong:
        _ = wired.secrets
    assert "hunter2" not in str(wrong.value)


def test_a_psa_without_its_secret_or_with_wrong_settings_is_a_persons_matter() -> None:
    with pytest.raises(PsaRefused, match="is not stored"):
        WiringWith(Drawer(SecretMissing("psa-cw-secret"))).psa(ACCOUNT, PSA)
    with pytest.raises(PsaRefused, match="Site must be one of"):
        WiringWith(Drawer("key")).psa(ACCOUNT, PSA)


def test_a_psa_whose_secret_cannot_be_read_now_is_unavailable_and_not_without_one() -> None:
    with pytest.raises(PsaUnavailable):
        WiringWith(Drawer(SecretsUnavailable("The vault is down."))).psa(ACCOUNT, PSA)
