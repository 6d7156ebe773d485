"""What must be true after a round: I1, I2, I4 and I8, and the vendors' own word on each of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.standins.worlds.skus import BY_ID
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import AgreementRecord, LedgerEntry, LedgerEvent, LineRecord, LineState
from shared.billing.psa.base import Write
from shared.billing.psa_connections import ConnectionFailure, connection_failures
from shared.licensing.tenant_state import ReadStatus, TenantState
from tests import invariants
from tests.journeys.living import DEMO
from tests.kill_run.night import NEWCOMER, TENANTS, Lived


def violations(lived: Lived) -> Iterator[str]:
    """Sentences of what is wrong; none, when all holds."""
    living = lived.living
    now, applied = living.stage.clock.now(), lived.psa.applied(living)
    quantities = {
        line.id: line.quantity for tenant in TENANTS for line in lived.psa.lines_of(living, tenant.name)
    }
    checks = {
        "the quiet night": list(not_read(living.heads())),
        "the quiet push": [
            *not_worked_on(invariants.records(living.tables, DEMO)),
            *not_worked_with(connection_failures(living.tables, DEMO)),
        ],
        "I1": invariants.i1_every_line_is_in_step_or_says_why(
            living.tables, living.account(), quantities, now
        ),
        "I1 by the vendors": list(_by_the_vendors(lived, quantities)),
        "I1 by a person": list(unknown_to_a_person(living.lines())),
        "I2": [
            *invariants.i2_every_intent_is_applied_at_most_once(living.tables, DEMO, changing(applied)),
            *set_more_often_than_intended(applied, invariants.ledger_of(living.tables, DEMO)),
        ],
        "I2 by the vendors": list(_lines_made_twice(lived)),
        "I4": [
            *invariants.i4_no_write_without_an_intent_before_it(living.tables, DEMO, changing(applied)),
            *invariants.i4_the_ledger_was_only_appended(
                lived.ledger, invariants.ledger_of(living.tables, DEMO)
            ),
        ],
        "I8": list(wrong_with_mails(living.accepted_mails())),
    }
    for name, wrong in checks.items():
        yield from (f"{name}: {sentence}" for sentence in wrong)


def not_read(heads: Iterable[TenantState]) -> Iterator[str]:
    """A customer that was not read says nothing of its lines: the machine was too busy, or the reading is broken."""
    for head in heads:
        if head.status is not ReadStatus.READ:
            yield f"{head.tenant_id} was not read: {head.status}"


def not_worked_on(records: Iterable[AgreementRecord]) -> Iterator[str]:
    """After a quiet day every agreement was worked on: one that was not proves nothing of its lines."""
    for record in records:
        if record.unreadable:
            yield f"agreement {record.agreement_id} could not be worked on: {record.unreadable.reason}"


def not_worked_with(failures: Iterable[ConnectionFailure]) -> Iterator[str]:
    for failure in failures:
        yield f"connection {failure.connection} could not be worked with: {failure.code}"


def states(lived: Lived) -> Counter[LineState]:
    """How many lines are in which state at the end."""
    return Counter(line.state for line in lived.living.lines())


def unknown_to_a_person(lines: Iterable[LineRecord]) -> Iterator[str]:
    """A line that is unknown after a quiet day waits for a person, who is asked: a creation of which nothing tells."""
    for line in lines:
        if line.intent is not None and not (line.intent.undecidable and not line.intent.write.line_id):
            yield f"{line.mapping_id} is unknown since {line.intent.at}, and no person is asked"


def changing(applied: Iterable[Write]) -> list[Write]:
    """Without the sets of a quantity that was there already.

    A set that was applied although it was answered with 429, and that a stale read does not show, is sent again: for
    the PSA it then begins where it ends.
    """
    return [write for write in applied if write.before != write.after or not write.line_id]


def set_more_often_than_intended(applied: Iterable[Write], ledger: Iterable[LedgerEntry]) -> Iterator[str]:
    """A quantity was set on a line more often than the ledger has intents for it."""
    intended = Counter(
        (entry.line_id, entry.after or 0) for entry in ledger if entry.event is LedgerEvent.INTENDED
    )
    for key, times in Counter((write.line_id, write.after) for write in applied).items():
        if times > intended[key]:
            line, after = key[0] or "to be created", key[1]
            yield f"line {line} was set to {after} {times} times, intended {intended[key]} times"


def _by_the_vendors(lived: Lived, in_psa: dict[str, int]) -> Iterator[str]:
    """A line that tells of no trouble says in the PSA what Microsoft sold, both asked without the product."""
    living = lived.living
    sold = {
        tenant.id: living.stage.stand_ins.control("tenant", tenant=tenant.id)["skus"] for tenant in TENANTS
    }
    licences = {
        mapping.id: (tenant.tenant_id, BY_ID[mapping.sku_id].part_number)
        for tenant in mappings_in_force(living.tables, DEMO)
        for mapping in tenant.mappings
    }
    for line in living.lines():
        if line.state in (LineState.IN_STEP, LineState.SCHEDULED):
            tenant_id, part_number = licences[line.mapping_id]
            wanted = sold[tenant_id][part_number]["enabled"]
            if in_psa.get(line.line_id) != wanted:
                yield f"{line.mapping_id} is {line.state}; sold {wanted}, in the PSA {in_psa.get(line.line_id)}"


def _lines_made_twice(lived: Lived) -> Iterator[str]:
    """No agreement has two lines of one product: there was one of each, and of a new one none."""
    for tenant in TENANTS:
        lines = lived.psa.lines_of(lived.living, tenant.name)
        for product, times in Counter(line.product for line in lines).items():
            if times > 1:
                yield f"{tenant.name} has {times} lines of {product}"


def wrong_with_mails(accepted: list[dict[str, Any]]) -> Iterator[str]:
    """I8: no mail was accepted twice, and what must be told was told."""
    sent = Counter(mail["custom_args"]["mail_id"] for mail in accepted)
    yield from (f"mail {name} was sent {times} times" for name, times in sent.items() if times > 1)
    if not any(NEWCOMER in str(part["value"]) for mail in accepted for part in mail["content"]):
        yield f"{NEWCOMER} was never told of"
