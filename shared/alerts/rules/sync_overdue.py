"""What was not synced for too long, whatever the cause, and work that was given up."""

from collections.abc import Iterator
from datetime import timedelta

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import ACCOUNT, NOT_JUDGED, Judgement, More, Rule, identity, row, tenant_scope
from shared.alerts.rules.invalid_auth import is_told
from shared.alerts.rules.view import STALE, AccountView
from shared.alerts.rules.words import coded, moment, name
from shared.licensing.models import Head, Trouble

NIGHT_AND_A_BIT = timedelta(hours=26)
AGAIN = "Choose “sync now”; if it does not end well either, tell Seatwise’s support what stands here."


class SyncOverdue(Rule):
    slug = Slug.SYNC_OVERDUE

    def account(self, view: AccountView) -> Judgement:
        return Judgement((*_nights(view), *_lists(view), *_given_up(view)), frozenset({ACCOUNT}))

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        """Only who is billed can be overdue; what a sign-in problem says already is not said twice."""
        of, read = head.tenant_id, head.snapshot.began if head.snapshot else None
        since, scope = read or head.unread_since, frozenset({tenant_scope(head.tenant_id)})
        billed = any(mapping.profile for mapping in view.mapped.get(of, ()))
        if of not in view.companies or since is None or (billed and is_told(view, head)):
            return NOT_JUDGED
        if not billed or view.now - since < STALE:
            return Judgement(scopes=scope)
        what = f"Last read completely on {moment(view, read)}." if read else "Never read completely."
        what = f"{what} {_why(head.trouble)}".rstrip()
        return Judgement(
            (_row("tenant", of, view.who(of), what, AGAIN, scope=tenant_scope(of), of=of),), scope
        )


def _why(trouble: Trouble | None) -> str:
    return coded(trouble.sentence, trouble.code) if trouble else ""


def _nights(view: AccountView) -> Iterator[Finding]:
    closed = view.nights.last_closed
    if view.now - (closed or view.account.since) > NIGHT_AND_A_BIT:
        what = (
            f"The last nightly sync ended on {moment(view, closed)}."
            if closed
            else "No nightly sync has ended yet."
        )
        yield _row("account", "", view.account.name, what, AGAIN)


def _lists(view: AccountView) -> Iterator[Finding]:
    """A customer list that keeps failing and that no sign-in problem explains."""
    for partner in view.partners:
        began, named = partner.listed.began if partner.listed else None, partner.connection
        if partner.trouble and not partner.turned_away and (began is None or view.now - began >= STALE):
            when = f"last read completely on {moment(view, began)}" if began else "never read completely"
            yield _row(
                "partner", named.id, named.name, f"Customer list {when}. {_why(partner.trouble)}", AGAIN
            )


def _given_up(view: AccountView) -> Iterator[Finding]:
    """Until a later night ended well."""
    for one in view.poisoned:
        if view.nights.last_closed is None or one.at >= view.nights.last_closed:
            what = f"Seatwise gave up a step of its work (“{name(one.queue)}”) on {moment(view, one.at)}."
            yield _row("given up", one.queue, view.account.name, what, AGAIN, value=one.at.isoformat())


def _row(
    kind: str, key: str, who: str, what: str, fix: str, *, scope: str = ACCOUNT, of: str = "", value: str = ""
) -> Finding:
    more = More(tenant_id=of, value=value, urgent=True)
    return row(Slug.SYNC_OVERDUE, identity(kind, key), scope, who, what, fix, **more)
