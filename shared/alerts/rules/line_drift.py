"""N2: a line that somebody changed in the PSA, with its three numbers."""

from decimal import Decimal

from shared.alerts.matching import identity
from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import Judgement, More, Rule, Wording, psa_scope, row
from shared.alerts.rules.phrases import line, name
from shared.alerts.view import AccountView, OwnLine
from shared.billing.models import Drift, LineRecord
from shared.billing.planning.quantities import wanted
from shared.licensing.licences import LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import TenantState


class LineDrift(Rule):
    slug = Slug.LINE_DRIFT
    words = Wording(
        "Lines changed by hand",
        "line changed by hand",
        "lines changed by hand",
        "Somebody edited these lines in the PSA, so Seatwise leaves them alone until they say the right number again.",
    )

    def account(self, view: AccountView) -> Judgement:
        """While a PSA does not work nobody knows whether its lines were put right."""
        return Judgement(scopes=frozenset(map(psa_scope, view.working_psas)))

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        """Unknown and blocked lines are told as such: a line is in one state."""
        lines = [
            own for own in view.lines.get(state.tenant_id, ()) if own.key.connection in view.working_psas
        ]
        drifted = ((own, own.record.drift) for own in lines if not _is_otherwise(own.record))
        return Judgement(
            tuple(_finding(view, state, own, drift) for own, drift in drifted if drift is not None)
        )


def _is_otherwise(line: LineRecord) -> bool:
    """It is in another state than drift, which its own row tells, or which nobody wants to hear of."""
    return line.intent is not None or line.blocked is not None or line.frozen is not None


def _finding(view: AccountView, state: TenantState, own: OwnLine, drift: Drift) -> Finding:
    psa, target, confirmed = (
        name(view.psa_name(own.key.connection)),
        _wanted(view, state, own),
        own.record.confirmed or 0,
    )
    right, shown = confirmed if target is None else target, f"{drift.psa.normalize():f}"
    wanted_now = "unknown" if target is None else f"{target:,}"
    what = f"{line(view, own)}: last confirmed {confirmed:,}, in {psa} now {shown}, wanted {wanted_now}."
    fix = (
        f"Set the line to {right:,} in {psa}, or an admin takes its number, keeps ours or freezes the line; until then "
        "Seatwise leaves it alone."
    )
    off, of = abs(drift.psa - right), state.tenant_id
    money = off * (own.record.unit_price or Decimal(0))
    more = More(tenant_id=of, value=shown, seats=int(off), money=money)
    key, scope = identity(*own.key), psa_scope(own.key.connection)
    return row(Slug.LINE_DRIFT, key, scope, view.who(of), what, fix, **more)


def _wanted(view: AccountView, state: TenantState, own: OwnLine) -> int | None:
    """None when tonight gave no number to trust: a person would set the line to it, and no guard would see that."""
    snapshot = view.fresh(state)
    if snapshot is None or snapshot.counts_are_doubted or own.mapping is None:
        return None
    if view.companies[state.tenant_id].is_filtered:
        return None  # so many of its users as are this company's: their names are not looked up here
    try:
        return wanted(own.mapping, LicenceRows(snapshot, view.ours))
    except NotCountable:
        return None
