"""Mapping licences to lines (K7): a mapping owns exactly one line, and a line belongs to at most one mapping."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.billing import agreement_store
from shared.billing.agreement_store import Replacement, StoredRecord
from shared.billing.line_names import LineName
from shared.billing.mapping import adopt, release, seats_until
from shared.billing.mapping.adopt import Draft
from shared.billing.mapping.agreement_fits import check_proration, check_start
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.mapping.release import Left, Said, check_settled
from shared.billing.mapping.save_context import Save, key_of
from shared.billing.models import AgreementRecord, LicenceMapping, Options, TenantMappings
from shared.billing.planning.load import AgreementKey
from shared.billing.profiles import billing_profiles
from shared.billing.psa.base import Psa
from shared.billing.psa_connections import psa_connections
from shared.errors import Rejected
from shared.storage.decisions import Decider, Decision, decide_after, get, newest
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

NOTHING_SAID = Said()
MEANWHILE = "The mappings or a line of them were changed at this moment. Look at them again and repeat."


def map_tenant(
    tables: Tables,
    psas: Mapping[str, Psa],
    account: AccountId,
    wanted: TenantMappings,
    by: Decider,
    said: Said = NOTHING_SAID,
) -> None:
    """Put a tenant's mappings in force. `psas` are the signed-in PSA connections by id.

    `said` is what a person says of the lines that are left. One that ends on a day is kept until then.

    Everything is read and judged before anything is stored. Then lines are claimed, so that no two mappings can own
    one; then the decision is stored; then what no mapping has any more is let go. Whatever ends this in between, the
    plan writes only to lines that are in force, and the same save again completes it. An adopted line's present
    quantity becomes its confirmed baseline: nothing is written to the PSA here. What stays as it was is not touched.
    Raises Rejected with the sentence to show.
    """
    judged = judge(tables, psas, account, wanted, by, said)
    _store(judged)
    for place, name in judged.unwanted:
        _release(judged.save, place, name)
    _check_looked_after(judged.save)


@dataclass(frozen=True, slots=True)
class Judged:
    """A save that may be carried out: what the records become, and what no mapping wants any more."""

    save: Save
    decided: Decision | None
    """What was in force when it was judged."""
    drafts: tuple[Draft, ...]
    unwanted: tuple[tuple[AgreementKey, str], ...]
    left: tuple[Left, ...]

    def records(self) -> dict[AgreementKey, AgreementRecord]:
        """Every record that it touches, as it is afterwards."""
        after = {place: kept.record for place, kept in self.save.kept.items()}
        after |= {(draft.record.connection, draft.record.agreement_id): draft.record for draft in self.drafts}
        for place, name in self.unwanted:
            lines = {other: line for other, line in after[place].lines.items() if other != name}
            lines |= {ends.mapping_id: ends for ends in self.save.ending(place, after[place].lines[name])}
            after[place] = after[place].model_copy(update={"lines": lines})
        return after


def judge(
    tables: Tables,
    psas: Mapping[str, Psa],
    account: AccountId,
    wanted: TenantMappings,
    by: Decider,
    said: Said = NOTHING_SAID,
) -> Judged:
    """What `map_tenant` would do. Writes nothing: this is the preview. Raises Rejected as it does."""
    decided = newest(tables, account, MAPPINGS, wanted.tenant_id)
    billing = [mapping for mapping in wanted.mappings if mapping.bill]
    kept = _records(tables, account, wanted)
    zone = load_account(tables, account).zone
    before = decided.read(TenantMappings) if decided else None
    profiles = billing_profiles(tables, account)
    save = Save(tables, account, wanted, before, by, zone, profiles, kept, PsaCache(psas), said)
    for mapping in billing:
        adopt.check_profile(save.profiles, mapping)
    claims = [mapping for mapping in billing if not save.stays(mapping) or save.only_period_differs(mapping)]
    _check_days(save, billing)
    unwanted = tuple(_unwanted(save))
    for line in (*map(save.line, claims), *(kept[place].record.lines[name] for place, name in unwanted)):
        check_settled(line)
    left = _left(save, billing)
    ends, let_go = _ends(save), _let_go(save, left, unwanted)
    said = said.in_full({gone.name for gone in left}, let_go | ends.keys())
    release.check_named(said, let_go, ends)
    today = by.now.astimezone(zone).date()
    release.check_left(left, claims, said, save.psas, today)
    release.check_ending(seats_until.lines_left(save, claims), claims, save.psas, today)
    other_product = {mapping.id for mapping in claims if save.bills_another_product(mapping)}
    release.check_differences(before.mappings if before else (), claims, said, other_product)
    reason = " ".join((by.reason, *release.by_hand(left, said.looked_after)))
    save = replace(save, said=said, by=replace(by, reason=reason))
    return Judged(save, decided, tuple(_drafts(save, claims)), unwanted, tuple(left))


def _check_days(save: Save, billing: Sequence[LicenceMapping]) -> None:
    """Raises Rejected for a day that a person chose anew and no line, or not this PSA's, can go by."""
    today, plain = save.by.now.astimezone(save.zone).date(), Options()
    were = {(key_of(mapping), mapping.id): mapping.options for mapping in _billed_before(save)}
    for mapping in billing:
        now, before = mapping.options, were.get((key_of(mapping), mapping.id), plain)
        if now.starts is not None and now.starts != before.starts:
            check_start(save.psas.agreement(*key_of(mapping)), now.starts, today)
        if (now.more_seats, now.fewer_seats) != (before.more_seats, before.fewer_seats):
            check_proration(save.psas.agreement(*key_of(mapping)), now)


def _billed_before(save: Save) -> list[LicenceMapping]:
    return [mapping for mapping in save.before.mappings if mapping.bill] if save.before else []


def _check_looked_after(save: Save) -> None:
    """Raises Rejected when another save let a line go that this one counted on; the same save again takes it back.

    Another save may just be about to: it has looked at what is in force before this one was. Its record is then written
    once more, so that it must look again.
    """
    were = {mapping.id for mapping in save.before.mappings if mapping.bill} if save.before else set()
    for mapping in save.wanted.mappings:
        if mapping.bill and mapping.id not in were:
            _write_once_more(save, mapping)


def _write_once_more(save: Save, mapping: LicenceMapping) -> None:
    def as_it_is(record: AgreementRecord) -> Replacement | None:
        if mapping.id in record.lines:
            return record, ()
        if _is_in_force(save, key_of(mapping), mapping.id):
            raise Rejected(MEANWHILE, "conflict")
        return None

    agreement_store.update(save.tables, save.account, *key_of(mapping), as_it_is)


def _is_in_force(save: Save, place: AgreementKey, name: str) -> bool:
    """By what is decided now, whoever decided it: another save may have come in between."""
    found = get(save.tables, save.account, MAPPINGS, save.wanted.tenant_id, TenantMappings)
    theirs = found.mappings if found else ()
    return any(mapping.id == name and mapping.bill and key_of(mapping) == place for mapping in theirs)


def _records(tables: Tables, account: AccountId, wanted: TenantMappings) -> dict[AgreementKey, StoredRecord]:
    """The records of the agreements that are named, and of those where lines of the tenant are kept.

    Raises Rejected when another tenant has a mapping of the same id: it would lose its line.
    """
    ids = {mapping.id for mapping in wanted.mappings if mapping.bill}
    named = {key_of(mapping) for mapping in wanted.mappings if mapping.bill}
    found = {}
    for connection in psa_connections(tables, account):
        for kept in agreement_store.all_of(tables, account, connection.id):
            key = connection.id, kept.record.agreement_id
            tenants = {line.tenant_id for line in kept.record.lines.values()}
            for line in kept.record.lines.values():
                if line.mapping_id in ids and line.tenant_id != wanted.tenant_id:
                    raise Rejected(
                        f"The mapping id '{line.mapping_id}' belongs to another tenant. Use a new one."
                    )
            if wanted.tenant_id in tenants or key in named:
                found[key] = kept
    for place in named - found.keys():
        found[place] = agreement_store.get(tables, account, *place)
    return found


def _unwanted(save: Save) -> list[tuple[AgreementKey, str]]:
    """What is kept for the tenant and no mapping wants: also what an interrupted save left there."""
    return [
        (place, name)
        for place, kept in save.kept.items()
        for name, line in kept.record.lines.items()
        if line.tenant_id == save.wanted.tenant_id
        and line.ending is None
        and not save.bills(kept.record, name)
    ]


def _left(save: Save, billing: Sequence[LicenceMapping]) -> list[Left]:
    """Lines of mappings in force until now that no mapping has after this save."""
    kept = {
        (key_of(mapping), mapping.line_id or _own_line(save, mapping))
        for mapping in billing
        if save.stays(mapping)
    }
    kept |= {(key_of(mapping), mapping.line_id) for mapping in billing}
    had = [
        Left(mapping, mapping.line_id or _own_line(save, mapping), save.is_of_its_company(mapping))
        for mapping in _billed_before(save)
    ]
    return [left for left in had if left.line_id and (key_of(left.mapping), left.line_id) not in kept]


def _let_go(save: Save, left: Sequence[Left], unwanted: Sequence[tuple[AgreementKey, str]]) -> set[LineName]:
    """Lines that this save leaves, or that an interrupted one left there."""
    kept = {LineName(place[0], save.kept[place].record.lines[name].line_id) for place, name in unwanted}
    return kept | {gone.name for gone in left}


def _ends(save: Save) -> dict[LineName, date]:
    """Of lines of the tenant that a save before has left: their last days."""
    return {
        LineName(place[0], line.line_id): line.ending.last_day
        for place, stored in save.kept.items()
        for line in stored.record.lines.values()
        if line.tenant_id == save.wanted.tenant_id and line.ending is not None
    }


def _own_line(save: Save, mapping: LicenceMapping) -> str:
    """The line that was created for a mapping, "" when there is none."""
    line = save.line(mapping)
    return line.line_id if line is not None and line.serves("") else ""


def _drafts(save: Save, claims: Sequence[LicenceMapping]) -> list[Draft]:
    tenant = added_tenants(save.tables, save.account).get(save.wanted.tenant_id) if claims else None
    kept = {place: seats_until.waited_for(save, place, stored, claims) for place, stored in save.kept.items()}
    by_agreement: defaultdict[AgreementKey, list[LicenceMapping]] = defaultdict(list)
    for mapping in claims:
        by_agreement[key_of(mapping)].append(mapping)
    waited_for = [
        Draft(stored, stored.record, ())
        for place, stored in kept.items()
        if place not in by_agreement and stored is not save.kept[place]
    ]
    return waited_for + [adopt.draft(save, kept[place], mine, tenant) for place, mine in by_agreement.items()]


def _store(judged: Judged) -> None:
    """The lines, then the decision. Raises Rejected when somebody else decided or changed a line meanwhile."""
    save = judged.save
    tenant, by = save.wanted.tenant_id, save.by
    if newest(save.tables, save.account, MAPPINGS, tenant) != judged.decided:
        raise Rejected(MEANWHILE, "conflict")
    try:
        for draft in judged.drafts:
            agreement_store.save(save.tables, save.account, draft.kept, draft.record, draft.entries)
        decide_after(save.tables, save.account, (MAPPINGS, tenant), judged.decided, save.wanted, by)
    except Conflict as conflict:
        raise Rejected(MEANWHILE, "conflict") from conflict


def _release(save: Save, place: AgreementKey, name: str) -> None:
    """The line stays in the PSA as it is, and may be mapped again; or it is kept until its last day is over."""

    def without(record: AgreementRecord) -> Replacement | None:
        line = record.lines.get(name)
        if line is None or line.intent is not None or _is_in_force(save, place, name):
            return None
        others = {other: kept for other, kept in record.lines.items() if other != name}
        if ending := save.ending(place, line):
            lines = {**others, **{ends.mapping_id: ends for ends in ending}}
            return record.model_copy(update={"lines": lines}), [
                adopt.ending_entry(save.by, e) for e in ending
            ]
        let_go = (*record.let_go, line.line_id) if line.line_id else record.let_go
        paid = record.let_go_paid | adopt.let_go_paid(line)
        entries = [] if line.gave_its_line_up else [adopt.released(save.by, line)]
        return record.model_copy(update={"lines": others, "let_go": let_go, "let_go_paid": paid}), entries

    agreement_store.update(save.tables, save.account, *place, without)
