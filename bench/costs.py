"""`make costs`: what 1,000 tenants cost a month in Azure, worked out from the counts of the last `make bench`."""

import sys
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

NIGHTS, TICKS = 30.4, 96 * 30.4
TENANTS = 1000
INSTANCE_GB = 2.048
"""Memory of an instance (infra/app.bicep)."""
GROUPS = 4
"""Queue functions that are at work at the same time in a night, each on an instance of its own."""
TICK_SECONDS = 5.0
"""An instance is billed for some seconds at each tick: the timer's, and that of the queue behind it."""
ALERT_RULES = 3
"""Of infra/alerts.bicep."""
LOG_GB = 2.0
"""Assumed of logs a month; the daily cap allows at most 15."""


class Price(NamedTuple):
    """US dollars, pay as you go, without what is free a month; and who said so."""

    dollars: float
    source: str


REMEMBERED: Final = "no source: as remembered on 27 Nov 2026"
PRICES = {
    "execution, GB s": Price(
        0.000026,
        "[Modal's guide, 22 May 2025](https://modal.com/blog/azure-function-pricing-guide), Flex Consumption, East US",
    ),
    "million executions": Price(0.40, REMEMBERED),
    "10,000 storage operations": Price(0.0005, REMEMBERED),
    "GB of storage": Price(0.05, REMEMBERED),
    "GB of logs": Price(
        2.30,
        "[monitoringcost.com, 2026](https://monitoringcost.com/azure-monitor-cost), analytics logs, about",
    ),
    "rule asked every 15 minutes": Price(0.50, REMEMBERED),
    "10,000 vault operations": Price(
        0.03,
        "[Microsoft Q&A](https://learn.microsoft.com/en-us/answers/questions/5608202/"
        "how-to-correctly-estimate-azure-key-vault-cost), standard tier, about",
    ),
}
"""None is from Microsoft's price list: look them up for your region."""


@dataclass(frozen=True, slots=True)
class Item:
    what: str
    how_much: float
    unit: str

    @property
    def dollars(self) -> float:
        return self.how_much * PRICES[self.unit].dollars


def items(found: dict[str, Any]) -> list[Item]:
    """A month of unchanged nights with one night's changes each, scaled from the measured MSP to 1,000 tenants."""
    w1 = found["nights"]["W1"]
    scale = TENANTS / w1["tenants"]["read"]
    seconds = w1["seconds"] * scale
    operations = w1["storage_operations_per_tenant"] * TENANTS * NIGHTS + 8 * TICKS
    messages = TENANTS / 5 * NIGHTS + 2 * TICKS
    return [
        Item("nights", seconds * NIGHTS * INSTANCE_GB * GROUPS, "execution, GB s"),
        Item("ticks", TICKS * 2 * TICK_SECONDS * INSTANCE_GB, "execution, GB s"),
        Item("executions", messages / 1e6, "million executions"),
        Item("storage operations", operations / 1e4, "10,000 storage operations"),
        Item("kept data", 5.0, "GB of storage"),
        Item("logs", LOG_GB, "GB of logs"),
        Item("alerts of Azure", ALERT_RULES, "rule asked every 15 minutes"),
        Item("secrets read", 2 * TENANTS / 5 * NIGHTS / 1e4, "10,000 vault operations"),
    ]


def as_markdown(found: dict[str, Any]) -> str:
    lines = ["| What | A month | Unit | Price | US dollars |", "|---|---:|---|---:|---:|"]
    every = items(found)
    for item in every:
        price = f"{PRICES[item.unit].dollars:.6f}".rstrip("0")
        lines.append(f"| {item.what} | {item.how_much:,.2f} | {item.unit} | {price} | {item.dollars:.2f} |")
    lines.append(f"| **together** | | | | **{sum(item.dollars for item in every):.2f}** |")
    lines += ["", "| Unit | Where its price is from |", "|---|---|"]
    lines += [f"| {unit} | {price.source} |" for unit, price in PRICES.items()]
    return "\n".join(lines)


def main() -> int:
    from bench.pages import figures

    print(as_markdown(figures()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
