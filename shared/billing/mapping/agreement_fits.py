"""Whether an agreement may bill a tenant's licence: whose it is, and how often it is billed."""

from datetime import date, timedelta

from shared.accounts.company import Company
from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.models import AgreementRecord, BillingProfile
from shared.billing.planning.load import AgreementKey
from shared.billing.psa.base import Agreement, Period
from shared.billing.why_not import PERIODS
from shared.errors import Rejected

LATEST_START = timedelta(days=366)
"""From the day of the save: a year that is mistyped would bill nothing until then."""


def check_company(
    there: Agreement | None, agreement_id: str, company: Company | None, record: AgreementRecord
) -> None:
    """A tenant is billed by an agreement of its own PSA company, and by no other customer's."""
    if company is None:
        raise Rejected("This tenant is not added yet. Add its company first, then map its licences.")
    if there is None:
        raise Rejected(f"Agreement {agreement_id} is not in the PSA. Choose one that is.")
    if (company.psa_connection, company.psa_company) != (record.connection, there.company_id):
        raise Rejected(
            f"Agreement {there.id} ({there.name}) belongs to another company in the PSA than the one that "
            f"{company.name} is linked to. Choose an agreement of the linked company."
        )


def check_start(there: Agreement | None, starts: date, today: date) -> None:
    """Raises Rejected for a line that begins on a day which its agreement does not have, or in the far future."""
    if there is not None and there.starts is not None and starts < there.starts:
        why = f"Agreement {there.id} ({there.name}) begins on {there.starts:%-d %b %Y}"
    elif there is not None and there.ends is not None and starts > there.ends:
        why = f"Agreement {there.id} ({there.name}) ends on {there.ends:%-d %b %Y}"
    elif starts > today + LATEST_START:
        why = "A line can begin within a year from now"
    else:
        return
    raise Rejected(
        f"{why}, so no line of it begins on {starts:%-d %b %Y}. Choose another start.",
        "start",
        "options.starts",
    )


def check_type(psas: PsaCache, at: AgreementKey, profile: BillingProfile) -> None:
    """Raises Rejected for an agreement of a type that the profile does not name (K6)."""
    there, named = psas.agreement(*at), profile.agreement_types
    if there is None or not named or there.type.casefold() in {kind.casefold() for kind in named}:
        return
    raise Rejected(
        f"Agreement {there.id} ({there.name}) is of the type '{there.type}', and the billing profile {profile.name} "
        f"is for {', '.join(named)}. Choose another agreement or another billing profile.",
        "other_type",
        "agreementId",
    )


def period_of(psas: PsaCache, at: AgreementKey, profile: BillingProfile) -> Period:
    """How often the agreement is billed. Raises Rejected when the product's price is known to be for another period."""
    there = psas.agreement(*at)
    if there is None or there.period is Period.UNKNOWN:
        return Period.UNKNOWN
    product = psas.product(profile.connection, profile.product_id)
    if product is not None and there.period.differs_from(product.period):
        raise Rejected(
            f"Agreement {there.id} ({there.name}) is billed {PERIODS[there.period]}, and {product.name} is charged "
            f"{PERIODS[product.period]}. Choose another agreement or another billing profile.",
            "other_period",
            "agreementId",
        )
    return there.period
