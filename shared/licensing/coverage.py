"""K11: which users of a tenant belong to which of its companies, by the companies' filters. Pure."""

from collections.abc import Sequence

from shared.accounts.company import AddedTenant, Company, Filters, folded
from shared.microsoft.models import User


def fits(filters: Filters, user: User) -> bool:
    """The user fits every field that the filters name; a blank fits none. Without filters everybody fits."""
    pairs = (
        (filters.office, user.office),
        (filters.department, user.department),
        (filters.state, user.state),
        (filters.city, user.city),
    )
    return all(folded(has) in map(folded, wanted) for wanted, has in pairs if wanted)


class Coverage:
    """The users of one snapshot, or of a day of history, by the companies that their tenant has."""

    def __init__(self, tenant: AddedTenant, users: Sequence[User]) -> None:
        self._of: dict[str, list[Company]] = {
            user.id: [company for company in tenant.companies if fits(company.filters, user)]
            for user in users
        }
        self._users = users

    def of(self, name_in_mappings: str, sku_id: str) -> list[User]:
        """Who has the SKU and fits the company that mappings name so."""
        return [
            user
            for user in self.having(sku_id)
            if any(company.name_in_mappings == name_in_mappings for company in self._of[user.id])
        ]

    def companies_of(self, user: User) -> int:
        """So many companies the user fits."""
        return len(self._of[user.id])

    def in_none(self, sku_id: str) -> list[User]:
        """Who has the SKU and fits no company: nobody is billed for them."""
        return [user for user in self.having(sku_id) if not self._of[user.id]]

    def in_several(self, sku_id: str) -> list[User]:
        """Who has the SKU and fits more companies than one: each would be billed for them."""
        return [user for user in self.having(sku_id) if len(self._of[user.id]) > 1]

    def shared_with(self, name_in_mappings: str, sku_id: str) -> list[User]:
        """Of those who fit this company, who fit another one too."""
        several = {user.id for user in self.in_several(sku_id)}
        return [user for user in self.of(name_in_mappings, sku_id) if user.id in several]

    def having(self, sku_id: str) -> list[User]:
        """Who has the SKU."""
        return [user for user in self._users if sku_id in user.skus]
