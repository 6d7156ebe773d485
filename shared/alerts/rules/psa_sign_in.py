"""K3: a PSA that does not let Seatwise in: one row per connection, and nothing of it is written until then."""

from shared.alerts.matching import identity
from shared.alerts.rules.base import Judgement, Rule, Wording, psa_scope, row
from shared.alerts.rules.phrases import coded, name
from shared.alerts.view import AccountView
from shared.billing.psa_connections import ConnectionFailure

KEYS = "An admin enters working keys in the PSA connection {psa} and chooses “test and save”."


class PsaSignIn(Rule):
    slug = "psa_sign_in"
    words = Wording(
        "PSA sign-in refused",
        "refused PSA sign-in",
        "refused PSA sign-ins",
        "The PSA does not let Seatwise in: until somebody enters working keys, no line of it is read or changed.",
        who="PSA",
    )

    def account(self, view: AccountView) -> Judgement:
        """A PSA that does not answer at all says nothing about the keys."""
        refused = [failure for failure in view.connection_failures.values() if failure.sign_in]
        findings = []
        for failure in refused:
            psa, key, scope = (
                view.psa_name(failure.connection),
                identity(failure.connection),
                psa_scope(failure.connection),
            )
            what, fix = coded(_told(failure, psa), failure.code), KEYS.format(psa=name(psa))
            findings.append(row(self.slug, key, scope, psa, what, fix, value=failure.code, urgent=True))
        return Judgement(tuple(findings), frozenset(map(psa_scope, view.working_psas)))


def _told(failure: ConnectionFailure, psa: str) -> str:
    return failure.told(name(psa))
