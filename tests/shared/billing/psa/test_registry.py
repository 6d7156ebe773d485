"""The registry opens each PSA from what is stored of it."""

from typing import NoReturn

import pytest
import requests
from pydantic import ValidationError

from shared.billing.psa.connectwise import ConnectWise
from shared.billing.psa.registry import PSAS, open_psa
from shared.http import Http
from tests.shared.billing.psa.test_connectwise_settings import GOOD


@pytest.fixture
def http() -> Http:
    """One that would have nowhere to go: opening must not use it."""
    session = requests.Session()
    session.adapters.clear()
    return Http(session, sleep=_never, clock=_never)


def _never(*_: object) -> NoReturn:
    raise AssertionError("nothing is asked while a PSA is opened")


def test_a_connectwise_is_opened_from_its_stored_settings_without_any_request(http: Http) -> None:
    settings = PSAS["connectwise"].settings.model_validate(GOOD)
    assert isinstance(open_psa("connectwise", settings.body(), "private", http), ConnectWise)


def test_a_wrong_stored_setting_is_named(http: Http) -> None:
    with pytest.raises(ValidationError, match="Site must be one of"):
        open_psa("connectwise", b'{"site": "evil.example", "company_id": "a"}', "private", http)


def test_every_registered_psa_has_a_name_for_people() -> None:
    assert all(kind.name and slug == slug.lower() for slug, kind in PSAS.items())
