"""One round of the kill run: a night and a morning on which processes end, then a quiet day, then the truth."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import requests
from azure.core.exceptions import AzureError

from sandbox.overrides import LONGEST_DELAY
from sandbox.seed import seed
from sandbox.standins.worlds.registry import Tenant, wide_world, world_named
from sandbox.standins.worlds.skus import BY_PART_NUMBER
from shared.accounts import due_work, local_time
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.mapping.save import map_tenant
from shared.billing.models import BillingProfile, LedgerEntry, LicenceMapping, TenantMappings
from shared.billing.profiles import save_profile
from shared.billing.psa_connections import psa_connections
from shared.storage.decisions import Decider, get
from tests import invariants
from tests.journeys.living import DEMO, SHORT_WAITS
from tests.journeys.mortal import Mortal, ProxiedStage, sends_by_sendgrid
from tests.journeys.storage_proxy import StorageProxy, Trap
from tests.kill_run.plan import Kill, Round, Victim
from tests.kill_run.psas import KilledPsa

_CUSTOMERS = wide_world(3)
TENANTS = _CUSTOMERS.tenants
"""The same in each world."""
NEW_SKUS = ("VISIOCLIENT", "PROJECT_P1")
"""Bought this night by the first customers, each mapped to a line that is to be created."""
NEWCOMER = "Newcomer Ltd"
"""A customer that appears this night and must be told of."""
PATIENCE = 400.0
"""Seconds in which a night or a morning must end, whatever happened in it."""
A_MINUTE = timedelta(minutes=1)
LOOKS_EVERY = 0.5
"""Seconds between two looks whether it has ended: each is two requests to the storage, which the host needs, too."""
SETTINGS = {**SHORT_WAITS, **sends_by_sendgrid("wide:3"), LONGEST_DELAY: "2"}


class NotEnded(Exception):
    """A night or a morning did not come to its end."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A round that was lived: the sandbox as it is afterwards, and the kills that were reached."""

    living: Mortal
    psa: KilledPsa
    killed: list[Kill] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    """As it was before the quiet days."""


def live(state: Path, drawn: Round, look: Callable[[Lived], Iterable[str]]) -> tuple[list[str], Lived]:
    """Live a round in an empty folder, then look at the truth. The sentences of what is wrong, and what was lived."""
    world = drawn.psa.world
    with ProxiedStage(state, world, settings=SETTINGS) as stage:
        stage.host_log = state / "host.log"
        seed(stage.wiring, world_named(world), stage.clock.now())
        with StorageProxy(stage.azurite.connection_string) as proxy:
            stage.proxy = proxy
            lived = Lived(Mortal(stage, proxy), drawn.psa)
            try:
                _one_day_and_a_quiet_one(lived, drawn)
                wrong = list(look(lived))
            except NotEnded as hangs:
                wrong = [str(hangs)]
            finally:
                lived.living.host.stop()  # before its way to the storage is gone
    return wrong, lived


def _one_day_and_a_quiet_one(lived: Lived, drawn: Round) -> None:
    living = lived.living
    _begin(living, drawn)
    for fault in drawn.faults:
        living.fault(**fault)
    _night(lived, drawn.kills)
    _morning(lived, drawn.kills_in_the_morning)
    living.no_faults()
    lived.ledger.extend(invariants.ledger_of(living.tables, DEMO))
    drawn.psa.settle(living)
    _night(lived, ())
    _morning(lived, ())


def _begin(living: Mortal, drawn: Round) -> None:
    """What happened at the customers in the daytime, and what a person decided."""
    for number, seats in enumerate(drawn.seats):
        tenant = TENANTS[number % len(TENANTS)]
        sku = tenant.mappings[number // len(TENANTS)].sku_id
        living.control("add-seats", tenant.name, sku, str(seats))
    for tenant, part_number in zip(TENANTS, NEW_SKUS, strict=False):
        living.control("add-seats", tenant.name, part_number, "4")
        _map_to_a_new_line(living, tenant, part_number)
    living.control("add-tenant", NEWCOMER)


def _map_to_a_new_line(living: Mortal, tenant: Tenant, part_number: str) -> None:
    wiring = living.stage.wiring
    by = Decider("kill run", "a new licence is mapped", living.stage.clock.now())
    sku = BY_PART_NUMBER[part_number]
    product = next(p for p in _CUSTOMERS.connectwise[0].products if p.sku_id == sku.id)
    (connection,) = psa_connections(wiring.tables, DEMO)
    profile = f"p{product.id}"
    save_profile(
        wiring.tables,
        DEMO,
        BillingProfile(id=profile, name=sku.name, connection=connection.id, product_id=str(product.id)),
        by,
    )
    present = get(wiring.tables, DEMO, MAPPINGS, tenant.id, TenantMappings)
    assert present is not None
    fresh = LicenceMapping(
        id=f"new{product.id}{tenant.psa_company_id}",
        sku_id=sku.id,
        profile=profile,
        connection=connection.id,
        agreement_id=str(tenant.agreement_id),
    )
    wanted = TenantMappings(tenant_id=tenant.id, mappings=(*present.mappings, fresh))
    map_tenant(wiring.tables, {connection.id: wiring.psa(DEMO, connection)}, DEMO, wanted, by)


# -- time


def _night(lived: Lived, kills: tuple[Kill, ...]) -> None:
    clock, account = lived.living.stage.clock, lived.living.account()
    clock.move_to(local_time.next_due(clock.now(), account.sync_hour, account.zone))
    run_id = due_work.nightly_id(local_time.newest_due(clock.now(), account.sync_hour, account.zone))
    what = f"the night of run {run_id}"
    _through(lived, kills, lambda: lived.living.is_judged(run_id, DEMO), what, A_MINUTE)


def _morning(lived: Lived, kills: tuple[Kill, ...]) -> None:
    clock, account = lived.living.stage.clock, lived.living.account()
    clock.move_to(local_time.next_due(clock.now(), account.digest.hour, account.zone))
    on = local_time.newest_due(clock.now(), account.digest.hour, account.zone)
    _through(lived, kills, lambda: _is_told(lived.living, on), f"the morning of {on}", 5 * A_MINUTE)


def _is_told(living: Mortal, on: date) -> bool:
    dealt_with = due_work.stored(living.tables, living.account()).digest_on
    return dealt_with is not None and dealt_with >= on


def _through(
    lived: Lived, kills: tuple[Kill, ...], is_over: Callable[[], bool], what: str, passes: timedelta
) -> None:
    """Tick, end processes as planned and start them again, until it is over.

    `passes`: how far the clock goes in five seconds: leases lapse, and a busy machine has time enough to read.
    """
    living, left = lived.living, list(kills)
    give_up = time.monotonic() + PATIENCE
    armed = _arm(living, left.pop(0)) if left else None
    _tick(living)
    ticked = looked = time.monotonic()
    while True:
        if armed is not None and _has_ended(living, armed.victim):
            lived.killed.append(armed)
            time.sleep(armed.pause)
            _start_again(living, armed.victim)
            armed = _arm(living, left.pop(0)) if left else None
            _tick(living)
        elif time.monotonic() - looked > LOOKS_EVERY:
            if _says(is_over):
                break
            looked = time.monotonic()
        if time.monotonic() > give_up:
            raise NotEnded(f"{what} did not end within {PATIENCE:.0f} s")
        if time.monotonic() - ticked > 5:
            # As the real timer, which comes back whatever happened meanwhile.
            living.stage.clock.move_by(passes)
            _tick(living)
            ticked = time.monotonic()
        time.sleep(0.1)
    _disarm(living)


def _says(is_over: Callable[[], bool]) -> bool:
    """The storage says so; while it is away it says nothing."""
    try:
        return is_over()
    except AzureError:
        return False


def _tick(living: Mortal) -> None:
    with suppress(requests.RequestException):
        living.host.tick()


# -- ending and starting


def _arm(living: Mortal, kill: Kill) -> Kill:
    pid = {
        Victim.HOST: living.host.pid,
        Victim.STAND_INS: living.stage.stand_ins.pid,
        Victim.STORAGE: living.stage.azurite.pid,
    }[kill.victim]
    if kill.at_storage:
        living.proxy.kill_at(Trap(pid, carried_out=kill.carried_out, nth=kill.nth, signal=kill.how))
    else:
        when = "after_apply" if kill.carried_out else "before_apply"
        living.fault("kill", pid=pid, every=kill.nth, count=1, when=when)
    return kill


def _disarm(living: Mortal) -> None:
    """The moment of a kill that never came."""
    living.proxy.let_pass()
    living.stage.stand_ins.control("clear_faults", what="kill")


def _has_ended(living: Mortal, victim: Victim) -> bool:
    alive = {
        Victim.HOST: living.host.alive,
        Victim.STAND_INS: living.stage.stand_ins.alive,
        Victim.STORAGE: living.stage.azurite.alive,
    }[victim]
    return not alive()


def _start_again(living: Mortal, victim: Victim) -> None:
    match victim:
        case Victim.HOST:
            living.restart()
        case Victim.STAND_INS:
            living.stage.restart_stand_ins()
        case Victim.STORAGE:
            living.stage.restart_storage()
