"""I1 to I9 and the certificate, after each night: what is stored against what is true, by arithmetic of its own."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.standins.state import State, parse_stamp
from sandbox.standins.worlds.skus import BY_ID, SkuKind
from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.alerts.evaluate import open_alerts
from shared.alerts.models import Slug
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import LedgerEntry, LedgerEvent, LicenceMapping, LineRecord, LineState
from shared.billing.psa.write_failures import told
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import ReadStatus, TenantState
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import CertificateRow, Standing
from tests.simulation.installation import Installation
from tests.simulation.life import MSP
from tests.simulation.truth import Applied, Truth, wanted

_LATE = timedelta(hours=3)
"""An intent is at most so much older than its write's effect."""
_BY_PEOPLE = (LedgerEvent.APPROVED, LedgerEvent.KEPT, LedgerEvent.UNDONE)
type _Where = tuple[str, str]
"""Connection and agreement."""


class Checker:
    """Remembers what it saw on earlier days, as a clerk with a notebook would."""

    def __init__(self, installation: Installation, truth: Truth) -> None:
        self._installation, self._truth = installation, truth
        self._state: State = installation.state
        self._ledgers: dict[_Where, list[str]] = {}
        self._versions: dict[str, list[LicenceMapping]] = {}
        self._mapping_of: dict[str, str] = {}
        """Every line that a mapping ever owned."""
        self._tenant_of: dict[str, str] = {}
        self._checked: set[Applied] = set()
        self._alerts_before: dict[str, datetime] = {}
        self._held: set[str] = set()
        """Changes that waited for a person when the night began."""
        self._held_at = self._now
        self._met_before = 0
        """So many faults had been met when the night began."""
        self.undone_edits = 0
        self.writes = 0

    # -- looking

    @property
    def _tables(self) -> Any:
        return self._installation.tables

    @property
    def _now(self) -> datetime:
        return self._installation.clock.now()

    def note(self) -> None:
        """Remember who owns what, and what people decided; after everything that may have changed it."""
        for tenant in mappings_in_force(self._tables, MSP):
            for mapping in tenant.mappings:
                self._tenant_of[mapping.id] = tenant.tenant_id
                known = self._versions.setdefault(mapping.id, [])
                if mapping.bill and mapping not in known:
                    known.append(mapping)
        for _, line in self._lines():
            if line.line_id:
                self._mapping_of[line.line_id] = line.mapping_id

    def _lines(self) -> Iterator[tuple[agreement_store.StoredRecord, LineRecord]]:
        for connection in psa_connections(self._tables, MSP):
            for kept in agreement_store.all_of(self._tables, MSP, connection.id):
                for line in kept.record.lines.values():
                    yield kept, line

    def _ledger(self, where: _Where) -> list[LedgerEntry]:
        return list(agreement_store.ledger(self._tables, MSP, *where))

    def _agreements(self) -> Iterator[_Where]:
        for connection in psa_connections(self._tables, MSP):
            for kept in agreement_store.all_of(self._tables, MSP, connection.id):
                yield connection.id, kept.record.agreement_id

    # -- checking

    def before_night(self) -> None:
        self.note()
        self._met_before = len(self._installation.faults_met)
        held = [line.hold for _, line in self._lines() if line.hold is not None and line.hold.decided is None]
        self._held, self._held_at = {hold.change.id for hold in held}, self._now
        self._alerts_before = {
            alert.finding.identity: alert.opened_at
            for alert in open_alerts(self._tables, MSP)
            if alert.finding.slug == Slug.UNUSED_LICENSES
        }

    def after_night(self, run_id: str) -> list[str]:
        """Sentences of what is wrong; none, when all holds."""
        self.note()
        ledgers = {where: self._ledger(where) for where in self._agreements()}
        return [
            *self._installation.bugs,
            *self._i1(),
            *self._i2(ledgers),
            *self._i3(),
            *self._i4(ledgers),
            *self._i5(ledgers),
            *self._writes(ledgers),
            *self._i8(),
            *self._i9(run_id, ledgers),
        ]

    def _heads(self) -> dict[str, TenantState]:
        return {state.tenant_id: state for state in tenant_states(self._tables, MSP)}

    def _i1(self) -> Iterator[str]:
        """A line that is in step says what the newest accepted snapshot gives."""
        failed = {failure.connection for failure in connection_failures(self._tables, MSP)}
        added, heads = added_tenants(self._tables, MSP), self._heads()
        there = self._truth.quantities()
        # A PSA that answers as before its last change hides a hand edit: the next look finds it.
        stale = "stale" in self._installation.faults_met[self._met_before :]
        records = {line.mapping_id: (kept.record, line) for kept, line in self._lines()}
        for tenant in mappings_in_force(self._tables, MSP):
            for mapping in tenant.mappings:
                if not mapping.bill or tenant.tenant_id not in added:
                    continue
                if mapping.id not in records:
                    yield f"I1: {mapping.id} is in force, and no line is kept for it"
                    continue
                record, line = records[mapping.id]
                snapshot = heads[tenant.tenant_id].snapshot if tenant.tenant_id in heads else None
                if line.state is not LineState.IN_STEP or record.unreadable or record.connection in failed:
                    continue
                if snapshot is None or snapshot.doubts:
                    continue
                should = self._truth.wanted_at(tenant.tenant_id, mapping, snapshot.began)
                is_new = not line.line_id
                says = 0 if is_new else there.get(line.line_id)
                if self._was_edited_since(line, record.read_at) or (stale and line.confirmed == should):
                    continue
                if says != should or (not is_new and line.confirmed != should):
                    yield (
                        f"I1: line {line.line_id or 'to be made'} of {mapping.id} is in step; wanted {should}, "
                        f"confirmed {line.confirmed}, in the PSA {says}"
                    )

    def _was_edited_since(self, line: LineRecord, read_at: datetime | None) -> bool:
        """A person changed it in Halo just after it was looked at: the next look finds that."""
        return any(
            row["invoice_line_id"] == int(line.line_id or 0)
            and row["who"] == "mkeller"
            and (read_at is None or parse_stamp(row["datetime"]) >= read_at - timedelta(seconds=2))
            for row in self._state.all("halo_change")
        )

    def _i2(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """Each intent is applied at most once, a mapping owns one line, and no line of ours is without an owner."""
        intended, made = Counter[tuple[str, int]](), Counter[str]()
        for (_, agreement), entries in ledgers.items():
            for entry in entries:
                if entry.event is LedgerEvent.INTENDED and entry.after is not None:
                    if entry.line_id:
                        intended[entry.line_id, entry.after - (entry.before or 0)] += 1
                        intended[f"={entry.line_id}", entry.after] += 1
                    else:
                        made[agreement] += 1
        applied = Counter[tuple[str, int]]()
        created = Counter[str]()
        for write in self._ours():
            if write.before is None:
                created[write.agreement] += 1
            elif write.kind == "autotask":
                applied[write.line, write.difference] += 1
            elif self._is_meant(write, ledgers):
                applied[f"={write.line}", write.after or 0] += 1
        for key, times in applied.items():
            if times > intended[key]:
                yield f"I2: line {key[0]}: {key[1]} was applied {times} times, intended {intended[key]} times"
        for agreement, times in created.items():
            if times > made[agreement]:
                yield f"I2: agreement {agreement}: {times} lines were made, intended {made[agreement]}"
        owners = Counter(line.line_id for _, line in self._lines() if line.line_id)
        yield from (f"I2: {times} mappings own line {line}" for line, times in owners.items() if times > 1)
        yield from self._ownerless()

    def _ownerless(self) -> Iterator[str]:
        """A line that we made and nobody ever owned bills beside another one, unless it is told."""
        there = self._truth.quantities()
        told = {
            kept.record.agreement_id
            for kept, line in self._lines()
            if line.state in (LineState.UNKNOWN, LineState.BLOCKED)
        }
        for write in self._ours():
            is_without_owner = write.before is None and write.line not in self._mapping_of
            if is_without_owner and there.get(write.line) and write.agreement not in told:
                yield f"I2: line {write.line} of agreement {write.agreement} was made, bills, and has no owner"

    def _ours(self) -> Iterator[Applied]:
        return (write for write in self._truth.applied() if write.site != "sim-preview")

    def _is_meant(self, write: Applied, ledgers: dict[_Where, list[LedgerEntry]]) -> bool:
        """The line's number was intended, and is not that of a person's edit which a document of Halo undid."""
        if write.kind != "halo":
            return True
        entries = ledgers.get((write.site, write.agreement), [])
        return any(
            entry.event is LedgerEvent.INTENDED
            and entry.line_id == write.line
            and entry.after == write.after
            and write.at - _LATE <= entry.at <= write.at + timedelta(seconds=1)
            for entry in entries
        )

    def _i3(self) -> Iterator[str]:
        """What was accepted is what Microsoft had, or it is doubted."""
        for tenant, head in self._heads().items():
            if head.snapshot is None or head.snapshot.doubts:
                continue
            true = self._truth.sold_at(tenant, head.snapshot.began)
            enabled = {sku: holding.enabled for sku, holding in true.items()}
            accepted = {sku.sku_id: sku.enabled for sku in head.snapshot.skus}
            if enabled != accepted:
                yield f"I3: of {tenant} {accepted} was accepted, and Microsoft had {enabled}"

    def _i4(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """The ledger is only appended, and the account that previews writes nothing."""
        for where, entries in ledgers.items():
            fresh = [entry.model_dump_json() for entry in entries]
            before = self._ledgers.get(where, [])
            if missing := Counter(before) - Counter(fresh):
                yield f"I4: gone from the ledger of {where}: {next(iter(missing))}"
            self._ledgers[where] = fresh
        for write in self._truth.applied():
            if write.site == "sim-preview":
                yield f"I4: written for an account that only previews: {write}"

    def _i5(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """A decrease that was held when the night began, or goes to zero, has a person's yes before it is sent."""
        for entries in ledgers.values():
            for number, entry in enumerate(entries):
                if entry.event is not LedgerEvent.INTENDED:
                    continue
                before = [earlier for earlier in entries[:number] if earlier.mapping_id == entry.mapping_id]
                is_less = (entry.after or 0) < (entry.before or 0)
                held = is_less and entry.at > self._held_at and entry.change_id in self._held
                to_zero = entry.after == 0 and bool(entry.before)
                if (held or to_zero) and not any(_allows(earlier, entry) for earlier in before):
                    yield f"I5: {entry.line_id} from {entry.before} to {entry.after} was sent without a person's yes"

    def _writes(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """Each number that was written was the right one within the time for which a read counts."""
        for write in self._ours():
            if write in self._checked:
                continue
            self._checked.add(write)
            self.writes += 1
            if write.after is None:
                yield f"lost: line {write.line} of agreement {write.agreement} is gone by a write of ours"
            elif not self._is_meant(write, ledgers) and write.before is not None:
                self.undone_edits += 1
                if not self._is_told(write, ledgers):
                    yield f"an edit of line {write.line} was undone ({write.before} to {write.after}) and not told"
            elif not self._is_right(write, ledgers):
                yield f"wrong: line {write.line} was set from {write.before} to {write.after} at {write.at}"

    def _is_right(self, write: Applied, ledgers: dict[_Where, list[LedgerEntry]]) -> bool:
        if write.before is None and write.after == 0:
            return True  # a contract service begins without units
        names = [self._mapping_of[write.line]] if write.line in self._mapping_of else list(self._versions)
        right = {
            number
            for name in names
            for mapping in self._versions.get(name, ())
            for number in self._truth.wanted_lately(self._tenant_of[name], mapping, write.at)
        }
        if write.after in right:
            return True
        # A difference that came late, when somebody had changed the line: what was meant was right.
        return write.kind == "autotask" and any(
            entry.event is LedgerEvent.INTENDED
            and entry.line_id == write.line
            and entry.after in right
            and (entry.after or 0) - (entry.before or 0) == write.difference
            and write.at - _LATE <= entry.at <= write.at
            for entry in ledgers.get((write.site, write.agreement), [])
        )

    def _is_told(self, write: Applied, ledgers: dict[_Where, list[LedgerEntry]]) -> bool:
        return any(
            entry.at >= write.at.replace(microsecond=0) and "undid" in told(entry.failure)
            for entry in ledgers.get((write.site, write.agreement), [])
        )

    def _i8(self) -> Iterator[str]:
        sent = Counter(mail["mail"]["custom_args"]["mail_id"] for mail in self._state.all("mail"))
        yield from (f"I8: mail {name} was sent {times} times" for name, times in sent.items() if times > 1)

    def _i9(self, run_id: str, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """Of a tenant that could not be read no line moves, and no alert about its licences closes."""
        unread = {
            tenant
            for tenant, head in self._heads().items()
            if head.run == run_id and head.status is ReadStatus.NOT_READ
        }
        for entries in ledgers.values():
            for entry in entries:
                tenant = self._tenant_of.get(entry.mapping_id)
                of_night = entry.event is LedgerEvent.INTENDED and entry.run == run_id
                if of_night and tenant in unread and not self._was_decided(entry, entries):
                    yield f"I9: line {entry.line_id} moved in a night in which {tenant} could not be read"
        open_now = {alert.finding.identity: alert.opened_at for alert in open_alerts(self._tables, MSP)}
        for identity, since in self._alerts_before.items():
            if any(tenant in identity for tenant in unread) and open_now.get(identity) != since:
                yield f"I9: {identity} closed or opened anew in a night in which its tenant could not be read"

    @staticmethod
    def _was_decided(entry: LedgerEntry, entries: list[LedgerEntry]) -> bool:
        return any(
            e.event in _BY_PEOPLE and e.mapping_id == entry.mapping_id and e.at < entry.at for e in entries
        )

    # -- at month's end

    def certificate(self) -> Iterator[str]:
        """Right after all lines were read: each customer x paid SKU is told, and what is billed is right."""
        certificate = certificate_now(
            self._tables, self._installation.blobs, load_account(self._tables, MSP), self._now
        )
        there, heads = self._truth.quantities(), self._heads()
        yield from (f"certificate: {text} is in no row, or in two" for text in certificate.unaccounted)
        by_licence: dict[tuple[str, str], list[CertificateRow]] = {}
        for row in certificate.rows:
            if row.licence is not None:
                by_licence.setdefault((row.tenant_id, row.licence.sku_id), []).append(row)
        for tenant in added_tenants(self._tables, MSP):
            snapshot = heads[tenant].snapshot if tenant in heads else None
            if snapshot is None or snapshot.doubts:
                continue
            for sku_id, holding in self._truth.sold_at(tenant, snapshot.began).items():
                paid = BY_ID[sku_id].kind is SkuKind.PAID and holding.purchased
                if paid and not by_licence.get((tenant, sku_id)):
                    yield f"certificate: {tenant} pays for {BY_ID[sku_id].part_number}, and no row says so"
        mappings = {m.id: m for t in mappings_in_force(self._tables, MSP) for m in t.mappings}
        for row in certificate.of(Standing.BILLED):
            snapshot = heads[row.tenant_id].snapshot
            assert row.line is not None
            assert snapshot is not None
            sold = self._truth.sold_at(row.tenant_id, snapshot.began)
            should = wanted(sold, mappings[row.line.mapping_id])
            if not row.billed == there.get(row.line_id) == should:
                yield (
                    f"certificate: line {row.line_id} counts as billed with {row.billed}; in the PSA "
                    f"{there.get(row.line_id)}, wanted {should}"
                )

    def lost(self) -> Iterator[str]:
        """After quiet nights: each line is right, or its agreement has ended."""
        records = {line.mapping_id: (kept.record, line) for kept, line in self._lines()}
        there = self._truth.quantities()
        for tenant in mappings_in_force(self._tables, MSP):
            for mapping in tenant.mappings:
                if not mapping.bill:
                    continue
                _, line = records[mapping.id]
                should = self._truth.wanted_at(tenant.tenant_id, mapping, self._now)
                says = there.get(line.line_id) if line.line_id else 0
                told = f"{mapping.id} wants {should}, its line {line.line_id} says {says}"
                if says != should and line.state is LineState.IN_STEP:
                    yield f"lost: {told}, and counts as in step"
                elif says != should:
                    yield f"left: {told}: {line.state} {_why(line)}"


def _allows(earlier: LedgerEntry, entry: LedgerEntry) -> bool:
    """A person's word before an intent that lets exactly this be written."""
    match earlier.event:
        case LedgerEvent.APPROVED:
            return earlier.change_id == entry.change_id
        case LedgerEvent.KEPT:
            return earlier.after == entry.before
        case LedgerEvent.UNDONE:
            return earlier.after == entry.after
        case _:
            return False


def _why(line: LineRecord) -> str:
    told = [line.blocked, line.refused, line.not_planned, line.drift, line.hold]
    return "; ".join(
        f"{type(one).__name__} {one.model_dump(exclude_defaults=True, mode='json')}"
        for one in told
        if one is not None
    )
