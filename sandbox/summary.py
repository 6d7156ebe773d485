"""What a day came to: for a person to read, and as one JSON object."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.demo_day import Day, Measured
from sandbox.processes import SandboxProcesses
from sandbox.prorated import prorated, prorated_lines
from sandbox.side_by_side import psa_lines, side_by_side
from sandbox.waiting import waiting, waiting_lines
from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.accounts.runs import Run
from shared.alerts import saved_settings
from shared.alerts.evaluate import open_alerts
from shared.alerts.rules import RULES
from shared.billing.planning import approval
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import ReadStatus
from shared.mail.records import MailState, mails
from shared.storage.keys import AccountId

GOALS = {
    "microsoft_per_tenant": 2.05,
    "storage_operations_per_tenant": 6.0,
    "cpu_ms_per_tenant": 20.0,
    "peak_mb": 150.0,
}
"""Per tenant of an MSP of 1,000; a small demo pays its fixed costs over a dozen tenants."""
MORE_FOR_MAILBOXES, MORE_FOR_TERMS = 2.0, 0.2
"""Microsoft calls per tenant that watching shared mailboxes, and renewals, may add."""

_MICROSOFT = ("microsoft.", "graph.", "partnercenter.", "exchange.")


def of(processes: SandboxProcesses, day: Day) -> dict[str, Any]:
    """The numbers of a day. Tenants, lines and alerts are the live account's; the preview account's stand apart."""
    accounts = [saved_settings.load(processes.wiring.tables, AccountId(name)) for name in day.runs]
    by_account = {account.id: _account(processes, account, day.runs[account.id]) for account in accounts}
    first = next(iter(by_account.values()))
    read = max(1, sum(run.read for run in day.runs.values()))
    sent = [mail for account in accounts for mail in _sent(processes, account, day)]
    return {
        **first,
        "mails": {"sent": len(sent), "folder": str(processes.mails), "subjects": sent},
        **_costs(day.measured, read),
        "other_accounts": dict(list(by_account.items())[1:]),
        "psas": side_by_side(processes, accounts, day),
        "prorated": prorated(processes, accounts, day),
        "waiting": waiting(processes, accounts),
    }


def _account(processes: SandboxProcesses, account: Account, run: Run) -> dict[str, Any]:
    tables = processes.wiring.tables
    companies = added_tenants(tables, account.id)
    not_read = {
        head.tenant_id: head.failure.sentence if head.failure else "not read"
        for head in tenant_states(tables, account.id)
        if head.run == run.id and head.status is ReadStatus.NOT_READ
    }
    held = Counter(
        str(reason)
        for hold in approval.held(tables, account.id)
        if hold.decided is None
        for reason in hold.reasons
    )
    alerts = Counter(str(alert.finding.slug) for alert in open_alerts(tables, account.id))
    return {
        "account": account.name,
        "mode": str(account.mode),
        "shared_mailboxes_watched": account.watches_shared_mailboxes,
        "terms_watched": account.watches_terms,
        "day": run.on.isoformat(),
        "tenants": {"read": run.read, "not_read": not_read},
        "names": {tenant: companies[tenant].name for tenant in not_read if tenant in companies},
        "lines": run.lines.model_dump(),
        "held_by_reason": dict(held),
        "alerts": dict(alerts),
    }


def _sent(processes: SandboxProcesses, account: Account, day: Day) -> Iterator[str]:
    for mail in mails(processes.wiring.tables, account.id):
        if mail.state is MailState.DONE and day.began <= mail.since <= day.ended:
            yield mail.subject


def _costs(measured: Measured, read: int) -> dict[str, Any]:
    microsoft = sum(n for kind, n in measured.calls.items() if kind.startswith(_MICROSOFT))
    return {
        "calls": {
            "microsoft_per_tenant": round(microsoft / read, 3),
            "psa_reads": measured.calls["connectwise.read"],
            "psa_writes": measured.calls["connectwise.write"],
        },
        "storage_operations_per_tenant": round(measured.storage.total() / read, 2),
        "cpu_ms_per_tenant": round(measured.cpu_ms / read, 1),
        "host_cpu_ms_per_tenant": round(measured.host_cpu_ms / read, 1),
        "peak_mb": measured.peak_mb,
        "seconds": round(measured.seconds, 1),
    }


def text(numbers: dict[str, Any], wide: bool) -> str:
    """The same for a person."""
    lines = [f"{numbers['account']}: {numbers['day']}", ""]
    lines += _tenants(numbers["tenants"], numbers["names"])
    lines += _lines(numbers)
    lines += _alerts(numbers["alerts"])
    mails = numbers["mails"]
    lines.append(f"  Mails    {mails['sent']} sent" + (f", in {mails['folder']}" if mails["sent"] else ""))
    lines += [f"             {subject}" for subject in mails["subjects"]]
    for name, other in numbers["other_accounts"].items():
        would = other["lines"]["would_write"]
        lines += [
            "",
            f"  {other['account']} ({name}, {other['mode']}): {other['tenants']['read']} tenants read, ",
        ]
        lines[-1] += f"{would} lines would be written, {other['lines']['written']} were"
    if not wide:
        lines += [*psa_lines(numbers["psas"]), *prorated_lines(numbers["prorated"])]
        lines += waiting_lines(numbers["waiting"])
    return "\n".join([*lines, "", *_cost_lines(numbers, wide)])


def _tenants(tenants: dict[str, Any], names: dict[str, str]) -> list[str]:
    lines = [f"  Tenants  {tenants['read']} read, {len(tenants['not_read'])} not read"]
    return lines + [
        f"             {names.get(tenant, tenant)}: {why}" for tenant, why in tenants["not_read"].items()
    ]


def _lines(numbers: dict[str, Any]) -> list[str]:
    counts, held = numbers["lines"], numbers["held_by_reason"]
    why = ", ".join(f"{reason.replace('_', ' ')} {n}" for reason, n in held.items())
    return [
        f"  Lines    {counts['unchanged']} unchanged, {counts['written']} written, {counts['held']} held"
        + (f" ({why})" if why else "")
        + f", {counts['drift']} drifted"
        + (f", {counts['frozen']} frozen" if counts["frozen"] else "")
        + f", {counts['failed']} failed"
    ]


def _alerts(alerts: dict[str, int]) -> list[str]:
    shown = [rule.words.count(alerts[rule.slug]) for rule in RULES if rule.slug in alerts]
    return [f"  Alerts   {', '.join(shown) if shown else 'none'}"]


def _cost_lines(numbers: dict[str, Any], wide: bool) -> list[str]:
    calls = numbers["calls"]
    figures = {
        "microsoft_per_tenant": ("Microsoft calls per tenant", calls["microsoft_per_tenant"]),
        "storage_operations_per_tenant": (
            "Storage operations per tenant",
            numbers["storage_operations_per_tenant"],
        ),
        "cpu_ms_per_tenant": ("CPU per tenant, ms", numbers["cpu_ms_per_tenant"]),
        "peak_mb": ("Peak memory, MB", numbers["peak_mb"]),
    }
    lines = [f"  PSA      {calls['psa_reads']} reads, {calls['psa_writes']} writes"]
    more = (
        numbers["shared_mailboxes_watched"] * MORE_FOR_MAILBOXES + numbers["terms_watched"] * MORE_FOR_TERMS
    )
    goals = GOALS | {"microsoft_per_tenant": GOALS["microsoft_per_tenant"] + more}
    for name, (label, value) in figures.items():
        goal = f"   goal {goals[name]:g} at 1,000 tenants" if wide else ""
        lines.append(f"  {label:<30} {value:>8}{goal}")
    lines.append(f"  {'CPU of the local host itself':<30} {numbers['host_cpu_ms_per_tenant']:>8}")
    return [*lines, f"  {'Seconds from tick to close':<30} {numbers['seconds']:>8}"]
