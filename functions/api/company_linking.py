"""What a request needs to link tenants to PSA companies: the lists that there are, and the matches among them."""

from collections.abc import Sequence

from functions.api.kept import until_anything_changes
from functions.api.principal import Principal
from shared.billing import psa_lists
from shared.billing.company_links import CompanyLinks
from shared.billing.company_matching import CompanyMatch
from shared.billing.psa.base import PsaCompany
from shared.billing.psa_connections import psa_connection, psa_connections


def links(asking: Principal) -> CompanyLinks:
    tables, blobs = asking.tables, asking.wired.blobs
    return CompanyLinks(tables, blobs, asking.account, lambda connection: _psa_companies(asking, connection))


def _psa_companies(asking: Principal, connection: str) -> Sequence[PsaCompany]:
    """As they were last read; a PSA whose lists were never read is asked."""
    lists = psa_lists.load(asking.wired.blobs, asking.account, connection)
    if lists is not None:
        return lists.companies
    there = psa_connection(asking.tables, asking.account, connection)
    return asking.wired.psa(asking.account, there).companies()


def _lists_read(asking: Principal) -> str:
    """When the lists of each PSA were last read: a queue does that, and nothing is judged then."""
    connections = psa_connections(asking.tables, asking.account)
    return "|".join(
        str(psa_lists.state(asking.tables, asking.account, connection.id).read_at)
        for connection in connections
    )


@until_anything_changes(also=_lists_read)
def matches_of(asking: Principal) -> list[CompanyMatch]:
    """What each tenant without a company would be linked to, by name."""
    return links(asking).matches()
