"""What a day billed for the rest of a period that is billed already: the second, dated lines in the PSA."""

from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.demo_day import Day
from sandbox.processes import SandboxProcesses
from sandbox.waiting import product_names
from shared.accounts.account import Account, Mode
from shared.accounts.companies import added_tenants
from shared.billing import agreement_store
from shared.billing.models import LedgerEntry, LedgerEvent
from shared.billing.psa_connections import psa_connections


def prorated(processes: SandboxProcesses, accounts: Sequence[Account], day: Day) -> list[dict[str, Any]]:
    """A row for each second line of the live accounts that was proven that day."""
    return [
        row for account in accounts if account.mode is Mode.LIVE for row in _prorated(processes, account, day)
    ]


def _prorated(processes: SandboxProcesses, account: Account, day: Day) -> Iterator[dict[str, Any]]:
    tables = processes.wiring.tables
    companies, products = added_tenants(tables, account.id), product_names(processes, account)
    for connection in psa_connections(tables, account.id):
        for kept in agreement_store.all_of(tables, account.id, connection.id):
            lines = kept.record.lines
            for entry in agreement_store.ledger(tables, account.id, connection.id, kept.record.agreement_id):
                if _is_of(entry, day) and entry.mapping_id in lines:
                    yield {
                        "customer": companies[lines[entry.mapping_id].tenant_id].name,
                        "product": products.get(entry.mapping_id, ""),
                        "seats": entry.after,
                        "from": entry.at.astimezone(account.zone).date().isoformat(),
                        "until": entry.last_day.isoformat() if entry.last_day else "",
                    }


def _is_of(entry: LedgerEntry, day: Day) -> bool:
    return entry.event is LedgerEvent.PRORATED and day.began <= entry.at <= day.ended


def prorated_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The same for a person."""
    return ["", "  Prorated", *map(_line, rows)] if rows else []


def _line(row: dict[str, Any]) -> str:
    does = f"bills {row['seats']} more seats" if row["seats"] > 0 else f"credits {-row['seats']} seats"
    told = (
        f"    {row['customer']}, {row['product']}: a second line {does} from {row['from']} to {row['until']}"
    )
    return f"{told}, the last day that is billed already"
