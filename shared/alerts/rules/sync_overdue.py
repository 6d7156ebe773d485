"""What was not synced for too long, whatever the cause, and work that was given up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Unpack

from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import ACCOUNT, NOT_JUDGED, Judgement, More, Rule, Wording, row, tenant_scope
from shared.alerts.rules.invalid_auth import is_told, partner_row, stands_in_a_row
from shared.alerts.rules.phrases import last_read, moment, name
from shared.alerts.view import STALE, AccountView
from shared.licensing.tenant_state import ReadStatus, TenantState

NIGHT_AND_A_BIT = timedelta(hours=26)
AGAIN = "Choose “sync now”; if it does not end well either, tell Seatwise’s support what stands here."


class SyncOverdue(Rule):
    slug = Slug.SYNC_OVERDUE
    words = Wording(
        "Overdue or unfinished syncs",
        "overdue or unfinished sync",
        "overdue or unfinished syncs",
        "These were not read completely for too long, or were given up: lines keep the last confirmed quantities.",
    )
    reach = frozenset({ExclusionScope.TENANT})  # its tenants' rows belong to S8: unread for 36 hours

    def account(self, view: AccountView) -> Judgement:
        return Judgement((*_account(view), *_lists(view)), frozenset({ACCOUNT}))

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        """Only who is billed can be overdue; what a sign-in problem says already is not said twice."""
        of, read = state.tenant_id, state.snapshot.began if state.snapshot else None
        since, scope = read or state.unread_since, tenant_scope(of)
        billed = any(mapping.profile for mapping in view.mapped.get(of, ()))
        being_read = (
            state.status is ReadStatus.PENDING
        )  # why it was not read before is known again only afterwards
        if of not in view.companies or since is None or being_read:
            return NOT_JUDGED
        if not billed or view.now - since < STALE or is_told(view, state) or stands_in_a_row(view, state):
            return Judgement(scopes=frozenset({scope}))
        what = last_read(view, read, state.failure)
        found = _row("tenant", of, view.who(of), what, scope=scope, tenant_id=of)
        return Judgement((found,), frozenset({scope}))


def _account(view: AccountView) -> Iterator[Finding]:
    closed, who = view.nights.last_closed, view.account.name
    if view.now - (closed or view.account.since) > NIGHT_AND_A_BIT:
        ended = f"ended on {moment(view, closed)}" if closed else "has not ended yet"
        yield _row("account", "", who, f"The last nightly sync {ended}.")
    for message in view.given_up:
        what = f"Seatwise gave up a step of its work (“{name(message.queue)}”) on {moment(view, message.at)}."
        yield _row("given up", message.queue, who, what, value=message.at.isoformat())


def _lists(view: AccountView) -> Iterator[Finding]:
    """A customer list that keeps failing and that no sign-in problem explains."""
    for partner in view.partners:
        read = partner.listed.began if partner.listed else None
        explained = partner.turned_away or view.is_open(Slug.INVALID_AUTH, partner_row(partner.connection.id))
        if partner.failure and not explained and (read is None or view.now - read >= STALE):
            what = f"Customer list: {last_read(view, read, partner.failure)}"
            yield _row("partner", partner.connection.id, partner.connection.name, what)


def _row(kind: str, key: str, who: str, what: str, scope: str = ACCOUNT, **more: Unpack[More]) -> Finding:
    return row(Slug.SYNC_OVERDUE, identity(kind, key), scope, who, what, AGAIN, **more | More(urgent=True))
