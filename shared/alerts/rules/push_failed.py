"""A change that the PSA did not take, or of which nobody knows whether it did."""

from collections.abc import Iterator

from shared.alerts.matching import identity
from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import Judgement, Rule, Wording, psa_scope, row
from shared.alerts.rules.phrases import coded, line, name, sentence, unclear, undecidable
from shared.alerts.view import AccountView, OwnLine, Unreadable
from shared.billing import why_not
from shared.billing.models import SAVED_AGAIN_IS_RIGHT, UnplannedReason
from shared.billing.psa.write_failures import told
from shared.billing.psa_connections import ConnectionFailure

_UNREAD = UnplannedReason.UNREAD
CLEAR = "Look at the line in {psa}; Seatwise writes nothing to it until this is clear."
PUT_RIGHT = "Put this right in {psa} or in the mapping; Seatwise tries again at the next run."
SAY = (
    "Look in {psa} whether it was done, then say in Seatwise that it was, or that it was not; until then nothing is "
    "sent again."
)
SYNC = "Choose “sync now” for the customer; if that does not help, check its subscriptions in Microsoft 365."
SAVE = "Look at the customer’s mappings and save them again."
LOOK = "See in {psa} what is wrong; Seatwise tries again at the next run."


class PushFailed(Rule):
    slug = Slug.PUSH_FAILED
    words = Wording(
        "Failed or unclear pushes",
        "failed push",
        "failed pushes",
        "The PSA refused these changes or gave no clear answer: look at the line before the next invoice.",
    )

    def account(self, view: AccountView) -> Judgement:
        """A connection that does not work is one row: its lines and agreements are then not judged.

        One that refuses the sign-in has a row of that type; it answers, so it is not out of reach any more.
        """
        refused = [failure.connection for failure in view.connection_failures.values() if failure.sign_in]
        findings = [
            _connection(view, failure) for failure in view.connection_failures.values() if not failure.sign_in
        ]
        findings += [
            _agreement(view, agreement)
            for agreement in view.unreadable
            if agreement.connection in view.working_psas
        ]
        lines = (own for own in view.all_lines() if own.key.connection in view.working_psas)
        findings += [found for own in lines for found in _line(view, own)]
        scopes = frozenset(map(psa_scope, view.working_psas))
        return Judgement(
            tuple(findings), scopes, frozenset(identity("connection", connection) for connection in refused)
        )


def _connection(view: AccountView, failure: ConnectionFailure) -> Finding:
    key, scope = identity("connection", failure.connection), psa_scope(failure.connection)
    psa = view.psa_name(failure.connection)
    what, fix = coded(failure.what(name(psa)), failure.code), failure.cure(name(psa))
    return row(Slug.PUSH_FAILED, key, scope, psa, what, fix, value=failure.code, urgent=True)


def _agreement(view: AccountView, unreadable: Unreadable) -> Finding:
    psa = view.psa_name(unreadable.connection)
    who = view.who(*unreadable.tenants) if len(unreadable.tenants) == 1 else psa
    key, scope = (
        identity("agreement", unreadable.connection, unreadable.agreement_id),
        psa_scope(unreadable.connection),
    )
    what = f"Agreement {name(unreadable.agreement_id)} could not be worked on: {sentence(unreadable.why)}"
    return row(Slug.PUSH_FAILED, key, scope, who, what, LOOK.format(psa=name(psa)), urgent=True)


def _line(view: AccountView, own: OwnLine) -> Iterator[Finding]:
    """One row in the line's state; drifted and held lines have rows of other types."""
    record, psa = own.record, name(view.psa_name(own.key.connection))
    if record.intent is not None and record.intent.undecidable:
        state, what, fix = "undecidable", f": {undecidable(record.intent, psa)}", SAY
    elif record.intent is not None:
        state, what, fix = "unknown", f": {unclear(record.intent, psa)}", CLEAR
    elif record.blocked:
        state, what, fix = (
            "blocked",
            f" cannot be written: {sentence(why_not.blocked(record.blocked))}",
            PUT_RIGHT,
        )
    elif record.frozen is not None or own.waiting is not None:
        return
    elif record.drift is None and record.refused:
        state, what, fix = "refused", f" was not changed: {sentence(told(record.refused))}", PUT_RIGHT
    elif record.drift is None and record.not_planned and record.not_planned.reason is not _UNREAD:
        state, what = "waits", f" keeps its number for now: {sentence(why_not.unplanned(record.not_planned))}"
        fix = SAVE if record.not_planned.reason in SAVED_AGAIN_IS_RIGHT else SYNC
    else:
        return
    key, scope, of = identity("line", *own.key), psa_scope(own.key.connection), record.tenant_id
    what, fix = f"{line(view, own)}{what}", fix.format(psa=psa)
    yield row(Slug.PUSH_FAILED, key, scope, view.who(of), what, fix, tenant_id=of, value=state, urgent=True)
