"""S8: Microsoft turns Seatwise away until a person acts; the partner's own trouble is one row, never one per tenant."""

from datetime import timedelta

from shared.alerts.excluded import Reach
from shared.alerts.models import Finding, Slug, identity
from shared.alerts.rules.base import NOT_JUDGED, Judgement, Rule, partner_scope, row, tenant_scope
from shared.alerts.rules.unread_mailboxes import unread_mailboxes
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import coded, sentence
from shared.alerts.wording import Wording
from shared.licensing.models import Head, ReadStatus, Trouble
from shared.licensing.reading import NOT_LISTED
from shared.microsoft.models import Blame

SECOND_NIGHT = timedelta(hours=20)
"""An answer that cannot be true may be true tomorrow: only then it is a person's matter."""


class InvalidAuth(Rule):
    slug = Slug.INVALID_AUTH
    words = Wording(
        "Sign-in problems",
        "sign-in problem",
        "sign-in problems",
        "Microsoft turned Seatwise away: until it is let in again, what could not be read stays as it was.",
    )
    reach = frozenset({Reach.TENANT})

    def account(self, view: AccountView) -> Judgement:
        scopes = {partner_scope(one.connection.id): one for one in view.partners}
        findings = [
            _partner(view, one.connection.id, one.trouble, scope)
            for scope, one in scopes.items()
            if one.trouble is not None and one.turned_away
        ]
        return Judgement(tuple(findings), frozenset(scope for scope, one in scopes.items() if one.complete))

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        return self._sign_in(view, head) + unread_mailboxes(view, head)

    def _sign_in(self, view: AccountView, head: Head) -> Judgement:
        trouble, of, scope = head.trouble, head.tenant_id, tenant_scope(head.tenant_id)
        if head.status is ReadStatus.READ and of in view.companies:
            return Judgement(scopes=frozenset({scope}))
        if trouble is None or not is_told(view, head) or trouble in view.partner_troubles:
            return NOT_JUDGED
        if _is_removal(view, trouble):
            return Judgement(scopes=frozenset({scope}))
        if trouble.blame is Blame.PARTNER:
            return Judgement((_partner(view, view.partner_of(head), trouble, scope),))
        key, (what, fix) = identity("tenant", of), _words(trouble)
        found = row(self.slug, key, scope, view.who(of), what, fix, tenant_id=of, value=trouble.code)
        return Judgement((found,), frozenset({scope}))


def is_told(view: AccountView, head: Head) -> bool:
    """A row says why an added tenant cannot be read: its own one, its partner's, or that it was removed."""
    trouble = head.trouble
    if trouble is None or head.tenant_id not in view.companies:
        return False
    if _is_removal(view, trouble):
        return True
    if not view.is_on(Slug.INVALID_AUTH):
        return False
    if trouble.blame is Blame.INVALID:
        return head.unread_since is not None and view.now - head.unread_since >= SECOND_NIGHT
    return trouble.blame is not Blame.TRANSIENT


def _is_removal(view: AccountView, trouble: Trouble) -> bool:
    """That the tenant is in no customer list is a person's decision, not a sign-in problem."""
    return trouble.code == NOT_LISTED.code and view.is_on(Slug.TENANT_REMOVED)


def _partner(view: AccountView, connection: str, trouble: Trouble, scope: str) -> Finding:
    key, who = identity("partner", connection), view.partner_name(connection)
    what, fix = _words(trouble)
    return row(Slug.INVALID_AUTH, key, scope, who, what, fix, value=trouble.code, urgent=True)


def _words(trouble: Trouble) -> tuple[str, str]:
    """A trouble's first sentence says what is wrong, the rest who must do what."""
    wrong, _, to_do = trouble.sentence.partition(". ")
    return coded(wrong, trouble.code), sentence(to_do or "Look up the code, and check the partner connection")
