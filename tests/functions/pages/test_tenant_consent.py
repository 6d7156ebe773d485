"""Consent by a customer's own administrator, at the stand-in of Microsoft's page: there and back, proven by a read."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.pages.tenant_consent import looked, taken
from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.worlds.demo import demo_world
from sandbox.transport import led_to, sandbox_session
from shared.accounts import audit
from shared.errors import NotFound, Rejected
from shared.licensing import app_consents
from shared.licensing.tenant_consent import LIVES, TRIES
from shared.licensing.tenant_state import CustomerList
from shared.microsoft import partner_connections
from shared.microsoft.consent_states import ConsentStates, TenantConsentStates
from shared.microsoft.models import Customer, NotRead, PartnerConnection, SignInMode
from shared.microsoft.partner_connecting import AppWish
from shared.storage import keys
from tests.functions.memory_wiring import MemoryWiring

pytestmark = pytest.mark.processes

ACCOUNT = keys.account_id("msp")
WORLD = demo_world()
HARBOUR = WORLD.partners[0]
BY_NAME = {tenant.name: tenant for tenant in WORLD.tenants}
NO_GDAP, NO_CONSENT = BY_NAME["Granite Peak Surveyors"].id, BY_NAME["Hollybrook Schools"].id
START = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Desk:
    """An account with one partner connection, by an app registration of its own."""

    def __init__(self, running: RunningStandIns, session: requests.Session) -> None:
        self.running = running
        self.wired = MemoryWiring(now=START, session=lambda: session)
        wish = AppWish(
            "Harbour",
            HARBOUR.tenant_id,
            HARBOUR.client_id,
            SignInMode.REFRESH_TOKEN,
            HARBOUR.secret,
            HARBOUR.refresh_token,
        )
        self.connection = self.wired.partner_connecting.connect(ACCOUNT, wish)
        self.lists(self.wired.microsoft.customers(ACCOUNT, self.connection))
        self.consents = self.wired.tenant_consents

    def lists(self, customers: tuple[Customer, ...]) -> None:
        body = CustomerList(customers=customers).body()
        self.wired.blobs.put(keys.partner_list_blob(ACCOUNT, self.connection.id), gzip.compress(body))

    def ask(self, tenant: str = NO_GDAP) -> str:
        address, _ = self.consents.ask(ACCOUNT, "ann", tenant, "", self.wired.now)
        return led_to(self.running.url, address)

    def answered(self, address: str, choice: str = "accept", **other: str) -> func.HttpRequest:
        """What Microsoft's page leads back with once the administrator clicked; a liar puts in `other`."""
        assert f'id="{choice}"' in requests.get(address, timeout=20).text
        led = requests.get(f"{address}&choice={choice}", timeout=20, allow_redirects=False)
        back = urlsplit(led.headers["Location"])
        assert (
            f"{back.scheme}://{back.netloc}{back.path}" == "https://app.seatwise.example/api/tenant-consent"
        )
        return request(dict(parse_qsl(back.query)) | other)

    def by_app(self) -> frozenset[str]:
        found = app_consents.tenants_by_app(self.wired.tables, ACCOUNT)
        return found.get(self.connection.id, frozenset())

    def change(self, **change: object) -> PartnerConnection:
        changed = self.connection.model_copy(update=change)
        partner_connections.save(self.wired.tables, ACCOUNT, changed)
        return changed


def request(params: dict[str, str]) -> func.HttpRequest:
    address = "https://app.seatwise.example/api/tenant-consent"
    return func.HttpRequest("GET", address, params=params, body=b"")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    with start(tmp_path_factory.mktemp("standins")) as stand_ins:
        yield stand_ins


@pytest.fixture
def desk(running: RunningStandIns) -> Iterator[Desk]:
    with sandbox_session(running.url) as session:
        running.control("remove-consent", tenant="Hollybrook Schools")
        running.control("remove-app-consent", tenant="Granite Peak Surveyors")
        yield Desk(running, session)


def test_a_tenant_without_gdap_is_read_by_the_app_once_its_administrator_let_it_in(desk: Desk) -> None:
    with pytest.raises(NotRead):
        desk.consents.prove(ACCOUNT, NO_GDAP, "", desk.wired.now)
    back = desk.answered(desk.ask())
    status, page = looked(desk.wired, back)
    assert (status, "Granite Peak Surveyors" in page, "Finish" in page) == (HTTPStatus.OK, True, True)
    assert desk.by_app() == frozenset()
    status, page = taken(desk.wired, back)
    assert (status, "You can close this page" in page) == (HTTPStatus.OK, True)
    assert desk.by_app() == {NO_GDAP}


def test_with_gdap_the_consent_lets_the_partners_own_sign_in_read(desk: Desk) -> None:
    taken(desk.wired, desk.answered(desk.ask(NO_CONSENT)))
    assert desk.by_app() == frozenset()
    read = desk.wired.microsoft.read_tenant(ACCOUNT, desk.connection, NO_CONSENT)
    assert read.skus


def test_what_came_back_counts_once(desk: Desk) -> None:
    back = desk.answered(desk.ask())
    taken(desk.wired, back)
    for look in (looked, taken):
        assert look(desk.wired, back)[0] == HTTPStatus.GONE
    log = [entry for _, entry in audit.entries(desk.wired.tables, ACCOUNT, desk.wired.now)]
    assert [(entry.action, entry.subject, entry.after) for entry in log] == [
        ("tenant.consented", NO_GDAP, "app_only")
    ]


def test_a_proving_read_that_fails_in_passing_does_not_use_it_up(desk: Desk) -> None:
    address = desk.ask()
    back = desk.answered(address)
    desk.running.control("remove-app-consent", tenant="Granite Peak Surveyors")
    assert "Nearly done" in taken(desk.wired, back)[1]
    assert desk.by_app() == frozenset()
    desk.answered(address)
    assert "You can close this page" in taken(desk.wired, back)[1]
    assert desk.by_app() == {NO_GDAP}
    assert taken(desk.wired, back)[0] == HTTPStatus.GONE


def test_it_may_not_be_tried_without_end(desk: Desk) -> None:
    back = desk.answered(desk.ask())
    desk.running.control("remove-app-consent", tenant="Granite Peak Surveyors")
    for _ in range(TRIES):
        assert "Nearly done" in taken(desk.wired, back)[1]
    assert taken(desk.wired, back)[0] == HTTPStatus.GONE


def test_it_counts_for_the_tenant_that_was_asked_and_no_other(desk: Desk) -> None:
    back = desk.answered(desk.ask(), tenant=NO_CONSENT)
    status, page = taken(desk.wired, back)
    assert (status, "another organisation" in page) == (HTTPStatus.BAD_REQUEST, True)
    assert desk.by_app() == frozenset()


@pytest.mark.parametrize(
    "lie", [{"admin_consent": ""}, {"admin_consent": "False"}, {"error": "access_denied"}]
)
def test_who_says_no_or_nothing_changes_nothing_and_may_still_say_yes(
    desk: Desk, lie: dict[str, str]
) -> None:
    address = desk.ask()
    status, page = taken(desk.wired, desk.answered(address, "cancel", **lie))
    assert (status, "Nothing was changed" in page, desk.by_app()) == (
        HTTPStatus.BAD_REQUEST,
        True,
        frozenset(),
    )
    assert taken(desk.wired, desk.answered(address))[0] == HTTPStatus.OK


def test_a_yes_that_nobody_gave_is_proven_by_nothing(desk: Desk) -> None:
    """The words of the way back can be typed by anybody."""
    state = dict(parse_qsl(urlsplit(desk.ask()).query))["state"]
    typed = request({"state": state, "admin_consent": "True", "tenant": NO_GDAP})
    status, page = taken(desk.wired, typed)
    assert (status, "Nearly done" in page, desk.by_app()) == (HTTPStatus.OK, True, frozenset())
    assert "AADSTS" not in page
    with pytest.raises(NotRead):
        desk.consents.prove(ACCOUNT, NO_GDAP, "", desk.wired.now)


def test_the_address_is_good_for_seven_days(desk: Desk) -> None:
    back = desk.answered(desk.ask())
    desk.wired.now += LIVES - timedelta(seconds=1)
    assert looked(desk.wired, back)[0] == HTTPStatus.OK
    desk.wired.now += timedelta(seconds=1)
    assert taken(desk.wired, back)[0] == HTTPStatus.GONE
    assert desk.by_app() == frozenset()


def test_the_app_of_the_installation_reads_no_tenant_as_itself(desk: Desk) -> None:
    """Another account's customer may have let the same app in: that says nothing for this account."""
    desk.running.control("grant-consent", tenant="Granite Peak Surveyors")
    desk.change(by_installation=True)
    with pytest.raises(Rejected) as refused:
        desk.ask()
    assert refused.value.code == "own_app_needed"
    with pytest.raises(Rejected):
        desk.consents.prove(ACCOUNT, NO_GDAP, "", desk.wired.now)
    assert desk.by_app() == frozenset()


def test_what_was_proven_for_one_app_counts_for_no_other(desk: Desk) -> None:
    taken(desk.wired, desk.answered(desk.ask()))
    desk.change(client_id="99999999-0000-4000-8000-000000000009")
    assert desk.by_app() == frozenset()
    desk.change(by_installation=True)
    assert desk.by_app() == frozenset()


def test_a_tenant_that_microsoft_does_not_list_is_nobodys_to_ask_for(desk: Desk) -> None:
    for tenant in ("a-strangers-tenant", HARBOUR.tenant_id):
        with pytest.raises(NotFound):
            desk.ask(tenant)
        with pytest.raises(NotFound):
            desk.consents.prove(ACCOUNT, tenant, "", desk.wired.now)


def test_a_customer_who_left_the_list_meanwhile_is_not_read(desk: Desk) -> None:
    back = desk.answered(desk.ask())
    desk.lists(())
    assert taken(desk.wired, back)[0] == HTTPStatus.GONE
    assert desk.by_app() == frozenset()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(state=st.text(max_size=60) | st.sampled_from(["", "W10.x", "eyJhIjoxfQ.abc", "[1,2,3]"]))
def test_an_invented_state_is_refused(desk_without_vendors: MemoryWiring, state: str) -> None:
    words = {"state": state, "admin_consent": "True", "tenant": NO_GDAP, "error": ""}
    status, page = taken(desk_without_vendors, request(words))
    assert (status, "not valid" in page) == (HTTPStatus.GONE, True)


@pytest.fixture(scope="module")
def desk_without_vendors() -> MemoryWiring:
    return MemoryWiring(now=START, session=requests.Session)


def test_a_state_of_another_purpose_is_not_one(desk: Desk) -> None:
    state = desk.wired.tenant_consents.states.make(ACCOUNT, "c1")
    assert TenantConsentStates(desk.wired.signing_keys).read(state) == (ACCOUNT, "c1")
    other = ConsentStates(desk.wired.signing_keys).make(ACCOUNT, "ann", "c1")
    with pytest.raises(Rejected):
        desk.wired.tenant_consents.states.read(other)
