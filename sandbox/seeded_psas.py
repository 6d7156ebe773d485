"""How Seatwise is connected to each PSA of a world: the settings and the secret that an owner would enter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.standins.worlds.autotask import Autotask
from sandbox.standins.worlds.halo import HaloPsa
from sandbox.standins.worlds.types import ConnectWise, World


@dataclass(frozen=True, slots=True)
class SeededPsa:
    key: str
    account: str
    kind: str
    name: str
    settings: Mapping[str, str]
    secret: str = field(repr=False)
    products: Mapping[int, str]
    """Name by id."""


def psas_of(world: World) -> list[SeededPsa]:
    return [*map(_connectwise, world.connectwise), *map(_halo, world.halo), *map(_autotask, world.autotask)]


def _connectwise(site: ConnectWise) -> SeededPsa:
    return SeededPsa(
        key=site.key,
        account=site.account,
        kind="connectwise",
        name="ConnectWise PSA",
        settings={
            "site": site.site,
            "company_id": site.company_login,
            "public_key": site.public_key,
            "client_id": site.client_id,
            "billed_in_advance": ", ".join(site.billed_in_advance),
        },
        secret=site.private_key,
        products={product.id: product.description for product in site.products},
    )


def _halo(site: HaloPsa) -> SeededPsa:
    return SeededPsa(
        key=site.key,
        account=site.account,
        kind="halo",
        name="HaloPSA",
        settings={"site": site.host, "tenant": site.tenant, "client_id": site.client_id},
        secret=site.client_secret,
        products={item.id: item.name for item in site.items},
    )


def _autotask(site: Autotask) -> SeededPsa:
    return SeededPsa(
        key=site.key,
        account=site.account,
        kind="autotask",
        name="Autotask PSA",
        settings={"user_name": site.user, "integration_code": site.integration_code},
        secret=site.secret,
        products={service.id: service.name for service in site.services},
    )
