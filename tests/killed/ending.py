"""A line is to end on a day, and the host is killed while that is written: what each PSA's test of it shares."""

from collections.abc import Callable
from datetime import date, timedelta

from shared.billing.line_names import line_name
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.mapping.release import Said
from shared.billing.mapping.save import map_tenant
from shared.billing.models import LedgerEvent, LineRecord, TenantMappings
from shared.billing.psa.base import Line
from shared.billing.psa_connections import psa_connections
from shared.storage.decisions import Decider, get
from tests import invariants
from tests.journeys.living import DEMO
from tests.journeys.mortal import Mortal


def ended_although_the_host_is_killed(
    living: Mortal, tenant: str, trap: Callable[[], None]
) -> tuple[Line, LineRecord]:
    """The smallest line of a customer, unmapped with a last day: as its PSA has it after the restart, and as we do."""
    line = min(
        (line for line in living.lines(tenant) if line.confirmed), key=lambda line: line.confirmed or 0
    )
    last_day = living.stage.clock.now().date() + timedelta(days=20)
    _unmap(living, line, last_day)
    trap()
    run_id = living.begin_night()
    living.wait_until_killed()
    living.restart()
    living.night_ended(run_id)
    (kept,) = (one for one in living.lines(tenant) if one.ending)
    assert kept.ending is not None
    assert kept.ending.last_day == last_day
    ended = [
        entry
        for entry in invariants.ledger_of(living.tables, DEMO)
        if entry.mapping_id == kept.mapping_id and entry.event is LedgerEvent.ENDED
    ]
    assert len(ended) == kept.is_ended
    (there,) = (
        found
        for connection in psa_connections(living.tables, DEMO)
        for found in living.stage.wiring.psa(DEMO, connection).lines(living.agreement(tenant))
        if found.id == line.line_id
    )
    return there, kept


def _unmap(living: Mortal, line: LineRecord, last_day: date) -> None:
    tables, wiring = living.tables, living.stage.wiring
    before = get(tables, DEMO, MAPPINGS, line.tenant_id, TenantMappings)
    assert before is not None
    others = tuple(mapping for mapping in before.mappings if mapping.id != line.mapping_id)
    wanted = before.model_copy(update={"mappings": others})
    psas = {connection.id: wiring.psa(DEMO, connection) for connection in psa_connections(tables, DEMO)}
    by = Decider("eva", "they keep the other licences", living.stage.clock.now())
    map_tenant(tables, psas, DEMO, wanted, by, Said(last_days={line_name(line.line_id): last_day}))
