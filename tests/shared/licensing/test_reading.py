"""The reading half of a run: every tenant as a whole or not at all, asked once, and never waited for without an end."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from pydantic import SecretStr

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.preferences import DigestSettings
from shared.accounts.runs import READING_LIMIT, Run, RunState
from shared.errors import RetryLater
from shared.licensing import app_consents, reading
from shared.licensing.app_consents import AppConsent
from shared.licensing.custom_licences.defined import defined
from shared.licensing.customer_lists import WAIT, PartnerInRun
from shared.licensing.reading import TenantToRead, finish_reading, reachable, read_partners
from shared.licensing.run_reading import RunReading
from shared.licensing.tenant_state import PartnerList, ReadFailure, ReadStatus, TenantState
from shared.microsoft import partner_connections
from shared.microsoft.app_tokens import SECRETS_UNAVAILABLE
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import (
    Customer,
    FailureCause,
    Gdap,
    GroupCount,
    MailboxCount,
    MailboxKind,
    MailboxRead,
    MailboxSource,
    NotRead,
    PartnerConnection,
    Renewal,
    SignInMode,
    Subscription,
    TenantRead,
    Term,
)
from shared.microsoft.read_problems import ReadProblem
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.secrets import SecretMissing
from tests.shared.billing.world import START, sku, user

ACCOUNT = keys.account_id("northwind-msp")
MINUTE = timedelta(minutes=1)
GDAP = Gdap(status="active")


class FakeMicrosoft(Microsoft):
    """Says what it was told to: customers by connection, and how each (connection, tenant) reads."""

    def __init__(self) -> None:
        self.lists: dict[str, tuple[Customer, ...] | NotRead] = {}
        self.reads: dict[tuple[str, str], int | NotRead] = {}
        self.subscriptions: tuple[Subscription, ...] = ()
        self.boxes: MailboxRead | Exception = MailboxRead(MailboxSource.EXCHANGE, 0, ())
        self.told: tuple[Term, ...] | NotRead = ()
        self.groups: dict[str, int | Exception] = {}
        self.counted: dict[MailboxKind, int] | Exception = dict.fromkeys(MailboxKind, 0)
        self.counted_as: list[SignInMode] = []
        self.renewal: Renewal | None = None
        self.asked: list[tuple[str, str]] = []
        self.modes: list[SignInMode] = []
        self.now = START

    def check_partner(self, account: AccountId, connection: PartnerConnection) -> Renewal | None:
        return self.renewal

    def customers(self, account: AccountId, connection: PartnerConnection) -> tuple[Customer, ...]:
        self.asked.append((connection.id, "customers"))
        said = self.lists[connection.id]
        if isinstance(said, NotRead):
            raise said
        return said

    def read_tenant(self, account: AccountId, connection: PartnerConnection, tenant_id: str) -> TenantRead:
        self.asked.append((connection.id, tenant_id))
        self.modes.append(connection.mode)
        said = self.reads[connection.id, tenant_id]
        if isinstance(said, NotRead):
            raise said
        skus, users = (sku("a", said),), (user("u1"),)
        return TenantRead(tenant_id, connection.id, self.now, self.now, skus, self.subscriptions, users)

    def shared_mailboxes(
        self, account: AccountId, connection: PartnerConnection, read: TenantRead
    ) -> MailboxRead:
        self.asked.append((connection.id, f"mailboxes of {read.tenant_id}"))
        if isinstance(self.boxes, Exception):
            raise self.boxes
        return self.boxes

    def terms(self, account: AccountId, connection: PartnerConnection, tenant_id: str) -> tuple[Term, ...]:
        self.asked.append((connection.id, f"terms of {tenant_id}"))
        if isinstance(self.told, NotRead):
            raise self.told
        return self.told

    def group(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str, group_id: str
    ) -> GroupCount:
        self.asked.append((connection.id, f"group {group_id}"))
        said = self.groups[group_id]
        if isinstance(said, Exception):
            raise said
        return GroupCount(group_id=group_id, members=said)

    def mailbox_count(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str
    ) -> MailboxCount:
        self.asked.append((connection.id, f"mailbox count of {tenant_id}"))
        self.counted_as.append(connection.mode)
        if isinstance(self.counted, Exception):
            raise self.counted
        return MailboxCount(source=MailboxSource.EXCHANGE, by_kind=self.counted)


class Drawer:
    """Secrets in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, account: AccountId, name: str) -> str:
        if name not in self.kept:
            raise SecretMissing(name)
        return self.kept[name]

    def put(self, account: AccountId, name: str, value: str) -> None:
        self.kept[name] = value

    def delete(self, account: AccountId, name: str) -> None:
        self.kept.pop(name, None)


class Night:
    """An account with two partner connections and the run of one night."""

    def __init__(self) -> None:
        self.tables, self.blobs, self.secrets, self.microsoft = (
            MemoryTables(),
            MemoryBlobs(),
            Drawer(),
            FakeMicrosoft(),
        )
        self.account = Account(
            id=ACCOUNT,
            name="Northwind",
            since=START,
            timezone="Europe/Zurich",
            digest=DigestSettings(recipients=("a@northwind.example",)),
        )
        self.partners = {name: connection(name) for name in ("p1", "p2")}
        for one in self.partners.values():
            partner_connections.save(self.tables, ACCOUNT, one)
            self.microsoft.lists[one.id] = ()
        self.run = self.start("r1", START)

    def start(
        self, name: str, at: datetime, tenants: tuple[str, ...] | None = None, *, nightly: bool = True
    ) -> Run:
        run = Run(id=name, on=date(2026, 3, 2), started_at=at, tenants=tenants, nightly=nightly)
        self.run = runs.start(self.tables, ACCOUNT, run)
        return self.run

    def add(self, tenant: str, preferred: str = "", *partners: str) -> None:
        company = Company(
            id=tenant,
            tenant_id=tenant,
            name=tenant,
            psa_connection="cw",
            psa_company="1",
            partner_connection=preferred,
        )
        add_company(self.tables, ACCOUNT, company, Decider("ann", "company added", START))
        for partner in partners or ("p1",):
            listed = self.microsoft.lists[partner]
            assert not isinstance(listed, NotRead)
            self.microsoft.lists[partner] = (*listed, Customer(tenant_id=tenant, name=tenant, gdap=GDAP))
            self.microsoft.reads[partner, tenant] = 10

    def ask(self, now: datetime = START) -> list[TenantToRead]:
        return read_partners(self.reading(now))

    def read(self, asked: TenantToRead, now: datetime = START) -> None:
        reading.read_tenant(self.reading(now), self.partners, asked)

    def reading(self, now: datetime) -> RunReading:
        stores = self.tables, self.blobs, self.secrets
        return RunReading(*stores, self.microsoft, self.account, self.run, now, defined(self.tables, ACCOUNT))

    def finish(self, now: datetime = START) -> Run:
        return finish_reading(self.tables, ACCOUNT, self.run, now)

    def state(self, tenant: str) -> TenantState:
        row = self.tables.get(keys.tenant_state(ACCOUNT, tenant))
        assert row is not None
        return row.read(TenantState)


def connection(name: str, mode: SignInMode = SignInMode.REFRESH_TOKEN) -> PartnerConnection:
    return PartnerConnection(id=name, name=name, tenant_id=f"{name}-tenant", client_id="c", mode=mode)


def throttled(after: timedelta | None = None) -> NotRead:
    return NotRead(FailureCause.TRANSIENT, "429", ReadProblem.THROTTLED, "Microsoft", after=after)


def refused(cause: FailureCause = FailureCause.TENANT) -> NotRead:
    return NotRead(cause, "AADSTS50076", ReadProblem.MFA)


@pytest.fixture
def night() -> Night:
    return Night()


# Fan-out


def test_every_added_tenant_is_asked_for_and_pending(night: Night) -> None:
    night.add("contoso")
    night.add("fabrikam", "", "p2")
    assert night.ask() == [
        TenantToRead("contoso", ("p1",), terms=True),
        TenantToRead("fabrikam", ("p2",), terms=True),
    ]
    assert night.state("contoso").status is ReadStatus.PENDING
    assert night.state("contoso").run == "r1"


def test_a_fan_out_that_is_repeated_asks_only_for_what_is_still_pending_and_reads_no_list_again(
    night: Night,
) -> None:
    night.add("contoso")
    night.add("fabrikam")
    first = night.ask()
    night.read(first[0])
    assert night.ask() == [first[1]]
    assert night.microsoft.asked.count(("p1", "customers")) == 1


def test_a_tenant_that_is_read_twice_is_asked_of_microsoft_once(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    night.read(asked)
    night.read(asked)
    assert night.microsoft.asked.count(("p1", "contoso")) == 1


def test_sync_now_reads_only_its_tenant_and_only_if_it_was_added(night: Night) -> None:
    night.add("contoso")
    night.add("fabrikam")
    night.start("sync", START, ("fabrikam", "somebody-else"))
    assert [asked.tenant_id for asked in night.ask()] == ["fabrikam"]


def test_a_rotated_sign_in_is_kept(night: Night) -> None:
    night.secrets.kept = dict.fromkeys(("partner-p1-refresh-token", "partner-p2-refresh-token"), "old")
    night.microsoft.renewal = Renewal(SecretStr("old"), SecretStr("new"))
    night.ask()
    assert night.secrets.kept == {"partner-p1-refresh-token": "new", "partner-p2-refresh-token": "new"}


def test_a_sign_in_that_a_person_made_meanwhile_is_not_overwritten(night: Night) -> None:
    night.secrets.kept = {"partner-p1-refresh-token": "signed in with MFA"}
    night.microsoft.renewal = Renewal(SecretStr("old"), SecretStr("new"))
    night.ask()
    assert night.secrets.kept == {"partner-p1-refresh-token": "signed in with MFA"}


# Lists that fail


def test_a_list_that_fails_for_a_moment_is_tried_again_as_late_as_microsoft_asks(night: Night) -> None:
    night.microsoft.lists["p1"] = throttled(timedelta(seconds=90))
    with pytest.raises(RetryLater) as later:
        night.ask()
    assert later.value.after == timedelta(seconds=90)


@pytest.mark.parametrize("asked_for", [timedelta(minutes=10), timedelta(hours=24)])
def test_a_list_that_microsoft_wants_to_give_later_is_not_waited_for_by_the_whole_account(
    night: Night, asked_for: timedelta
) -> None:
    night.add("contoso", "", "p1")
    night.add("fabrikam", "", "p2")
    night.ask()
    night.microsoft.lists["p1"] = throttled(asked_for)
    night.start("r2", START + timedelta(days=1))
    assert [one.tenant_id for one in night.ask(night.run.started_at)] == ["contoso", "fabrikam"]


@pytest.mark.parametrize("late", [READING_LIMIT, timedelta(hours=24)])
def test_a_start_that_comes_after_the_end_of_its_reading_asks_for_nothing_and_takes_no_tenant(
    night: Night, late: timedelta
) -> None:
    night.add("contoso")
    old = night.run
    night.start("r2", START + late)
    night.ask(START + late)
    night.run = old
    asked = len(night.microsoft.asked)
    assert night.ask(START + late) == []
    assert (night.state("contoso").run, len(night.microsoft.asked)) == ("r2", asked)


def test_a_run_that_is_past_its_reading_is_not_started_again(night: Night) -> None:
    night.add("contoso")
    night.run = runs.update(
        night.tables, ACCOUNT, "r1", lambda run: run.model_copy(update={"state": RunState.CLOSED})
    )
    assert night.ask() == []
    assert night.microsoft.asked == []


def test_after_ten_minutes_the_tenants_are_read_by_the_list_of_yesterday(night: Night) -> None:
    night.add("contoso")
    night.ask()
    night.microsoft.lists["p1"] = throttled()
    night.start("r2", START + timedelta(days=1))
    assert [one.tenant_id for one in night.ask(night.run.started_at + 10 * MINUTE)] == ["contoso"]


def test_a_partner_whose_sign_in_is_refused_is_not_tried_tenant_by_tenant(night: Night) -> None:
    night.add("contoso")
    night.ask()
    night.microsoft.lists["p1"] = refused(FailureCause.PARTNER)
    night.start("r2", START + timedelta(days=1))
    assert night.ask(night.run.started_at) == []
    state = night.state("contoso")
    assert (state.status, state.failure and state.failure.cause) == (
        ReadStatus.NOT_READ,
        FailureCause.PARTNER,
    )


def test_without_the_partners_secrets_no_tenant_is_tried_once_it_is_clear_that_they_stay_away(
    night: Night,
) -> None:
    night.add("contoso")
    night.ask()
    sentence = "The secret cannot be decrypted. Enter it again."
    night.microsoft.lists["p1"] = NotRead(
        FailureCause.TRANSIENT, SECRETS_UNAVAILABLE, ReadProblem.SECRETS, sentence
    )
    night.start("r2", START + timedelta(days=1))
    with pytest.raises(RetryLater):
        night.ask(night.run.started_at)
    assert night.ask(night.run.started_at + 10 * MINUTE) == []
    failure = night.state("contoso").failure
    assert failure is not None
    assert (failure.cause, failure.sentence) == (FailureCause.PARTNER, sentence)
    assert list_row(night).failure == failure


# Lists that are suddenly empty


def without_gdap(night: Night) -> tuple[Customer, ...]:
    listed = night.microsoft.lists["p1"]
    assert not isinstance(listed, NotRead)
    return tuple(customer.model_copy(update={"gdap": None}) for customer in listed)


def list_row(night: Night) -> PartnerList:
    row = night.tables.get(keys.partner_list(ACCOUNT, "p1"))
    assert row is not None
    return row.read(PartnerList)


@pytest.mark.parametrize("gone", ["customers", "relationships"])
def test_a_list_that_is_suddenly_empty_stands_as_it_was_until_another_night_repeats_it(
    night: Night, gone: str
) -> None:
    night.add("contoso")
    night.ask()
    night.microsoft.lists["p1"] = () if gone == "customers" else without_gdap(night)
    night.start("r2", START + timedelta(days=1))
    assert [one.tenant_id for one in night.ask(night.run.started_at)] == ["contoso"]
    doubted = list_row(night)
    assert (doubted.failure and doubted.failure.cause, doubted.began) == (FailureCause.INVALID, START)
    night.start("sync", START + timedelta(days=1, minutes=1), ("contoso",), nightly=False)
    assert len(night.ask(night.run.started_at)) == 1
    night.start("r3", START + timedelta(days=2))
    assert night.ask(night.run.started_at) == []
    assert list_row(night).failure is None
    failure = night.state("contoso").failure
    assert failure is not None
    assert failure.cause is (FailureCause.GONE if gone == "customers" else FailureCause.TENANT)


@pytest.mark.parametrize("gone", ["customers", "relationships"])
def test_a_list_that_lost_most_stands_as_it_was_until_another_night_repeats_it(
    night: Night, gone: str
) -> None:
    """One row of the connection, and none of each tenant that is missing."""
    names = ["alder", "birch", "cedar", "elm", "fir"]
    for name in names:
        night.add(name)
    assert len(night.ask()) == 5
    listed = night.microsoft.lists["p1"]
    assert not isinstance(listed, NotRead)
    night.microsoft.lists["p1"] = (*listed[:2], *(() if gone == "customers" else without_gdap(night)[2:]))
    night.start("r2", START + timedelta(days=1))
    assert sorted(one.tenant_id for one in night.ask(night.run.started_at)) == names
    doubted = list_row(night).failure
    assert doubted is not None
    assert "only 2 of 5" in doubted.sentence or "only 2 of 5 customers" in doubted.sentence
    night.start("r3", START + timedelta(days=2))
    assert sorted(one.tenant_id for one in night.ask(night.run.started_at)) == names[:2]
    assert list_row(night).failure is None


def test_a_list_that_lost_less_than_most_is_believed_at_once(night: Night) -> None:
    for name in ("alder", "birch", "cedar", "elm"):
        night.add(name)
    night.ask()
    listed = night.microsoft.lists["p1"]
    assert not isinstance(listed, NotRead)
    night.microsoft.lists["p1"] = listed[:2]
    night.start("r2", START + timedelta(days=1))
    assert len(night.ask(night.run.started_at)) == 2
    assert list_row(night).failure is None


def test_a_list_that_is_full_again_ends_the_doubt(night: Night) -> None:
    night.add("contoso")
    night.ask()
    full = night.microsoft.lists["p1"]
    for number, listed in enumerate([(), full, ()], start=1):
        night.microsoft.lists["p1"] = listed
        night.start(f"night-{number}", START + timedelta(days=number))
        assert len(night.ask(night.run.started_at)) == 1
    assert list_row(night).failure is not None


def test_a_partner_that_never_had_a_relationship_is_not_doubted_for_having_none(night: Night) -> None:
    night.add("contoso")
    night.microsoft.lists["p1"] = without_gdap(night)
    for number in range(2):
        night.start(f"night-{number}", START + timedelta(days=number))
        night.ask(night.run.started_at)
        assert list_row(night).failure is None


# Through which connection


def partner(
    name: str,
    *tenants: str,
    gdap: bool = True,
    failure: FailureCause | None = None,
    mode: SignInMode = SignInMode.REFRESH_TOKEN,
) -> PartnerInRun:
    customers = {t: Customer(tenant_id=t, name=t, gdap=GDAP if gdap else None) for t in tenants}
    why = ReadFailure(cause=failure, code="x", stored_sentence="x") if failure else None
    return PartnerInRun(connection(name, mode), customers, why)


def test_the_preferred_connection_comes_first_and_the_others_after_it() -> None:
    both = [partner("p1", "t"), partner("p2", "t")]
    assert reachable("t", both, "p2") == (("p2", "p1"), None)
    assert reachable("t", both, "") == (("p1", "p2"), None)


def test_without_active_gdap_a_tenant_is_read_through_another_connection_or_says_what_to_do() -> None:
    without = partner("p1", "t", gdap=False)
    assert reachable("t", [without, partner("p2", "t")], "p1") == (("p2",), None)
    usable, failure = reachable("t", [without], "p1")
    assert usable == ()
    assert failure is not None
    assert (failure.cause, failure.code) == (FailureCause.TENANT, "no active GDAP")


def test_an_app_that_the_tenant_consented_to_needs_no_gdap() -> None:
    assert reachable("t", [partner("p1", "t", gdap=False, mode=SignInMode.APP_ONLY)], "") == (("p1",), None)


def test_a_tenant_whose_administrator_let_the_app_in_is_read_by_it_and_no_other_tenant_is(
    night: Night,
) -> None:
    night.add("let-in", "", "p1")
    night.add("not-asked", "", "p1")
    lists = night.microsoft.lists["p1"]
    assert isinstance(lists, tuple)
    night.microsoft.lists["p1"] = tuple(customer.model_copy(update={"gdap": None}) for customer in lists)
    consent = AppConsent(tenant_id="let-in", connection="p1", client_id="c", proven_at=START)
    app_consents.store(night.tables, ACCOUNT, consent)
    [asked] = night.ask()
    assert (asked.tenant_id, asked.connections, asked.by_app) == ("let-in", ("p1",), ("p1",))
    night.read(asked)
    assert night.microsoft.modes == [SignInMode.APP_ONLY]
    assert night.state("let-in").status is ReadStatus.READ


def test_a_list_that_failed_for_a_moment_stands_as_it_was() -> None:
    assert reachable("t", [partner("p1", "t", failure=FailureCause.TRANSIENT)], "") == (("p1",), None)


def test_a_tenant_is_only_said_to_be_gone_when_every_list_was_read() -> None:
    _, gone = reachable("t", [partner("p1", "other"), partner("p2")], "")
    assert gone is not None
    assert gone.cause is FailureCause.GONE
    for unread in (
        partner("p2", failure=FailureCause.TRANSIENT),
        partner("p2", "other", failure=FailureCause.PARTNER),
    ):
        _, failure = reachable("t", [partner("p1", "other"), unread], "")
        assert failure == unread.failure


# One tenant


def test_a_tenant_is_read_through_the_next_connection_when_the_first_cannot(night: Night) -> None:
    night.add("contoso", "p1", "p1", "p2")
    night.microsoft.reads["p1", "contoso"] = refused()
    (asked,) = night.ask()
    night.read(asked)
    state = night.state("contoso")
    assert state.status is ReadStatus.READ
    assert state.snapshot is not None
    assert state.snapshot.connection_id == "p2"


def test_a_tenant_that_nobody_can_read_says_why_and_keeps_its_numbers(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    night.read(asked)
    night.microsoft.reads["p1", "contoso"] = refused()
    night.start("r2", START + timedelta(days=1))
    (asked,) = night.ask(night.run.started_at)
    night.read(asked, night.run.started_at)
    state = night.state("contoso")
    assert (state.status, state.failure and state.failure.code) == (ReadStatus.NOT_READ, "AADSTS50076")
    assert state.snapshot is not None
    assert state.snapshot.skus[0].enabled == 10


def wait_of(night: Night, asked: TenantToRead) -> timedelta:
    with pytest.raises(RetryLater) as later:
        night.read(asked)
    assert night.state(asked.tenant_id).status is ReadStatus.PENDING
    return later.value.after


def test_a_throttled_tenant_waits_at_least_as_long_as_microsoft_asks(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    night.microsoft.reads["p1", "contoso"] = throttled(timedelta(seconds=150))
    assert wait_of(night, asked) == timedelta(seconds=150)
    night.microsoft.reads["p1", "contoso"] = throttled()
    assert wait_of(night, asked) >= WAIT


def test_of_two_connections_the_one_that_asks_for_the_longest_pause_gets_it(night: Night) -> None:
    night.add("contoso", "p1", "p1", "p2")
    (asked,) = night.ask()
    for p1, p2 in [(None, timedelta(minutes=10)), (timedelta(minutes=10), timedelta(minutes=2))]:
        night.microsoft.reads |= {("p1", "contoso"): throttled(p1), ("p2", "contoso"): throttled(p2)}
        assert wait_of(night, asked) == timedelta(minutes=10)


def test_waits_grow_from_attempt_to_attempt_up_to_a_quarter_of_an_hour(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    night.microsoft.reads["p1", "contoso"] = throttled()
    waits = [wait_of(night, replace(asked, attempt=attempt)) / MINUTE for attempt in (0, 1, 2, 3, 4, 9, 1000)]
    for wait, least in zip(waits, (1, 2, 4, 8, 15, 15, 15), strict=True):
        assert least <= wait <= least * 1.2


def test_tenants_that_fail_together_do_not_come_back_together(night: Night) -> None:
    waits = set()
    for number in range(20):
        night.add(f"tenant-{number}")
        night.microsoft.reads["p1", f"tenant-{number}"] = throttled()
    for asked in night.ask():
        waits.add(wait_of(night, asked))
    assert len(waits) > 10


def test_a_whole_night_of_faults_costs_few_attempts(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    night.microsoft.reads["p1", "contoso"] = throttled()
    now, night.microsoft.asked = START, []
    while night.state("contoso").status is ReadStatus.PENDING:
        try:
            night.read(asked, now)
        except RetryLater as later:
            now, asked = now + later.after, replace(asked, attempt=asked.attempt + 1)
    assert len(night.microsoft.asked) <= 6


def test_a_wait_that_ends_after_the_reading_is_not_begun(night: Night) -> None:
    night.add("contoso")
    night.microsoft.reads["p1", "contoso"] = throttled(READING_LIMIT)
    (asked,) = night.ask()
    night.read(asked)
    state = night.state("contoso")
    assert (state.status, state.failure and state.failure.cause) == (
        ReadStatus.NOT_READ,
        FailureCause.TRANSIENT,
    )


def test_a_tenant_whose_one_connection_is_only_busy_is_not_blamed_by_the_other(night: Night) -> None:
    night.add("contoso", "p1", "p1", "p2")
    night.microsoft.reads |= {("p1", "contoso"): throttled(), ("p2", "contoso"): refused()}
    (asked,) = night.ask()
    with pytest.raises(RetryLater):
        night.read(asked)
    night.read(asked, START + READING_LIMIT)
    failure = night.state("contoso").failure
    assert failure is not None
    assert failure.cause is FailureCause.TRANSIENT


def test_an_answer_that_cannot_be_true_is_not_read_and_not_asked_for_again(night: Night) -> None:
    night.add("contoso")
    night.microsoft.reads["p1", "contoso"] = refused(FailureCause.INVALID)
    (asked,) = night.ask()
    night.read(asked)
    assert night.state("contoso").status is ReadStatus.NOT_READ
    assert night.state("contoso").snapshot is None


def test_a_message_of_an_overtaken_run_reads_nothing(night: Night) -> None:
    night.add("contoso")
    (asked,) = night.ask()
    old = night.run
    night.start("sync", START + MINUTE, ("contoso",))
    night.ask(START + MINUTE)
    night.run = old
    night.read(asked)
    assert ("p1", "contoso") not in night.microsoft.asked


# The end of reading


def test_reading_ends_when_no_tenant_is_pending_and_counts_what_was_read(night: Night) -> None:
    night.add("contoso")
    night.add("fabrikam")
    night.microsoft.reads["p1", "fabrikam"] = refused()
    for asked in night.ask():
        night.read(asked)
    run = night.finish()
    assert (run.read, run.not_read) == (1, 1)


def test_reading_waits_for_pending_tenants_but_not_longer_than_half_a_minute_at_once(night: Night) -> None:
    night.add("contoso")
    night.ask()
    waits = []
    for seconds in (0, 10, 600):  # nobody is read yet: as long again as it has taken, at most
        with pytest.raises(RetryLater) as later:
            night.finish(START + timedelta(seconds=seconds))
        waits.append(later.value.after.total_seconds())
    assert waits == [1, 10, 30]


def test_after_45_minutes_the_pending_tenants_timed_out_and_the_run_goes_on(night: Night) -> None:
    night.add("contoso")
    night.ask()
    with pytest.raises(RetryLater):
        night.finish(START + READING_LIMIT - timedelta(seconds=1))
    run = night.finish(START + READING_LIMIT)
    assert (run.read, run.not_read) == (0, 1)
    state = night.state("contoso")
    assert (state.status, state.failure and state.failure.code) == (ReadStatus.NOT_READ, "timed out")


def test_a_run_without_any_tenant_is_finished_at_once(night: Night) -> None:
    assert (night.finish().read, night.finish().not_read) == (0, 0)


def test_a_night_whose_start_was_given_up_did_not_read_its_tenants(night: Night) -> None:
    night.add("contoso")
    night.add("fabrikam")
    for asked in night.ask():
        night.read(asked)
    assert night.finish().not_read == 0
    night.start("r2", START + timedelta(days=1))
    run = night.finish(START + timedelta(days=1, hours=3))
    assert (run.read, run.not_read) == (0, 2)


def test_a_tenant_that_a_sync_in_between_read_was_read_tonight(night: Night) -> None:
    night.add("contoso")
    night.ask()
    old = night.run
    night.start("sync", START + MINUTE, ("contoso",))
    (asked,) = night.ask(START + MINUTE)
    night.microsoft.now = START + MINUTE
    night.read(asked, START + MINUTE)
    night.run = old
    run = night.finish(START + 2 * MINUTE)
    assert (run.read, run.not_read) == (1, 0)


def test_tenants_of_another_run_are_neither_waited_for_nor_counted(night: Night) -> None:
    night.add("contoso")
    night.add("fabrikam")
    night.ask()
    night.start("sync", START + MINUTE, ("contoso",))
    (asked,) = night.ask(START + MINUTE)
    night.read(asked, START + MINUTE)
    assert night.finish(START + MINUTE).read == 1
