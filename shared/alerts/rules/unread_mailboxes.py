"""Shared mailboxes that cannot be read until a person acts (S8): a part of invalid auth."""

from shared.alerts.models import Finding, Slug, identity
from shared.alerts.rules.base import NOT_JUDGED, Judgement, row
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import coded, name, sentence
from shared.licensing.models import Head, Trouble
from shared.microsoft.models import Blame

_FOR_A_PERSON = frozenset({Blame.PARTNER, Blame.TENANT, Blame.GONE})


def unread_mailboxes(view: AccountView, head: Head) -> Judgement:
    """One row per partner connection and cause, which names one tenant; it is news when it must name another one."""
    snapshot, boxes, scopes = view.fresh(head), head.mailboxes, frozenset({f"mailboxes|{head.tenant_id}"})
    if not view.account.watches_shared_mailboxes:
        return Judgement(scopes=scopes)
    if snapshot is None or boxes is None:
        return NOT_JUDGED
    if boxes.trouble is None:
        return Judgement(scopes=scopes)
    if boxes.trouble.blame not in _FOR_A_PERSON:
        return NOT_JUDGED
    return Judgement((_finding(view, head.tenant_id, snapshot.connection_id, boxes.trouble),))


def _finding(view: AccountView, of: str, connection: str, trouble: Trouble) -> Finding:
    _, _, to_do = trouble.sentence.partition(". ")
    what = f"Shared mailboxes could not be read, here and perhaps elsewhere in {name(view.partner_name(connection))}."
    return row(
        Slug.INVALID_AUTH,
        identity("mailboxes", connection, trouble.code),
        f"mailboxes|{of}",
        view.who(of),
        coded(what, trouble.code),
        sentence(to_do or trouble.sentence),
        tenant_id=of,
        value=of,
    )
