"""I1 to I9 and the certificate, after each night: what is stored against what is true, by arithmetic of its own."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.standins.state import State
from sandbox.standins.worlds.skus import BY_ID, SkuKind
from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.alerts.evaluate import open_alerts
from shared.alerts.models import Slug
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import (
    AgreementRecord,
    Drift,
    FewerSeats,
    Hold,
    HoldReason,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineRecord,
    LineState,
    MoreSeats,
    UnplannedReason,
)
from shared.billing.profiles import billing_profiles
from shared.billing.psa.texts import digest
from shared.billing.psa.write_failures import told
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import ReadStatus, TenantState
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import CertificateRow, Standing
from tests.simulation.dated import days_of_changes, ended_lines, second_lines
from tests.simulation.excuses import Night
from tests.simulation.installation import Installation
from tests.simulation.mapping_life import MSP, Decided
from tests.simulation.prices import (
    Prices,
    charges_as_meant,
    line_prices,
    new_prices,
    second_prices,
    written_prices,
)
from tests.simulation.texts import Reader, plain, text
from tests.simulation.truth import READ_FOR, Applied, Truth, wanted

_LATE = timedelta(hours=3)
"""An intent is at most so much older than its write's effect."""
_BY_PEOPLE = (LedgerEvent.APPROVED, LedgerEvent.KEPT, LedgerEvent.UNDONE)
_TOLD_IN = timedelta(seconds=1)
"""The PSAs tell when they applied a write in whole seconds, rounded down."""
type _Where = tuple[str, str]
"""Connection and agreement."""


class Checker:
    """Remembers what it saw on earlier days, as a clerk with a notebook would."""

    def __init__(self, installation: Installation, truth: Truth, prices: Prices, decided: Decided) -> None:
        self._installation, self._truth, self._decided = installation, truth, decided
        self._prices, self._priced = prices, set[Applied]()
        self._texts: dict[str, str | None] = {}
        """The first text of each line that was seen."""
        self._state: State = installation.state
        self._ledgers: dict[_Where, list[str]] = {}
        self._versions: dict[str, list[LicenceMapping]] = {}
        self.mapping_of: dict[str, str] = {}
        """Every line that a mapping ever owned."""
        self._tenant_of: dict[str, str] = {}
        self._checked: set[Applied] = set()
        self._alerts_before: dict[str, datetime] = {}
        self._held: set[str] = set()
        """Changes that waited for a person when the night began."""
        self._held_at = self._now
        self._night = Night(installation)
        self._failed: set[str] = set()
        """PSA connections that count as failed."""
        self._began: dict[str, list[tuple[datetime, datetime]]] = {}
        """Of each tenant: when we looked, and when the newest accepted read had begun then."""
        self.held_at_zero: set[str] = set()
        """Changes of a line to nothing that waited for a person."""
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
        self._prices.note()
        for tenant in mappings_in_force(self._tables, MSP):
            for mapping in tenant.mappings:
                self._tenant_of[mapping.id] = tenant.tenant_id
                known = self._versions.setdefault(mapping.id, [])
                if mapping.bill and mapping not in known:
                    known.append(mapping)
        for _, line in self._lines():
            if line.line_id and not (line.ending is not None and line.ending.second):
                self._texts.setdefault(line.line_id, self._truth.text_of(line.line_id))
                self.mapping_of[line.line_id] = line.ending.mapping_id if line.ending else line.mapping_id
        for tenant_id, head in self._heads().items():
            if head.snapshot is not None:
                self._began.setdefault(tenant_id, []).append((self._now, head.snapshot.began))

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
        self._night = Night(self._installation)
        held = [line.hold for _, line in self._lines() if line.hold is not None and line.hold.decided is None]
        self._held, self._held_at = {hold.change.id for hold in held}, self._now
        self.held_at_zero |= {hold.change.id for hold in held if HoldReason.TO_ZERO in hold.reasons}
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
            *self._drops(run_id, ledgers),
            *self._writes(ledgers),
            *self._dated(),
            *self._charged(ledgers),
            *self._says(),
            *self._i8(),
            *self._i9(run_id, ledgers),
        ]

    def _heads(self) -> dict[str, TenantState]:
        return {state.tenant_id: state for state in tenant_states(self._tables, MSP)}

    def _i1(self) -> Iterator[str]:
        """Each line says what the newest accepted snapshot gives, or says truly why it does not."""
        added, heads = added_tenants(self._tables, MSP), self._heads()
        records = {line.mapping_id: (kept.record, line) for kept, line in self._lines()}
        yield from self._read_tonight(added, heads)
        yield from self._connections_failed()
        for tenant in mappings_in_force(self._tables, MSP):
            head = heads.get(tenant.tenant_id)
            for mapping in tenant.mappings:
                if not mapping.bill or tenant.tenant_id not in added:
                    continue
                if mapping.id not in records:
                    yield f"I1: {mapping.id} is in force, and no line is kept for it"
                    continue
                record, line = records[mapping.id]
                if record.connection in self._failed:
                    continue
                yield from self._says_why(record, line)
                snapshot = head.snapshot if head else None
                if _is_quiet(line) and snapshot is not None and not snapshot.doubts:
                    should = self._truth.wanted_at(tenant.tenant_id, mapping, snapshot.began)
                    yield from self._in_step(record, line, should)

    def _read_tonight(self, added: Collection[str], heads: dict[str, TenantState]) -> Iterator[str]:
        """A tenant's numbers are older than this night only where something kept that very tenant from being read."""
        for tenant in added:
            snapshot = heads[tenant].snapshot if tenant in heads else None
            is_of_tonight = snapshot is not None and snapshot.began >= self._night.began
            if not is_of_tonight and not self._night.keeps_unread(tenant):
                yield f"I1: {tenant} was not read tonight, and nothing kept it from being"

    def _connections_failed(self) -> Iterator[str]:
        kinds = {connection.id: connection.kind for connection in psa_connections(self._tables, MSP)}
        self._failed = {failure.connection for failure in connection_failures(self._tables, MSP)}
        for failed in self._failed:
            if not self._night.fails_connection(kinds[failed]):
                yield f"I1: {failed} counts as failed, and nothing of it failed tonight"

    def _in_step(self, record: AgreementRecord, line: LineRecord, should: int) -> Iterator[str]:
        if record.unreadable:
            if not self._night.fails_connection(self._kind_of(record.connection)):
                yield f"I1: agreement {record.agreement_id} counts as unreadable, and nothing of it failed"
            return
        says = self._truth.quantities().get(line.line_id) if line.line_id else 0
        if says == should and (not line.line_id or line.confirmed == should):
            return
        edits = self._truth.edits_of(line.line_id)
        if self._was_edited_since(line.line_id, record.read_at):
            return  # a person changed it after it was looked at: the next look finds that
        is_hidden = self._night.shows_stale(record.agreement_id, line.line_id)
        if is_hidden and (edits or self._was_taken_stale(record, line)) and line.confirmed == should:
            return  # the PSA answered as before that person's change, or as when its number was taken over
        yield (
            f"I1: line {line.line_id or 'to be made'} of {line.mapping_id} is in step; wanted {should}, "
            f"confirmed {line.confirmed}, in the PSA {says}"
        )

    def _was_edited_since(self, line: str, read_at: datetime | None) -> bool:
        edits = self._truth.edits_of(line)
        return any(read_at is None or at >= read_at - timedelta(seconds=2) for at in edits)

    def _was_taken_stale(self, record: AgreementRecord, line: LineRecord) -> bool:
        """A number that the PSA told of before our newest write was taken over, by a person or as the one wanted.

        What was billed then is theirs to bill, as far as anybody can tell.
        """
        began = datetime.min.replace(tzinfo=UTC)
        return self._night.shows_stale(record.agreement_id, line.line_id, began) and any(
            entry.event in (LedgerEvent.TAKEN, LedgerEvent.ADOPTED)
            and entry.mapping_id == line.mapping_id
            and entry.after == line.confirmed
            and self._night.shows_stale(record.agreement_id, line.line_id, entry.at - timedelta(days=2))
            for entry in self._ledger((record.connection, record.agreement_id))
        )

    def _says_why(self, record: AgreementRecord, line: LineRecord) -> Iterator[str]:
        """What keeps a line from its number is true: nobody is told of an edit or an unclear write that never was."""
        told = f"line {line.line_id or 'to be made'} of {line.mapping_id}"
        if line.drift is not None and not self._is_by_somebody(record, line, line.drift):
            yield f"I1: {told} counts as changed by hand to {line.drift.psa}, and nobody changed it"
        is_shown = line.intent is None and not line.blocked and not line.frozen and line.drift is None
        if line.hold is not None and line.hold.decided is None and is_shown:
            yield from self._is_held_rightly(line, line.hold)
        unread = line.not_planned is not None and line.not_planned.reason is UnplannedReason.UNREAD
        if unread and not self._night.keeps_unread(line.tenant_id):
            yield f"I1: {told} counts as unread, and nothing kept its tenant from being read"

    def _is_held_rightly(self, line: LineRecord, hold: Hold) -> Iterator[str]:
        was, sold = hold.change, self._truth.sold_by_others(line.tenant_id)
        is_by_another = HoldReason.SOLD_BY_OTHERS in hold.reasons and sold
        if was.before <= was.after and not is_by_another and not self._is_doubted(line.tenant_id):
            told = f"line {line.line_id} of {line.mapping_id}"
            yield f"I1: {told} waits for a person, and would lose no seat: {was.before} to {was.after}"

    def _is_by_somebody(self, record: AgreementRecord, line: LineRecord, drift: Drift) -> bool:
        """A person changed the line, a write of ours came late, or the PSA answered as before its newest change."""
        ours = [write for write in self._ours() if write.line == line.line_id]
        return (
            bool(self._truth.edits_of(line.line_id))
            or any(write.after == int(drift.psa) and self._came_late(write) for write in ours)
            or self._night.shows_stale(record.agreement_id, line.line_id, drift.since - timedelta(days=2))
        )

    def _came_late(self, write: Applied) -> bool:
        return any(met.what == "applied_late" and met.at <= write.at for met in self._installation.faults_met)

    def _is_doubted(self, tenant: str) -> bool:
        head = self._heads().get(tenant)
        return head is not None and head.snapshot is not None and bool(head.snapshot.doubts)

    def _kind_of(self, connection: str) -> str:
        return next(kept.kind for kept in psa_connections(self._tables, MSP) if kept.id == connection)

    def _i2(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """Each intent is applied at most once, a mapping owns one line, and no line of ours is without an owner."""
        intended, made = Counter[tuple[str, int]](), Counter[str]()
        for (_, agreement), entries in ledgers.items():
            for entry in entries:
                if entry.event is LedgerEvent.INTENDED and entry.after is not None:
                    if entry.line_id:
                        intended[entry.line_id, entry.after - (entry.before or 0)] += 1
                        intended[f"={entry.line_id}", entry.after] += 1
                        intended[f"end {entry.line_id}", 0] += entry.last_day is not None
                    else:
                        made[agreement] += 1
        applied = Counter[tuple[str, int]]()
        created = Counter[str]()
        for write in self._ours():
            if write.before is None:
                created[write.agreement] += 1
            elif write.kind == "autotask":
                plain = write.line, write.difference
                is_end = not write.after and applied[plain] >= intended[plain]
                applied[(f"end {write.line}", 0) if is_end else plain] += 1
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
        seconds = {second.line for second in self._truth.second_lines()}
        for write in self._ours():
            is_without_owner = write.before is None and write.line not in self.mapping_of.keys() | seconds
            if is_without_owner and there.get(write.line) and write.agreement not in told:
                yield f"I2: line {write.line} of agreement {write.agreement} was made, bills, and has no owner"

    def _ours(self) -> Iterator[Applied]:
        return (write for write in self._truth.applied() if write.site != "sim-preview")

    def _is_meant(self, write: Applied, ledgers: dict[_Where, list[LedgerEntry]]) -> bool:
        """The line's new number was intended, and does not undo a person's edit that a document of Halo went over.

        A last day or a text changes no number: one that changes with it was such an edit.
        """
        if write.kind != "halo" or write.before == write.after:
            return True
        entries = ledgers.get((write.site, write.agreement), [])
        return any(
            entry.event is LedgerEvent.INTENDED
            and entry.line_id == write.line
            and entry.after == write.after != entry.before
            and write.at - _LATE <= entry.at <= write.at + _TOLD_IN
            for entry in entries
        )

    def _i3(self) -> Iterator[str]:
        """What was accepted is what Microsoft had, or it is doubted."""
        for tenant, head in self._heads().items():
            if head.snapshot is None or head.snapshot.doubts:
                continue
            true = self._truth.sold_at(tenant, head.snapshot.began)
            enabled = {sku: holding.enabled for sku, holding in true.items() if sku in BY_ID}
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

    def _drops(self, run_id: str, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """I5: without a person's yes no tenant loses more than five seats and a fifth of them in a night."""
        there, had, lost = self._truth.quantities(), Counter[str](), Counter[str]()
        tonight = set()
        for kept, line in self._lines():
            entries = ledgers.get((kept.record.connection, kept.record.agreement_id), [])
            had[line.tenant_id] += max(line.confirmed or 0, there.get(line.line_id, 0))
            for less, is_allowed in _decreases(entries, line.mapping_id, self._night.began):
                had[line.tenant_id] += (less.before or 0) - (less.after or 0)
                if not is_allowed:
                    lost[line.tenant_id] += (less.before or 0) - (less.after or 0)
                    tonight |= {line.tenant_id} if less.run == run_id else set()
        for tenant in tonight:
            if lost[tenant] > 5 and 5 * lost[tenant] > had[tenant]:
                yield f"I5: {tenant} lost {lost[tenant]} of {had[tenant]} seats without a person's yes"

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
        if write.line in {second.line for second in self._truth.second_lines()}:
            return True  # judged by what came within its period
        is_end = write.before == write.after or (write.kind == "autotask" and not write.after)
        if is_end and write.line in self._decided.ended:
            return True  # judged by its last day
        names = [self.mapping_of[write.line]] if write.line in self.mapping_of else list(self._versions)
        right = {
            number
            for name in names
            for mapping in self._versions.get(name, ())
            for number in self._truth.wanted_since(
                self._tenant_of[name], mapping, self._read_since(self._tenant_of[name], write.at), write.at
            )
        }
        if write.after in right:
            return True
        # A difference that came late, when somebody had changed the line: what was meant was right.
        return write.kind == "autotask" and any(
            entry.event is LedgerEvent.INTENDED
            and entry.line_id == write.line
            and entry.after in right
            and (entry.after or 0) - (entry.before or 0) == write.difference
            and write.at - _LATE <= entry.at <= write.at + _TOLD_IN
            for entry in ledgers.get((write.site, write.agreement), [])
        )

    def _read_since(self, tenant: str, at: datetime) -> datetime:
        """A write at that time goes by no older read: a newer one was accepted already, or it was too old (I6)."""
        known = [began for looked, began in self._began.get(tenant, ()) if looked <= at - _LATE]
        return max([at - _LATE - READ_FOR, *known[-1:]])

    def _is_told(self, write: Applied, ledgers: dict[_Where, list[LedgerEntry]]) -> bool:
        return any(
            entry.at >= write.at.replace(microsecond=0) and "undid" in told(entry.failure)
            for entry in ledgers.get((write.site, write.agreement), [])
        )

    def _dated(self) -> Iterator[str]:
        """Last days, and what is billed beside a line within a period that is billed already."""
        zone = load_account(self._tables, MSP).zone
        yield from ended_lines(
            self._decided,
            self._truth,
            self.mapping_of,
            self._cannot_end(),
            self._now.astimezone(zone).date(),
        )
        yield from days_of_changes(
            self._truth, self.mapping_of, self._versions, self._decided.ended.keys(), zone
        )
        settled = {
            line.line_id
            for kept, line in self._lines()
            if _is_quiet(line) and not self._was_taken_stale(kept.record, line)
        }
        waiting = {line.mapping_id for _, line in self._lines() if not _is_quiet(line)}
        yield from second_lines(
            self._truth,
            self._ours(),
            self.mapping_of,
            self._versions,
            settled,
            waiting,
            {(said.mapping, said.last_day) for said in self._decided.ended.values()},
            self._now.astimezone(zone),
        )

    def _charged(self, ledgers: dict[_Where, list[LedgerEntry]]) -> Iterator[str]:
        """Each line that was written, or counts as in step, charges what its billing profile means."""
        seconds = {second.line: second for second in self._truth.second_lines()}
        known = self.mapping_of.keys() | seconds
        fresh = [write for write in self._ours() if write not in self._priced and write.line in known]
        self._priced |= set(fresh)
        made = [write for write in fresh if write.before is None]
        yield from new_prices(self._decided, self._prices, made, self.mapping_of)
        beside = [(seconds[write.line], write.at) for write in made if write.line in seconds]
        yield from second_prices(self._prices, beside, self.mapping_of)
        changed = [
            write
            for write in fresh
            if write.before not in (None, write.after)
            and write.line not in self._decided.ended.keys() | seconds
            and self._is_meant(write, ledgers)
        ]
        yield from written_prices(self._decided, self._prices, changed, self.mapping_of)
        ever_read = {tenant for tenant, head in self._heads().items() if head.snapshot is not None}
        looked = [
            (kept.record, line, _is_quiet(line) and line.ending is None and line.tenant_id in ever_read)
            for kept, line in self._lines()
            if kept.record.connection not in self._failed
            and not kept.record.unreadable
            and not self._night.shows_stale(kept.record.agreement_id, line.line_id)
        ]
        yield from line_prices(self._decided, self._prices, looked, self._now)

    def _says(self) -> Iterator[str]:
        """After a night in which nothing of its PSA failed, the customer reads on each line in step what was ticked, or
        somebody else's text that nobody gave up.
        """
        heads, profiles = self._heads(), billing_profiles(self._tables, MSP)
        made = {write.line for write in self._ours() if write.before is None}
        lines = {line.mapping_id: (kept.record, line) for kept, line in self._lines() if line.line_id}
        for mapping in (m for tenant in mappings_in_force(self._tables, MSP) for m in tenant.mappings):
            found, head = lines.get(mapping.id), heads.get(self._tenant_of[mapping.id])
            if found is None or not mapping.options.has_text or head is None or head.snapshot is None:
                continue
            (record, line), kind = found, self._kind_of(mapping.connection)
            there, was = self._truth.text_of(line.line_id), self._texts.get(line.line_id)
            given_up = {version.options.replaces_text for version in self._versions[mapping.id]}
            is_others = bool(was) and line.line_id not in made and digest(was or "") not in given_up
            if is_others and there != was and self._truth.text_by_us(line.line_id):
                yield f"text: line {line.line_id} said {was!r}, which nobody gave up, and says {there!r}"
            is_kept = there == was and mapping.options.replaces_text != digest(was or "")
            unsure = head.snapshot.doubts or head.snapshot.began < self._night.began or record.unreadable
            if not _is_quiet(line) or unsure or self._night.fails_connection(kind):
                continue
            if self._night.is_cut_short or (is_kept and not self._truth.text_by_us(line.line_id)):
                continue
            cities = self._truth.cities_of(head.tenant_id, mapping.company)
            tenant = self._truth.tenant_at(head.tenant_id, head.snapshot.began)
            right = text(mapping, Reader(tenant, cities, profiles[mapping.profile].name, kind))
            if there is not None and plain(there) != right:
                yield f"text: line {line.line_id} says {there!r}, not {right!r}"

    def _cannot_end(self) -> set[str]:
        """Lines that are to end and say why they do not, or were shown as before their newest change, so that the next
        look ends them; and those whose agreement did not bill for a while.
        """
        told = set()
        for kept, line in self._lines():
            failed = kept.record.connection in self._failed or bool(kept.record.unreadable)
            is_hidden = self._night.shows_stale(kept.record.agreement_id, line.line_id)
            if line.ending is not None and (failed or is_hidden or not _is_quiet(line)):
                told.add(line.line_id)
        return told | self._decided.interrupted

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
        self._prices.note()
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
                paid = sku_id in BY_ID and BY_ID[sku_id].kind is SkuKind.PAID and holding.purchased
                if paid and not by_licence.get((tenant, sku_id)):
                    yield f"certificate: {tenant} pays for {BY_ID[sku_id].part_number}, and no row says so"
        mappings = {m.id: m for t in mappings_in_force(self._tables, MSP) for m in t.mappings}
        read_at = {line.line_id: kept.record.read_at for kept, line in self._lines()}
        for row in certificate.of(Standing.BILLED):
            if self._was_edited_since(row.line_id, read_at.get(row.line_id)):
                continue  # a person's edit came after the look, and the certificate tells of the look
            snapshot = heads[row.tenant_id].snapshot
            assert row.line is not None
            assert snapshot is not None
            sold = self._truth.sold_at(row.tenant_id, snapshot.began)
            should = wanted(sold, mappings[row.line.mapping_id])
            if not charges_as_meant(self._decided, self._prices, row.line.mapping_id, row.line_id, self._now):
                yield f"certificate: line {row.line_id} counts as billed, and charges another price than is meant"
            if row.billed == there.get(row.line_id) and _waits_for_period(
                mappings[row.line.mapping_id], row.billed or 0, should
            ):
                continue
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
                if says != should and _is_quiet(line):
                    yield f"lost: {told}, and says nothing of it"
                elif says != should:
                    yield f"left: {told}: {line.state} {_why(line)}"


def _waits_for_period(mapping: LicenceMapping, billed: int, should: int) -> bool:
    """What is wanted counts from the next period, or from the line's first day, on, because its mapping says so."""
    if billed > should:
        return mapping.options.fewer_seats is FewerSeats.NEXT_PERIOD
    return mapping.options.more_seats is MoreSeats.FROM_PERIOD_START or (
        not billed and mapping.options.starts is not None
    )


def _is_quiet(line: LineRecord) -> bool:
    """It remembers neither a trouble nor a later day: after a night it must be right."""
    return line.state in (LineState.IN_STEP, LineState.SCHEDULED) and line.waits is None


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


def _decreases(
    entries: list[LedgerEntry], mapping: str, since: datetime
) -> Iterator[tuple[LedgerEntry, bool]]:
    """Those of a mapping since then that the PSA took, and whether a person allowed each."""
    ours = [entry for entry in entries if entry.mapping_id == mapping]
    done = {entry.change_id for entry in ours if entry.event is LedgerEvent.CONFIRMED}
    intended = {
        entry.change_id: number
        for number, entry in enumerate(ours)
        if entry.event is LedgerEvent.INTENDED and entry.change_id in done and entry.at >= since
    }
    for number in intended.values():
        entry = ours[number]
        if 0 < (entry.after or 0) < (entry.before or 0):
            yield entry, any(_allows(earlier, entry) for earlier in ours[:number])


def _why(line: LineRecord) -> str:
    told = [line.blocked, line.refused, line.not_planned, line.drift, line.hold]
    return "; ".join(
        f"{type(one).__name__} {one.model_dump(exclude_defaults=True, mode='json')}"
        for one in told
        if one is not None
    )
