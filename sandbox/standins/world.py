"""The worlds a sandbox can begin with. What they hold is told in `world_types`."""

from sandbox.standins.world_demo import demo_world
from sandbox.standins.world_types import (
    Access,
    Agreement,
    Company,
    ConnectWise,
    Gdap,
    Holding,
    Line,
    Mapping,
    Partner,
    Product,
    SharedMailbox,
    Subscription,
    Tenant,
    World,
)
from sandbox.standins.world_wide import wide_world

__all__ = [
    "Access",
    "Agreement",
    "Company",
    "ConnectWise",
    "Gdap",
    "Holding",
    "Line",
    "Mapping",
    "Partner",
    "Product",
    "SharedMailbox",
    "Subscription",
    "Tenant",
    "World",
    "demo_world",
    "wide_world",
    "world_named",
]


def world_named(name: str) -> World:
    """`demo`, or `wide:1000` for that many tenants."""
    if name == "demo":
        return demo_world()
    kind, _, number = name.partition(":")
    if kind == "wide" and number.isdigit() and int(number) > 0:
        return wide_world(int(number))
    raise ValueError(f"There is no world {name!r}. Choose demo, or wide:1000 (any number of tenants).")
