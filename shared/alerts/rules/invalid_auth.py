"""S8: Microsoft turns Seatwise away until a person acts; the partner's own trouble is one row, never one per tenant."""

from datetime import timedelta

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    More,
    Rule,
    identity,
    partner_scope,
    row,
    tenant_scope,
)
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import coded, sentence
from shared.licensing.models import Head, ReadStatus, Trouble
from shared.microsoft.models import Blame

SECOND_NIGHT = timedelta(hours=20)
"""An answer that cannot be true may be true tomorrow: only then it is a person's matter."""


class InvalidAuth(Rule):
    slug = Slug.INVALID_AUTH

    def account(self, view: AccountView) -> Judgement:
        partners = {one.connection.id: one for one in view.partners}
        refused = {name: one.trouble for name, one in partners.items() if one.trouble and one.turned_away}
        findings = (_partner(view, one, trouble, partner_scope(one)) for one, trouble in refused.items())
        return Judgement(
            tuple(findings), frozenset(partner_scope(name) for name, one in partners.items() if one.complete)
        )

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        trouble, scope = head.trouble, tenant_scope(head.tenant_id)
        if head.tenant_id not in view.companies:
            return NOT_JUDGED
        if head.status is ReadStatus.READ:
            return Judgement(scopes=frozenset({scope}))
        if trouble is None or not _is_for_a_person(view, head, trouble) or trouble in view.partner_troubles:
            return NOT_JUDGED
        if trouble.blame is Blame.PARTNER:
            return Judgement((_partner(view, view.partner_of(head), trouble, scope),))
        (what, fix), of = _words(trouble), head.tenant_id
        more = More(tenant_id=of, value=trouble.code)
        finding = row(self.slug, identity("tenant", of), scope, view.who(of), what, fix, **more)
        return Judgement((finding,), frozenset({scope}))


def is_told(view: AccountView, head: Head) -> bool:
    """A row of this type says why the tenant cannot be read."""
    trouble = head.trouble
    return view.is_on(Slug.INVALID_AUTH) and trouble is not None and _is_for_a_person(view, head, trouble)


def _is_for_a_person(view: AccountView, head: Head, trouble: Trouble) -> bool:
    if trouble.blame is Blame.INVALID:
        return head.unread_since is not None and view.now - head.unread_since >= SECOND_NIGHT
    return trouble.blame is not Blame.TRANSIENT


def _partner(view: AccountView, connection: str, trouble: Trouble, scope: str) -> Finding:
    key, who = identity("partner", connection), view.partner_name(connection)
    what, fix = _words(trouble)
    return row(Slug.INVALID_AUTH, key, scope, who, what, fix, value=trouble.code, urgent=True)


def _words(trouble: Trouble) -> tuple[str, str]:
    """A trouble's first sentence says what is wrong, the rest who must do what."""
    wrong, _, to_do = trouble.sentence.partition(". ")
    return coded(wrong, trouble.code), sentence(to_do or "Look up the code, and check the partner connection")
