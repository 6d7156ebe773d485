"""N7, S11, S13: deciding what nobody wants an alert about. An exclusion never touches what is synced or billed."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

from shared.alerts.matching import identity
from shared.alerts.models import Exclusion, Exclusions, ExclusionScope, Slug, Target
from shared.alerts.rules import BY_SLUG
from shared.errors import NotFound, Rejected
from shared.storage import decisions, keys
from shared.storage.decisions import Decider, Decision
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

KIND: Final = "exclusion"


def exclusion_id(target: Target) -> str:
    """Short and stable: the same thing is never excluded twice."""
    return keys.hashed(identity(*target))[:12]


class Listed(NamedTuple):
    """One line of the list of exclusions."""

    id: str
    exclusion: Exclusion
    who: str
    since: datetime
    reason: str


def load(tables: Tables, account: AccountId, today: date) -> Exclusions:
    return Exclusions.of(
        (exclusion for _, exclusion in decisions.in_force(tables, account, KIND, Exclusion)), today
    )


def exclude(tables: Tables, account: AccountId, exclusion: Exclusion, by: Decider) -> bool:
    """Record it; False when just this was excluded already. Raises Rejected."""
    _check(exclusion)
    name = exclusion_id(exclusion.target)
    if decisions.get(tables, account, KIND, name, Exclusion) == exclusion:
        return False
    try:
        decisions.decide(tables, account, KIND, name, exclusion, by)
    except Conflict:
        # The button was pressed twice at once: the other press recorded it, if it meant the same.
        if decisions.get(tables, account, KIND, name, Exclusion) != exclusion:
            raise
        return False
    return True


def include(tables: Tables, account: AccountId, name: str, by: Decider) -> Exclusion:
    """End the exclusion with this id, which is returned: its alerts are raised again. Raises NotFound."""
    ended = decisions.get(tables, account, KIND, name, Exclusion)
    if ended is None:
        raise NotFound(f"there is no exclusion '{name}'")
    decisions.decide(tables, account, KIND, name, None, by)
    return ended


def newest(tables: Tables, account: AccountId, target: Target) -> Decision | None:
    """What was last decided about this thing, an end included."""
    return decisions.newest(tables, account, KIND, exclusion_id(target))


def listed(tables: Tables, account: AccountId, today: date) -> Iterator[Listed]:
    """Every exclusion whose time is not over, with who decided it, when and why."""
    for decision in decisions.newest_of_kind(tables, account, KIND):
        exclusion = decision.read(Exclusion)
        if exclusion is not None and (exclusion.until is None or today < exclusion.until):
            yield Listed(decision.id, exclusion, decision.who, decision.valid_from, decision.reason)


def get(tables: Tables, account: AccountId, name: str) -> Listed:
    """The exclusion with this id. Raises NotFound."""
    decision = decisions.newest(tables, account, KIND, name)
    exclusion = decision.read(Exclusion) if decision else None
    if decision is None or exclusion is None:
        raise NotFound(f"there is no exclusion '{name}'")
    return Listed(name, exclusion, decision.who, decision.valid_from, decision.reason)


def excluded_tenants(tables: Tables, account: AccountId, today: date) -> frozenset[str]:
    """The tenants that are left out of all alerts that an exclusion reaches (S13)."""
    found = (exclusion.exclusion for exclusion in listed(tables, account, today))
    return frozenset(
        exclusion.tenant_id for exclusion in found if exclusion.tenant_id and not exclusion.sku_id
    )


def _check(exclusion: Exclusion) -> None:
    """Raises Rejected for what cannot be excluded, or not under this condition."""
    rule = BY_SLUG.get(exclusion.slug or "")
    match (exclusion.slug, bool(exclusion.tenant_id), bool(exclusion.sku_id)):
        case (None, True, False) | (None, False, True):
            unused = False
        case (_, True, True) if rule is not None and ExclusionScope.LICENCE in rule.reach:
            unused = exclusion.slug == Slug.UNUSED_LICENSES
        case _:
            raise Rejected(
                "Only a tenant, a SKU of a tenant, or a SKU of the whole account can be excluded.",
                "invalid",
                "type",
            )
    if (exclusion.spare_at_most is not None or exclusion.renewal) and not unused:
        raise Rejected(
            "Only unused seats can be excluded up to a number, or until the subscription renews.",
            "invalid",
            "type",
        )
    if exclusion.renewal and exclusion.until is None:
        raise Rejected(
            "It is not known when this subscription renews: choose a date instead.", "unknown", "untilRenewal"
        )
