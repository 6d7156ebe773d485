"""The address of a PSA that an owner types: what it leads to is refused in words, and nothing is kept of it."""

import io
import socket
from typing import Any

import pytest
import requests
from starlette.testclient import TestClient
from urllib3 import HTTPResponse

from functions.api.app import Edge
from shared.http.public_addresses import PublicAdapter
from tests.functions.api.billing_msp import BASE
from tests.functions.api.conftest import PEOPLE, Caller, an_msp
from tests.functions.api.made_up_requests import APP
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims

PSAS = f"{BASE}/psa-connections"
SECRET = "canary-of-the-address"


class World(MicrosoftKeys):
    """Beside Microsoft's keys: servers that lead elsewhere, or, where `location` is "", the real way to a host."""

    def __init__(self, location: str = "") -> None:
        super().__init__()
        self.location = location
        self.others: list[str] = []
        self._public = PublicAdapter()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if self.asks_for_keys(request):
            return super().send(request, *args, **more)
        self.others.append(str(request.url))
        if not self.location:
            return self._public.send(request, *args, **more)
        response = requests.Response()
        response.status_code, response.url, response.request = 302, str(request.url), request
        response.headers["Location"] = self.location
        response.raw = HTTPResponse(io.BytesIO(b""), preload_content=False)
        return response


def asked(world: World, site: str) -> Any:
    """An owner connects a ConnectWise of their own at that site."""
    APP.state.wired = an_msp(world)
    settings = {"companyId": "harbour", "publicKey": "pk", "clientId": "2f1b9c0e-4a47-4c1e-9a5d-6c1f7f1c9a10"}
    body = {
        "name": "Ours",
        "kind": "connectwise",
        "settings": {**settings, "site": site, "selfHosted": True},
        "secret": SECRET,
    }
    owner = Caller(TestClient(Edge(APP)), world.token(**good_claims(person=PEOPLE["owner"])))
    answer = owner("POST", PSAS, json=body)
    assert SECRET not in answer.text
    assert owner("GET", PSAS).json()["items"] == []
    return answer


@pytest.mark.parametrize(
    "site",
    [
        "https://admin:pass@psa.example",
        "admin@psa.example",
        "http://psa.example",
        "https://psa.example/path?x=1",
        "169.254.169.254",
        "https://[fe80::1]",
        "127.0.0.1",
        "10.0.0.8",
        "localhost",
        "metadata.google.internal#@psa.example",
        "psa.example\r\nX-A: b",
    ],
)
def test_what_is_no_public_https_host_is_refused_by_its_field_before_anything_is_sent(site: str) -> None:
    world = World()
    answer = asked(world, site)
    assert (answer.status_code, answer.json()["field"]) == (422, "settings.site"), answer.text
    assert (site not in answer.text, world.others) == (True, [])


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_into_a_network_of_ours_is_answered_as_a_psa_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: None)  # whoever listens there
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: (address, 443))
    world = World()
    answer = asked(world, "psa.harbour-it.example")
    assert answer.status_code in (502, 503), answer.text
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/", "https://evil.example/"])
def test_a_redirect_is_not_followed_and_told(location: str) -> None:
    world = World(location)
    answer = asked(world, "psa.harbour-it.example")
    assert answer.status_code in (502, 503), answer.text
    assert world.others
    assert all(url.startswith("https://psa.harbour-it.example/") for url in world.others)
