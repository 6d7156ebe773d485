"""Whether an agreement may bill a tenant's licence: whose it is, and how often it is billed."""

from datetime import date, timedelta

from shared.accounts.company import Company
from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.models import AgreementRecord, BillingProfile, FewerSeats, MoreSeats, Options
from shared.billing.planning.load import AgreementKey
from shared.billing.psa.base import Agreement, Period, Proration
from shared.billing.why_not import PERIODS
from shared.errors import Rejected

LATEST_START = timedelta(days=366)
"""From the day of the save: a year that is mistyped would bill nothing until then."""
_NOT_FEWER = {
    FewerSeats.NEXT_PERIOD: (
        "Nobody knows until when {name} is billed, so fewer seats cannot wait for the next period. In ConnectWise they "
        "can: say in the connection that agreements of its type are billed in advance. In HaloPSA they count at once."
    ),
    FewerSeats.CREDITED: "{name} does not prorate by a second line, by which seats could be credited.",
}


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


def more_seats_of(there: Agreement) -> tuple[MoreSeats, ...]:
    """What may be chosen for more seats within a period."""
    by_date = there.proration is Proration.BY_DATE
    return (MoreSeats.FROM_THEIR_DAY, *([MoreSeats.FROM_PERIOD_START] if by_date else []))


def fewer_seats_of(there: Agreement) -> tuple[FewerSeats, ...]:
    """The same for fewer seats. Where the PSA goes by the day, it credits by itself what counts at once."""
    by_date = there.proration is Proration.BY_DATE
    next_period = by_date or there.billed_through is not None
    credited = there.proration is Proration.BY_SECOND_LINE
    return (
        FewerSeats.AT_ONCE,
        *([FewerSeats.NEXT_PERIOD] if next_period else []),
        *([FewerSeats.CREDITED] if credited else []),
    )


def check_proration(there: Agreement | None, options: Options) -> None:
    """Raises Rejected for what the agreement's PSA cannot do within a period."""
    if there is None:
        return
    name = f"Agreement {there.id} ({there.name})"
    if options.more_seats not in more_seats_of(there):
        why = f"{name} has no days from which seats count: more of them cannot count from the start of a period."
        raise Rejected(why, "more_seats", "options.moreSeats")
    if options.fewer_seats not in fewer_seats_of(there):
        raise Rejected(_NOT_FEWER[options.fewer_seats].format(name=name), "fewer_seats", "options.fewerSeats")


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
