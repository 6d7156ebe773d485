"""How long a token of Halo is kept, whatever is said of it."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from shared.billing.psa.halo.asking import Api
from shared.billing.psa.halo.settings import HaloSettings
from shared.http.client import Http

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)


class Tokens(HTTPAdapter):
    """Gives a token at every sign-in."""

    def __init__(self, lives: object) -> None:
        super().__init__()
        self.lives, self.asked = lives, 0

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked += 1
        told = requests.Response()
        told.status_code, told.url, told.request = 200, str(request.url), request
        told.raw = io.BytesIO(json.dumps({"access_token": "t", "expires_in": self.lives}).encode())
        told.headers["Content-Type"] = "application/json"
        return told


@pytest.mark.parametrize("lives", [10**15, 10**400, 3600, "3600", None, -1, 1.5, True])
def test_a_token_is_kept_a_day_at_most_whatever_time_halo_names(lives: object) -> None:
    at = [NOW]
    session, tokens = requests.Session(), Tokens(lives)
    session.mount("https://", tokens)
    http = Http(session, lambda _: None, lambda: at[0])
    settings = HaloSettings.model_validate_json(
        json.dumps(
            {
                "site": "acme.halopsa.com",
                "tenant": "acme",
                "client_id": "c6a1e0f2-9f2b-4f6c-8c39-2b1f3a4d5e6f",
            }
        )
    )
    api = Api(settings, "secret", http)
    assert api.sign_in() == "t"
    at[0] += timedelta(days=1)
    assert (api.sign_in(), tokens.asked) == ("t", 2)
