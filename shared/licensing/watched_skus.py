"""Which SKUs people want to hear of: not free ones, trials, or those of the whole company (S6, S7)."""

from typing import Final

from shared.licensing.tenant_state import Day, Snapshot
from shared.microsoft.models import Sku, SubscriptionStatus

UNLIMITED_UNITS: Final = 10_000
"""A SKU with this many units or more is a free or technical one."""
FREE: Final = frozenset(
    {
        "CCIBOTS_PRIVPREV_VIRAL",
        "FLOW_FREE",
        "FORMS_PRO",
        "MICROSOFT_BUSINESS_CENTER",
        "POWER_BI_STANDARD",
        "POWERAPPS_DEV",
        "POWERAPPS_VIRAL",
        "RIGHTSMANAGEMENT_ADHOC",
        "STREAM",
        "TEAMS_EXPLORATORY",
        "WINDOWS_STORE",
    }
)
"""Part numbers that cost nothing whatever Microsoft counts."""
PHONE_RESOURCE_ACCOUNTS: Final = "PHONESYSTEM_VIRTUALUSER"
"""Some are given with each phone licence, further ones cost money: free unless somebody wants to hear of them."""


def is_watched(sku: Sku, snapshot: Snapshot | Day, *, phone_resource_accounts: bool = False) -> bool:
    """Not SKUs of 10,000 units or more, nor for the company, nor trials only, nor known to be free.

    A trial beside paid subscriptions makes neither the SKU a trial nor its units unlimited.
    """
    if sku.applies_to == "Company" or sku.part_number in FREE:
        return False
    if sku.part_number == PHONE_RESOURCE_ACCOUNTS and not phone_resource_accounts:
        return False
    used = [
        subscription
        for subscription in snapshot.subscriptions
        if subscription.sku_id == sku.sku_id and subscription.total > 0
    ]
    used = [
        subscription
        for subscription in used
        if subscription.status in (SubscriptionStatus.ENABLED, SubscriptionStatus.WARNING)
    ]
    trials = [subscription for subscription in used if subscription.trial]
    if trials and len(trials) == len(used):
        return False
    on_trial = sum(
        subscription.total for subscription in trials if subscription.status == SubscriptionStatus.ENABLED
    )
    return sku.enabled - on_trial < UNLIMITED_UNITS
