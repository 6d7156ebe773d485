"""The MSP of the API's tests with tenants, alerts and a PSA, in the stores that its wiring has."""

from dataclasses import dataclass

from shared.alerts import saved_settings
from shared.microsoft.models import Customer, Gdap
from shared.storage.memory import MemoryBlobs
from tests.functions.api.conftest import MSP
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.alerts.world import CountingTables, World, line, mapping, sku
from tests.shared.billing.psa.fake import FakePsa

QUAY, ZETA, NEW, ALPHA = "t-quay", "t-zeta", "t-new", "t-alpha"
"""Two added tenants, and two customers that are not."""
GOLD = "mapping01"
ALPHAS_COMPANY = "4711"
"""In the PSA."""


@dataclass(frozen=True, slots=True)
class Busy:
    """What a test changes about the MSP."""

    world: World
    psa: FakePsa

    def judge(self) -> None:
        self.world.evaluate()


def busy_msp(wired: MemoryWiring) -> Busy:
    """Quayside has 25 seats of E3, 19 assigned and mapped; Zeta has 10 of E5, all spare and unmapped."""
    tables, blobs = wired.tables, wired.blobs
    assert isinstance(tables, CountingTables)
    assert isinstance(blobs, MemoryBlobs)
    world = World(NOW, MSP, tables, blobs)
    saved_settings.save(tables, world.account)
    psa = FakePsa()
    wired.fake_psas["cw"] = psa
    psa.add_company("Alpha", id=ALPHAS_COMPANY, website="https://alpha.example")
    psa.add_company("New Ltd")
    world.add(QUAY, sku("e3", 25, 19), name="Quayside Marina")
    world.add(ZETA, sku("e5", 10, 0), name="Zeta")
    world.map(QUAY, mapping(GOLD, "e3"))
    world.lines(line(GOLD, QUAY))
    active = Gdap(status="active")
    world.partner(
        "p1",
        [
            Customer(tenant_id=QUAY, name="Quayside", gdap=active),
            Customer(tenant_id=ZETA, name="Zeta", gdap=active),
            Customer(tenant_id=NEW, name="New", gdap=None),
            Customer(tenant_id=ALPHA, name="Alpha", domain="alpha.example", gdap=active),
        ],
    )
    world.evaluate()
    return Busy(world, psa)
