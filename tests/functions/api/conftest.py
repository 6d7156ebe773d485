"""An MSP with a member of each role, and a client that signs in as any of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from functions.api.app import Edge, make_app
from shared.accounts.account import Account
from shared.accounts.directory import save_account
from shared.accounts.members import Member, Person, Role, add_member
from shared.accounts.preferences import DigestSettings
from shared.storage.keys import AccountId, account_id
from shared.storage.memory import MemoryTables
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims
from tests.functions.memory_wiring import NOW, OWNER_TENANT, MemoryWiring
from tests.shared.alerts.world import CountingTables

MSP = account_id("harbour-it")
OTHER = account_id("tidewater")
PEOPLE = {
    "reader": "22222222-aaaa-4bbb-8ccc-00000000000a",
    "editor": "22222222-aaaa-4bbb-8ccc-00000000000b",
    "admin": "22222222-aaaa-4bbb-8ccc-00000000000c",
    "owner": "22222222-aaaa-4bbb-8ccc-00000000000d",
    "other": "22222222-aaaa-4bbb-8ccc-00000000000e",
    "nobody": "22222222-aaaa-4bbb-8ccc-00000000000f",
}
"""Object ids: a member of each role, an owner of the other account, and somebody of no account."""


def id_of(word: str) -> str:
    return Person(tenant_id=OWNER_TENANT, object_id=PEOPLE[word]).id


class Caller:
    """Asks the API as one person."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client, self._token = client, token

    def __call__(self, method: str, path: str, **request: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._token}", **request.pop("headers", {})}
        answer: httpx2.Response = self._client.request(method, f"/api{path}", headers=headers, **request)
        return answer


@pytest.fixture
def microsoft() -> MicrosoftKeys:
    return MicrosoftKeys()


@pytest.fixture
def wired(microsoft: MicrosoftKeys) -> MemoryWiring:
    return an_msp(microsoft)


def an_msp(microsoft: MicrosoftKeys, tables: MemoryTables | None = None) -> MemoryWiring:
    """Two accounts: MSP with a member of each role, and OTHER."""
    wiring = MemoryWiring(session=microsoft.session, tables=tables or CountingTables())
    for account, name in ((MSP, "Harbour IT"), (OTHER, "Tidewater")):
        save_account(wiring.tables, an_account(account, name))
    for word in ("owner", "admin", "editor", "reader"):
        add_member(wiring.tables, MSP, a_member(word, Role.named(word)))
    add_member(wiring.tables, OTHER, a_member("other", Role.OWNER))
    return wiring


def an_account(account: AccountId, name: str) -> Account:
    digest = DigestSettings(recipients=(f"clerk@{account}.example",))
    return Account(id=account, name=name, since=NOW, timezone="Europe/London", digest=digest)


def a_member(word: str, role: Role) -> Member:
    person = Person(tenant_id=OWNER_TENANT, object_id=PEOPLE[word])
    return Member(person=person, role=role, name=word.title(), email=f"{word}@msp.example", since=NOW)


@pytest.fixture
def client(wired: MemoryWiring) -> TestClient:
    """The app as the Functions route has it; what it does not catch would be raised here."""
    app = _app()
    app.state.wired = wired
    return TestClient(Edge(app), raise_server_exceptions=True)


@cache
def _app() -> FastAPI:
    """Made once: all it keeps of a wiring is what `client` replaces, and the front end's address."""
    return make_app(MemoryWiring())


@pytest.fixture
def sign_in(client: TestClient, microsoft: MicrosoftKeys) -> Callable[[str], Caller]:
    """A caller by the word of PEOPLE."""

    def caller(word: str) -> Caller:
        return Caller(client, microsoft.token(**good_claims(person=PEOPLE[word])))

    return caller


@pytest.fixture
def busy(wired: MemoryWiring) -> Any:
    """The MSP with tenants, alerts and a PSA (`busy.py`)."""
    from tests.functions.api.busy import busy_msp

    return busy_msp(wired)
