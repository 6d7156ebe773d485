"""Connecting a PSA: tested before it is saved, its secret in the vault alone, removed when nothing bills by it."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.accounts.companies import COMPANY
from shared.billing import psa_connecting, psa_lists
from shared.billing.models import PsaConnection, TenantMappings
from shared.billing.profiles import billing_profiles
from shared.billing.psa.base import Psa, PsaRefused, PsaUnavailable
from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.registry import RegisteredPsas
from shared.billing.psa.tickets import PsaTickets
from shared.billing.psa_connecting import PsaWish
from shared.billing.psa_connections import (
    ConnectionFailure,
    connection_failure,
    ever_connected,
    psa_connection,
    psa_connections,
    replace_psa_connection,
    save_connection_failure,
    stored_connection,
)
from shared.errors import NotFound, Rejected, RetryLater
from shared.http.client import Http
from shared.storage import keys
from shared.storage.decisions import Decider, decide
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Conflict
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes
from tests.shared.billing.psa.fake_tickets import FakeTickets
from tests.shared.billing.world import ACCOUNT, CONNECTION, START, Mapped, World
from tests.shared.storage.memory_secrets import MemorySecrets

CANARY = "canary-5f1d-private-key"
GIVEN = {"site": "psa.example", "company_id": "northwind"}
BY = Decider("ann@northwind.test", "", START)
WISH = PsaWish(name="Our PSA", kind="fake", settings=GIVEN, secret=CANARY)


_WRONG = PsaRefused("Unauthorized", "The PSA does not accept this sign-in.", sign_in=True)


class FakeSettings(PsaSettings):
    site: str
    company_id: str

    @property
    def system(self) -> str:
        return f"{self.site}/{self.company_id}"


class FakePsas:
    """One kind of PSA; `right` is the secret that it lets in, whatever the settings."""

    def __init__(self, psa: FakePsa, right: str = CANARY) -> None:
        self.psa, self.right = psa, right
        self.tickets = FakeTickets()
        self.opened: list[str] = []

    def settings(self, kind: str, given: Mapping[str, object]) -> FakeSettings:
        try:
            return FakeSettings.model_validate(dict(given))
        except ValidationError:
            raise Rejected("A site and a company id are needed.", "invalid", "settings") from None

    def system(self, kind: str, settings_json: str) -> str:
        try:
            return FakeSettings.model_validate_json(settings_json).system
        except ValueError:
            return ""

    def open(self, kind: str, settings_json: str, secret: str) -> Psa:
        self.opened.append(settings_json)
        self.psa.refused = None if secret == self.right else _WRONG
        return self.psa

    def open_tickets(self, kind: str, settings_json: str, secret: str) -> PsaTickets:
        self.tickets.refused = None if secret == self.right else _WRONG
        return self.tickets


class Desk:
    """An account that connects PSAs."""

    def __init__(self) -> None:
        self.tables, self.blobs, self.secrets = MemoryTables(), MemoryBlobs(), MemorySecrets()
        self.psas = FakePsas(FakePsa())

    def connect(self, **changes: Any) -> PsaConnection:
        wish = replace(WISH, **changes)
        return psa_connecting.connect(self.tables, self.secrets, self.psas, ACCOUNT, wish)

    def change(self, id_: str, **changes: Any) -> PsaConnection:
        wish = replace(WISH, **{"secret": "", **changes})
        return psa_connecting.change(self.tables, self.secrets, self.psas, ACCOUNT, id_, wish)

    def remove(self, id_: str) -> PsaConnection:
        psa_connecting.check_unused(self.tables, ACCOUNT, id_)
        return psa_connecting.remove(self.tables, self.blobs, self.secrets, ACCOUNT, id_, BY)

    def stored(self) -> list[PsaConnection]:
        return list(psa_connections(self.tables, ACCOUNT))


def test_a_psa_is_tested_then_saved_and_its_secret_is_in_the_vault_alone() -> None:
    desk = Desk()
    made = desk.connect()
    assert desk.stored() == [made]
    assert list(desk.secrets.kept.values()) == [CANARY]
    assert desk.secrets.get(ACCOUNT, made.secret) == CANARY
    rows = [row.body for row in desk.tables.rows(keys.settings(ACCOUNT))]
    assert not any(CANARY.encode() in body for body in rows)
    assert CANARY not in repr(WISH)


def test_what_is_missing_is_said_and_nothing_is_saved() -> None:
    desk = Desk()
    with pytest.raises(PsaRefused, match="does not accept"):
        desk.connect(secret="wrong")
    assert desk.stored() == []
    assert desk.secrets.kept == {}


def test_a_psa_that_does_not_answer_is_not_saved() -> None:
    desk = Desk()
    desk.psas.psa.unavailable = PsaUnavailable("No answer in time.")
    with pytest.raises(PsaUnavailable):
        desk.connect()
    assert (desk.stored(), desk.secrets.kept) == ([], {})


def test_the_same_psa_is_never_connected_twice() -> None:
    desk = Desk()
    first = desk.connect()
    again = desk.connect(name="Again")
    assert [one.id for one in desk.stored()] == [first.id] == [again.id]
    assert desk.stored()[0].name == "Again"
    assert len(desk.secrets.kept) == 1


def test_a_change_without_a_secret_keeps_the_stored_one() -> None:
    desk = Desk()
    made = desk.connect()
    changed = desk.change(made.id, name="Renamed")
    assert (changed.name, changed.secret) == ("Renamed", made.secret)
    assert desk.secrets.get(ACCOUNT, changed.secret) == CANARY


def test_a_new_secret_is_proven_before_it_replaces_the_old_one() -> None:
    desk = Desk()
    made = desk.connect()
    with pytest.raises(PsaRefused):
        desk.change(made.id, secret="wrong")
    assert desk.secrets.kept == {(ACCOUNT, made.secret): CANARY}
    desk.psas.right = "new"
    changed = desk.change(made.id, secret="new")
    assert desk.secrets.kept == {(ACCOUNT, changed.secret): "new"}


def test_somebody_elses_change_at_the_same_moment_leaves_settings_and_secret_that_fit() -> None:
    desk = Desk()
    made = desk.connect()
    desk.psas.right = "mine"
    open_ = desk.psas.open

    def meanwhile(kind: str, settings_json: str, secret: str) -> Psa:
        stored, etag = stored_connection(desk.tables, ACCOUNT, made.id)
        theirs = stored.model_copy(update={"name": "Theirs"})
        replace_psa_connection(desk.tables, ACCOUNT, theirs, etag)
        return open_(kind, settings_json, secret)

    desk.psas.open = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        desk.change(made.id, secret="mine")
    assert desk.stored()[0].name == "Theirs"
    assert desk.secrets.kept == {(ACCOUNT, made.secret): CANARY}


def test_without_the_vault_nothing_is_saved() -> None:
    desk = Desk()
    desk.secrets.down = True
    with pytest.raises(RetryLater, match="vault"):
        desk.connect()
    assert desk.stored() == []


def test_a_connection_stays_with_its_psa() -> None:
    desk = Desk()
    made = desk.connect()
    with pytest.raises(Rejected) as refused:
        desk.change(made.id, settings={**GIVEN, "company_id": "another"})
    assert refused.value.field == "settings"
    with pytest.raises(Rejected) as refused:
        desk.change(made.id, kind="other")
    assert refused.value.field == "kind"


def test_only_an_owner_names_a_server_of_the_msps_own() -> None:
    desk = Desk()
    own = {**GIVEN, "self_hosted": True}
    with pytest.raises(Rejected) as refused:
        desk.connect(settings=own)
    assert (refused.value.code, refused.value.field) == ("not_allowed", "settings.selfHosted")
    assert desk.psas.opened == []
    made = desk.connect(settings=own, may_self_host=True)
    desk.change(made.id, settings=own, name="Renamed by an admin")
    with pytest.raises(Rejected):
        desk.change(made.id, settings={**own, "site": "elsewhere.example"})


def test_a_test_that_passes_ends_what_was_wrong() -> None:
    desk = Desk()
    made = desk.connect()
    failure = ConnectionFailure(connection=made.id, code="x", sentence="Wrong key.", sign_in=True)
    save_connection_failure(desk.tables, ACCOUNT, failure)
    desk.psas.psa.refused = PsaRefused("Forbidden", "A right is missing.")
    with pytest.raises(PsaRefused):
        psa_connecting.test(desk.tables, ACCOUNT, made, desk.psas.psa)
    assert connection_failure(desk.tables, ACCOUNT, made.id) == failure
    desk.psas.psa.refused = None
    psa_connecting.test(desk.tables, ACCOUNT, made, desk.psas.psa)
    assert connection_failure(desk.tables, ACCOUNT, made.id) is None


def test_a_removed_connection_is_gone_with_its_secret_and_lists_and_can_come_back() -> None:
    desk = Desk()
    made = desk.connect()
    psa_lists.refresh(desk.tables, desk.blobs, ACCOUNT, made, lambda: desk.psas.psa, START)
    desk.remove(made.id)
    assert (desk.stored(), desk.secrets.kept) == ([], {})
    assert psa_lists.load(desk.blobs, ACCOUNT, made.id) is None
    assert [one.id for one in ever_connected(desk.tables, ACCOUNT)] == [made.id]
    with pytest.raises(NotFound):
        psa_connection(desk.tables, ACCOUNT, made.id)
    with pytest.raises(NotFound):
        desk.remove(made.id)
    assert desk.connect().id == made.id
    assert [one.id for one in desk.stored()] == [made.id]


def check(world: World, *, looked_after: bool = False) -> None:
    psa_connecting.check_unused(world.tables, ACCOUNT, CONNECTION, looked_after=looked_after)


def to_end(world: World) -> Mapped:
    """A line that nobody maps any more, and whose last day is tomorrow."""
    mapped = world.map_line()
    unmapped = TenantMappings(tenant_id="contoso", mappings=())
    world.save_mappings("contoso", unmapped, last_days={mapped.line: START.date() + timedelta(days=1)})
    decide(world.tables, ACCOUNT, COMPANY, "contoso", None, world.by())
    return mapped


def test_a_connection_that_bills_is_not_removed() -> None:
    world = World()
    world.map_line()
    with pytest.raises(Rejected, match="1 licence is billed through ConnectWise") as refused:
        check(world)
    assert refused.value.code == "in_use"


def test_a_connection_with_a_line_that_is_to_end_is_not_removed_until_that_is_over() -> None:
    world = World()
    to_end(world)
    with pytest.raises(Rejected, match="1 line is to end in ConnectWise, the last one on 3 Mar 2026"):
        check(world)
    for _ in range(3):
        world.night()
    check(world)


def test_a_connection_whose_line_rests_unended_in_an_inactive_agreement_goes_only_by_a_persons_word() -> None:
    world = World()
    mapped = to_end(world)
    world.fake.edit_agreement(mapped.agreement, active=False)
    for _ in range(3):
        world.night()
    with pytest.raises(Rejected, match="1 line is to end, but in an agreement that is inactive") as refused:
        check(world)
    assert refused.value.code == "resting_lines"
    check(world, looked_after=True)


def test_a_connection_with_a_write_of_which_nothing_is_known_is_not_removed() -> None:
    world = World(fake=FakePsa(takes=Takes.DIFFERENCES))
    to_end(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    with contextlib.suppress(RetryLater):
        world.push()
    for said in (False, True):
        with pytest.raises(Rejected, match="1 line is not settled") as refused:
            check(world, looked_after=said)
        assert refused.value.code == "undecidable"


def test_a_connection_with_a_linked_company_is_not_removed_and_without_goes_with_its_profiles() -> None:
    world, secrets = World(), MemorySecrets()
    assert billing_profiles(world.tables, ACCOUNT)
    world.add_tenant("contoso")
    with pytest.raises(Rejected, match="1 company is linked"):
        check(world)
    decide(world.tables, ACCOUNT, COMPANY, "contoso", None, world.by())
    check(world)
    psa_connecting.remove(world.tables, world.blobs, secrets, ACCOUNT, CONNECTION, world.by())
    assert billing_profiles(world.tables, ACCOUNT) == {}


# -- the registered kinds -------------------------------------------------------------------------------------------

REGISTERED = RegisteredPsas(Http(requests.Session(), lambda _: None, lambda: START))
GOOD = {
    "site": "api-eu.myconnectwise.net",
    "company_id": "northwind",
    "public_key": "public",
    "client_id": "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10",
}


@pytest.mark.parametrize(
    "change, field",
    [
        ({"site": "evil.example"}, "settings.site"),
        ({"site": "http://api-eu.myconnectwise.net"}, "settings.site"),
        ({"site": "127.0.0.1", "self_hosted": True}, "settings.site"),
        ({"client_id": "no guid"}, "settings.clientId"),
        ({"company_id": ""}, "settings.companyId"),
        ({"site": None}, "settings.site"),
        ({"colour": "red"}, "settings"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(change: dict[str, object], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        REGISTERED.settings("connectwise", {**GOOD, **change})
    assert refused.value.field == field


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(Rejected) as refused:
        REGISTERED.settings("excel", GOOD)
    assert refused.value.field == "kind"


def test_two_ways_to_write_one_connectwise_are_one() -> None:
    same = {**GOOD, "site": "https://API-EU.myconnectwise.net/", "company_id": "Northwind"}
    first, second = (REGISTERED.settings("connectwise", given) for given in (GOOD, same))
    assert first.system == second.system == REGISTERED.system("connectwise", json.dumps(same))
    assert REGISTERED.system("connectwise", "{}") == REGISTERED.system("excel", "{}") == ""


@given(
    value=st.text(min_size=8, max_size=40), name=st.sampled_from(["client_id", "public_key", "company_id"])
)
def test_no_refusal_repeats_what_was_typed(value: str, name: str) -> None:
    told = ""
    try:
        REGISTERED.settings("connectwise", {**GOOD, name: f"pasted: {value}"})
    except Rejected as refused:
        told = refused.reason
    assert f"pasted: {value}" not in told


# -- the lists to choose from ---------------------------------------------------------------------------------------


def test_lists_are_read_together_and_kept_with_their_time() -> None:
    world = World()
    agreement = world.add_agreement()
    assert psa_lists.load(world.blobs, ACCOUNT, CONNECTION) is None
    assert psa_lists.ask(world.tables, ACCOUNT, CONNECTION, START)
    assert psa_lists.state(world.tables, ACCOUNT, CONNECTION).is_pending
    psa_lists.refresh(
        world.tables, world.blobs, ACCOUNT, world.connection, lambda: world.psa, START + timedelta(1)
    )
    lists = psa_lists.load(world.blobs, ACCOUNT, CONNECTION)
    assert lists is not None
    assert lists.companies == (world.company,)
    assert lists.products == (world.product,)
    assert [one.id for one in lists.agreements] == [agreement]
    known = psa_lists.state(world.tables, ACCOUNT, CONNECTION)
    assert (known.read_at, known.companies, known.is_pending) == (START + timedelta(1), 1, False)


def test_a_second_wish_to_read_them_waits_for_the_first() -> None:
    tables = MemoryTables()
    assert psa_lists.ask(tables, ACCOUNT, CONNECTION, START)
    assert not psa_lists.ask(tables, ACCOUNT, CONNECTION, START + timedelta(minutes=1))
    assert psa_lists.ask(tables, ACCOUNT, CONNECTION, START + timedelta(minutes=11))


def test_a_psa_that_refuses_leaves_the_old_lists_and_says_why() -> None:
    world = World()
    psa_lists.refresh(world.tables, world.blobs, ACCOUNT, world.connection, lambda: world.psa, START)
    psa_lists.ask(world.tables, ACCOUNT, CONNECTION, START + timedelta(hours=1))
    later = START + timedelta(hours=2)
    world.fake.refused = PsaRefused("Forbidden", "A right is missing.")
    psa_lists.refresh(world.tables, world.blobs, ACCOUNT, world.connection, lambda: world.psa, later)
    known = psa_lists.state(world.tables, ACCOUNT, CONNECTION)
    assert (known.read_at, known.failure, known.is_pending) == (START, "A right is missing.", False)
    lists = psa_lists.load(world.blobs, ACCOUNT, CONNECTION)
    assert lists is not None
    assert lists.read_at == START


def test_a_busy_psa_is_asked_again_for_ten_minutes() -> None:
    world = World()
    world.fake.unavailable = PsaUnavailable("Busy.", timedelta(seconds=30))
    psa_lists.ask(world.tables, ACCOUNT, CONNECTION, START)
    args = world.tables, world.blobs, ACCOUNT, world.connection, lambda: world.psa
    with pytest.raises(RetryLater):
        psa_lists.refresh(*args, START + timedelta(minutes=9))
    psa_lists.refresh(*args, START + timedelta(minutes=11))
    assert psa_lists.state(world.tables, ACCOUNT, CONNECTION).failure == "Busy."
