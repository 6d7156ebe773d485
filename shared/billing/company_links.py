"""K5: linking tenants to PSA companies, changing and removing the links. Nothing here moves or ends a line."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from shared.accounts.companies import add_company, added_tenants, company, remove_company
from shared.accounts.company import AddedTenant, Company, Filters
from shared.billing.company_filters import check_beside, check_mapped
from shared.billing.company_lines import BilledLine, billed_lines, billing_mappings, check_looked_after, told
from shared.billing.company_matching import CompanyMatch, CompanyPlace, MatchState, matches
from shared.billing.line_names import LineName
from shared.billing.psa.base import PsaCompany
from shared.billing.psa_connections import psa_connections
from shared.errors import Rejected
from shared.licensing.customer_lists import stored_customers
from shared.microsoft import partner_connections
from shared.microsoft.models import Customer
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables
from shared.text import one_line

LONGEST_NAME: Final = 200
MEANWHILE: Final = "Somebody else changed this company at the same moment. Look at it again and repeat."


@dataclass(frozen=True, slots=True)
class CompanyRequest:
    """What a person asks for. In bulk an empty `psa_company` takes the sure match, if there is one."""

    tenant_id: str
    psa_connection: str
    psa_company: str = ""
    name: str = ""
    """"" takes the customer's name in the partner list."""
    partner_connection: str = ""
    filters: Filters = field(default_factory=Filters)


class AddOutcome(StrEnum):
    ADDED = "added"
    ALREADY_ADDED = "already_added"
    UNSURE = "unsure"
    """Nothing was added: a person chooses one of the candidates."""
    NO_MATCH = "no_match"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one row of a bulk add."""

    tenant_id: str
    outcome: AddOutcome
    company: Company | None = None
    match: CompanyMatch | None = None
    why: Rejected | None = None


@dataclass(frozen=True)  # without slots: it keeps the lists that it read
class CompanyLinks:
    """The companies of one account during one request."""

    tables: Tables
    blobs: Blobs
    account: AccountId
    psa_companies: Callable[[str], Sequence[PsaCompany]]
    """The companies of a PSA connection by its id."""

    def matches(self) -> list[CompanyMatch]:
        """What the tenants without a company would be linked to, by name: over all PSA connections."""
        places = [CompanyPlace(id_, psas) for id_ in self._connections for psas in self._companies(id_)]
        return self._matches(places)

    def add(self, asked: CompanyRequest, by: Decider) -> tuple[Company, bool]:
        """The company, and whether this added it: the same once more adds nothing. Raises Rejected by the field."""
        tenant = asked.tenant_id.lower()
        customer, listed_by = self._customer(tenant)
        called = one_line(asked.name or customer.name or customer.domain or tenant, LONGEST_NAME)
        there = self._companies_of(tenant)
        wanted = Company(
            id=keys.hashed("|".join((tenant, *_place(asked))) if there else tenant)[:12],
            tenant_id=tenant,
            name=called or tenant,
            psa_connection=asked.psa_connection,
            psa_company=asked.psa_company,
            partner_connection=asked.partner_connection,
            filters=asked.filters,
            beside=bool(there),
        )
        for known in there:
            if (_place(known), known.filters) == (_place(wanted), wanted.filters):
                return known, False
        check_beside(there, wanted)
        if any(known.id == wanted.id for known in there):
            raise Rejected(
                "This company of the PSA is linked to the tenant already: change that company instead.",
                "conflict",
                "psaCompany",
            )
        self._check(wanted, listed_by)
        self._save(wanted, by)
        return wanted, True

    def add_all(self, asked: Sequence[CompanyRequest], by: Decider) -> list[Added]:
        """Each row by itself: one that cannot be added keeps no other from being added."""
        repeated = Counter(wished.tenant_id.lower() for wished in asked)
        return [
            Added(wished.tenant_id, AddOutcome.REFUSED, why=_repeated())
            if repeated[wished.tenant_id.lower()] > 1
            else self._add_row(wished, by)
            for wished in asked
        ]

    def change(
        self,
        company_id: str,
        changes: Mapping[str, str | Filters],
        check: Callable[[Company], None],
        by: Decider,
    ) -> tuple[Company, Company]:
        """What the company was, and what it is. `changes` by field of Company; `check` refuses another version.

        Raises NotFound, and Rejected by the field: also for another PSA company while lines bill on the present one.
        """
        before = company(self.tables, self.account, company_id)
        check(before)
        said = {
            name: one_line(given, LONGEST_NAME) if isinstance(given, str) else given
            for name, given in changes.items()
        }
        after = before.model_copy(update=said)
        if after == before:
            return before, before
        if not after.name:
            raise Rejected("A company needs a name.", "missing", "name")
        if _place(after) != _place(before) and self._bills(before):
            raise Rejected(
                "Its licences are mapped to lines of the present PSA company. Take the mappings off first.",
                "conflict",
                "psaCompany",
            )
        if after.filters != before.filters:
            check_beside([c for c in self._companies_of(after.tenant_id) if c.id != after.id], after)
            check_mapped(after, billing_mappings(self.tables, self.account, after))
        self._check(after, self._listed_by(after.tenant_id), before)
        self._save(after, by)
        return before, after

    def remove(self, company_id: str, looked_after: Collection[LineName], by: Decider) -> Company:
        """Remove a company; its lines stay in the PSA as they are, and no longer follow the seats.

        `looked_after` names every line that bills the tenant: a person says that they look after them from now on. The
        alert "Removed tenants" goes on to tell of them until their mappings are taken off. Raises NotFound, and
        Rejected while another line bills.
        """
        found = company(self.tables, self.account, company_id)
        lines = self.billed_lines(found)
        check_looked_after(lines, looked_after)
        said = f"{by.reason} From now on {told(lines)} are looked after by hand." if lines else by.reason
        try:
            remove_company(self.tables, self.account, company_id, Decider(by.who, said.strip(), by.now))
        except Conflict:
            raise Rejected(MEANWHILE, "conflict") from None
        return found

    def billed_lines(self, of: Company) -> list[BilledLine]:
        return billed_lines(self.tables, self.account, of, self._connections)

    def _add_row(self, asked: CompanyRequest, by: Decider) -> Added:
        tenant = asked.tenant_id.lower()
        try:
            if not asked.psa_company and tenant not in self._added:
                match = self._match(tenant, asked.psa_connection)
                if match.state is not MatchState.SURE:
                    unsure = match.state is MatchState.UNSURE
                    return Added(tenant, AddOutcome.UNSURE if unsure else AddOutcome.NO_MATCH, match=match)
                asked = CompanyRequest(
                    tenant,
                    asked.psa_connection,
                    match.candidates[0].place.company.id,
                    asked.name,
                    asked.partner_connection,
                )
            elif not asked.psa_company:
                return Added(tenant, AddOutcome.ALREADY_ADDED, self._added[tenant].companies[0])
            added, new = self.add(asked, by)
        except Rejected as why:
            return Added(tenant, AddOutcome.REFUSED, why=why)
        return Added(tenant, AddOutcome.ADDED if new else AddOutcome.ALREADY_ADDED, added)

    def _match(self, tenant: str, connection: str) -> CompanyMatch:
        """The tenant's match among the companies of one connection, beside all other tenants without a company."""
        customer, _ = self._customer(tenant)
        if connection not in self._matched:
            places = [CompanyPlace(connection, company) for company in self._companies(connection)]
            self._matched[connection] = {match.customer.tenant_id: match for match in self._matches(places)}
        return self._matched[connection].get(tenant) or CompanyMatch(customer, MatchState.NONE)

    def _matches(self, places: Sequence[CompanyPlace]) -> list[CompanyMatch]:
        rest = [customer for tenant, (customer, _) in self._customers.items() if tenant not in self._added]
        rest.sort(key=lambda customer: (customer.name.casefold(), customer.tenant_id))
        linked = {_place(company) for tenant in self._added.values() for company in tenant.companies}
        return matches(rest, places, linked)

    def _check(self, wanted: Company, listed_by: Collection[str], before: Company | None = None) -> None:
        """What stays as it was is not asked of the PSA again."""
        moved = before is None or _place(before) != _place(wanted)
        ids = {company.id for company in self._companies(wanted.psa_connection)} if moved else set()
        if moved and wanted.psa_company not in ids:
            why = "The PSA has no such company. If it is new there, refresh the PSA connection."
            raise Rejected(why, "unknown", "psaCompany")
        chosen = wanted.partner_connection
        if chosen and chosen not in listed_by and (before is None or chosen != before.partner_connection):
            raise Rejected(
                "This partner connection does not list the tenant.", "unknown", "partnerConnection"
            )

    def _save(self, wanted: Company, by: Decider) -> None:
        try:
            add_company(self.tables, self.account, wanted, by)
        except Conflict:
            raise Rejected(MEANWHILE, "conflict") from None
        others = [c for c in self._companies_of(wanted.tenant_id) if c.id != wanted.id]
        self._added[wanted.tenant_id] = AddedTenant((*others, wanted))

    def _customer(self, tenant: str) -> tuple[Customer, tuple[str, ...]]:
        found = self._customers.get(tenant)
        if found is None:
            raise Rejected(
                "This tenant is in no customer list of your partner connections.", "unknown", "tenantId"
            )
        return found

    def _listed_by(self, tenant: str) -> tuple[str, ...]:
        return self._customers[tenant][1] if tenant in self._customers else ()

    def _companies(self, connection: str) -> Sequence[PsaCompany]:
        if connection not in self._connections:
            raise Rejected("There is no such PSA connection.", "unknown", "psaConnection")
        if connection not in self._read:
            self._read[connection] = self.psa_companies(connection)
        return self._read[connection]

    def _bills(self, of: Company) -> bool:
        return bool(billing_mappings(self.tables, self.account, of) or self.billed_lines(of))

    def _companies_of(self, tenant: str) -> tuple[Company, ...]:
        return self._added[tenant].companies if tenant in self._added else ()

    @cached_property
    def _added(self) -> dict[str, AddedTenant]:
        return added_tenants(self.tables, self.account)

    @cached_property
    def _connections(self) -> list[str]:
        return [connection.id for connection in psa_connections(self.tables, self.account)]

    @cached_property
    def _read(self) -> dict[str, Sequence[PsaCompany]]:
        return {}

    @cached_property
    def _matched(self) -> dict[str, dict[str, CompanyMatch]]:
        return {}

    @cached_property
    def _customers(self) -> dict[str, tuple[Customer, tuple[str, ...]]]:
        """Each customer with the partner connections that list it, by tenant id."""
        found: dict[str, tuple[Customer, tuple[str, ...]]] = {}
        for connection in partner_connections.all_of(self.tables, self.account):
            listed = stored_customers(self.blobs, keys.partner_list_blob(self.account, connection.id))
            for tenant, customer in listed.items():
                first, others = found.get(tenant, (customer, ()))
                found[tenant] = first, (*others, connection.id)
        return found


def _place(company: Company | CompanyRequest) -> tuple[str, str]:
    return company.psa_connection, company.psa_company


def _repeated() -> Rejected:
    return Rejected("This tenant is named twice.", "invalid", "tenantId")
