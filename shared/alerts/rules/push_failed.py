"""A change that the PSA did not take, or of which nobody knows whether it did."""

from collections.abc import Iterator

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import Judgement, Rule, identity, psa_scope
from shared.alerts.rules.view import AccountView, OwnLine, Unreadable
from shared.alerts.rules.words import line, name, sentence
from shared.billing.repository import PsaTrouble


class PushFailed(Rule):
    slug = Slug.PUSH_FAILED

    def account(self, view: AccountView) -> Judgement:
        """A connection that does not work is one row: its lines and agreements are then not judged."""
        works = [one for one in view.psas if view.psa_works(one)]
        findings = [_connection(view, trouble) for trouble in view.psa_troubles.values()]
        findings += [_agreement(view, one) for one in view.unreadable if one.connection in works]
        for own in view.lines:
            if own.key.connection in works:
                findings += _line(view, own)
        return Judgement(tuple(findings), frozenset(map(psa_scope, works)))


def _connection(view: AccountView, trouble: PsaTrouble) -> Finding:
    psa = name(view.psa_name(trouble.connection))
    fix = f"See whether {psa} can be reached; Seatwise tries again at the next run."
    if trouble.sign_in:
        fix = f"An admin enters working keys in the PSA connection {psa} and chooses “test and save”."
    what = (
        f"{sentence(trouble.sentence)} Code: {name(trouble.code)}."
        if trouble.code
        else sentence(trouble.sentence)
    )
    return _finding(
        trouble.connection, identity("connection", trouble.connection), psa, what, fix, trouble.code
    )


def _agreement(view: AccountView, one: Unreadable) -> Finding:
    psa = name(view.psa_name(one.connection))
    who = name(view.who(min(one.tenants))) if len(one.tenants) == 1 else psa
    what = f"Agreement {name(one.agreement_id)} could not be worked on: {sentence(one.why)}"
    fix = f"Look at the agreement in {psa}; Seatwise tries again at the next run."
    return _finding(
        one.connection, identity("agreement", one.connection, one.agreement_id), who, what, fix, ""
    )


def _line(view: AccountView, own: OwnLine) -> Iterator[Finding]:
    record, which, psa = own.record, line(view, own), name(view.psa_name(own.key.connection))
    if record.intent is not None:
        write = record.intent.write
        what = f"{which}: it is not known whether {psa} went from {write.before:,} to {write.after:,}."
        what += f" {sentence(record.intent.why)}" if record.intent.why else ""
        state, fix = (
            "unknown",
            f"Look at the line in {psa}; Seatwise writes nothing to it until this is clear.",
        )
    elif record.blocked:
        state, what = "blocked", f"{which} cannot be written: {sentence(record.blocked)}"
        fix = f"Put this right in {psa} or in the mapping; Seatwise looks again at the next run."
    elif record.refused:
        state, what = "refused", f"{which}: the change did not go through. {sentence(record.refused)}"
        fix = f"Put right what is named here in {psa}; Seatwise tries again at the next run."
    elif record.not_planned:
        state, what = "not planned", f"{which} keeps its quantity for now: {sentence(record.not_planned)}"
        fix = "Choose “sync now” for the customer; if that does not help, check its subscriptions in Microsoft 365."
    else:
        return
    who = name(view.who(record.tenant_id))
    yield _finding(own.key.connection, identity("line", *own.key), who, what, fix, state, record.tenant_id)


def _finding(
    connection: str, identity: str, who: str, what: str, fix: str, value: str, tenant_id: str = ""
) -> Finding:
    return Finding(
        slug=Slug.PUSH_FAILED,
        identity=identity,
        scope=psa_scope(connection),
        tenant_id=tenant_id,
        who=who,
        what=what,
        fix=fix,
        value=value,
        urgent=True,
    )
