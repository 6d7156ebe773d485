"""K2: a PSA in which no tickets can be made or closed: one row, however many alerts wait for theirs."""

from shared.alerts.matching import identity
from shared.alerts.models import Slug
from shared.alerts.rules.base import ACCOUNT, Judgement, Rule, Wording, row
from shared.alerts.rules.phrases import coded, name
from shared.alerts.view import AccountView


class TicketsFailed(Rule):
    slug = Slug.TICKETS_FAILED
    words = Wording(
        "Tickets not made",
        "PSA that takes no tickets",
        "PSAs that take no tickets",
        "Alerts become no tickets until this is put right; mails tell them as before.",
        who="PSA",
    )

    def account(self, view: AccountView) -> Judgement:
        """Open until tickets work again, are switched off, or are chosen anew."""
        failure = view.tickets_failure
        if failure is None:
            return Judgement(scopes=frozenset({ACCOUNT}))
        psa = view.psa_name(failure.connection)
        what, fix = coded(failure.what(name(psa)), failure.code), failure.cure(name(psa))
        found = row(
            self.slug, identity(failure.connection), ACCOUNT, psa, f"Tickets: {what}", fix, value=failure.code
        )
        return Judgement((found,), frozenset({ACCOUNT}))
