"""The connector against the stand-ins: their process, real HTTP, and the vendor's traps one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.standins.process import RunningStandIns, launch
from sandbox.standins.worlds.demo import demo_world
from sandbox.transport import sandbox_session
from shared.http.client import Http
from shared.microsoft.connector import Microsoft
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import (
    Customer,
    FailureCause,
    MailboxKind,
    MailboxRead,
    MailboxSource,
    NotRead,
    PartnerConnection,
    SignInMode,
    TenantRead,
)
from tests.shared.microsoft.fake import ACCOUNT, FakeSecrets

pytestmark = pytest.mark.processes

SMALL, LARGE = "Alder & Ash Architects", "Northgate Hospital"


@dataclass
class Sandbox:
    """A running stand-in world and a connector that has signed in to nothing yet."""

    stand_ins: RunningStandIns
    microsoft: Microsoft
    secrets: FakeSecrets
    clock: SandboxClock
    slept: list[float]
    connections: dict[str, PartnerConnection]
    tenants: dict[str, str]
    """Name -> tenant id."""
    partner: str = "harbour"

    @property
    def connection(self) -> PartnerConnection:
        return self.connections[self.partner]

    def read(self, name: str, mode: SignInMode = SignInMode.REFRESH_TOKEN) -> TenantRead:
        connection = self.connection.model_copy(update={"mode": mode})
        return self.microsoft.read_tenant(ACCOUNT, connection, self.tenants[name])

    def refusal(self, name: str, mode: SignInMode = SignInMode.REFRESH_TOKEN) -> NotRead:
        with pytest.raises(NotRead) as caught:
            self.read(name, mode)
        return caught.value

    def mailboxes(self, name: str) -> MailboxRead:
        return self.microsoft.shared_mailboxes(ACCOUNT, self.connection, self.read(name))

    def customers(self) -> tuple[Customer, ...]:
        return self.microsoft.customers(ACCOUNT, self.connection)

    def fault(self, what: str, **conditions: Any) -> None:
        self.stand_ins.control("set_fault", what=what, **conditions)

    def calls(self) -> dict[str, int]:
        counts = self.stand_ins.counts()
        return {kind: count for kind, count in counts.items() if not kind.startswith("bytes.")}


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningStandIns, Path]]:
    state = tmp_path_factory.mktemp("stand-ins")
    running = launch(state)
    try:
        yield running, state
    finally:
        running.stop()


@pytest.fixture
def sandbox(stand_ins: tuple[RunningStandIns, Path]) -> Iterator[Sandbox]:
    running, state = stand_ins
    world = demo_world()
    secrets = FakeSecrets()
    connections = {}
    for partner in world.partners:
        connection = PartnerConnection(
            id=partner.key, name=partner.name, tenant_id=partner.tenant_id, client_id=partner.client_id
        )
        connections[partner.key] = connection
        secrets.values[connection.client_secret] = partner.secret
        secrets.values[connection.refresh_token] = partner.refresh_token
    slept: list[float] = []
    clock = SandboxClock(state)
    with sandbox_session(running.url) as session:
        http = Http(session, slept.append, clock.now)
        microsoft = Microsoft(http, secrets, clock.now)
        tenants = {tenant.name: tenant.id for tenant in world.tenants}
        running.reset_counts()
        yield Sandbox(running, microsoft, secrets, clock, slept, connections, tenants)
    running.control("clear_faults")


def test_a_whole_night_over_a_partner_takes_two_calls_per_tenant(sandbox: Sandbox) -> None:
    customers = sandbox.customers()
    read, refused = [], {}
    for customer in customers:
        try:
            read.append(sandbox.microsoft.read_tenant(ACCOUNT, sandbox.connection, customer.tenant_id))
        except NotRead as reason:
            refused[customer.name] = (reason.cause, reason.code)
    assert refused == {
        "Granite Peak Surveyors": (FailureCause.TENANT, "AADSTS50020"),
        "Hollybrook Schools": (FailureCause.TENANT, "AADSTS65001"),
    }
    assert all(each.skus and each.users and not each.doubts for each in read)
    assert sandbox.calls() == {
        "graph.batch": len(read),
        "graph.relationships": 1,
        "graph.users": 1,  # the second page of the one tenant with more than 999 users
        "microsoft.token": len(customers) + 2,
        "partnercenter.customers": 1,
    }


def test_customers_come_with_and_without_gdap(sandbox: Sandbox) -> None:
    by_name = {customer.name: customer for customer in sandbox.customers()}
    gdap = by_name[SMALL].gdap
    assert gdap is not None
    assert gdap.status == "active"
    assert gdap.ends is not None
    assert by_name["Granite Peak Surveyors"].gdap is None


def test_a_trial_and_what_another_tenant_sold_are_told_apart_in_the_microsoft_of_the_sandbox(
    sandbox: Sandbox,
) -> None:
    sandbox.stand_ins.control("buy", tenant=SMALL, sku="SPB", units=25, trial=True)
    sandbox.stand_ins.control("buy", tenant=SMALL, sku="SPB", units=5, seller="another-partner")
    read = sandbox.read(SMALL)
    [sku] = [one for one in read.skus if one.part_number == "SPB"]
    mine = [one for one in read.subscriptions if one.sku_id == sku.sku_id]
    told = [(one.owner_tenant_id, one.trial) for one in mine]
    home = sandbox.connection.tenant_id
    assert told.count((home, True)) == 1
    assert told.count(("another-partner", False)) == 1
    assert sum(one.total for one in mine if one.status == "Enabled") == sku.enabled
    assert read.doubts == ()


def test_the_second_page_of_users_is_served_because_consistency_level_is_sent(sandbox: Sandbox) -> None:
    whole = sandbox.read(LARGE)
    assert len(whole.users) == 1240
    assert whole.doubts == ()
    assert sandbox.calls()["graph.users"] == 1


def test_app_only_reads_the_same(sandbox: Sandbox) -> None:
    by_app = sandbox.read(SMALL, SignInMode.APP_ONLY)
    by_user = sandbox.read(SMALL)
    assert (by_app.skus, by_app.subscriptions, by_app.users) == (
        by_user.skus,
        by_user.subscriptions,
        by_user.users,
    )


def test_units_only_in_grace_are_not_enabled(sandbox: Sandbox) -> None:
    skus = {sku.part_number: sku for sku in sandbox.read("Dunmore Legal").skus}
    assert (skus["EXCHANGESTANDARD"].enabled, skus["EXCHANGESTANDARD"].warning) == (0, 4)
    assert (skus["SPB"].enabled, skus["SPB"].warning) == (15, 5)


def test_one_throttled_item_of_an_unordered_batch_is_waited_for_and_asked_again(sandbox: Sandbox) -> None:
    sandbox.fault("throttle", kind="graph.users", retry_after=6, count=1)
    whole = sandbox.read(SMALL)
    assert len(whole.users) == 32
    assert len(sandbox.slept) == 1
    assert sandbox.slept[0] >= 6
    assert sandbox.calls()["graph.batch"] == 2


def test_429_with_retry_after_alone_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.fault("throttle", kind="graph.batch", retry_after=3, count=1)
    assert sandbox.read(SMALL).skus
    assert sandbox.slept[0] >= 3


def test_a_long_pause_is_told_and_nothing_partial_is_given(sandbox: Sandbox) -> None:
    sandbox.fault("throttle", kind="graph.subscriptions", retry_after=57)
    refused = sandbox.refusal(SMALL)
    assert (refused.cause, refused.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))
    assert sandbox.slept == []


@pytest.mark.parametrize("what", ["throttle_silent", "status", "html", "cut"])
def test_a_fault_that_passes_is_survived_and_one_that_stays_ends_the_read(
    sandbox: Sandbox, what: str
) -> None:
    sandbox.fault(what, kind="graph.batch", count=1)
    assert sandbox.read(SMALL).users
    sandbox.fault(what, kind="graph.batch")
    assert sandbox.refusal(SMALL).cause is FailureCause.TRANSIENT
    assert sandbox.calls()["graph.batch"] == 2 + 3


def test_a_cut_second_page_is_not_read(sandbox: Sandbox) -> None:
    sandbox.fault("cut", kind="graph.users")
    assert sandbox.refusal(LARGE).cause is FailureCause.TRANSIENT


@pytest.mark.parametrize(
    "what, why",
    [
        ("looping_page", "round in circles"),
        ("foreign_page", "leads to another host"),
        ("empty_page", "round in circles"),
        ("null_count", "is empty"),
        ("negative_count", "is negative"),
        ("missing_count", "is missing"),
        ("duplicate_sku", "is in two rows"),
    ],
)
def test_an_answer_that_cannot_be_true_is_not_read(sandbox: Sandbox, what: str, why: str) -> None:
    kind = "graph.users" if what.endswith("_page") else "graph.subscribed_skus"
    sandbox.fault(what, kind=kind)
    refused = sandbox.refusal(SMALL)
    assert refused.cause is FailureCause.INVALID
    assert why in refused.sentence


def test_the_foreign_host_of_a_next_link_is_never_called(sandbox: Sandbox) -> None:
    sandbox.fault("foreign_page", kind="graph.users")
    sandbox.refusal(SMALL)
    assert set(sandbox.calls()) == {"graph.batch", "microsoft.token"}


def test_a_user_repeated_at_the_start_of_the_next_page_counts_once(sandbox: Sandbox) -> None:
    sandbox.fault("duplicate_row", kind="graph.users")
    whole = sandbox.read(LARGE)
    assert len({user.id for user in whole.users}) == len(whole.users)


def test_an_empty_list_of_users_is_read_with_a_doubt(sandbox: Sandbox) -> None:
    sandbox.fault("empty_list", kind="graph.users")
    assert DoubtKind.NO_USERS in {doubt.kind for doubt in sandbox.read(SMALL).doubts}


def test_missing_consent_says_so_and_is_over_when_it_is_given(sandbox: Sandbox) -> None:
    refused = sandbox.refusal("Hollybrook Schools")
    assert (refused.cause, refused.code) == (FailureCause.TENANT, "AADSTS65001")
    assert "consent" in refused.sentence
    assert sandbox.refusal("Hollybrook Schools", SignInMode.APP_ONLY).code == "AADSTS700016"
    sandbox.stand_ins.control("grant_consent", tenant="Hollybrook Schools")
    assert sandbox.read("Hollybrook Schools").skus
    sandbox.stand_ins.control("remove_consent", tenant="Hollybrook Schools")


def test_no_gdap_says_so(sandbox: Sandbox) -> None:
    refused = sandbox.refusal("Granite Peak Surveyors")
    assert (refused.cause, refused.code) == (FailureCause.TENANT, "AADSTS50020")
    assert "GDAP relationship" in refused.sentence


def test_a_missing_gdap_role_is_a_403_that_says_so_and_is_over_when_it_is_given(sandbox: Sandbox) -> None:
    sandbox.stand_ins.control("remove_role", tenant=SMALL)
    refused = sandbox.refusal(SMALL)
    assert (refused.cause, refused.code) == (FailureCause.TENANT, "403 Authorization_RequestDenied")
    assert "GDAP role is missing" in refused.sentence
    sandbox.stand_ins.control("grant_role", tenant=SMALL)
    assert sandbox.read(SMALL).skus


@pytest.mark.parametrize(
    "code, cause, words",
    [
        (53003, FailureCause.TENANT, "Conditional Access"),
        (50076, FailureCause.TENANT, "multi-factor"),
        (70043, FailureCause.TENANT, "signed in more often"),
        (7000112, FailureCause.TENANT, "switched off in this tenant"),
        (90099, FailureCause.TENANT, "consent"),
        (700084, FailureCause.TENANT, "although the partner's own works"),
        (50057, FailureCause.TENANT, "disabled or locked in this tenant"),
        (500014, FailureCause.TENANT, "subscription has lapsed"),
        (50196, FailureCause.TRANSIENT, "busy or disturbed"),
    ],
)
def test_a_blocked_sign_in_of_one_tenant_says_who_must_act(
    sandbox: Sandbox, code: int, cause: FailureCause, words: str
) -> None:
    sandbox.stand_ins.control("tenant_trouble", tenant=SMALL, code=code)
    refused = sandbox.refusal(SMALL)
    sandbox.stand_ins.control("tenant_trouble", tenant=SMALL, code=0)
    assert (refused.cause, refused.code) == (cause, f"AADSTS{code}")
    assert words in refused.sentence


def test_shared_mailboxes_come_from_exchange_with_two_more_calls(sandbox: Sandbox) -> None:
    told = sandbox.mailboxes(SMALL)
    marks = {one.name: (one.archive, one.hold) for one in told.licensed}
    assert marks == {"Front Desk": (False, False), "Old Projects": (True, False)}
    assert told.source is MailboxSource.EXCHANGE
    assert sandbox.calls() == {"microsoft.token": 2, "graph.batch": 1, "exchange.invoke_command": 1}


def test_without_the_exchange_role_the_app_asks_graph_about_them(sandbox: Sandbox) -> None:
    told = sandbox.mailboxes("Dunmore Legal")
    assert [(one.name, one.hold) for one in told.licensed] == [("Reception", None)]
    assert told.source is MailboxSource.GRAPH


def test_without_the_apps_consent_either_they_could_not_be_read(sandbox: Sandbox) -> None:
    with pytest.raises(NotRead, match="role Global Reader"):
        sandbox.mailboxes("Eastgate Community Trust")


def test_all_mailboxes_are_counted_by_kind_alike_whoever_tells_them(sandbox: Sandbox) -> None:
    for number, kind in ((1, "room"), (2, "equipment")):
        sandbox.stand_ins.control("share_mailbox", tenant="Dunmore Legal", number=number, kind=kind)
    tenant_id = sandbox.tenants["Dunmore Legal"]
    by_graph = sandbox.microsoft.mailbox_count(ACCOUNT, sandbox.connection, tenant_id)
    assert (by_graph.source, by_graph.by_kind[MailboxKind.ROOM]) == (MailboxSource.GRAPH, 1)
    sandbox.stand_ins.control("grant_role", tenant="Dunmore Legal")
    sandbox.stand_ins.reset_counts()
    by_exchange = sandbox.microsoft.mailbox_count(ACCOUNT, sandbox.connection, tenant_id)
    sandbox.stand_ins.control("restrict_role", tenant="Dunmore Legal")
    assert (by_exchange.source, by_exchange.by_kind) == (MailboxSource.EXCHANGE, by_graph.by_kind)
    assert sandbox.calls()["exchange.invoke_command"] == 1


def test_a_shared_mailbox_without_licence_is_none(sandbox: Sandbox) -> None:
    told = sandbox.mailboxes("Fernhill Manufacturing")
    assert (told.listed, told.licensed) == (1, ())


@pytest.mark.parametrize("what", ["foreign_page", "looping_page"])
def test_a_list_of_mailboxes_that_leads_astray_is_asked_of_graph(sandbox: Sandbox, what: str) -> None:
    sandbox.fault(what, kind="exchange")
    told = sandbox.mailboxes(SMALL)
    assert (told.source, len(told.licensed)) == (MailboxSource.GRAPH, 2)


def test_an_unknown_tenant_is_gone(sandbox: Sandbox) -> None:
    sandbox.tenants["Nobody"] = "99999999-9999-4999-8999-999999999999"
    refused = sandbox.refusal("Nobody")
    assert (refused.cause, refused.code) == (FailureCause.GONE, "AADSTS90002")


def test_an_expired_secret_is_the_partners_and_needs_one_call(sandbox: Sandbox) -> None:
    sandbox.partner = "harbour-north"
    with pytest.raises(NotRead) as caught:
        sandbox.customers()
    assert (caught.value.cause, caught.value.code) == (FailureCause.PARTNER, "AADSTS7000222")
    assert "secret of the partner's app has expired" in caught.value.sentence
    assert sandbox.calls() == {"microsoft.token": 1}


def test_a_customer_list_that_is_throttled_is_told_with_its_pause(sandbox: Sandbox) -> None:
    sandbox.fault("throttle", kind="partnercenter.customers", retry_after=57)
    with pytest.raises(NotRead) as caught:
        sandbox.customers()
    assert (caught.value.cause, caught.value.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))


def test_empty_lists_of_a_partner_are_told_as_they_are(sandbox: Sandbox) -> None:
    sandbox.fault("empty_list", kind="graph.relationships", count=1)
    assert {customer.gdap for customer in sandbox.customers()} == {None}
    sandbox.fault("empty_list", kind="partnercenter.customers", count=1)
    assert sandbox.customers() == ()


def test_the_rotated_refresh_token_signs_in_when_the_first_one_has_expired(sandbox: Sandbox) -> None:
    rotated = sandbox.microsoft.check_partner(ACCOUNT, sandbox.connection)
    assert rotated is not None
    first = sandbox.secrets.values[sandbox.connection.refresh_token]
    assert rotated.refresh_token.get_secret_value() != first
    sandbox.secrets.put(ACCOUNT, sandbox.connection.refresh_token, rotated.refresh_token.get_secret_value())
    assert sandbox.microsoft.check_partner(ACCOUNT, sandbox.connection) is not None
