"""What bills a company: mappings that are in force, and lines of its tenant that were last proven to bill."""

from collections.abc import Collection
from typing import NamedTuple

from shared.accounts.company import Company
from shared.billing import agreement_store
from shared.billing.line_names import LineName, in_full
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import LicenceMapping, TenantMappings
from shared.errors import Rejected
from shared.storage.decisions import get
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import one_line


class BilledLine(NamedTuple):
    """A line that bills a company."""

    connection: str
    agreement_id: str
    line_id: str
    seats: int

    @property
    def name(self) -> LineName:
        return LineName(self.connection, self.line_id)


def billed_lines(
    tables: Tables, account: AccountId, of: Company, connections: Collection[str]
) -> list[BilledLine]:
    """Of every PSA connection: what was last proven to bill the company, or may bill it, and ends on no day."""
    return [
        BilledLine(connection, kept.record.agreement_id, line.line_id, line.confirmed or 0)
        for connection in connections
        for kept in agreement_store.all_of(tables, account, connection)
        for line in kept.record.lines.values()
        if (line.tenant_id, line.company) == (of.tenant_id, of.name_in_mappings) and line.goes_on
    ]


def check_looked_after(lines: Collection[BilledLine], looked_after: Collection[LineName]) -> None:
    """Raises Rejected while a line bills that no person says to look after. One not made yet has no name."""
    there = [line.name for line in lines if line.line_id]
    named = set(in_full(looked_after, there, "lookedAfter").values())
    left = [line for line in lines if not line.line_id or line.name not in named]
    if left:
        seats = sum(line.seats for line in left)
        raise Rejected(
            f"{told(left)} still bill {seats:,} seats of this tenant, and nobody would keep them in step. Say "
            "their last day, and Seatwise ends them then; or name them as looked after by yourself.",
            "lines_still_bill",
            "lookedAfter",
        )


def told(lines: Collection[BilledLine]) -> str:
    named = [f"line {line.line_id or '(being created)'} in agreement {line.agreement_id}" for line in lines]
    return one_line(", ".join(named), 400)


def billing_mappings(tables: Tables, account: AccountId, of: Company) -> list[LicenceMapping]:
    found = get(tables, account, MAPPINGS, of.tenant_id, TenantMappings)
    mine = found.mappings if found else ()
    return [mapping for mapping in mine if mapping.bill and mapping.company == of.name_in_mappings]
