"""S10: shared mailboxes that have a licence, which most of them do not need."""

from decimal import Decimal

from shared.accounts.account import OptionalRead
from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug, Target
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    LinkWording,
    Rule,
    Wording,
    believed,
    row,
    tenant_scope,
)
from shared.alerts.rules.phrases import listed, name
from shared.alerts.view import STALE, AccountView
from shared.licensing.tenant_state import Mailboxes, TenantState
from shared.microsoft.models import SharedMailbox, Sku


class SharedMailboxLicenses(Rule):
    """Judged only where the mailboxes were read: "could not be read" is not "none", and a row of invalid auth."""

    slug = Slug.SHARED_MAILBOX_LICENSES
    needs = frozenset({OptionalRead.SHARED_MAILBOXES})
    words = Wording(
        "Shared mailboxes with licenses",
        "shared mailbox with licences",
        "shared mailboxes with licences",
        "A shared mailbox up to 50 GB needs no licence: take it off where nothing else requires it.",
    )
    reach = frozenset(ExclusionScope)
    link = LinkWording(
        "Exclude {product} on shared mailboxes at {customer}?",
        "Nobody is mailed any more that shared mailboxes at {customer} have {product}.",
    )

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        snapshot, boxes = view.fresh(state), state.mailboxes
        if snapshot is None or boxes is None:
            return NOT_JUDGED
        if not _is_current(view, boxes):
            return NOT_JUDGED
        # What costs nothing (free, trial) is no waste on a shared mailbox either, and what was excluded is not named.
        watched = (sku for sku in snapshot.skus if view.watches(sku, snapshot))
        held = view.exclusions.hold
        paid = {
            mailbox.sku_id: mailbox
            for mailbox in watched
            if not held(Target(self.slug, state.tenant_id, mailbox.sku_id))
        }
        licensed = ((box, [paid[sku] for sku in box.skus if sku in paid]) for box in boxes.licensed)
        findings = [_finding(view, state.tenant_id, box, skus) for box, skus in licensed if skus]
        if boxes.more:
            findings.append(_further(view, state.tenant_id, boxes.more))
        judged = frozenset() if snapshot.users_are_doubted else believed(state.tenant_id, snapshot)
        return Judgement(tuple(findings), judged)


def _is_current(view: AccountView, boxes: Mailboxes) -> bool:
    return boxes.failure is None and boxes.began is not None and view.now - boxes.began < STALE


def _finding(view: AccountView, tenant_id: str, box: SharedMailbox, skus: list[Sku]) -> Finding:
    products = [name(view.names(sku.sku_id, sku.part_number)) for sku in skus]
    them, seat = ("the licence", "seat") if len(skus) == 1 else ("the licences", "seats")
    marks = [
        word
        for marked, word in ((box.archive, "has an archive"), (box.hold, "is on litigation hold"))
        if marked
    ]
    if marks:
        note = f" It {listed(marks)}, so a licence may be required."
        fix = (
            f"Take {them} off unless that is wanted or the mailbox is over 50 GB: its size is not known here."
        )
    else:
        unread = box.archive is None or box.hold is None
        note = " Whether it has an archive or is on litigation hold is not known." if unread else ""
        fix = f"Take {them} off and drop the {seat} unless the mailbox is over 50 GB: its size is not known here."
    return row(
        Slug.SHARED_MAILBOX_LICENSES,
        identity(tenant_id, box.user_id),
        tenant_scope(tenant_id),
        view.who(tenant_id),
        f"{_called(box)} has {listed(products)}.{note}",
        fix,
        tenant_id=tenant_id,
        skus=tuple(sku.sku_id for sku in skus),
        value=",".join(sku.sku_id for sku in skus),
        seats=len(skus),
        money=Decimal(0) if marks else sum((view.seat_price(tenant_id, s.sku_id) for s in skus), Decimal(0)),
    )


def _called(box: SharedMailbox) -> str:
    title, address = name(box.name), name(box.address)
    return (
        f"{title} ({address})" if title and address and title != address else title or address or box.user_id
    )


def _further(view: AccountView, tenant_id: str, more: int) -> Finding:
    return row(
        Slug.SHARED_MAILBOX_LICENSES,
        identity(tenant_id, "further"),
        tenant_scope(tenant_id),
        view.who(tenant_id),
        f"{more:,} further shared mailbox{' has' if more == 1 else 'es have'} licences.",
        "List them in the tenant's Exchange admin centre: Seatwise names the first of so many only.",
        tenant_id=tenant_id,
        seats=more,
    )
