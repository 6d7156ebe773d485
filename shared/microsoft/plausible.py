"""Whether the lists of one whole and valid answer fit together: what does not is a doubt."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.graph_rows import ListedUsers, SkuRow, SubscriptionRow, UserRow
from shared.microsoft.models import Sku, Subscription, SubscriptionStatus, User

UNLISTED_AT_MOST: Final = 2
"""So many units of a SKU may be consumed by nobody who is listed, or UNLISTED_SHARE of them."""
UNLISTED_SHARE: Final = 0.05
"""A user who was just deleted, or is just being given a group's licences, is counted here and not yet there."""


def doubts_of(
    skus: Sequence[Sku], subscriptions: Sequence[Subscription], listed: ListedUsers, announced: int | None
) -> tuple[Doubt, ...]:
    """Why the counts, or who has the licences, are hard to believe."""
    doubts = []
    users, rows = listed.users(), listed.rows
    assigned = sum(sku.consumed for sku in skus if sku.applies_to == "User")
    if assigned and not rows:
        doubts.append(Doubt(kind=DoubtKind.NO_USERS, expected=assigned))
    if rows and not skus:
        doubts.append(Doubt(kind=DoubtKind.NO_SKUS, found=rows))
    if any(sku.subscription_ids for sku in skus) and not subscriptions:
        doubts.append(Doubt(kind=DoubtKind.NO_SUBSCRIPTIONS))
    bought = sum(one.total for one in subscriptions if one.status == SubscriptionStatus.ENABLED)
    if bought and not any(sku.enabled for sku in skus):
        doubts.append(Doubt(kind=DoubtKind.NO_UNITS, expected=bought))
    if announced is not None and len(users) < announced:
        doubts.append(Doubt(kind=DoubtKind.USERS_MISSING, expected=announced, found=len(users)))
    if 0 < listed.bare < rows:
        doubts.append(Doubt(kind=DoubtKind.USERS_BARE, expected=rows, found=listed.bare))
    return (*doubts, *_unlisted(skus, users))


def _unlisted(skus: Sequence[Sku], users: Sequence[User]) -> Iterator[Doubt]:
    """A filtered list may leave users out and announce just as few: then more units are consumed than it shows."""
    holders = Counter(sku_id for user in users for sku_id in user.skus)
    for sku in skus:
        found = holders[sku.sku_id]
        if sku.applies_to == "User" and sku.consumed - found > max(
            UNLISTED_AT_MOST, UNLISTED_SHARE * sku.consumed
        ):
            yield Doubt(kind=DoubtKind.USERS_UNLISTED, of=sku.part_number, expected=sku.consumed, found=found)


def fields_gone(
    skus: Sequence[Mapping[str, Any]], subscriptions: Sequence[Mapping[str, Any]], listed: ListedUsers
) -> tuple[Doubt, ...]:
    """Doubts about fields that were asked for and that no row has: what is blank in Microsoft is told as blank."""
    lists = (
        ("users", listed.rows, UserRow, listed.gone),
        ("skus", len(skus), SkuRow, _without(SkuRow, skus)),
        ("subscriptions", len(subscriptions), SubscriptionRow, _without(SubscriptionRow, subscriptions)),
    )
    return tuple(
        Doubt(kind=DoubtKind.FIELD_GONE, of=f"{what}.{name}", expected=count)
        for what, count, row, gone in lists
        for name in row.__annotations__
        if count and name in gone
    )


def _without(shape: type, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    return set(shape.__annotations__).difference(*rows)
