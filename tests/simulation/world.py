"""The MSP of a story, whose tenants are spread over the three PSAs, and beside it an account that only previews."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sandbox.standins.worlds.as_autotask import as_autotask
from sandbox.standins.worlds.build import Msp, Part, Sold, partner, sold
from sandbox.standins.worlds.types import Access, Agreement, World

_PART_NUMBERS: Final = (
    "SPB",
    "EXCHANGESTANDARD",
    "SPE_E3",
    "POWER_BI_PRO",
    "Microsoft_365_Copilot",
    "SPE_F1",
)
_BEGINNINGS: Final = (
    datetime(2026, 3, 20, 9, tzinfo=UTC),  # summer time begins on the 29th
    datetime(2026, 10, 14, 9, tzinfo=UTC),  # and ends on the 25th
    datetime(2026, 12, 20, 9, tzinfo=UTC),
    datetime(2027, 2, 10, 9, tzinfo=UTC),
    datetime(2028, 2, 16, 9, tzinfo=UTC),  # a leap year
)
PRORATED: Final = 0.6
"""Share of the agreements in ConnectWise that are billed in advance and prorate."""
PREVIEWED: Final = 2
"""Tenants of the account that only previews."""


def beginning(chance: random.Random) -> datetime:
    """When a story begins: a change of the clock, the end of a year, of February or of a leap year's is near."""
    return chance.choice(_BEGINNINGS)


@dataclass(frozen=True, slots=True)
class Branch:
    """A second company of a tenant in its PSA, with an agreement of its own that has no line yet."""

    tenant_id: str
    site: str
    company_id: int
    agreement_id: int


def world(chance: random.Random, tenants: int) -> tuple[World, tuple[Branch, ...]]:
    """`tenants` of them, those that are previewed included; one of each PSA can be shared out to two companies."""
    msps = [
        Msp("demo", f"sim-{kind}", f"sim{kind}", first_id=1000 * number)
        for number, kind in enumerate(("cw", "halo", "autotask"), start=1)
    ]
    preview = Msp("preview", "sim-preview", "simpreview", first_id=5000)
    for number in range(tenants - PREVIEWED):
        _tenant(chance, msps[number % len(msps)], number, "harbour")
    for number in range(PREVIEWED):
        _tenant(chance, preview, 900 + number, "tidewater")
    branches = tuple(_branch(msp, number) for number, msp in enumerate(msps, start=1) if msp.tenants)
    by_connectwise, by_halo, by_autotask = msps
    made = World(
        name="simulation",
        partners=(
            partner("harbour", "demo", "Harbour IT", "harbourit.onmicrosoft.com"),
            partner("tidewater", "preview", "Tidewater Systems", "tidewater.onmicrosoft.com"),
        ),
        tenants=tuple(tenant for msp in (*msps, preview) for tenant in msp.tenants),
        connectwise=(by_connectwise.connectwise(billed_in_advance=("Microsoft 365",)), preview.connectwise()),
        halo=(by_halo.halo(),),
        autotask=(as_autotask(by_autotask.connectwise()),),
    )
    return made, branches


def _branch(msp: Msp, number: int) -> Branch:
    first = msp.tenants[0]
    company = msp.company(f"Branch of {first.name}")
    agreement = Agreement(
        id=501 + 1000 * number + len(msp.agreements),
        company_id=company.id,
        name=f"{company.name} - Microsoft 365",
        type_name="Microsoft 365",
        lines=(),
    )
    msp.agreements.append(agreement)
    return Branch(first.id, str(first.psa_site), company.id, agreement.id)


def _tenant(chance: random.Random, msp: Msp, number: int, partner_key: str) -> None:
    chosen = chance.sample(_PART_NUMBERS, chance.randint(1, 3))
    holdings = [_sold(chance, part_number) for part_number in chosen]
    msp.tenant(
        f"Customer {number:03d}",
        f"customer{number:03d}.onmicrosoft.com",
        [Access(partner_key)],
        holdings,
        max(10, *(item.assigned for item in holdings)),
        ["simulated"],
        prorate=chance.random() < PRORATED,
        other_lines=[("MANAGED-FIREWALL", 1.0)] if chance.random() < 0.5 else [],
    )


def _sold(chance: random.Random, part_number: str) -> Sold:
    units = chance.randint(3, 30)
    if chance.random() < 0.15:
        more = chance.randint(1, 9)
        parts = (Part(units, line=units), Part(more, term="P1M", line=more))
        return Sold(part_number, 0, parts, split=True)
    line = units if chance.random() < 0.9 else None
    return sold(part_number, units, min(units, 10), line=line)
