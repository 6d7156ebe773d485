"""The customers and lines of an MSP as they stand in a HaloPSA."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.standins.worlds.halo import HaloClient, HaloItem, HaloLine, HaloPsa, RecurringInvoice
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.types import Agreement, ConnectWise, World


def world_in_halo(world: World) -> World:
    """The same MSPs, all of them with a Halo instead of a ConnectWise."""
    sites = tuple(as_halo(site) for site in world.connectwise)
    return replace(world, name=f"{world.name}:halo", connectwise=(), halo=sites)


def as_halo(site: ConnectWise, special: Mapping[int, HaloLine] | None = None) -> HaloPsa:
    """An agreement becomes a recurring invoice, a line keeps its id; `special` are lines that Halo shows otherwise."""
    login = site.company_login
    return HaloPsa(
        key=site.key,
        account=site.account,
        host=f"{login}.halopsa.com",
        tenant=login,
        client_id=guid("client id", login),
        client_secret=site.private_key,
        agent="Seatwise API",
        clients=tuple(HaloClient(company.id, company.name, company.website) for company in site.companies),
        items=tuple(
            HaloItem(
                product.id,
                product.identifier,
                product.description,
                product.price,
                product.cost,
                product.inactive,
            )
            for product in site.products
        ),
        invoices=tuple(_invoice(agreement, special or {}) for agreement in site.agreements),
    )


def _invoice(agreement: Agreement, special: Mapping[int, HaloLine]) -> RecurringInvoice:
    lines = (
        special.get(line.id) or HaloLine(line.id, line.product_id, line.quantity, line.unit_price)
        for line in agreement.lines
    )
    return RecurringInvoice(agreement.id, agreement.company_id, agreement.name, tuple(lines))
