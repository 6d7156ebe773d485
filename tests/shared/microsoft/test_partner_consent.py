"""A partner's consent against the stand-in of Microsoft's sign-in: there and back once, for its person alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.worlds.demo import demo_world
from sandbox.transport import led_to, sandbox_session
from shared.errors import NotFound, Rejected, RetryLater
from shared.http.client import Http
from shared.microsoft import partner_connections
from shared.microsoft.connector import Microsoft
from shared.microsoft.consent_states import ConsentStates
from shared.microsoft.installation_app import InstallationApp, WithInstallationApp
from shared.microsoft.models import NotRead, PartnerConnection, SignInMode
from shared.microsoft.partner_connecting import AppWish, Connecting, id_of
from shared.microsoft.partner_consent import LIVES, ConsentAnswer, ConsentWish, PartnerConsent
from shared.storage import keys
from shared.storage.memory import MemoryTables
from tests.shared.storage.memory_secrets import MemorySecrets

pytestmark = pytest.mark.processes

ACCOUNT, OTHER = keys.account_id("msp"), keys.account_id("another-msp")
HARBOUR, NORTH, TIDE = demo_world().partners[:3]
# The client secret of North has expired.
ANN, BOB = "ann", "bob"
PAGE = "https://web.seatwise.example/partner-consent"
WISH = ConsentWish("Harbour", HARBOUR.client_id, HARBOUR.secret)
START = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Desk:
    """An account that connects partners at the stand-in."""

    def __init__(self, session: requests.Session, led_to: Callable[[str], str]) -> None:
        self.tables, self.secrets, self.now = MemoryTables(), MemorySecrets(), START
        self.http = Http(session, lambda _: None, lambda: self.now)
        self.led_to = led_to
        self.installed(None)

    def installed(self, ours: InstallationApp | None) -> None:
        """The installation has this app registration from now on."""
        self.connecting = Connecting(
            self.tables,
            WithInstallationApp(self.secrets, ours),
            lambda held: Microsoft(self.http, held, lambda: self.now),
        )
        states = ConsentStates([b"k" * 32])
        self.consent = PartnerConsent(self.connecting, self.http, states, PAGE, self.led_to, ours)

    def begin(self, wish: ConsentWish = WISH, member: str = ANN) -> str:
        return self.consent.begin(ACCOUNT, member, wish, self.now)

    def finish(self, answer: ConsentAnswer, member: str = ANN) -> PartnerConnection:
        return self.consent.finish(ACCOUNT, member, answer, self.now)

    def stored(self) -> list[PartnerConnection]:
        return list(partner_connections.all_of(self.tables, ACCOUNT))

    def values(self) -> set[str]:
        return set(self.secrets.kept.values())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    with start(tmp_path_factory.mktemp("standins")) as stand_ins:
        yield stand_ins


@pytest.fixture
def desk(running: RunningStandIns) -> Iterator[Desk]:
    with sandbox_session(running.url) as session:
        yield Desk(session, lambda address: led_to(running.url, address))


def chosen(address: str, choice: str = "accept") -> ConsentAnswer:
    """What Microsoft's page leads back with once a person clicked, as a browser goes there."""
    page = requests.get(address, timeout=20)
    assert f'id="{choice}"' in page.text
    led = requests.get(f"{address}&choice={choice}", timeout=20, allow_redirects=False)
    back = urlsplit(led.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == PAGE
    words = dict(parse_qsl(back.query))
    return ConsentAnswer(
        words["state"], words.get("code", ""), words.get("error", ""), words.get("error_description", "")
    )


def test_a_partner_that_consents_is_connected_and_can_be_read(desk: Desk) -> None:
    made = desk.finish(chosen(desk.begin()))
    assert (made.tenant_id, made.mode) == (HARBOUR.tenant_id, SignInMode.REFRESH_TOKEN)
    assert desk.stored() == [made]
    assert desk.connecting.test(ACCOUNT, made.id) > 0
    assert set(desk.secrets.kept) == {(ACCOUNT, made.client_secret), (ACCOUNT, made.refresh_token)}


def test_no_secret_is_in_the_address_or_a_row(desk: Desk) -> None:
    address = desk.begin()
    kept = desk.values()
    rows = b"".join(row.body for row in desk.tables.rows(keys.settings(ACCOUNT)))
    assert HARBOUR.secret not in address
    assert HARBOUR.secret.encode() not in rows
    assert b"code_verifier" not in rows
    answer = chosen(address)
    made = desk.finish(answer)
    rows = b"".join(row.body for row in desk.tables.rows(keys.settings(ACCOUNT)))
    assert not any(value.encode() in rows for value in desk.values() | kept)
    assert answer.code not in repr(answer)
    assert HARBOUR.secret not in repr(WISH) + repr(made)


def test_the_way_back_works_once(desk: Desk) -> None:
    answer = chosen(desk.begin())
    desk.finish(answer)
    with pytest.raises(Rejected) as refused:
        desk.finish(answer)
    assert refused.value.code == "consent_over"
    assert len(desk.stored()) == 1


def test_another_person_or_account_cannot_use_it(desk: Desk) -> None:
    answer = chosen(desk.begin())
    with pytest.raises(Rejected):
        desk.finish(answer, BOB)
    with pytest.raises(Rejected):
        desk.consent.finish(OTHER, ANN, answer, desk.now)
    assert desk.stored() == []
    desk.finish(answer)


def test_it_ends_after_a_quarter_of_an_hour_and_leaves_nothing(desk: Desk) -> None:
    answer = chosen(desk.begin())
    desk.now += LIVES
    with pytest.raises(Rejected):
        desk.finish(answer)
    assert desk.secrets.kept == {}
    desk.begin()
    desk.now += LIVES * 2
    desk.begin()
    assert len(desk.secrets.kept) == 1


def test_who_declines_changes_nothing(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        desk.finish(chosen(desk.begin(), "cancel"))
    assert refused.value.code == "declined"
    assert (desk.stored(), desk.secrets.kept) == ([], {})


def test_the_same_partner_again_updates_its_connection(desk: Desk) -> None:
    first = desk.finish(chosen(desk.begin()))
    before = desk.values()
    again = desk.finish(chosen(desk.begin(ConsentWish("", "", "", first.id))))
    assert (again.id, again.name) == (first.id, "Harbour")
    assert len(desk.secrets.kept) == 2
    assert desk.values() != before
    assert desk.connecting.test(ACCOUNT, again.id) > 0


def test_another_partner_is_another_connection_and_never_takes_the_place_of_one(desk: Desk) -> None:
    first = desk.finish(chosen(desk.begin()))
    wish = ConsentWish("Tide", TIDE.client_id, TIDE.secret, first.id)
    with pytest.raises(Rejected) as refused:
        desk.finish(chosen(desk.begin(wish)))
    assert refused.value.code == "another_partner"
    desk.finish(chosen(desk.begin(ConsentWish("Tide", TIDE.client_id, TIDE.secret))))
    assert {one.tenant_id for one in desk.stored()} == {HARBOUR.tenant_id, TIDE.tenant_id}


def test_a_secret_that_has_expired_is_told_with_what_to_do(desk: Desk) -> None:
    wish = ConsentWish("North", NORTH.client_id, NORTH.secret)
    with pytest.raises(NotRead, match=r"has expired\. Create a new one"):
        desk.finish(chosen(desk.begin(wish)))
    assert desk.stored() == []


def test_a_wrong_client_secret_is_told_in_words_and_nothing_is_kept(desk: Desk) -> None:
    with pytest.raises(NotRead, match="AADSTS7000215") as refused:
        desk.finish(chosen(desk.begin(ConsentWish("Harbour", HARBOUR.client_id, "wr0ng-secret"))))
    assert "wr0ng-secret" not in str(refused.value)
    assert (desk.stored(), desk.secrets.kept) == ([], {})


def test_an_invented_code_is_refused(desk: Desk) -> None:
    answer = chosen(desk.begin())
    with pytest.raises(NotRead):
        desk.finish(ConsentAnswer(answer.state, "invented"))
    assert desk.stored() == []


@pytest.mark.parametrize(
    "wish, field",
    [
        (ConsentWish("Harbour", "no guid", "x"), "clientId"),
        (ConsentWish("Harbour", HARBOUR.client_id, ""), "clientSecret"),
        (ConsentWish(" ", HARBOUR.client_id, "x"), "name"),
    ],
)
def test_a_wrong_field_is_named(desk: Desk, wish: ConsentWish, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        desk.begin(wish)
    assert refused.value.field == field


def test_a_connection_that_is_not_there_cannot_be_consented_to_again(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.begin(ConsentWish("", "", "", "nothing"))


def test_without_the_vault_nobody_is_led_away(desk: Desk) -> None:
    desk.secrets.down = True
    with pytest.raises(RetryLater):
        desk.begin()


@given(state=st.text(max_size=60) | st.sampled_from(["", "W10.x", "eyJhIjoxfQ.abc", "[1,2,3]"]))
def test_any_invented_state_is_refused(state: str) -> None:
    with pytest.raises(Rejected) as refused:
        ConsentStates([b"k" * 32]).read(state, ACCOUNT, ANN)
    assert refused.value.field == "state"


def test_a_state_of_an_old_key_is_still_read_and_of_a_strange_one_not() -> None:
    old, new = b"o" * 32, b"n" * 32
    made = ConsentStates([old]).make(ACCOUNT, ANN, "c1")
    assert ConsentStates([new, old]).read(made, ACCOUNT, ANN) == "c1"
    with pytest.raises(Rejected):
        ConsentStates([new]).read(made, ACCOUNT, ANN)


# -- an app registration of its own ---------------------------------------------------------------------------------

APP = AppWish("Harbour", HARBOUR.tenant_id.upper(), HARBOUR.client_id, SignInMode.APP_ONLY, HARBOUR.secret)


def test_an_app_registration_is_proven_and_then_saved(desk: Desk) -> None:
    made = desk.connecting.connect(ACCOUNT, APP)
    assert (made.id, made.tenant_id) == (id_of(ACCOUNT, HARBOUR.tenant_id), HARBOUR.tenant_id)
    assert desk.values() == {HARBOUR.secret}
    assert desk.connecting.test(ACCOUNT, made.id) > 0


def test_a_change_without_secrets_keeps_them_and_a_wrong_one_changes_nothing(desk: Desk) -> None:
    made = desk.connecting.connect(ACCOUNT, APP)
    wish = AppWish("Renamed", HARBOUR.tenant_id, HARBOUR.client_id, SignInMode.APP_ONLY)
    renamed = desk.connecting.change(ACCOUNT, made.id, wish)
    assert (renamed.name, desk.values()) == ("Renamed", {HARBOUR.secret})
    wrong = AppWish("Wrong", HARBOUR.tenant_id, HARBOUR.client_id, SignInMode.APP_ONLY, "wr0ng-secret")
    with pytest.raises(NotRead) as refused:
        desk.connecting.change(ACCOUNT, made.id, wrong)
    assert "wr0ng-secret" not in str(refused.value)
    assert (desk.stored(), desk.values()) == ([renamed], {HARBOUR.secret})


def test_the_same_partner_is_connected_once_however_it_is_done(desk: Desk) -> None:
    first = desk.connecting.connect(ACCOUNT, APP)
    second = desk.connecting.connect(ACCOUNT, APP)
    third = desk.finish(chosen(desk.begin()))
    assert first.id == second.id == third.id
    assert desk.stored() == [third]
    assert third.mode is SignInMode.REFRESH_TOKEN


@pytest.mark.parametrize(
    "change, field",
    [
        ({"tenant_id": "harbour.example"}, "tenantId"),
        ({"client_id": ""}, "clientId"),
        ({"client_secret": ""}, "clientSecret"),
        ({"mode": SignInMode.REFRESH_TOKEN}, "refreshToken"),
        ({"name": "\n"}, "name"),
    ],
)
def test_what_is_missing_of_an_app_is_named(desk: Desk, change: dict[str, object], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        desk.connecting.connect(ACCOUNT, replace(APP, **change))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert desk.secrets.kept == {}


OURS = InstallationApp(HARBOUR.client_id, HARBOUR.secret)
BY_OURS = ConsentWish("Harbour IT", "")


def test_a_partner_without_an_app_of_its_own_consents_to_the_installations(desk: Desk) -> None:
    desk.installed(OURS)
    made = desk.finish(chosen(desk.begin(BY_OURS)))
    assert (made.client_id, made.by_installation) == (OURS.client_id, True)
    assert desk.connecting.test(ACCOUNT, made.id) > 0


def test_the_installations_secret_is_kept_for_no_account(desk: Desk) -> None:
    desk.installed(OURS)
    address = desk.begin(BY_OURS)
    assert OURS.client_secret not in str(desk.secrets.kept)
    made = desk.finish(chosen(address))
    assert OURS.client_secret not in str(desk.secrets.kept)
    assert set(desk.secrets.kept) == {(ACCOUNT, made.refresh_token)}
    assert OURS.client_secret not in repr(OURS)


def test_a_connection_by_the_installations_app_is_consented_to_again_by_it(desk: Desk) -> None:
    desk.installed(OURS)
    made = desk.finish(chosen(desk.begin(BY_OURS)))
    again = desk.finish(chosen(desk.begin(ConsentWish("", "", connection=made.id))))
    assert (again.id, again.by_installation, len(desk.stored())) == (made.id, True, 1)


def test_it_goes_on_by_an_app_of_its_own_once_that_is_given(desk: Desk) -> None:
    desk.installed(OURS)
    made = desk.finish(chosen(desk.begin(BY_OURS)))
    own = desk.finish(chosen(desk.begin(WISH)))
    assert (own.id, own.by_installation) == (made.id, False)
    desk.installed(None)
    assert desk.connecting.test(ACCOUNT, own.id) > 0


def test_without_such_an_app_an_own_one_is_asked_for(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        desk.begin(BY_OURS)
    assert refused.value.field == "clientSecret"


def test_when_the_installation_lost_its_app_meanwhile_nothing_is_connected(desk: Desk) -> None:
    desk.installed(OURS)
    answer = chosen(desk.begin(BY_OURS))
    desk.installed(None)
    with pytest.raises(Rejected):
        desk.finish(answer)
    assert desk.stored() == []
