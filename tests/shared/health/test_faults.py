"""Each fault that is put in is named by the doctor, with its cure; all else stays well."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from functions.queues.messages import QUEUES
from shared.accounts import runs
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.runs import Run, RunState
from shared.alerts import failed_messages
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import save_psa_connection
from shared.health import account, installation
from shared.health.account import CheckedAccount
from shared.health.finding import Check, Finding, Unusable
from shared.health.installation import Installation
from shared.licensing.custom_licences.defined import CUSTOM_LICENCE
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.optional_reads import OptionalReads
from shared.licensing.snapshot import FreshRead, store_read
from shared.licensing.tenant_state import CountedMailboxes, ReadFailure
from shared.mail.base import CannotTell, Undeliverable, UndeliverableReason
from shared.mail.records import MailName, MailRow, MailState
from shared.microsoft import partner_connections
from shared.microsoft.models import (
    FailureCause,
    MailboxKind,
    NotRead,
    PartnerConnection,
    SignInMode,
    TenantRead,
)
from shared.microsoft.read_problems import ReadProblem
from shared.storage.decisions import Decider, decide
from shared.storage.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.storage.tables import Put
from tests.functions.api.conftest import MSP, an_account
from tests.functions.memory_wiring import NOW
from tests.shared.storage.memory_secrets import MemorySecrets


class Broken:
    """A store that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        raise ServiceRequestError("no way there")


class Provider:
    def __init__(self) -> None:
        self.against: Undeliverable | None = None
        self.cannot_tell = ""

    def send(self, mail: Any) -> Any:
        raise AssertionError("the doctor sends nothing")

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        if self.cannot_tell:
            raise CannotTell(self.cannot_tell)
        return self.against


class LeftOut(MemoryQueues):
    """Queues of which some are missing."""

    missing: frozenset[str] = frozenset()

    def waiting(self, queue: str) -> int | None:
        return None if queue in self.missing else super().waiting(queue)


def nothing_to_say(_: object) -> None:
    return None


@dataclass
class Ward:
    """A healthy installation with a healthy account; a test breaks one thing of it."""

    tables: Any = field(default_factory=MemoryTables)
    blobs: Any = field(default_factory=lambda: MemoryBlobs(lambda: NOW))
    queues: Any = field(default_factory=LeftOut)
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    provider: Provider = field(default_factory=Provider)
    missing: tuple[tuple[str, str], ...] = ()
    transport_fault: str = ""
    sign_in: Callable[[PartnerConnection], object] = nothing_to_say
    psa_fault: Exception | None = None
    now: datetime = NOW

    def __post_init__(self) -> None:
        partner = PartnerConnection(
            id="p1", name="Harbour", tenant_id="t", client_id="c", mode=SignInMode.APP_ONLY
        )
        partner_connections.replace(self.tables, MSP, partner, "")
        save_psa_connection(
            self.tables,
            MSP,
            PsaConnection(id="cw", name="ConnectWise PSA", kind="connectwise", settings_json="{}"),
        )
        self.run = Run(
            id="2026-03-02", on=NOW.date(), started_at=NOW - timedelta(hours=7), state=RunState.CLOSED
        )
        runs.start(self.tables, MSP, self.run)
        self.patient_tables = self.tables

    def check(self) -> None:
        if self.psa_fault:
            raise self.psa_fault

    def _transport(self) -> Provider:
        if self.transport_fault:
            raise Unusable(self.transport_fault)
        return self.provider

    def findings(self) -> list[Finding]:
        whole = Installation(
            self.missing,
            self.tables,
            self.blobs,
            self.queues,
            lambda: self.secrets,
            self._transport,
            "seatwise@msp.example",
            lambda: self.now,
        )
        psa: Any = self
        patient = CheckedAccount(
            an_account(MSP, "Harbour IT"), self.patient_tables, self.sign_in, lambda _: psa, self.now
        )
        return [*installation.examine(whole, QUEUES), *account.examine(patient)]


def refused(_: object) -> None:
    raise NotRead(FailureCause.PARTNER, "AADSTS7000222", ReadProblem.SECRET_EXPIRED)


def _many(queue: str, count: int) -> list[Any]:
    sent = MemoryQueues()
    for _ in range(count):
        sent.send(queue, "{}")
    return list(sent.messages)


def _rights() -> PsaRefused:
    return PsaRefused.for_all("ConnectWise PSA", Cause.RIGHTS, "403", "Agreements: edit")


def _a_refused_mail(ward: Ward) -> None:
    name = MailName(MSP, "digest", NOW.date(), "clerk@msp.example")
    row = MailRow(
        mail_id=name.id, kind="digest", on=NOW.date(), recipient="clerk@msp.example", state=MailState.REFUSED,
        since=NOW, free_at=NOW, why="550 no such user",
    )  # fmt: skip
    ward.tables.commit([Put(name.key, row)])


def _a_stuck_run(ward: Ward) -> None:
    began = NOW - timedelta(hours=6)
    runs.start(ward.tables, MSP, Run(id="now-1", on=NOW.date(), started_at=began, nightly=False))


def _unread_mailboxes(ward: Ward) -> None:
    by = Decider("ann", "", NOW)
    company = Company(id="c1", tenant_id="t1", name="Alder", psa_connection="cw", psa_company="1")
    add_company(ward.tables, MSP, company, by)
    rule = Rule(kind=RuleKind.MAILBOXES, mailboxes=(MailboxKind.SHARED,))
    licence = CustomLicence(id="x", name="Backup", tenant_id="t1", rule=rule)
    decide(ward.tables, MSP, CUSTOM_LICENCE, licence.id, licence, by)
    refused = NotRead(FailureCause.TENANT, "403", ReadProblem.EXCHANGE_ROLE)
    unread = OptionalReads(mailbox_counts=CountedMailboxes(failure=ReadFailure.of(refused)))
    read = TenantRead("t1", "p1", NOW, NOW, (), (), ())
    store_read(ward.tables, ward.blobs, MSP, FreshRead(read, "", NOW.date(), unread))


FAULTS: list[tuple[str, Check, Callable[[Ward], object], str]] = [
    (
        "setting",
        Check.SETTINGS,
        lambda w: setattr(w, "missing", (("Nobody can sign in.", "Set X."),)),
        "Set X.",
    ),
    ("storage", Check.STORAGE, lambda w: setattr(w, "tables", Broken()), "Storage Table Data Contributor"),
    (
        "clock",
        Check.CLOCK,
        lambda w: setattr(w, "blobs", MemoryBlobs(lambda: NOW - timedelta(minutes=9))),
        "time server",
    ),
    ("vault", Check.VAULT, lambda w: setattr(w.secrets, "down", True), "Key Vault Secrets Officer"),
    (
        "mail setting",
        Check.MAIL,
        lambda w: setattr(w, "transport_fault", "smtp: host is missing"),
        "Correct the setting",
    ),
    (
        "mail provider",
        Check.MAIL,
        lambda w: setattr(w.provider, "cannot_tell", "401"),
        "installation-mail",
    ),
    (
        "sender",
        Check.MAIL,
        lambda w: setattr(w.provider, "against", Undeliverable(UndeliverableReason.BLOCKED)),
        "suppression",
    ),
    (
        "queue",
        Check.QUEUES,
        lambda w: setattr(w.queues, "missing", frozenset({"send-mail"})),
        "azd provision",
    ),
    (
        "full queue",
        Check.QUEUES,
        lambda w: w.queues.messages.extend(_many("read-tenant", 2001)),
        "Look in the log",
    ),
    ("mailboxes", Check.CUSTOM_LICENCES, _unread_mailboxes, "Global Reader"),
    ("queues", Check.QUEUES, lambda w: setattr(w, "queues", Broken()), "Storage Queue Data Contributor"),
    (
        "poison lying",
        Check.POISON,
        lambda w: w.queues.messages.extend(_many("evaluate-poison", 1)),
        "does not start",
    ),
    (
        "given up",
        Check.POISON,
        lambda w: failed_messages.record(w.tables, MSP, "evaluate", "x", NOW),
        "exception",
    ),
    ("partner", Check.PARTNER_SIGN_IN, lambda w: setattr(w, "sign_in", refused), "test the connection"),
    ("PSA right", Check.PSA_RIGHTS, lambda w: setattr(w, "psa_fault", _rights()), "psa-rights.md"),
    (
        "PSA down",
        Check.PSA_RIGHTS,
        lambda w: setattr(w, "psa_fault", PsaUnavailable("time-out")),
        "browser",
    ),
    ("mail refused", Check.MAILS_SENT, _a_refused_mail, "send it again"),
    ("no night", Check.LAST_RUN, lambda w: setattr(w, "now", NOW + timedelta(days=3)), "tick"),
    ("stuck run", Check.LAST_RUN, _a_stuck_run, "fails again"),
]
"""What is put in, what is named, and a part of the cure."""


def test_when_all_is_well_every_thing_is_looked_at_and_nothing_is_wrong() -> None:
    found = Ward().findings()
    assert [finding for finding in found if not finding.well] == []
    assert {finding.check for finding in found} == set(Check)


@pytest.mark.parametrize(
    "check, put_in, cure", [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_named_with_its_cure(check: Check, put_in: Callable[[Ward], object], cure: str) -> None:
    ward = Ward()
    put_in(ward)
    wrong = [finding for finding in ward.findings() if not finding.well]
    clock_too = {Check.CLOCK} if check is Check.LAST_RUN else set()  # time went on for both
    assert {finding.check for finding in wrong} - clock_too == {check}
    (named,) = [finding for finding in wrong if finding.check is check]
    assert cure in named.cure
    assert named.sentence.endswith(".") or ":" in named.sentence


def test_at_least_ten_different_things_are_named() -> None:
    assert len({fault[1] for fault in FAULTS}) == len(Check) >= 10


def test_no_secret_is_told() -> None:
    ward = Ward()
    ward.secrets.put(MSP, "refresh-token", "s3cret")
    ward.provider.cannot_tell = "401"
    assert "s3cret" not in str(ward.findings())
