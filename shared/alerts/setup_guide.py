"""The guide of an account: what must be there before it can bill by itself, step by step, and how far each step is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.accounts.account import Account, Mode
from shared.accounts.companies import all_companies
from shared.alerts.models import Slug
from shared.alerts.summary import Summary, summary
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.profiles import billing_profiles
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing.tenants import partner_lists
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class Step(StrEnum):
    """In the order in which most people take them; any other order works as far as `NEEDS` allows."""

    CONNECT_PARTNER = "connect_partner"
    CONNECT_PSA = "connect_psa"
    ADD_COMPANIES = "add_companies"
    MAKE_PROFILES = "make_profiles"
    MAP_LICENCES = "map_licences"
    CHOOSE_RECIPIENTS = "choose_recipients"
    PREVIEW = "preview"
    GO_LIVE = "go_live"


NEEDS: Final[Mapping[Step, tuple[Step, ...]]] = {
    Step.ADD_COMPANIES: (Step.CONNECT_PARTNER, Step.CONNECT_PSA),
    Step.MAKE_PROFILES: (Step.CONNECT_PSA,),
    Step.MAP_LICENCES: (Step.ADD_COMPANIES, Step.MAKE_PROFILES),
    Step.PREVIEW: (Step.MAP_LICENCES,),
    Step.GO_LIVE: (Step.MAP_LICENCES,),
}
"""What must have been begun before a step makes sense."""


@dataclass(frozen=True, slots=True)
class StepState:
    """`there` and `missing` count what the step is about: connections, companies, profiles, licences, addresses."""

    step: Step
    there: int
    missing: int = 0
    """How many still need somebody: connections that fail, tenants without a company, licences without a profile."""
    waits_for: tuple[Step, ...] = ()
    """Steps that must be begun before this one can be."""

    @property
    def done(self) -> bool:
        return self.there > 0 and self.missing == 0


def guide(tables: Tables, account: Account) -> list[StepState]:
    """Every step. What is missing of tenants and licences is as of the newest evaluation; all else is as of now."""
    counts = dict(_counts(tables, account, summary(tables, account.id)))
    return [
        StepState(
            step=step,
            there=counts[step][0],
            missing=counts[step][1],
            waits_for=tuple(needed for needed in NEEDS.get(step, ()) if not counts[needed][0]),
        )
        for step in Step
    ]


def _counts(
    tables: Tables, account: Account, found: Summary | None
) -> Iterator[tuple[Step, tuple[int, int]]]:
    """How many are there, and how many are missing."""
    partners = [listed for _, listed in partner_lists(tables, account.id)]
    failing = sum(1 for listed in partners if listed is not None and listed.failure is not None)
    yield Step.CONNECT_PARTNER, (len(partners), failing)
    psas = len(list(psa_connections(tables, account.id)))
    yield Step.CONNECT_PSA, (psas, min(psas, len(list(connection_failures(tables, account.id)))))
    added = sum(1 for _ in all_companies(tables, account.id))
    yield Step.ADD_COMPANIES, (added, _open(found, Slug.TENANT_NOT_ADDED))
    yield Step.MAKE_PROFILES, (len(billing_profiles(tables, account.id)), 0)
    yield Step.MAP_LICENCES, (_mapped(tables, account.id), _open(found, Slug.NO_BILLING_PROFILE))
    yield Step.CHOOSE_RECIPIENTS, (len(account.digest.everybody), 0)
    live = account.mode is Mode.LIVE
    yield Step.PREVIEW, (int(live), int(not live))
    yield Step.GO_LIVE, (int(live), int(not live))


def _mapped(tables: Tables, account: AccountId) -> int:
    """Licences with a line, and those that are not billed by somebody's decision."""
    return sum(len(mapped.mappings) for mapped in mappings_in_force(tables, account))


def _open(found: Summary | None, slug: Slug) -> int:
    """The open alerts of a type: what a person excluded is not missing."""
    return sum(count.rows for count in found.exceptions if count.slug == slug) if found else 0
