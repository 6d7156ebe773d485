"""The demo with two more MSPs beside it, whose agreements are in other PSAs than ConnectWise."""

from dataclasses import replace

from sandbox.standins.worlds.as_autotask import as_autotask
from sandbox.standins.worlds.build import Msp, partner, sold
from sandbox.standins.worlds.demo import demo_world
from sandbox.standins.worlds.halo import HaloLine, ProRata
from sandbox.standins.worlds.types import Access, World

_QUAYSIDE, _NORTHWIND = "quayside", "northwind"


def side_by_side_world() -> World:
    """The demo's MSPs; Quayside Cloud, billed by HaloPSA; and Northwind Managed IT, billed by Autotask."""
    demo, quayside, northwind = demo_world(), _quayside(), _northwind()
    halo = quayside.halo(_shown_otherwise(quayside))
    return replace(
        demo,
        name="psas",
        partners=(
            *demo.partners,
            partner(_QUAYSIDE, "halo", "Quayside Cloud", "quaysidecloud.onmicrosoft.com"),
            partner(_NORTHWIND, _NORTHWIND, "Northwind Managed IT", "northwindmanaged.onmicrosoft.com"),
        ),
        tenants=(*demo.tenants, *quayside.tenants, *northwind.tenants),
        halo=(halo,),
        autotask=(as_autotask(northwind.connectwise()),),
    )


def _northwind() -> Msp:
    msp = Msp(_NORTHWIND, _NORTHWIND, "northwind", first_id=6000)
    own = [Access(_NORTHWIND)]
    msp.tenant(
        "Upwell Dental",
        "upwelldental.onmicrosoft.com",
        own,
        [sold("SPB", 24, 23, line=21), sold("EXCHANGESTANDARD", 8, 8, line=8)],
        32,
        ["changed"],
        other_lines=[("MANAGED-FIREWALL", 1)],
    )
    msp.tenant(
        "Vale Printing",
        "valeprinting.onmicrosoft.com",
        own,
        [sold("SPB", 15, 15, line=15), sold("SPE_E3", 4, 4, line=6)],
        19,
        ["changed"],
    )
    msp.tenant(
        "Wharf Logistics",
        "wharflogistics.onmicrosoft.com",
        own,
        [sold("SPB", 30, 30, line=33, baseline=30)],
        30,
        ["edited_by_hand"],
    )
    return msp


def _quayside() -> Msp:
    msp = Msp("halo", _QUAYSIDE, "quayside", first_id=4000)
    own = [Access(_QUAYSIDE)]
    msp.tenant(
        "Rosewood Hotels",
        "rosewoodhotels.onmicrosoft.com",
        own,
        [
            sold("SPB", 44, 44, line=41),
            sold("EXCHANGESTANDARD", 12, 12, line=10),
            sold("SPE_E3", 6, 6, line=6),
        ],
        65,
        ["changed", "two_lines_in_one_document"],
        other_lines=[("MANAGED-FIREWALL", 2)],
    )
    msp.tenant(
        "Saltmarsh Foods",
        "saltmarshfoods.onmicrosoft.com",
        own,
        [sold("SPB", 20, 20, line=20)],
        22,
        ["pending_pro_rata"],
    )
    msp.tenant(
        "Thornbury Legal",
        "thornburylegal.onmicrosoft.com",
        own,
        [sold("SPB", 9, 9, line=9)],
        9,
        ["quiet", "counted_by_halo"],
        other_lines=[("BACKUP-SEAT", 9)],
    )
    return msp


def _shown_otherwise(msp: Msp) -> dict[int, HaloLine]:
    """Saltmarsh's line has two of its seats in a pending row; Halo counts Thornbury's backup line itself."""
    _, saltmarsh, thornbury = msp.agreements
    (seats,), backup = saltmarsh.lines, thornbury.lines[-1]
    pending = HaloLine(
        seats.id, seats.product_id, seats.quantity - 2, seats.unit_price, pending=(ProRata(2),)
    )
    counted = HaloLine(backup.id, backup.product_id, backup.quantity, backup.unit_price, counted=11)
    return {seats.id: pending, backup.id: counted}
