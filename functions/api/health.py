"""The doctor: whether the installation and the account are well."""

from datetime import timedelta

from fastapi import APIRouter

from functions import health
from functions.api.models import Shown
from functions.api.principal import Admin
from shared.accounts.directory import load_account
from shared.accounts.rate_limits import RateLimit
from shared.health.finding import Check, Finding

router = APIRouter(tags=["health"])

LOOKS = RateLimit("health", 10, timedelta(minutes=10))
"""Each signs in to every partner and PSA."""


class ShownFinding(Shown):
    check: Check
    well: bool
    sentence: str
    cure: str
    """What a person does about it; empty when it is well."""


class ShownHealth(Shown):
    well: bool
    installation: list[ShownFinding]
    account: list[ShownFinding]


@router.get("/accounts/{account}/health", operation_id="getHealth")
def get(asking: Admin) -> ShownHealth:
    """Look at settings, storage, clock, vault, mail, queues, and the account's sign-ins, PSAs, mails and nights."""
    asking.spend(LOOKS)
    of_all = list(health.installation_findings(asking.wired))
    of_account = list(health.account_findings(asking.wired, load_account(asking.tables, asking.account)))
    return ShownHealth(
        well=all(finding.well for finding in (*of_all, *of_account)),
        installation=[_shown(finding) for finding in of_all],
        account=[_shown(finding) for finding in of_account],
    )


def _shown(finding: Finding) -> ShownFinding:
    return ShownFinding(check=finding.check, well=finding.well, sentence=finding.sentence, cure=finding.cure)
