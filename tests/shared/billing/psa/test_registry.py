"""The registry opens each PSA from what is stored of it."""

from typing import NoReturn

import pytest
import requests

from shared.billing.psa.base import PsaRefused
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.registry import PSAS, open_psa
from shared.http.client import Http
from tests.shared.billing.psa.connectwise.test_settings import GOOD


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


def test_wrong_stored_settings_are_named_and_none_is_repeated(http: Http) -> None:
    with pytest.raises(PsaRefused) as refused:
        open_psa("connectwise", b'{"site": "api-na.myconnectwise.net", "public_key": "a b"}', "private", http)
    assert refused.value.sign_in
    for name in ("company_id", "client_id", "Public key must be"):
        assert name in refused.value.sentence
    assert "a b" not in refused.value.sentence


def test_settings_that_are_no_json_and_a_kind_that_nobody_knows_are_refused_in_words(http: Http) -> None:
    with pytest.raises(PsaRefused, match="The settings: Invalid JSON"):
        open_psa("connectwise", b"secret", "private", http)
    with pytest.raises(PsaRefused, match="'tigerpaw' is no PSA; there are autotask, connectwise, halo"):
        open_psa("tigerpaw", b"{}", "private", http)


def test_every_registered_psa_has_a_name_for_people() -> None:
    assert all(kind.name and slug == slug.lower() for slug, kind in PSAS.items())
