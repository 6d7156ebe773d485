"""Which line a mapping owns: what it may adopt, and the agreement's record that says so."""

from collections.abc import Mapping as ByKey
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from shared.accounts.company import AddedTenant
from shared.billing import agreement_store, why_not
from shared.billing.agreement_store import StoredRecord
from shared.billing.mapping.agreement_fits import check_company, check_type, period_of
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.mapping.save_context import Save, key_of
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    Block,
    BlockReason,
    Ending,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineRecord,
    Loss,
    Paid,
    TenantMappings,
)
from shared.billing.planning.wishes import Wish
from shared.billing.product_prices import priced, tracked
from shared.billing.psa.base import Line
from shared.billing.reconcile import is_second_line, marker_prefix, other_price, reconciled, unowned
from shared.errors import Rejected
from shared.storage.decisions import Decider, get

MOST_LINES = 300
"""Lines of one agreement that Seatwise keeps: they are one row, which holds some 500 with all that may befall them."""
A_SAVE_TAKES = timedelta(minutes=10)
"""A line that was claimed so recently may belong to a save whose decision is about to be stored."""


def check_profile(profiles: ByKey[str, BillingProfile], mapping: LicenceMapping) -> None:
    profile = profiles.get(mapping.profile)
    if profile is None or profile.connection != mapping.connection:
        raise Rejected(
            f"There is no billing profile '{mapping.profile}' for this PSA connection. Choose another one."
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agreement's record becomes with a save, and what the ledger says of it."""

    kept: StoredRecord
    record: AgreementRecord
    entries: tuple[LedgerEntry, ...]


def draft(
    save: Save, kept: StoredRecord, claims: Sequence[LicenceMapping], tenant: AddedTenant | None
) -> Draft:
    """The record once these mappings of its agreement have their lines. Writes nothing. Raises Rejected.

    What a mapping leaves can be taken by another one of the same save.
    """
    for mapping in claims:
        company = tenant.company(mapping.company) if tenant else None
        check_company(save.psas.agreement(*key_of(mapping)), mapping.agreement_id, company, kept.record)
    drawing = _Drawing(save, kept.record)
    for mapping in claims:
        drawing.leave(mapping)
    for mapping in claims:
        drawing.claim(mapping)
    return Draft(kept, drawing.seen(claims), tuple(drawing.entries))


class _Drawing:
    """The lines of one agreement while they change hands. `entries` tell it to the ledger."""

    def __init__(self, save: Save, record: AgreementRecord) -> None:
        self._save, self._record = save, record
        self._fresh = save.psas.lines(record.connection, record.agreement_id)
        self._lines = dict(record.lines)
        self._now = save.by.now.astimezone(save.zone)
        self._today = self._now.date()
        self._let_go = [line_id for line_id in record.let_go if line_id in self._fresh]
        self._let_go_paid = {id_: paid for id_, paid in record.let_go_paid.items() if id_ in self._fresh}
        self.entries: list[LedgerEntry] = []

    def leave(self, mapping: LicenceMapping) -> None:
        """The mapping gives up the line it has, if any, for the one it names."""
        if self._save.only_period_differs(mapping):
            return
        known = self._lines.pop(mapping.id, None)
        if known is None or not known.line_id or known.line_id == mapping.line_id:
            return
        if ending := self._save.ending(key_of(mapping), known):
            self._lines |= {ends.mapping_id: ends for ends in ending}
            self.entries += [ending_entry(self._save.by, ends) for ends in ending]
            return
        self._let_go.append(known.line_id)
        self._let_go_paid |= let_go_paid(known)
        self.entries.append(released(self._save.by, known))

    def claim(self, mapping: LicenceMapping) -> None:
        profile = self._save.profiles[mapping.profile]
        period = period_of(self._save.psas, key_of(mapping), profile)
        if self._save.only_period_differs(mapping):
            kept = self._lines[mapping.id]
            self._lines[mapping.id] = kept.model_copy(update={"period": period, "blocked": None})
            return
        check_type(self._save.psas, key_of(mapping), profile)
        losses = self._losses(mapping.id)
        if mapping.line_id:
            line = self._adoptable(mapping)
            losses = losses or self._take(line)
            self._let_go = [line_id for line_id in self._let_go if line_id != line.id]
        product, known = profile.product_id, self._known(mapping.line_id)
        paid = self._let_go_paid.pop(mapping.line_id, None)
        self._lines[mapping.id] = LineRecord(
            mapping_id=mapping.id,
            tenant_id=self._save.wanted.tenant_id,
            company=mapping.company,
            product_id=product,
            beside=self._seen_beside(product) if mapping.options.beside_existing else None,
            line_id=mapping.line_id,
            adopted=bool(mapping.line_id),
            mark=self._record.claims,
            losses=losses,
            period=period,
            # What is billed of the line already, and its change of today, stay true whoever has it from now on.
            paid=known.paid if known else paid,
            counts_from=known.counts_from if known else None,
        )

    def _known(self, line_id: str) -> LineRecord | None:
        """The line as it was kept until now, of whatever mapping."""
        return next(
            (line for line in self._record.lines.values() if line_id and line.line_id == line_id), None
        )

    def _seen_beside(self, product_id: str) -> tuple[str, ...]:
        """The lines of the product that no mapping owns at the time of the save: another one later is not these."""
        owned = {line.line_id for line in self._lines.values()}
        return tuple(line.id for line in unowned(product_id, self._fresh, owned))

    def seen(self, claims: Sequence[LicenceMapping]) -> AgreementRecord:
        """The new record. Of the lines that stay nothing is judged here: their own wishes are not known."""
        if len(self._lines) > max(MOST_LINES, len(self._record.lines)):
            raise Rejected(
                f"Agreement {self._record.agreement_id} has {MOST_LINES} mapped lines, which is the most. Use another "
                "agreement."
            )
        by, tenant, profiles = self._save.by, self._save.wanted.tenant_id, self._save.profiles
        changes = {"lines": self._lines, "let_go": tuple(self._let_go), "let_go_paid": self._let_go_paid}
        record = AgreementRecord.model_validate({**dict(self._record), **changes})
        wishes = {claim.id: Wish.of(claim, profiles[claim.profile], tenant) for claim in claims}
        looked = reconciled(record, self._fresh, priced(record, wishes, self._price_of), self._now)
        mine = {claim.id: looked.lines[claim.id] for claim in claims}
        self.entries += [_adopted(by, line) for line in mine.values() if line.line_id]
        return AgreementRecord.model_validate({**dict(record), "lines": {**record.lines, **mine}})

    def _price_of(self, product_id: str) -> Decimal | None:
        return self._save.psas.price(self._record.connection, product_id)

    def _losses(self, mapping_id: str) -> tuple[Loss, ...]:
        """What the guard remembers of the mapping's line, in this agreement or in the one it comes from."""
        own = [self._record, *(kept.record for kept in self._save.kept.values())]
        known = (record.lines.get(mapping_id) for record in own)
        return next((line.losses for line in known if line is not None), ())

    def _adoptable(self, mapping: LicenceMapping) -> Line:
        line, profile = self._fresh.get(mapping.line_id), self._save.profiles[mapping.profile]
        if line is None:
            raise Rejected(
                f"Line {mapping.line_id} is not in agreement {mapping.agreement_id}. Choose one that is."
            )
        if is_second_line(line):
            raise Rejected(
                f"Line {line.id} bills the rest of a period beside another line, and ends with it. Choose that other "
                "line.",
                "second_line",
                "lineId",
            )
        if line.product_id != profile.product_id:
            raise Rejected(
                f"Line {line.id} bills another product than the billing profile '{profile.name}'. Choose another line "
                "or another profile."
            )
        if line.ends is not None and line.ends < self._today:
            raise Rejected(
                f"Line {line.id} has ended: {line.ends:%-d %b %Y} was its last day. Choose another line, or one of its "
                "own.",
                "line_ended",
                "lineId",
            )
        if line.not_writable:
            raise Rejected(f"Line {line.id} cannot be mapped. {line.not_writable}", "not_writable", "lineId")
        if line.billable is not profile.billable:
            why = Block(reason=BlockReason.OTHER_BILLING, billable=line.billable, expected=profile.billable)
            raise Rejected(why_not.blocked(why), "other_billing", "lineId")
        self._check_price(line, mapping)
        for other in self._lines.values():
            is_its = line.marker.startswith(marker_prefix(other.mapping_id)) and line.id not in self._let_go
            if is_its and (not other.line_id or other.intent) and self._stands(other):
                raise Rejected(
                    f"Line {line.id} was created for another mapping, which takes it at the next sync. Choose another "
                    "line, or end that mapping first."
                )
        return line

    def _check_price(self, line: Line, mapping: LicenceMapping) -> None:
        wish = Wish.of(mapping, self._save.profiles[mapping.profile], self._save.wanted.tenant_id)
        why = other_price(line.unit_price, tracked(wish, self._price_of))
        if why is not None:
            raise Rejected(why_not.blocked(why), why.reason.value, "lineId")

    def _take(self, line: Line) -> tuple[Loss, ...]:
        """Free the line of a mapping that does not stand any more; what the tenant lost with it is not forgotten."""
        name, owner = next(
            ((k, other) for k, other in self._lines.items() if other.line_id == line.id), ("", None)
        )
        if owner is None:
            return ()
        if self._stands(owner):
            raise Rejected(
                f"Line {line.id} already belongs to another mapping. A line has one mapping: choose another line."
            )
        self.entries.append(released(self._save.by, owner))
        if owner.ending is not None:
            self._take_back_beside(owner.ending)
        if owner.tenant_id != self._save.wanted.tenant_id:
            del self._lines[name]
            return ()
        # Until the decision is stored the mapping is in force: no line must be made for it.
        bare = LineRecord(
            mapping_id=name,
            tenant_id=owner.tenant_id,
            company=owner.company,
            product_id=owner.product_id,
            adopted=True,
        )
        self._lines[name] = bare
        return owner.losses

    def _take_back_beside(self, ending: Ending) -> None:
        """What was to end with a line that is taken back goes on, where its end is not proven."""
        for name, line in tuple(self._lines.items()):
            of_it = (
                line.ending is not None and line.ending.second and line.ending.mapping_id == ending.mapping_id
            )
            if of_it and not line.is_ended and line.intent is None:
                self.entries.append(released(self._save.by, line))
                del self._lines[name]

    def _stands(self, owner: LineRecord) -> bool:
        """What is kept for this mapping must stay: it is in force, or about to be, or a write of it is open."""
        save, where = self._save, (self._record.connection, self._record.agreement_id)
        if owner.intent is not None:
            return True
        if owner.tenant_id == save.wanted.tenant_id:
            return save.bills(self._record, owner.mapping_id)
        found = get(save.tables, save.account, MAPPINGS, owner.tenant_id, TenantMappings)
        theirs = found.mappings if found else ()
        if any(
            mapping.id == owner.mapping_id and mapping.bill and key_of(mapping) == where for mapping in theirs
        ):
            return True
        told = agreement_store.ledger(save.tables, save.account, *where, owner.mapping_id)
        return any(entry.at > save.by.now - A_SAVE_TAKES for entry in told)


def let_go_paid(line: LineRecord) -> dict[str, Paid]:
    """What is billed already of a line that is let go of, by its id."""
    return {line.line_id: line.paid} if line.paid is not None else {}


def _adopted(by: Decider, line: LineRecord) -> LedgerEntry:
    return LedgerEntry.of(line, LedgerEvent.ADOPTED, by.now, after=line.confirmed, who=by.who, why=by.reason)


def released(by: Decider, line: LineRecord) -> LedgerEntry:
    return LedgerEntry.of(
        line, LedgerEvent.RELEASED, by.now, before=line.confirmed, who=by.who, why=by.reason
    )


def ending_entry(by: Decider, line: LineRecord) -> LedgerEntry:
    last_day = line.ending.last_day if line.ending else None
    return LedgerEntry.of(
        line,
        LedgerEvent.ENDING,
        by.now,
        before=line.confirmed,
        who=by.who,
        why=by.reason,
        last_day=last_day,
    )
