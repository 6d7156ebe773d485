"""K5, K11: which companies one tenant may be, and with which filters: no seat may be billed to two of them. Pure."""

from collections.abc import Collection, Sequence

from shared.accounts.company import Company, Filters, folded
from shared.billing.models import Basis, LicenceMapping
from shared.errors import Rejected


def check_beside(there: Sequence[Company], wanted: Company) -> None:
    """Several companies of a tenant have filters, each its own. Raises Rejected by the field."""
    if there and not wanted.filters:
        names = ", ".join(company.name for company in there)
        raise Rejected(
            f"This tenant is added already, as {names}: change that company instead. A tenant is several companies "
            "only where each has filters.",
            "conflict",
            "tenantId",
        )
    for company in there:
        if not company.filters:
            raise Rejected(
                f"{company.name} has all users of this tenant. Give that company filters first, so that nobody is "
                "billed to two companies.",
                "conflict",
                "filters",
            )
        if _folded(company.filters) == _folded(wanted.filters):
            raise Rejected(
                f"{company.name} has the same filters: its users would be billed to both companies.",
                "conflict",
                "filters",
            )


def check_mapped(wanted: Company, mapped: Collection[LicenceMapping]) -> None:
    """A filtered company is billed for the users that fit. `mapped` is what bills it. Raises Rejected."""
    if wanted.filters and any(mapping.options.basis is Basis.PURCHASED for mapping in mapped):
        raise Rejected(
            f"Licences of {wanted.name} are billed by purchased seats, which belong to no part of its users. Map "
            "them by assigned seats first, then set the filters.",
            "filtered_purchased",
            "filters",
        )


def _folded(filters: Filters) -> list[list[str]]:
    """The same for filters that nobody can tell apart."""
    fields = (filters.office, filters.department, filters.state, filters.city)
    return [sorted(map(folded, texts)) for texts in fields]
