"""The customers and lines of an MSP as they stand in an Autotask."""

from dataclasses import replace

from sandbox.standins.worlds.autotask import Autotask, AutotaskCompany, Contract, ContractService, Service
from sandbox.standins.worlds.types import Agreement, ConnectWise, World


def world_in_autotask(world: World) -> World:
    """The same MSPs, all of them with an Autotask instead of a ConnectWise."""
    sites = tuple(as_autotask(site) for site in world.connectwise)
    return replace(world, name=f"{world.name}:autotask", connectwise=(), autotask=sites)


def as_autotask(site: ConnectWise, zone: str = "webservices14.autotask.net") -> Autotask:
    """An agreement becomes a contract, a line a contract service with the same id."""
    domain = f"{site.company_login.upper()}.COM"
    return Autotask(
        key=site.key,
        account=site.account,
        zone=zone,
        user=f"seatwise@{domain}",
        secret=site.private_key,
        integration_code=f"CODE{site.company_login.upper()}",
        companies=tuple(
            AutotaskCompany(company.id, company.name, company.website) for company in site.companies
        ),
        services=tuple(
            Service(
                product.id,
                product.description,
                product.identifier,
                product.price,
                product.cost,
                active=not product.inactive,
            )
            for product in site.products
        ),
        contracts=tuple(_contract(agreement) for agreement in site.agreements),
    )


def _contract(agreement: Agreement) -> Contract:
    services = (
        ContractService(line.id, line.product_id, int(line.quantity), line.unit_price)
        for line in agreement.lines
    )
    return Contract(agreement.id, agreement.company_id, agreement.name, tuple(services))
