"""The wide world: many alike tenants for measuring, each with 40 SKUs and 200 users."""

from sandbox.standins.worlds.build import Msp, Sold, partner, sold
from sandbox.standins.worlds.people import number_of
from sandbox.standins.worlds.skus import SKUS, SkuKind
from sandbox.standins.worlds.types import Access, SharedMailbox, World

_SKUS_PER_TENANT = 40
_USERS = 200
_FIRST = "Amber Bright Cedar Delta Ever Fair Glen High Iron Jade Kind Lake Maple North Oak Pine Quiet River Stone True"
_LAST = "Bakery Clinic Design Energy Foods Garage Homes Imports Journal Kitchens Labs Motors Networks Optics Partners"


def wide_world(tenants: int = 1000, watched: str = "") -> World:
    """Every PSA quantity is in step with the tenant; `churn` makes the changes.

    `watched`: "renewals", or "mailboxes" too, of which each tenant has a shared one.
    """
    shared = (SharedMailbox(7, "Info"),) if watched == "mailboxes" else ()
    msp = Msp("demo", "harbour", "harbourit")
    access = (Access("harbour"),)
    first, last = _FIRST.split(), _LAST.split()
    for number in range(tenants):
        name = f"{first[number % 20]} {last[number // 20 % 15]} {number:04d}"
        domain = f"tenant{number:05d}.onmicrosoft.com"
        msp.tenant(name, domain, access, _holdings(domain), _USERS, ["wide"], shared=shared)
    return World(
        name=f"wide:{tenants}" + (f":{watched}" if watched else ""),
        partners=(partner("harbour", "demo", "Harbour IT", "harbourit.onmicrosoft.com"),),
        tenants=tuple(msp.tenants),
        connectwise=(msp.connectwise(),),
    )


def _holdings(domain: str) -> list[Sold]:
    """One main SKU for nearly everybody, add-ons for some, free SKUs and company-wide ones; all paid lines in step."""
    paid = [sku for sku in SKUS if sku.kind is SkuKind.PAID]
    rest = [sku for sku in SKUS if sku.kind is not SkuKind.PAID]
    rows = []
    for position, sku in enumerate(paid[: _SKUS_PER_TENANT - len(rest)]):
        chance = number_of(domain, sku.id)
        units = 185 + chance % 12 if position == 0 else 2 + chance % 19
        assigned = units - (chance // 100 % 25 == 0)
        rows.append(sold(sku.part_number, units, assigned, line=units))
    for sku in rest:
        if sku.kind is SkuKind.FREE:
            rows.append(sold(sku.part_number, 10000, number_of(domain, sku.id) % 20))
        else:
            rows.append(sold(sku.part_number, 25, 0))
    return rows
