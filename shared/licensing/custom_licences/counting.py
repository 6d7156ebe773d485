"""How many seats a custom licence is, by a snapshot or a day of history. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.errors import NotFound
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind, domain_of
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable, Uncounted, UncountedReason
from shared.licensing.tenant_state import Day, Snapshot
from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import User

GUEST: Final = "guest"


@dataclass(frozen=True, slots=True)
class TenantCustomLicences:
    """Those of one tenant, and the people that they count."""

    licences: Mapping[str, CustomLicence]
    """By what stands for their SKU."""
    users: Sequence[User] | None = None
    """The licensed users of the same read; None: they are not known."""

    def sources(self, key: LicenceKey) -> Collection[str]:
        """Ids of the SKUs whose seats it counts. Raises NotCountable for one that is not defined."""
        return self._of(key).rule.sku_ids

    def parts(self, key: LicenceKey, rows: LicenceRows) -> list[Licence]:
        """What adds up to its number: of a sum each licence that is there. Raises NotCountable when one of them has no
        number to trust: the others alone are not the sum.
        """
        licence = self._of(key)
        return _COUNTED[licence.rule.kind](licence, rows, self.users)

    def row(self, key: LicenceKey, rows: LicenceRows) -> Licence:
        """All of it together. Raises NotCountable."""
        parts = self.parts(key, rows)
        others = [part.sold_by_others for part in parts]
        return Licence(
            key=key,
            part_number=self._of(key).name,
            purchased=sum(part.purchased for part in parts),
            sold_by_others=None if None in others else sum(each or 0 for each in others),
            on_trial=sum(part.on_trial for part in parts),
            in_grace=sum(part.in_grace for part in parts),
            suspended=sum(part.suspended for part in parts),
            assigned=sum(part.assigned or 0 for part in parts),
        )

    def _of(self, key: LicenceKey) -> CustomLicence:
        found = self.licences.get(key.sku_id)
        if found is None or key.subscription_id:
            raise NotCountable(
                Uncounted(reason=UncountedReason.RULE_UNKNOWN, part_number="the custom licence", told=0)
            )
        return found


def people_of(rule: Rule, counts: Snapshot | Day, users: Iterable[User]) -> list[User]:
    """Whom the rule counts: of a sum, who has any of its licences. Raises NotFound for members of groups and
    for mailboxes: they are counted, and not kept.
    """
    if rule.kind is RuleKind.GROUP_MEMBERS:
        raise NotFound("the members of a group are counted, and their names are not kept")
    if rule.kind is RuleKind.MAILBOXES:
        raise NotFound("mailboxes are counted, and their names are not kept")
    if rule.kind is RuleKind.SUM:
        return [user for user in users if not set(rule.sku_ids).isdisjoint(user.skus)]
    paid = {sku.sku_id for sku in counts.skus if is_watched(sku, counts)}
    return [user for user in users if not paid.isdisjoint(user.skus) and _is_meant(rule, user)]


def _is_meant(rule: Rule, user: User) -> bool:
    if rule.without_guests and user.user_type.casefold() == GUEST:
        return False
    if rule.without_disabled and not user.enabled:
        return False
    return not rule.domains or domain_of(user.upn) in rule.domains


def _sum(licence: CustomLicence, rows: LicenceRows, _: Sequence[User] | None) -> list[Licence]:
    """A licence that is gone is 0 seats: a read is whole, or it is no read."""
    return [rows.whole(sku_id) for sku_id in licence.rule.sku_ids if rows.has(sku_id)]


def _licensed_users(licence: CustomLicence, rows: LicenceRows, users: Sequence[User] | None) -> list[Licence]:
    if users is None:
        raise NotCountable(Uncounted(reason=UncountedReason.PEOPLE_UNKNOWN, part_number=licence.name, told=0))
    return [_seats(licence, len(people_of(licence.rule, rows.snapshot, users)))]


def _group_members(licence: CustomLicence, rows: LicenceRows, _: Sequence[User] | None) -> list[Licence]:
    rule = licence.rule
    found = next((group for group in rows.snapshot.groups if group.group_id == rule.group_id), None)
    if found is None or found.count is None:
        raise NotCountable(
            Uncounted(
                reason=UncountedReason.GROUP_UNKNOWN,
                part_number=licence.name,
                told=0,
                failure=found.failure if found else None,
            )
        )
    count = found.count
    both = count.disabled_guests if rule.without_guests and rule.without_disabled else 0
    guests = count.guests if rule.without_guests else 0
    disabled = count.disabled if rule.without_disabled else 0
    return [_seats(licence, count.members - guests - disabled + both)]


def _mailboxes(licence: CustomLicence, rows: LicenceRows, _: Sequence[User] | None) -> list[Licence]:
    found = rows.snapshot.mailbox_counts
    numbers = (
        [found.count.by_kind.get(kind) for kind in licence.rule.mailboxes] if found and found.count else []
    )
    if not numbers or None in numbers:
        raise NotCountable(
            Uncounted(
                reason=UncountedReason.MAILBOXES_UNKNOWN,
                part_number=licence.name,
                told=0,
                failure=found.failure if found else None,
            )
        )
    return [_seats(licence, sum(number or 0 for number in numbers))]


def _seats(licence: CustomLicence, number: int) -> Licence:
    """So many people or mailboxes are so many seats, each of them assigned."""
    return Licence(
        key=LicenceKey(licence.sku_id),
        part_number=licence.name,
        purchased=number,
        sold_by_others=0,
        on_trial=0,
        in_grace=0,
        suspended=0,
        assigned=number,
    )


_COUNTED: Final[
    Mapping[RuleKind, Callable[[CustomLicence, LicenceRows, Sequence[User] | None], list[Licence]]]
] = {
    RuleKind.SUM: _sum,
    RuleKind.LICENSED_USERS: _licensed_users,
    RuleKind.GROUP_MEMBERS: _group_members,
    RuleKind.MAILBOXES: _mailboxes,
}
