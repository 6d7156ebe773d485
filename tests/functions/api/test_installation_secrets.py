"""The installation's own secrets come out nowhere, even when every vendor answers with what it was sent."""

import base64
import io
import json
import logging
import zipfile
from typing import Any

import pytest
import requests
from starlette.testclient import TestClient
from urllib3 import HTTPResponse

from functions import doctor
from functions.api.app import Edge, make_app
from functions.health import all_findings
from shared import config
from shared.mail.base import Mail
from shared.microsoft import partner_connections
from shared.microsoft.models import NotRead
from shared.storage.memory import MemoryBlobs
from tests.functions.api.conftest import MSP
from tests.functions.api.known_things import KnownThings, known_things
from tests.functions.api.made_up_requests import TOKENS, Alone
from tests.functions.memory_wiring import API, MemoryWiring
from tests.shared.alerts.world import CountingTables

CANARY = "canary-7c1e"
KEYS = [f"{CANARY}-{name}".ljust(32, "x")[:32] for name in ("links-new", "links-old", "vault")]
LINKS_NEW, LINKS_OLD, VAULT = (base64.b64encode(key.encode()).decode() for key in KEYS)
STORAGE = base64.b64encode(f"{CANARY}-storage".encode()).decode()
PARTNER = f"{CANARY}-partner-secret"
OURS = {
    "AzureWebJobsStorage": f"DefaultEndpointsProtocol=https;AccountName=seatwise;AccountKey={STORAGE}",
    "SEATWISE_SECRET_KEYS": VAULT,
    "SEATWISE_LINK_KEYS": f"{LINKS_NEW},{LINKS_OLD}",
    "SEATWISE_PARTNER_CLIENT_ID": "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a77",
    "SEATWISE_PARTNER_CLIENT_SECRET": PARTNER,
}
TRANSPORTS = {
    "sendgrid": {"API_KEY": f"{CANARY}-sendgrid-key"},
    "smtp": {
        "HOST": "127.0.0.1",
        "PORT": "1",
        "USER": "seatwise",
        "PASSWORD": f"{CANARY}-smtp-password",
        "SECURITY": "starttls",
    },
    "ses": {
        "REGION": "eu-central-1",
        "ACCESS_KEY_ID": "AKIDEXAMPLE123456",
        "SECRET_ACCESS_KEY": f"{CANARY}-ses-key",
        "CONFIGURATION_SET": "seatwise",
        "ENDPOINT": "http://127.0.0.1:1",
    },
}
SECRETS = [PARTNER, STORAGE, VAULT, LINKS_NEW, LINKS_OLD, *KEYS, CANARY]
DOCUMENT: Any = make_app(None).openapi()
LISTED = [
    path
    for path, operations in DOCUMENT["paths"].items()
    if "get" in operations and path.startswith("/api/accounts/{account}")
]


class Echo(Alone):
    """Whoever is asked refuses, and says back all that it was sent."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if self.asks_for_keys(request):
            return super().send(request, *args, **more)
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
        said = f"{body} {dict(request.headers)}"
        told = {"error": "invalid_client", "error_description": said, "errors": [{"message": said}]}
        discovery = "openid-configuration" in str(request.url)
        if discovery:
            told = {
                "authorization_endpoint": "https://login.example/a",
                "token_endpoint": "https://login.example/t",
            }
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = (
            (200 if discovery else 400),
            str(request.url),
            request,
        )
        answer.headers["Content-Type"] = "application/json"
        answer.raw = HTTPResponse(io.BytesIO(json.dumps(told).encode()), preload_content=False)
        return answer


def environment(transport: str) -> dict[str, str]:
    mail = {f"SEATWISE_MAIL_{name}": value for name, value in TRANSPORTS[transport].items()}
    given = {name: value for name, value in API.items() if not name.startswith("SEATWISE_MAIL")}
    return {**given, **OURS, "SEATWISE_MAIL": transport, **mail}


class Installation:
    """The MSP of the tests in an installation whose secrets are canaries, connected by the installation's app."""

    def __init__(self, transport: str) -> None:
        self.known: KnownThings = known_things()
        self.tables, self.blobs = CountingTables(), MemoryBlobs()
        self.wired: MemoryWiring = self.known.copy(
            Echo(), self.tables, self.blobs, settings=environment(transport)
        )
        del self.wired.__dict__["transport"]
        [connection] = partner_connections.all_of(self.wired.tables, MSP)
        self.partner = connection.model_copy(
            update={"by_installation": True, "client_id": OURS["SEATWISE_PARTNER_CLIENT_ID"]}
        )
        partner_connections.save(self.wired.tables, MSP, self.partner)
        self.wired.secrets.put(MSP, self.partner.refresh_token, "a refresh token")
        self._client = TestClient(Edge(make_app(self.wired)))

    def ask(self, method: str, path: str, **request: Any) -> str:
        headers = {"Authorization": f"Bearer {TOKENS['owner']}"}
        answer = self._client.request(method, path, headers=headers, **request)
        assert answer.status_code not in {401, 500}, answer.text
        if answer.headers.get("content-type") == "application/zip":
            files = zipfile.ZipFile(io.BytesIO(answer.content))
            return str(answer.headers) + "".join(
                files.read(name).decode("latin-1") for name in files.namelist()
            )
        return str(answer.headers) + answer.content.decode("latin-1")

    def address(self, path: str) -> str:
        ids = {"account": MSP} | {name: found[0] for name, found in self.known.ids.items()}
        return path.format(**ids)

    def kept(self) -> str:
        """All rows, blobs and messages."""
        rows = [str(row.body) for rows in self.tables._partitions.values() for row in rows.values()]
        blobs = [str(body) for body, _ in self.blobs._blobs.values()]
        return "".join([*rows, *blobs, *(message.body for message in self.wired.sent.messages)])


def assert_in_none(transport: str, *texts: str) -> None:
    secrets = [*SECRETS, *(value for value in TRANSPORTS[transport].values() if CANARY in value)]
    assert not [secret for secret in secrets for text in texts if secret in text]


def test_they_are_in_no_answer_row_message_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    installation = Installation("sendgrid")
    answers = [installation.ask("GET", installation.address(path)) for path in LISTED]
    base = f"/api/accounts/{MSP}"
    partner = {"name": "Harbour", "connection": installation.partner.id}
    answers += [
        installation.ask("POST", f"{base}/partner-connections/{installation.partner.id}/test"),
        installation.ask("POST", f"{base}/partner-consents", json=partner),
        installation.ask(
            "POST", f"{base}/partner-consents/finish", json={"state": "made-up", "code": "made-up"}
        ),
        installation.ask("POST", f"{base}/invitations", json={"email": "eva@msp.example", "role": "reader"}),
    ]
    assert len(answers) > 40
    assert_in_none("sendgrid", *answers, installation.kept(), caplog.text)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_they_are_not_in_what_the_doctor_and_the_adapters_say(transport: str) -> None:
    wired = Installation(transport).wired
    found = "\n".join(doctor.lines(all_findings(wired)))
    assert "WRONG" in found
    mail = Mail(
        id="m1",
        to="eva@msp.example",
        subject="Hello",
        text="Hello",
        html="<p>Hello</p>",
        sender="seatwise@msp.example",
        sender_name="Seatwise",
        reply_to="seatwise@msp.example",
    )
    receipt = wired.transport.send(mail)
    assert receipt.why
    assert_in_none(transport, found, str(receipt), repr(wired.settings), repr(wired.installation_app))


def test_a_refusal_of_microsoft_that_repeats_them_is_told_in_our_words() -> None:
    installation = Installation("sendgrid")
    with pytest.raises(NotRead) as refused:
        installation.wired.microsoft.check_partner(MSP, installation.partner)
    assert_in_none("sendgrid", str(refused.value), repr(refused.value))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_wrong_setting_is_named_and_not_repeated(transport: str) -> None:
    good = environment(transport)
    said = {name: said_of({**good, name: f"{CANARY}\x00 wrong"}) for name in good}
    assert all(said[name] for name in OURS if name.endswith(("_KEYS", "_ID")))
    assert not [name for name, words in said.items() if CANARY in words]


def said_of(settings: dict[str, str]) -> str:
    """Why these settings cannot be worked with; "" when nothing is found to be wrong."""
    try:
        wired = MemoryWiring(settings=settings, session=Echo().session)
        _ = (wired.transport, wired.secrets, wired.signing_keys)
    except config.WrongSetting as wrong:
        return str(wrong)
    return ""
