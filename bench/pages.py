"""The figures of the last run in the pages: tables between two marks, made anew by `make bench`."""

import json
from pathlib import Path
from typing import Any

from bench import costs, goals

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs/performance.json"
PAGES = {"performance.md": "figures", "costs.md": "costs"}
"""Each page, and the name of its marks."""


def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIGURES.read_text())
    return found


def page(name: str, found: dict[str, Any]) -> str:
    """The page with the tables of these figures."""
    mark, said = PAGES[name], (ROOT / "docs" / name).read_text()
    before, _, rest = said.partition(f"<!-- {mark} -->\n")
    _, _, after = rest.partition(f"<!-- end of {mark} -->\n")
    table = costs.as_markdown(found) if name == "costs.md" else performance(found)
    return f"{before}<!-- {mark} -->\n{table}\n<!-- end of {mark} -->\n{after}"


def performance(found: dict[str, Any]) -> str:
    machine, table = found["machine"], list(goals.rows(found))
    missed = sum(row.met is False for row in table)
    unknown = sum(row.met is None for row in table)
    w0 = found["nights"]["W0"]
    read = w0["tenants"]["read"]
    return (
        f"Run on {machine['on']} with {read:,} tenants on {machine['cpus']} processors, load {machine['load']:.1f} at "
        f"its end. {missed} of {len(table)} goals missed, {unknown} not measured.\n\n"
        f"{goals.peers_as_markdown(found)}\n\nThe local host's own thread, which does what Azure does for a deployed "
        f"app, used {w0['host_cpu_ms_per_tenant']:.0f} ms more a tenant.\n\n{goals.as_markdown(table)}"
        f"{_grown(found.get('growth', []))}"
    )


def _grown(nights: list[dict[str, Any]]) -> str:
    """Nothing before `make growth` was called."""
    if not nights:
        return ""
    lines = [
        "\n\nUnchanged nights of a smaller and a larger MSP:\n",
        "| tenants | s, whole night | s, reading | PSA reads | CPU ms per tenant | peak MB |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {night['tenants']:,} | {night['seconds']:,.0f} | {night['reading_seconds']:,.0f} | "
        f"{night['psa_reads']:,} | {night['cpu_ms_per_tenant']:.0f} | {night['peak_mb']:.0f} |"
        for night in nights
    ]
    return "\n".join(lines)


def write(found: dict[str, Any]) -> None:
    FIGURES.write_text(json.dumps(found, indent=1) + "\n")
    for name in PAGES:
        (ROOT / "docs" / name).write_text(page(name, found))
