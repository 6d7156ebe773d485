"""The worlds a sandbox can begin with. What they hold is told in `types`."""

import re

from sandbox.standins.worlds.as_autotask import world_in_autotask
from sandbox.standins.worlds.as_halo import world_in_halo
from sandbox.standins.worlds.demo import demo_world
from sandbox.standins.worlds.side_by_side import side_by_side_world
from sandbox.standins.worlds.types import (
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
    Relationship,
    SharedMailbox,
    Subscription,
    Tenant,
    World,
)
from sandbox.standins.worlds.wide import wide_world

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
    "Relationship",
    "SharedMailbox",
    "Subscription",
    "Tenant",
    "World",
    "demo_world",
    "wide_world",
    "world_named",
]


def world_named(name: str) -> World:
    """`demo`, `psas` (it beside MSPs of other PSAs), or `wide:1000` for that many tenants.

    `:renewals` or `:mailboxes` behind it is what is watched; `:autotask` or `:halo` is an MSP with that PSA.
    """
    if name == "demo":
        return demo_world()
    if name == "psas":
        return side_by_side_world()
    found = re.fullmatch(r"wide:([1-9]\d*)(?::(renewals|mailboxes|autotask|halo))?", name)
    if found and found[2] in _IN:
        return _IN[found[2]](wide_world(int(found[1])))
    if found:
        return wide_world(int(found[1]), found[2] or "")
    raise ValueError(
        f"There is no world {name!r}. Choose demo, psas, wide:1000 (any number), wide:1000:renewals,"
        " wide:1000:mailboxes, wide:1000:autotask or wide:1000:halo."
    )


_IN = {"autotask": world_in_autotask, "halo": world_in_halo}
