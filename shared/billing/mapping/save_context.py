"""One save of a tenant's mappings: what is asked for, and what was read for it."""

from collections.abc import Iterator
from collections.abc import Mapping as ByKey
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from shared.billing.agreement_store import StoredRecord
from shared.billing.ending import A_DAY, day_of, ending_line
from shared.billing.line_names import LineName
from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.mapping.release import Left, Said
from shared.billing.mapping.still_billed import billed_beside, main_line, still_billed
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    BlockReason,
    Ending,
    LicenceMapping,
    LineRecord,
    TenantMappings,
)
from shared.billing.planning.load import AgreementKey
from shared.billing.psa.base import Line
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def key_of(mapping: LicenceMapping) -> AgreementKey:
    return mapping.connection, mapping.agreement_id


@dataclass(frozen=True, slots=True)
class Save:
    """One save of a tenant's mappings, and what was read for it."""

    tables: Tables
    account: AccountId
    wanted: TenantMappings
    before: TenantMappings | None
    """What is in force until now."""
    by: Decider
    zone: ZoneInfo
    """The account's: its date is the day that a line is billed on."""
    profiles: ByKey[str, BillingProfile]
    kept: ByKey[AgreementKey, StoredRecord]
    """The records of the agreements that are named, and of those with lines of the tenant."""
    psas: PsaCache
    said: Said
    """What a person says of the lines that it leaves."""

    def line(self, mapping: LicenceMapping) -> LineRecord | None:
        """What is kept of the mapping's line in its agreement."""
        kept = self.kept.get(key_of(mapping))
        return kept.record.lines.get(mapping.id) if kept else None

    def stays(self, mapping: LicenceMapping) -> bool:
        """The mapping has the line that it names, so nothing of it is touched."""
        line = self.line(mapping)
        if line is None or self.bills_another_product(mapping):
            return False
        if mapping.line_id and line.catalogue_price is not None:
            return False  # a person takes it as it is, without a price
        says_so_now = mapping.options.beside_existing and not self.was_beside_existing(mapping.id)
        if not line.line_id and says_so_now:
            return False  # what a person saw beside it is remembered from now on
        return line.serves(mapping.line_id)

    def bills_another_product(self, mapping: LicenceMapping) -> bool:
        """The line that is kept of the mapping bills another product than its profile."""
        line = self.line(mapping)
        return line is not None and line.product_id != self.profiles[mapping.profile].product_id

    def only_period_differs(self, mapping: LicenceMapping) -> bool:
        """A person saves it again: how often its agreement is billed is right as it is."""
        line = self.line(mapping)
        if line is None or line.blocked is None:
            return False
        return line.blocked.reason is BlockReason.OTHER_PERIOD and self.stays(mapping)

    def was_beside_existing(self, mapping_id: str) -> bool:
        """In force is already that a second line is right."""
        found = self.before.mappings if self.before else ()
        return any(mapping.id == mapping_id and mapping.options.beside_existing for mapping in found)

    def bills(self, record: AgreementRecord, mapping_id: str) -> bool:
        """The mapping is to have a line of this agreement."""
        where = record.connection, record.agreement_id
        return any(
            mapping.id == mapping_id and mapping.bill and key_of(mapping) == where
            for mapping in self.wanted.mappings
        )

    def ending(self, place: AgreementKey, line: LineRecord) -> list[LineRecord]:
        """The line as it is kept until the day that a person said is over, and what bills seats of it beside it until
        a later day; []: it is let go as it is.
        """
        asked = self.said.last_days.get(LineName(place[0], line.line_id))
        today = self.by.now.astimezone(self.zone).date()
        billed = still_billed(self.psas, place, line.mapping_id, line.line_id, today) if asked else None
        if asked is None or billed is None:
            return []
        main = main_line(self.psas, place, line.line_id, today)
        last_day = self._last_day(place, main or billed, asked)
        if last_day is None:
            return []
        ending, there = self._ending(line, last_day), self.psas.lines_that_may_bill(*place).get(line.line_id)
        ends = []
        if there is not None:
            # One that has ended already is kept with its own last day, until a look lets it go.
            until = min(last_day, there.last_day or last_day)
            ends.append(ending_line(line, there, ending.model_copy(update={"last_day": until})))
        kept, beside = self.kept[place].record.lines, ending.model_copy(update={"second": main is not None})
        for second in billed_beside(self.psas, place, line.mapping_id, last_day + A_DAY):
            record = LineRecord(**{**dict(line), "line_id": second.id, "paid": None})
            ending_second = ending_line(record, second, beside)
            if ending_second.mapping_id not in kept:
                ends.append(ending_second)
        return ends

    def _last_day(self, place: AgreementKey, there: Line, asked: date) -> date | None:
        """None: it ends by itself."""
        agreement = self.psas.agreement(*place)
        ends = agreement.ends if agreement else None
        return day_of(there, asked, self.psas.ends_by(place[0]), ends, or_sooner=self.said.or_sooner)

    def _ending(self, line: LineRecord, last_day: date) -> Ending:
        old = self._old(line.mapping_id)
        return Ending(
            last_day=last_day,
            mapping_id=line.mapping_id,
            licence=old.licence if old else None,
            of_its_company=old is not None and self.is_of_its_company(old),
            replaced_by=tuple(self._replacing(line)),
            who=self.by.who,
            since=self.by.now,
        )

    def is_of_its_company(self, mapping: LicenceMapping) -> bool:
        """Another company is billed for the same SKU until now, so the mapping's line bills its own users alone.

        That the tenant is shared out by now does not tell: the line may still bill everybody.
        """
        before = self.before.mappings if self.before else ()
        return any(
            other.bill and other.sku_id == mapping.sku_id and other.company != mapping.company
            for other in before
        )

    def _old(self, mapping_id: str) -> LicenceMapping | None:
        """As it is in force until now."""
        before = self.before.mappings if self.before else ()
        return next((mapping for mapping in before if mapping.id == mapping_id), None)

    def _replacing(self, line: LineRecord) -> Iterator[str]:
        """Mappings that bill by another line what this one billed."""
        old = self._old(line.mapping_id)
        gone = Left(old, line.line_id, self.is_of_its_company(old)) if old else None
        for mapping in self.wanted.mappings:
            same = mapping.id == line.mapping_id or (gone is not None and gone.is_replaced_by(mapping))
            if mapping.bill and same and not self.stays(mapping):
                yield mapping.id
