"""The billing profiles of an account: names for the products of its PSAs (K6)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import THE_PSAS_PRICE, BillingProfile, PriceKind, PriceRule
from shared.billing.psa.base import BillableOption
from shared.billing.psa_connections import psa_connections
from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.decisions import Decider, decide, get, in_force
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import counted, one_line

PROFILE = "profile"
LEAST_PERCENT: Final = -95
MOST_PERCENT: Final = 500
"""Beyond these it is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """What a person asks of a billing profile."""

    name: str
    connection: str
    product_id: str
    billable: BillableOption = BillableOption.BILLABLE
    agreement_types: tuple[str, ...] = ()
    price: PriceRule = THE_PSAS_PRICE


def billing_profiles(tables: Tables, account: AccountId) -> dict[str, BillingProfile]:
    """By id."""
    return dict(in_force(tables, account, PROFILE, BillingProfile))


def billing_profile(tables: Tables, account: AccountId, profile_id: str) -> BillingProfile:
    """Raises NotFound."""
    found = get(tables, account, PROFILE, profile_id, BillingProfile)
    if found is None:
        raise NotFound(f"There is no billing profile '{one_line(profile_id, 60)}'.")
    return found


def save_profile(tables: Tables, account: AccountId, profile: BillingProfile, by: Decider) -> None:
    decide(tables, account, PROFILE, profile.id, profile, by)


def create_profiles(
    tables: Tables, account: AccountId, wishes: Sequence[ProfileWish], by: Decider
) -> list[BillingProfile]:
    """All of them, or none. A profile that is there already as it is wished is given, not made again.

    Raises Rejected, which names the number of the wrong one in its field. Cut off in the middle, the same call
    completes it.
    """
    known = billing_profiles(tables, account)
    connections = {connection.id for connection in psa_connections(tables, account)}
    made: dict[str, BillingProfile] = {}
    for number, wish in enumerate(wishes):
        field = f"profiles.{number}." if len(wishes) > 1 else ""
        there = {**known, **made}
        profile = _profile("", wish, connections, field)
        profile = profile.model_copy(update={"id": _id_of(profile, there)})
        _check_name(there, profile, field)
        made[profile.id] = profile
    for profile in made.values():
        if profile.id not in known:
            save_profile(tables, account, profile, by)
    return list(made.values())


def change_profile(
    tables: Tables, account: AccountId, profile_id: str, wish: ProfileWish, by: Decider
) -> tuple[BillingProfile, BillingProfile]:
    """Before and after. Raises NotFound, Rejected, Conflict.

    While licences are billed by it the product stays: their lines bill the old one.
    """
    before = billing_profile(tables, account, profile_id)
    connections = {connection.id for connection in psa_connections(tables, account)}
    wished = _profile(profile_id, wish, connections, "")
    after = before.model_copy(update={name: getattr(wished, name) for name in _WISHED})
    _check_name(billing_profiles(tables, account), after, "")
    moved = (after.connection, after.product_id) != (before.connection, before.product_id)
    if moved and (used := uses(tables, account).get(profile_id, 0)):
        raise Rejected(
            f"{counted(used, 'licence')} billed by this profile, by lines of its product. Make a new profile for the "
            "other product and map them to it.",
            "in_use",
            "productId",
        )
    if after != before:
        save_profile(tables, account, after, by)
    return before, after


def end_profile(tables: Tables, account: AccountId, profile_id: str, by: Decider) -> BillingProfile:
    """Raises NotFound, and Rejected while licences are billed by it."""
    profile = billing_profile(tables, account, profile_id)
    if used := uses(tables, account).get(profile_id, 0):
        raise Rejected(
            f"{counted(used, 'licence')} billed by this profile. Map them to another one first.", "in_use"
        )
    decide(tables, account, PROFILE, profile_id, None, by)
    return profile


def uses(tables: Tables, account: AccountId) -> dict[str, int]:
    """How many licences are billed by each profile, by its id."""
    decided = in_force(tables, account, MAPPINGS, _UsedProfiles)
    return Counter(use.profile for _, tenant in decided for use in tenant.mappings if use.bill)


class _Use(Document):
    profile: str = ""
    bill: bool = True


class _UsedProfiles(Document):
    """As much of a tenant's mappings as says which profiles they use: of tens of thousands nothing else is built."""

    mappings: tuple[_Use, ...]


_WISHED = ("name", "connection", "product_id", "billable", "price", "agreement_types")


def _profile(id_: str, wish: ProfileWish, connections: set[str], field: str) -> BillingProfile:
    name, product = one_line(wish.name, 80), wish.product_id.strip()
    if not name:
        raise Rejected("The profile needs a name.", "required", f"{field}name")
    if wish.connection not in connections:
        raise Rejected("There is no such PSA connection.", "unknown", f"{field}connection")
    if not product:
        raise Rejected("Choose the product that it bills.", "required", f"{field}productId")
    _check_price(wish, field)
    types = (one_line(kind, 100) for kind in wish.agreement_types)
    return BillingProfile(
        id=id_,
        name=name,
        connection=wish.connection,
        product_id=product,
        billable=wish.billable,
        price=wish.price,
        agreement_types=tuple(dict.fromkeys(filter(None, types))),
    )


def _check_price(wish: ProfileWish, field: str) -> None:
    rule = wish.price
    if rule.kind is PriceKind.PSA:
        return
    if wish.billable is not BillableOption.BILLABLE:
        why = "Nothing is charged by this profile, so it has no price of its own."
        raise Rejected(why, "invalid", f"{field}priceRule")
    if rule.kind is PriceKind.FIXED and rule.amount <= 0:
        why = "The price of a seat must be more than 0. To charge nothing, choose “no charge”."
        raise Rejected(why, "invalid", f"{field}price")
    if rule.kind is PriceKind.PERCENT and not LEAST_PERCENT <= rule.amount <= MOST_PERCENT:
        why = f"Choose between {LEAST_PERCENT} and {MOST_PERCENT} percent."
        raise Rejected(why, "invalid", f"{field}percent")


def _check_name(known: dict[str, BillingProfile], profile: BillingProfile, field: str) -> None:
    """A name is used once; `profile` itself, where it is kept already, is not another one."""
    for other in known.values():
        if other.id != profile.id and other.name.casefold() == profile.name.casefold():
            raise Rejected(
                f"There is a billing profile of the name {other.name} already. Choose another name.",
                "taken",
                f"{field}name",
            )


def _id_of(profile: BillingProfile, known: dict[str, BillingProfile]) -> str:
    """The same wish has the same id, so that a repeat makes nothing twice; what was changed since keeps its own."""
    text = f"{profile.connection}|{profile.product_id}|{profile.name}|{profile.billable}"
    if profile.price != THE_PSAS_PRICE:
        text += f"|{profile.price.kind}|{profile.price.amount.normalize():f}"
    if profile.agreement_types:
        text += f"|{profile.agreement_types}"
    ids = (keys.hashed(f"{text}|{turn}")[:12] for turn in count())
    return next(id_ for id_ in ids if known.get(id_) in (None, profile.model_copy(update={"id": id_})))
