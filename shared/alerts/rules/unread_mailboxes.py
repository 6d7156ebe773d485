"""Shared mailboxes that cannot be read until a person acts (S8): a part of invalid auth."""

from shared.alerts.matching import identity
from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import NOT_JUDGED, Judgement, row
from shared.alerts.rules.phrases import coded, name, sentence
from shared.alerts.view import AccountView
from shared.licensing.tenant_state import ReadFailure, TenantState
from shared.microsoft.models import FailureCause

_FOR_A_PERSON = frozenset({FailureCause.PARTNER, FailureCause.TENANT, FailureCause.GONE})


def unread_mailboxes(view: AccountView, state: TenantState) -> Judgement:
    """One row per partner connection and cause, which names one tenant; it is news when it must name another one."""
    snapshot, boxes, scopes = view.fresh(state), state.mailboxes, frozenset({f"mailboxes|{state.tenant_id}"})
    if not view.account.watches_shared_mailboxes:
        return Judgement(scopes=scopes)
    if snapshot is None or boxes is None:
        return NOT_JUDGED
    if boxes.failure is None:
        return Judgement(scopes=scopes)
    if boxes.failure.cause not in _FOR_A_PERSON:
        return NOT_JUDGED
    return Judgement((_finding(view, state.tenant_id, snapshot.connection_id, boxes.failure),))


def _finding(view: AccountView, of: str, connection: str, failure: ReadFailure) -> Finding:
    _, _, to_do = failure.sentence.partition(". ")
    what = f"Shared mailboxes could not be read, here and perhaps elsewhere in {name(view.partner_name(connection))}."
    return row(
        Slug.INVALID_AUTH,
        identity("mailboxes", connection, failure.code),
        f"mailboxes|{of}",
        view.who(of),
        coded(what, failure.code),
        sentence(to_do or failure.sentence),
        tenant_id=of,
        value=of,
    )
