"""Rows that an earlier version stored are read by this one: an update never asks for a migration.

`stored/2026-11.json` holds rows of the demo MSP as they lay in the table after two nights of November 2026.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.account import Account
from shared.accounts.company import Company
from shared.accounts.directory import DirectoryEntry
from shared.accounts.due_work import Schedule
from shared.accounts.runs import Run
from shared.alerts.models import Alert, Evaluation
from shared.billing.models import AgreementRecord, BillingProfile, LedgerEntry, PsaConnection, TenantMappings
from shared.billing.psa_connections import ConnectionFailure
from shared.licensing.product_names import NamesState
from shared.licensing.tenant_state import Day, PartnerList, TenantState
from shared.mail.records import MailRow
from shared.microsoft.models import FailureCause, PartnerConnection
from shared.storage.decisions import Decision
from shared.storage.documents import Document

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stored/2026-11.json").read_text())
MODELS: dict[str, type[Document]] = {
    "accounts": DirectoryEntry,
    "alerts alert": Alert,
    "alerts evaluation": Evaluation,
    "decisions now": Decision,
    "decisions was": Decision,
    "mails mail": MailRow,
    "names": NamesState,
    "partners list": PartnerList,
    "psa agr": AgreementRecord,
    "psa log": LedgerEntry,
    "runs run": Run,
    "settings account": Account,
    "settings partner": PartnerConnection,
    "settings psa-trouble": ConnectionFailure,
    "settings psa": PsaConnection,
    "settings schedule": Schedule,
    "tenants day": Day,
    "tenants head": TenantState,
}
DECIDED: dict[str, type[Document]] = {
    "company": Company,
    "mappings": TenantMappings,
    "profile": BillingProfile,
}


def _model(row: dict[str, Any]) -> type[Document] | None:
    name = f"{row['partition']} {row['row']}"
    fitting = [start for start in MODELS if name == start or name.startswith((f"{start} ", f"{start}|"))]
    return MODELS[max(fitting, key=len)] if fitting else None


def _name(row: dict[str, Any]) -> str:
    return f"{row['partition']} {row['row']}"


def stored(name: str) -> str:
    return next(json.dumps(row["body"]) for row in ROWS if _name(row) == name)


KNOWN = [row for row in ROWS if _model(row) is not None]


def test_every_kind_of_row_is_looked_at() -> None:
    unknown = {_name(row) for row in ROWS if _model(row) is None}
    assert unknown <= {"mails recipient"}, (
        "read by the kind of mail that keeps it; see the tests of the digest"
    )


@pytest.mark.parametrize("row", KNOWN, ids=_name)
def test_a_row_of_before_is_read_and_stored_again_without_loss(row: dict[str, Any]) -> None:
    model = _model(row)
    assert model is not None
    read = model.model_validate_json(json.dumps(row["body"]))
    assert model.model_validate_json(read.body()) == read


@pytest.mark.parametrize("kind", DECIDED)
def test_what_was_decided_before_is_still_in_force(kind: str) -> None:
    decision = Decision.model_validate_json(stored(f"decisions now|{kind}"))
    assert decision.read(DECIDED[kind]) is not None


def test_why_a_tenant_was_not_read_is_known_under_its_old_name() -> None:
    state = TenantState.model_validate_json(stored("tenants head not_read"))
    assert state.failure is not None
    assert state.failure.cause is FailureCause.TENANT


def test_an_account_of_before_keeps_what_its_owner_chose() -> None:
    account = Account.model_validate_json(stored("settings account"))
    assert (account.currency_symbol, account.sync_hour, account.guard.tenant_percent) == ("£", 2, 20)
