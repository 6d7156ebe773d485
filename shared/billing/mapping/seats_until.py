"""Lines that a save before has left and that bill until their last day: who is billed for the same seats waits for it.

The same licence may be billed by another mapping than before: split into its subscriptions, or as a whole again.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from shared.billing.agreement_store import StoredRecord
from shared.billing.mapping.release import Left
from shared.billing.mapping.save_context import Save
from shared.billing.models import Ending, LicenceMapping, LineRecord
from shared.billing.planning.load import AgreementKey


def lines_left(save: Save, claims: Collection[LicenceMapping]) -> dict[Left, date]:
    """Those that bill what these mappings are to bill by another line, with their last days; one that bills seats
    beside another has the last day of that one.
    """
    return {
        gone: line.ending.last_day
        for place, stored in save.kept.items()
        for line in stored.record.lines.values()
        if line.ending is not None
        and not line.ending.second
        and (gone := _left(save, place, line, line.ending, claims))
    }


def waited_for(
    save: Save, place: AgreementKey, stored: StoredRecord, claims: Collection[LicenceMapping]
) -> StoredRecord:
    """The record with the mappings that wait from now on until a line of it is proven to end."""
    lines = {}
    for name, line in stored.record.lines.items():
        gone = _left(save, place, line, line.ending, claims) if line.ending else None
        if line.ending is not None and gone is not None:
            waiting = (claim.id for claim in claims if gone.is_replaced_by(claim))
            told = {"replaced_by": tuple(dict.fromkeys((*line.ending.replaced_by, *waiting)))}
            lines[name] = line.model_copy(update={"ending": line.ending.model_copy(update=told)})
    if not lines:
        return stored
    record = stored.record.model_copy(update={"lines": {**stored.record.lines, **lines}})
    return replace(stored, record=record)


def _left(
    save: Save, place: AgreementKey, line: LineRecord, ending: Ending, claims: Collection[LicenceMapping]
) -> Left | None:
    """None: no mapping bills its seats by another line, or one takes it back."""
    if line.tenant_id != save.wanted.tenant_id:
        return None
    for claim in claims:
        licence = ending.licence or (claim.licence if claim.id == ending.mapping_id else None)
        if licence is None:
            continue
        was = {
            "id": ending.mapping_id,
            "company": line.company,
            "sku_id": licence.sku_id,
            "subscription_id": licence.subscription_id,
            "connection": place[0],
            "agreement_id": place[1],
        }
        gone = Left(claim.model_copy(update=was), line.line_id, ending.of_its_company)
        if any(gone.is_line_of(other) for other in claims):
            return None
        if gone.is_replaced_by(claim):
            return gone
    return None
