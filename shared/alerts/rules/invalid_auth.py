"""S8: Microsoft turns Seatwise away until a person acts; the partner's own failure is one row, never one per tenant."""

from datetime import timedelta

from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import NOT_JUDGED, Judgement, Rule, Wording, partner_scope, row, tenant_scope
from shared.alerts.rules.phrases import coded, sentence
from shared.alerts.rules.unread_mailboxes import unread_mailboxes
from shared.alerts.view import AccountView
from shared.licensing.tenant_state import ReadFailure, ReadStatus, TenantState
from shared.microsoft.models import FailureCause
from shared.microsoft.read_problems import ReadProblem

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
    reach = frozenset({ExclusionScope.TENANT})

    def account(self, view: AccountView) -> Judgement:
        scopes = {partner_scope(other.connection.id): other for other in view.partners}
        findings = [
            _partner(view, partner.connection.id, partner.failure, scope)
            for scope, partner in scopes.items()
            if partner.failure is not None and partner.turned_away
        ]
        return Judgement(
            tuple(findings), frozenset(scope for scope, partner in scopes.items() if partner.complete)
        )

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        return self._sign_in(view, state) + unread_mailboxes(view, state)

    def _sign_in(self, view: AccountView, state: TenantState) -> Judgement:
        failure, of, scope = state.failure, state.tenant_id, tenant_scope(state.tenant_id)
        if state.status is ReadStatus.READ and of in view.companies:
            return Judgement(scopes=frozenset({scope}))
        if failure is None or not is_told(view, state) or failure in view.partner_troubles:
            return NOT_JUDGED
        if _is_removal(view, failure):
            return Judgement(scopes=frozenset({scope}))
        if _is_of_another_partner(view, of) or _is_of_an_old_list(view, of, failure):
            return NOT_JUDGED
        if failure.cause is FailureCause.PARTNER:
            return Judgement((_partner(view, view.partner_of(state), failure, scope),))
        key, (what, fix) = tenant_row(of), _words(failure)
        found = row(self.slug, key, scope, view.who(of), what, fix, tenant_id=of, value=failure.code)
        return Judgement((found,), frozenset({scope}))


def _is_of_another_partner(view: AccountView, of: str) -> bool:
    """The tenant is also a customer of a partner that is turned away as a whole: that row comes first."""
    return any(partner.turned_away and of in partner.added_before for partner in view.partners)


def _is_of_an_old_list(view: AccountView, of: str, failure: ReadFailure) -> bool:
    """Its row was read off a list that tonight could not be read, so nobody checked it."""
    if failure.problem is not ReadProblem.NO_ACTIVE_GDAP or not view.is_open(
        Slug.INVALID_AUTH, tenant_row(of)
    ):
        return False
    return any(of in partner.added_before for partner in view.partners)


def stands_in_a_row(view: AccountView, state: TenantState) -> bool:
    """A row that is open already says why the tenant is not read, whatever stood in the way tonight."""
    partner = view.partner_of(state)
    if has_own_row(view, state.tenant_id):
        return True
    is_whole = any(other.complete for other in view.partners if other.connection.id == partner)
    return not is_whole and view.is_open(Slug.INVALID_AUTH, partner_row(partner))


def has_own_row(view: AccountView, tenant_id: str) -> bool:
    """A row of the tenant itself is open: its sign-in problem, or that it was removed."""
    if view.is_open(Slug.INVALID_AUTH, tenant_row(tenant_id)):
        return True
    return view.is_open(Slug.TENANT_REMOVED, identity(tenant_id)) and tenant_id not in view.listed


def tenant_row(tenant_id: str) -> str:
    return identity("tenant", tenant_id)


def partner_row(connection: str) -> str:
    return identity("partner", connection)


def is_told(view: AccountView, state: TenantState) -> bool:
    """A row says why an added tenant cannot be read: its own one, its partner's, or that it was removed."""
    failure = state.failure
    if failure is None or state.tenant_id not in view.companies:
        return False
    if _is_removal(view, failure):
        return True
    if not view.is_on(Slug.INVALID_AUTH):
        return False
    if failure.cause is FailureCause.INVALID:
        return state.unread_since is not None and view.now - state.unread_since >= SECOND_NIGHT
    return failure.cause is not FailureCause.TRANSIENT


def _is_removal(view: AccountView, failure: ReadFailure) -> bool:
    """That the tenant is in no customer list is a person's decision, not a sign-in problem."""
    return failure.problem is ReadProblem.NOT_LISTED and view.is_on(Slug.TENANT_REMOVED)


def _partner(view: AccountView, connection: str, failure: ReadFailure, scope: str) -> Finding:
    key, who = partner_row(connection), view.partner_name(connection)
    what, fix = _words(failure)
    return row(Slug.INVALID_AUTH, key, scope, who, what, fix, value=failure.code, urgent=True)


def _words(failure: ReadFailure) -> tuple[str, str]:
    """A failure's first sentence says what is wrong, the rest who must do what."""
    wrong, _, to_do = failure.sentence.partition(". ")
    return coded(wrong, failure.code), sentence(to_do or "Look up the code, and check the partner connection")
