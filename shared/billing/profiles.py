"""The billing profiles of an account: names for the products of its PSAs."""

from shared.billing.models import BillingProfile
from shared.storage.decisions import Decider, decide, in_force
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

PROFILE = "profile"


def billing_profiles(tables: Tables, account: AccountId) -> dict[str, BillingProfile]:
    """By id."""
    return dict(in_force(tables, account, PROFILE, BillingProfile))


def save_profile(tables: Tables, account: AccountId, profile: BillingProfile, by: Decider) -> None:
    decide(tables, account, PROFILE, profile.id, profile, by)
