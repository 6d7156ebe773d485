"""K1: an added tenant that is in no customer list any more, and lines whose company is. Only a person ends anything."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from shared.alerts.matching import identity
from shared.alerts.models import Finding, Removal, Slug
from shared.alerts.rules.base import ACCOUNT, NOT_JUDGED, Judgement, More, Rule, Wording, row, tenant_scope
from shared.alerts.rules.phrases import day, last_read, listed, name, seats
from shared.alerts.view import AccountView, WithoutCompany
from shared.licensing.tenant_state import TenantState


class TenantRemoved(Rule):
    slug = Slug.TENANT_REMOVED
    words = Wording(
        "Removed tenants",
        "removed tenant",
        "removed tenants",
        "These left every partner connection, or their company was removed: say what becomes of their lines.",
    )

    def account(self, view: AccountView) -> Judgement:
        """Whoever is in one list is not removed, whatever became of the other lists.

        A company that was removed leaves its lines behind: a matter of our own store, which can always be judged.
        """
        by_place = groupby(sorted(view.without_company), key=lambda line: (line.tenant_id, line.connection))
        findings = tuple(_lines(view, *place, list(lines)) for place, lines in by_place)
        return Judgement(findings, frozenset({ACCOUNT}), frozenset(map(identity, view.listed)))

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        """Asked of tenants that a run has asked for: a company added a moment ago may be newer than the lists."""
        of = state.tenant_id
        removal = view.removals.get(of)
        if removal is not None and view.today < removal.until:
            return Judgement(settled=frozenset({identity(of)}))  # whatever became of the lists tonight
        if not view.is_removed(of):
            return NOT_JUDGED
        return Judgement((_finding(view, state, removal),), frozenset({tenant_scope(of)}))


def _finding(view: AccountView, state: TenantState, removal: Removal | None) -> Finding:
    of = state.tenant_id
    names = [f"“{name(partner.connection.name)}”" for partner in view.partners]
    where = f"partner connection{'' if len(names) == 1 else 's'} {listed(names)}"
    read = last_read(view, state.snapshot.began if state.snapshot else None, None)
    what = f"No longer a customer in {where}. {read}"
    fix = "An admin confirms the last day to bill, or an editor dismisses; until then nothing is cancelled or changed."
    value = ""
    if removal is not None and removal.ends is not None:
        value = removal.ends.isoformat()
        what = f"No longer a customer in {where}. {day(removal.ends)} was confirmed as the last day to bill."
        fix = "Its lines were to end on that day: end what still runs in the PSA, then remove the company."
    return row(
        Slug.TENANT_REMOVED,
        identity(of),
        tenant_scope(of),
        view.who(of),
        what,
        fix,
        tenant_id=of,
        value=value,
    )


def _lines(view: AccountView, of: str, connection: str, lines: Sequence[WithoutCompany]) -> Finding:
    """One row per tenant and PSA, until the lines are let go or the company is added again."""
    psa, agreements = name(view.psa_name(connection)), sorted({name(line.agreement_id) for line in lines})
    where = f"agreement{'' if len(agreements) == 1 else 's'} {listed(agreements)} in {psa}"
    billed, money = sum(line.seats for line in lines), sum((line.money for line in lines), Decimal(0))
    count, bill, them, their = (
        ("1 line", "bills", "it", "its mapping")
        if len(lines) == 1
        else (f"{len(lines):,} lines", "bill", "them", "their mappings")
    )
    what = f"Its company was removed, and {count} on {where} still {bill} {seats(billed)}."
    fix = f"End {them} in {psa} and take {their} off; or add the company again."
    more = More(tenant_id=of, seats=billed, money=money)
    key = identity("lines", of, connection)
    return row(Slug.TENANT_REMOVED, key, ACCOUNT, view.who(of), what, fix, **more)
