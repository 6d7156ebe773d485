"""What saving a tenant's mappings would do to their lines, shown while they are edited. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.accounts.account import Mode
from shared.accounts.directory import load_account
from shared.billing.line_names import LineName, as_short_as_clear
from shared.billing.mapping.ending_lines import EndingLine, ending_lines
from shared.billing.mapping.release import Said
from shared.billing.mapping.save import NOTHING_SAID, Judged, judge
from shared.billing.mapping.save_context import key_of
from shared.billing.models import AgreementRecord, LineText, TenantMappings
from shared.billing.planning import in_record, load
from shared.billing.planning.load import Supposed
from shared.billing.planning.preview import Effect, LinePreview, line_preview
from shared.billing.psa.base import Psa
from shared.billing.psa.texts import plain
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class Saving:
    """What a person is about to save."""

    wanted: TenantMappings
    by: Decider
    said: Said = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class MappingsPreview:
    """One line for each mapping, in their order."""

    mode: Mode
    lines: tuple[LinePreview, ...]
    left: tuple[str, ...]
    """Names of lines that no mapping would have any more; they stay in the PSA as they are, unless they are ended."""
    ending: tuple[EndingLine, ...]
    """Those of them that would be ended on a day."""


def preview_mappings(
    tables: Tables,
    blobs: Blobs,
    psas: Mapping[str, Psa],
    account_id: AccountId,
    saving: Saving,
) -> MappingsPreview:
    """The save is judged, and the whole account planned, by the code that saves and pushes.

    Raises Rejected with the sentence that the save would be refused with.
    """
    account = load_account(tables, account_id)
    wanted, now = saving.wanted, saving.by.now
    judged = judge(tables, psas, account_id, wanted, saving.by, saving.said)
    records = {place: _with_texts(judged, record) for place, record in judged.records().items()}
    supposed = Supposed(wanted.tenant_id, wanted.mappings, records)
    planned = load.plan_account(tables, blobs, account, now, supposed)
    lines = []
    for mapping in wanted.mappings:
        if not mapping.bill:
            lines.append(LinePreview(wanted.tenant_id, mapping, Effect.NOT_BILLED))
            continue
        record = in_record.apply_to(records[mapping.connection, mapping.agreement_id], planned.plan, now)
        lines.append(line_preview(wanted.tenant_id, mapping, record, planned, planned.wishes.of(record)))
    left = {line.name for line in judged.left}
    ending = (
        found
        for record in records.values()
        for found in ending_lines(record, judged.save.psas.ends_by(record.connection), planned.plan)
        if found.tenant_id == wanted.tenant_id and LineName(found.connection, found.line_id) in left
    )
    return MappingsPreview(account.mode, tuple(lines), tuple(as_short_as_clear(left)), tuple(ending))


def _with_texts(judged: Judged, record: AgreementRecord) -> AgreementRecord:
    """What customers read now, of lines whose mapping asks for a text: a line that stays was not looked at yet."""
    place = record.connection, record.agreement_id
    wanted = judged.save.wanted
    asks = {
        mapping.id for mapping in wanted.mappings if key_of(mapping) == place and mapping.options.has_text
    }
    fresh = judged.save.psas.lines(*place) if asks else {}
    for name in asks & record.lines.keys():
        line = record.lines[name]
        if there := fresh.get(line.line_id):
            text = (line.text or LineText()).model_copy(update={"there": plain(there.text)})
            record = record.with_line(line.model_copy(update={"text": text}))
    return record
