"""N1: a change that waits for a person's word on exactly its numbers."""

from decimal import Decimal

from shared.accounts.models import Mode
from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import ACCOUNT, Judgement, Rule, identity
from shared.alerts.rules.view import AccountView, OwnLine
from shared.alerts.rules.words import line, listed, name, seats
from shared.billing.models import Hold, HoldReason


class PushHeld(Rule):
    slug = Slug.PUSH_HELD

    def account(self, view: AccountView) -> Judgement:
        """A hold is our own row: it stays as it is while tenant or PSA cannot be read, so it can always be judged."""
        findings = tuple(
            _finding(view, own, own.record.hold)
            for own in view.lines
            if own.record.hold is not None and own.record.hold.decided is None
        )
        return Judgement(findings, frozenset({ACCOUNT}))


def _finding(view: AccountView, own: OwnLine, hold: Hold) -> Finding:
    change, live = hold.change, view.account.mode is Mode.LIVE
    steps = abs(change.after - change.before)
    how = f"from {change.before:,} to {seats(change.after)}, {steps:,} {'fewer' if change.loss else 'more'}"
    if not change.line_id:
        how = f"a new line with {seats(change.after)}"
    held = "Held" if live else "Will be held once the account is live"
    because = listed([_reason(view, reason) for reason in hold.reasons])
    return Finding(
        slug=Slug.PUSH_HELD,
        identity=identity(*own.key),
        scope=ACCOUNT,
        tenant_id=change.tenant_id,
        who=name(view.who(change.tenant_id)),
        what=f"{line(view, own)}: {how}. {held} because {because}.",
        fix=_fix(view, own, hold),
        value=change.id,
        seats=steps,
        money=steps * (own.record.unit_price or Decimal(0)),
        urgent=live,
    )


def _fix(view: AccountView, own: OwnLine, hold: Hold) -> str:
    if HoldReason.PRORATION in hold.reasons:
        psa = name(view.psa_name(own.key.connection))
        return f"This cannot be approved yet: make the change in {psa} by hand, and Seatwise takes the number over."
    return "An admin checks that the number is right, then approves exactly this change or rejects it."


def _reason(view: AccountView, reason: HoldReason) -> str:
    guard = view.account.guard
    match reason:
        case HoldReason.TO_ZERO:
            return "the line would go to 0"
        case HoldReason.TENANT_LOSS:
            most = f"{guard.tenant_percent} % and more than {seats(guard.tenant_seats)}"
            return f"the customer would lose more than {most} within 24 hours"
        case HoldReason.ACCOUNT_LOSS:
            return "all customers together would lose unusually many seats within 24 hours"
        case HoldReason.SUSPICIOUS:
            return "Microsoft’s newest numbers for this customer are hard to believe"
        case HoldReason.PRORATION:
            return "the agreement prorates its lines: proration comes later"
