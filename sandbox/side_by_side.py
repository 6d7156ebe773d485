"""What a day came to in each kind of PSA, side by side."""

from collections.abc import Sequence
from typing import Any

from sandbox.demo_day import Day
from sandbox.processes import SandboxProcesses
from shared.accounts.account import Account
from shared.billing.psa.registry import PSAS
from shared.billing.psa_connections import psa_connections

_COLUMNS = ("unchanged", "written", "held", "drift", "failed", "reads", "writes")


def side_by_side(processes: SandboxProcesses, accounts: Sequence[Account], day: Day) -> list[dict[str, Any]]:
    """One row a kind of PSA: the lines of the live accounts that bill by it, and the calls that it cost."""
    rows: dict[str, dict[str, Any]] = {}
    for account in accounts:
        for kind in sorted(
            {connection.kind for connection in psa_connections(processes.wiring.tables, account.id)}
        ):
            row = rows.setdefault(
                kind, {"psa": PSAS[kind].name, "accounts": [], **dict.fromkeys(_COLUMNS, 0)}
            )
            row["accounts"].append(account.name)
            lines = day.runs[account.id].lines.model_dump()
            for column in _COLUMNS:
                row[column] += lines.get(column, 0)
            row["reads"] = day.measured.calls[f"{kind}.read"]
            row["writes"] = day.measured.calls[f"{kind}.write"]
    return list(rows.values())


def psa_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A table for a person; nothing where there is only one kind of PSA."""
    if len(rows) < 2:
        return []
    heads = "".join(f"{column:>11}" for column in _COLUMNS)
    lines = ["", f"  {'':<18}{heads}"]
    return lines + [
        f"  {row['psa']:<18}" + "".join(f"{row[column]:>11}" for column in _COLUMNS) for row in rows
    ]
