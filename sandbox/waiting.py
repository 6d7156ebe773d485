"""What waits for a person after a day: held changes, hand edits with their three choices, and the certificate."""

from collections.abc import Sequence
from typing import Any

from sandbox.processes import SandboxProcesses
from shared.accounts.account import Account, Mode
from shared.accounts.companies import added_tenants
from shared.billing import line_decisions
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import HoldReason
from shared.billing.planning import approval
from shared.billing.profiles import billing_profiles
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import SENTENCES, Standing

CHOICES = "take theirs, keep ours, or freeze"


def waiting(processes: SandboxProcesses, accounts: Sequence[Account]) -> dict[str, Any]:
    """Of the live accounts: rows of held changes and of hand edits, and a certificate each."""
    live = [account for account in accounts if account.mode is Mode.LIVE]
    return {
        "held": [row for account in live for row in _held(processes, account)],
        "drift": [row for account in live for row in _drift(processes, account)],
        "certificates": [_certificate(processes, account) for account in live],
    }


def _held(processes: SandboxProcesses, account: Account) -> list[dict[str, Any]]:
    tables = processes.wiring.tables
    companies, products = added_tenants(tables, account.id), product_names(processes, account)
    return [
        {
            "customer": companies[hold.change.tenant_id].name,
            "product": products.get(hold.change.mapping_id, ""),
            "before": hold.change.before,
            "after": hold.change.after,
            "reasons": [str(reason) for reason in hold.reasons],
            "change": hold.change.id,
        }
        for hold in approval.held(tables, account.id)
        if hold.decided is None and hold.change.tenant_id in companies
    ]


def _drift(processes: SandboxProcesses, account: Account) -> list[dict[str, Any]]:
    tables = processes.wiring.tables
    companies, products = added_tenants(tables, account.id), product_names(processes, account)
    return [
        {
            "customer": companies[found.line.tenant_id].name,
            "product": products.get(found.key.mapping_id, ""),
            "confirmed": found.line.confirmed,
            "psa": int(found.line.drift.psa),
            "choices": CHOICES,
        }
        for found in line_decisions.decidable(tables, account.id)
        if found.line.drift is not None and found.line.tenant_id in companies
    ]


def product_names(processes: SandboxProcesses, account: Account) -> dict[str, str]:
    """Names of what is billed, by mapping id."""
    tables = processes.wiring.tables
    profiles = billing_profiles(tables, account.id)
    return {
        mapping.id: profiles[mapping.profile].name
        for tenant in mappings_in_force(tables, account.id)
        for mapping in tenant.mappings
        if mapping.profile in profiles
    }


def _certificate(processes: SandboxProcesses, account: Account) -> dict[str, Any]:
    wired = processes.wiring
    made = certificate_now(wired.tables, wired.blobs, account, wired.clock())
    return {
        "account": account.name,
        "ready": made.ready_to_invoice,
        "balances": made.balances,
        **{str(standing): len(made.of(standing)) for standing in Standing},
        "missing": {SENTENCES[reason]: rows for reason, rows in made.missing.items()},
    }


def waiting_lines(told: dict[str, Any]) -> list[str]:
    """The same for a person."""
    lines = ["", "  Waiting for a person"]
    for row in told["held"]:
        why = ", ".join(reason.replace("_", " ") for reason in row["reasons"])
        lines.append(f"    Held     {_of(row)}: {row['before']} -> {row['after']} ({why}): {_to_do(row)}")
    lines += [
        f"    Drift    {_of(row)}: {row['confirmed']} by us, {row['psa']} in the PSA: {row['choices']}"
        for row in told["drift"]
    ]
    for made in told["certificates"]:
        ready = "ready to invoice" if made["ready"] else "not ready to invoice"
        counts = ", ".join(f"{made[str(standing)]} {standing}" for standing in Standing)
        balance = "it balances" if made["balances"] else "it does not balance"
        lines += ["", f"  Certificate of {made['account']}: {ready}. {counts}; {balance}"]
        lines += [f"    {rows:>3} x {sentence}" for sentence, rows in made["missing"].items()]
    return lines


def _to_do(row: dict[str, Any]) -> str:
    if HoldReason.PRORATION in row["reasons"]:
        return "name its type of agreement as billed in advance, change it in the PSA, or switch its proration off"
    return "approve or reject"


def _of(row: dict[str, Any]) -> str:
    return f"{row['customer']}, {row['product']}"
