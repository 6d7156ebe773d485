"""Mailboxes are counted with the tenants whose custom licences count them, of no other, and cost no licence."""

from datetime import timedelta

import pytest

from shared.licensing import app_consents
from shared.licensing.app_consents import AppConsent
from shared.licensing.custom_licences.defined import CUSTOM_LICENCE
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.snapshot import as_of
from shared.licensing.tenant_state import CountedMailboxes, ReadStatus, Snapshot
from shared.microsoft.models import FailureCause, MailboxKind, NotRead, SignInMode
from shared.microsoft.read_problems import ReadProblem
from shared.storage.decisions import Decider, decide
from tests.shared.billing.world import START
from tests.shared.licensing.test_reading import ACCOUNT, Night

USER, SHARED, ROOM, EQUIPMENT = MailboxKind
SOME = {USER: 20, SHARED: 4, ROOM: 2, EQUIPMENT: 0}
RULE = Rule(kind=RuleKind.MAILBOXES, mailboxes=(SHARED,))


def define(night: Night, tenant: str = "contoso") -> None:
    licence = CustomLicence(id="c", name="C", tenant_id=tenant, rule=RULE)
    decide(night.tables, ACCOUNT, CUSTOM_LICENCE, licence.id, licence, Decider("ann", "", START))


@pytest.fixture
def night() -> Night:
    night = Night()
    for tenant in ("contoso", "fabrikam"):
        night.add(tenant)
    night.microsoft.counted = dict(SOME)
    return night


def read(night: Night, nights: int = 0) -> Snapshot:
    """Each tenant is read; contoso's numbers."""
    at = START + timedelta(days=nights)
    night.microsoft.now = at
    night.start(f"night-{nights}", at)
    for asked in night.ask(at):
        night.read(asked, at)
    state = night.state("contoso")
    assert state.status is ReadStatus.READ
    assert state.snapshot is not None
    return state.snapshot


def counted(snapshot: Snapshot) -> CountedMailboxes:
    assert snapshot.mailbox_counts is not None
    return snapshot.mailbox_counts


def asked(night: Night) -> list[str]:
    return [what for _, what in night.microsoft.asked if what.startswith("mailbox count")]


def test_without_such_a_licence_nobody_is_asked(night: Night) -> None:
    assert read(night).mailbox_counts is None
    assert asked(night) == []


def test_it_is_one_question_of_the_tenant_and_no_other_is_asked(night: Night) -> None:
    define(night)
    told = counted(read(night)).count
    assert told is not None
    assert told.by_kind == SOME
    assert asked(night) == ["mailbox count of contoso"]


def test_of_the_accounts_own_licence_each_tenant_is_asked(night: Night) -> None:
    define(night, "")
    read(night)
    assert sorted(asked(night)) == ["mailbox count of contoso", "mailbox count of fabrikam"]


def test_a_refusal_costs_no_licence_and_is_no_number(night: Night) -> None:
    define(night)
    night.microsoft.counted = NotRead(FailureCause.TENANT, "403 x", ReadProblem.EXCHANGE_ROLE)
    night.microsoft.reads["p1", "contoso"] = 12
    snapshot = read(night)
    assert snapshot.skus[0].enabled == 12
    told = counted(snapshot)
    assert told.count is None
    assert told.failure is not None
    assert "Global Reader" in told.failure.sentence


def test_a_bug_while_mailboxes_are_counted_leaves_the_licences_and_no_number(night: Night) -> None:
    define(night)
    read(night)
    night.microsoft.counted = RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        read(night, 1)
    state = night.state("contoso")
    assert state.snapshot is not None
    told = counted(state.snapshot)
    assert (told.count, told.failure and told.failure.code) == (None, "interrupted")


def test_that_every_mailbox_is_gone_is_believed_only_the_second_time_and_then_stays(night: Night) -> None:
    define(night)
    read(night)
    night.microsoft.counted = dict.fromkeys(MailboxKind, 0)
    doubted = counted(read(night, 1))
    assert doubted.count is None
    assert doubted.failure is not None
    assert "reads once more" in doubted.failure.sentence
    for later in (2, 3):
        believed = counted(read(night, later)).count
        assert believed is not None
        assert not believed.has_any


def test_a_night_on_which_only_mailboxes_changed_is_history(night: Night) -> None:
    define(night)
    read(night)
    night.microsoft.counted = {**SOME, SHARED: 5}
    read(night, 1)
    days = [as_of(night.tables, ACCOUNT, "contoso", (START + timedelta(days=n)).date()) for n in (0, 1)]
    told = [day.mailbox_counts.count for day in days if day and day.mailbox_counts]
    assert [count.by_kind[SHARED] for count in told if count] == [4, 5]


def test_a_tenant_that_let_the_app_in_is_asked_by_the_app(night: Night) -> None:
    define(night)
    consent = AppConsent(tenant_id="contoso", connection="p1", client_id="c", proven_at=START)
    app_consents.store(night.tables, ACCOUNT, consent)
    read(night)
    assert night.microsoft.counted_as == [SignInMode.APP_ONLY]
