"""N1: a change that waits for a person's word on exactly its numbers."""

from decimal import Decimal

from shared.accounts.account import Mode
from shared.alerts.matching import identity
from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import ACCOUNT, Judgement, More, Rule, Wording, row
from shared.alerts.rules.phrases import line, listed, name, seats
from shared.alerts.view import AccountView, OwnLine
from shared.billing.models import Hold, HoldReason


class PushHeld(Rule):
    slug = Slug.PUSH_HELD
    words = Wording(
        "Held pushes",
        "held push",
        "held pushes",
        "These changes wait for a person and nothing of them was written: check each number, then decide.",
    )

    def account(self, view: AccountView) -> Judgement:
        """A hold is our own row: it stays as it is while tenant or PSA cannot be read, so it can always be judged."""
        waiting = ((own, own.waiting) for own in view.all_lines())
        findings = (_finding(view, own, hold) for own, hold in waiting if hold is not None)
        return Judgement(tuple(findings), frozenset({ACCOUNT}))


def _finding(view: AccountView, own: OwnLine, hold: Hold) -> Finding:
    change, live = hold.change, view.account.mode is Mode.LIVE
    steps, tenant = abs(change.after - change.before), change.tenant_id
    how = f"from {change.before:,} to {seats(change.after)}, {steps:,} {'fewer' if change.loss else 'more'}"
    how = how if change.line_id else f"a new line with {seats(change.after)}"
    because = listed([_reason(view, reason) for reason in hold.reasons])
    what = f"{line(view, own)}: {how}. {'Held' if live else 'Would be held'} because {because}."
    fix = "An admin checks that the number is right, then approves exactly this change or rejects it."
    if HoldReason.PRORATION in hold.reasons:
        psa = name(view.psa_name(own.key.connection))
        fix = f"This cannot be approved yet: make the change in {psa} by hand, and Seatwise takes the number over."
    key, money = identity(*own.key), steps * (own.record.unit_price or Decimal(0))
    more = More(tenant_id=tenant, value=change.id, seats=steps, money=money, urgent=live)
    return row(Slug.PUSH_HELD, key, ACCOUNT, view.who(tenant), what, fix, **more)


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
            return "the agreement prorates its lines, and it is not known until when it is billed"
        case HoldReason.SOLD_BY_OTHERS:
            return "some of the seats were sold by somebody else than before"
