"""K1: an added tenant that is in no customer list any more. Only a person's word ends anything."""

from shared.alerts.models import Finding, Removal, Slug, identity
from shared.alerts.rules.base import NOT_JUDGED, Judgement, Rule, row, tenant_scope
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import day, last_read, listed, name
from shared.alerts.wording import Wording
from shared.licensing.models import Head


class TenantRemoved(Rule):
    slug = Slug.TENANT_REMOVED
    words = Wording(
        "Removed tenants",
        "removed tenant",
        "removed tenants",
        "These left every partner connection: confirm an end date for their lines, or dismiss.",
    )

    def account(self, view: AccountView) -> Judgement:
        """Whoever is in one list is not removed, whatever became of the other lists."""
        return Judgement(settled=frozenset(map(identity, view.listed)))

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        """Asked of tenants that a run has asked for: a company added a moment ago may be newer than the lists."""
        of = head.tenant_id
        if not view.is_removed(of):
            return NOT_JUDGED
        removal = view.removals.get(of)
        if removal is not None and view.today < removal.until:
            return Judgement(settled=frozenset({identity(of)}))
        return Judgement((_finding(view, head, removal),), frozenset({tenant_scope(of)}))


def _finding(view: AccountView, head: Head, removal: Removal | None) -> Finding:
    of = head.tenant_id
    names = [f"“{name(partner.connection.name)}”" for partner in view.partners]
    where = f"partner connection{'' if len(names) == 1 else 's'} {listed(names)}"
    read = last_read(view, head.snapshot.began if head.snapshot else None, None)
    what = f"No longer a customer in {where}. {read}"
    fix = "An editor confirms the last day to bill, or dismisses; until then nothing is cancelled or changed."
    value = ""
    if removal is not None and removal.ends is not None:
        value = removal.ends.isoformat()
        what = f"No longer a customer in {where}. {day(removal.ends)} was confirmed as the last day to bill."
        fix = "End its lines in the PSA, if they still run, and remove the company; Seatwise ended nothing itself."
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
